/**
 * Balancers: at the sender's host a backend takes the place of an address and port, and its answers get these back.
 * Long because every path of a balanced flow, and what may change while it goes on, is tried in one world.
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { ip, prefix } from "../../model/mod.ts";
import { pseudoChecksum } from "../../wire/checksum.ts";
import { removeBalancers, setBalancer, type TestBalancer } from "./kit/balancers.ts";
import { eth, icmp, icmp6, ip4, ip6, tcp, type Upper, udp } from "./kit/frames.ts";
import type { Moved } from "./kit/plane.ts";
import { goPrivate } from "./kit/privacy.ts";
import { routerEnd, setRouter } from "./kit/routers.ts";
import { bump, set, setPolicy, setRules } from "./kit/security.ts";
import {
  addEndpoint,
  fromHost,
  makeWorld,
  NO_SET,
  OVERLAY,
  type Place,
  PORTS,
  REMOTE,
  remote,
  toHost,
} from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane } = world;
const { a, b, other } = PORTS;

type End = { mac: string; ip4: string; ip6: string };
type Family = 4 | 6;
const FAMILIES: Family[] = [4, 6];
const UDP = 17;
const TCP = 6;
/** On the host of REMOTE, in the network of `other`. */
const far: End = { mac: "02:00:00:00:01:09", ip4: "10.2.0.101", ip6: "fd00:2::101" };
const near = routerEnd(OVERLAY, 1);
const behind = routerEnd(other.net, 2);
const front = { mac: near.mac, ip4: "10.96.0.10", ip6: "fd00:96::10" };
const of = (family: Family, end: End) => (family === 4 ? end.ip4 : end.ip6);

/** `macs` of the hop, `ends` of the packet. */
const hop = (family: Family, macs: [from: End, to: End], ends: [from: End, to: End], upper: Upper, ttl = 64) =>
  eth(
    { to: macs[1].mac, from: macs[0].mac },
    family === 4
      ? ip4({ from: ends[0].ip4, to: ends[1].ip4, ttl, df: true }, upper)
      : ip6({ from: ends[0].ip6, to: ends[1].ip6, hops: ttl }, upper),
  );

before(() => {
  addEndpoint(plane, other.net, far, remote(REMOTE.host));
  plane.put("peers", { net: other.net, ip: ip(REMOTE.host) }, { flags: 0 });
  setRouter(plane, { number: 1, ends: [near, behind] });
});
beforeEach(() => {
  for (const [key] of plane.all("flows")) plane.remove("flows", key);
  removeBalancers(plane);
  for (const port of [a, b, other]) setPolicy(plane, port, NO_SET);
});

const balancer = (family: Family, protocol: number, backends: End[], more: Partial<TestBalancer> = {}): void =>
  setBalancer(plane, {
    ...{ ip: of(family, front), protocol, port: 80 },
    backends: backends.map((end) => ({ ip: of(family, end), port: 8080 })),
    ...more,
  });

interface Way {
  backend: End;
  /** Where it comes out for the backend, and what moves. */
  there: { place: Place; bytes: (bytes: Uint8Array) => Uint8Array; moved: Moved };
  back: { place: Place; bytes: (bytes: Uint8Array) => Uint8Array; moved: Moved };
  /** The MACs: to the backend; of its answer as it comes in here, and as the client gets it. */
  macs: [there: [End, End], came: [End, End], got: [End, End]];
  /** TTLs of the answer likewise. */
  ttls: [came: number, got: number];
  /** The backend sees another source than the client. */
  source?: End;
}
const asIs = (bytes: Uint8Array) => bytes;
const tunnelled = {
  place: "nic",
  moved: { "1 tx": 1 },
  bytes: (bytes: Uint8Array) => fromHost(REMOTE.host, OVERLAY, bytes),
} as const;
const WAYS: Record<string, Way> = {
  "on this host, in the client's network": {
    backend: b,
    there: { place: "b", bytes: asIs, moved: { "1 rx": 1, "2 tx": 1 } },
    back: { place: "b", bytes: asIs, moved: { "2 rx": 1, "1 tx": 1 } },
    macs: [
      [near, b],
      [b, a],
      [b, a],
    ],
    ttls: [64, 64],
  },
  "on this host, in another network": {
    backend: other,
    there: { place: "other", bytes: asIs, moved: { "1 rx": 1, "6 tx": 1 } },
    back: { place: "other", bytes: asIs, moved: { "6 rx": 1, "1 tx": 1 } },
    macs: [
      [behind, other],
      [other, behind],
      [near, a],
    ],
    ttls: [64, 63],
  },
  "on another host, in the client's network": {
    backend: REMOTE,
    there: { place: "nic", bytes: (bytes) => toHost(REMOTE.host, OVERLAY, bytes), moved: { "1 rx": 1 } },
    back: tunnelled,
    macs: [
      [near, REMOTE],
      [REMOTE, a],
      [REMOTE, a],
    ],
    ttls: [64, 64],
  },
  "on another host, in another network": {
    backend: far,
    there: { place: "nic", bytes: (bytes) => toHost(REMOTE.host, other.net, bytes), moved: { "1 rx": 1 } },
    back: tunnelled,
    macs: [
      [behind, far],
      [near, a],
      [near, a],
    ],
    ttls: [63, 63],
  },
  "the client itself": {
    backend: a,
    there: { place: "a", bytes: asIs, moved: { "1 rx": 1, "1 tx": 1 } },
    back: { place: "a", bytes: asIs, moved: { "1 rx": 1, "1 tx": 1 } },
    macs: [
      [near, a],
      [a, near],
      [near, a],
    ],
    ttls: [64, 63],
    source: near,
  },
};

/** What the client says to the balancer, and what comes out at the backend. */
function goes(name: string, family: Family, way: Way, asked: Upper, became: Upper): void {
  const { there, macs, backend, source = a } = way;
  world.step({
    name,
    from: "a",
    frame: hop(family, [a, near], [a, front], asked),
    moved: there.moved,
    out: { [there.place]: [there.bytes(hop(family, macs[0], [source, backend], became, 63))] },
  });
}

function comes(name: string, family: Family, way: Way, said: Upper, became: Upper): void {
  const { back, macs, backend, ttls, source = a } = way;
  world.step({
    name,
    from: back.place,
    frame: back.bytes(hop(family, macs[1], [backend, source], said, ttls[0])),
    moved: back.moved,
    out: { a: [hop(family, macs[2], [front, a], became, ttls[1])] },
  });
}

for (const family of FAMILIES) {
  for (const [where, way] of Object.entries(WAYS)) {
    test(`IPv${family}: a backend ${where}: there and back, by decision and by flow, UDP and TCP`, () => {
      balancer(family, UDP, [way.backend]);
      balancer(family, TCP, [way.backend]);
      for (const when of ["decided", "by its flow", "decided again"]) {
        goes(`there, ${when}`, family, way, udp(1000, 80, "?"), udp(1000, 8080, "?"));
        comes(`back, ${when}`, family, way, udp(8080, 1000, "!"), udp(80, 1000, "!"));
        if (when === "by its flow") bump(plane);
      }
      bump(plane);
      comes("an answer that is decided first", family, way, udp(8080, 1000, "!"), udp(80, 1000, "!"));
      goes("and then a question", family, way, udp(1000, 80, "?"), udp(1000, 8080, "?"));
      goes("SYN", family, way, tcp(2000, 80, ["syn"]), tcp(2000, 8080, ["syn"]));
      comes("its answer", family, way, tcp(8080, 2000, ["syn", "ack"]), tcp(80, 2000, ["syn", "ack"]));
      goes("ACK", family, way, tcp(2000, 80, ["ack"], "data"), tcp(2000, 8080, ["ack"], "data"));
      bump(plane);
      goes("decided again", family, way, tcp(2000, 80, ["ack"], "data"), tcp(2000, 8080, ["ack"], "data"));
      comes("answered", family, way, tcp(8080, 2000, ["ack"], "data"), tcp(80, 2000, ["ack"], "data"));
      assert.equal(plane.all("flows").length, 4, "two flows, both directions");
      goes("RST", family, way, tcp(2000, 80, ["rst"]), tcp(2000, 8080, ["rst"]));
      assert.equal(plane.all("flows").length, 2, "ended in both directions");
    });
  }
}

/** Of a SYN: what is acknowledged is one behind it. */
const reset = (from: number, to: number, acknowledged: number): Upper => ({
  protocol: TCP,
  bytes(source, destination) {
    const header = Buffer.alloc(20);
    header.writeUInt16BE(from, 0);
    header.writeUInt16BE(to, 2);
    header.writeUInt32BE(acknowledged, 8);
    header.writeUInt16BE(0x5014, 12);
    header.writeUInt16BE(pseudoChecksum(source, destination, TCP, header), 16);
    return header;
  },
});
const question = (family: Family, port: number, upper: Upper = udp(port, 80, "?")) =>
  hop(family, [a, near], [a, front], upper);
const B: End[] = [b, other];

/** Which of b and other a question from this port of the client comes to. */
function backendOf(family: Family, port: number, upper?: Upper): Place | undefined {
  const came = world.send("a", question(family, port, upper));
  const places = (["b", "other"] as const).filter((place) => came[place].length === 1);
  assert.ok(places.length <= 1, "it goes to one");
  return places[0];
}
const PORTS_ASKING = Array.from({ length: 60 }, (_, i) => 1000 + i);
const count = (places: (Place | undefined)[], place: Place) => places.filter((each) => each === place).length;

for (const family of FAMILIES) {
  test(`IPv${family}: flows are shared among the backends, and each keeps its own`, () => {
    balancer(family, UDP, B);
    const places = PORTS_ASKING.map((port) => backendOf(family, port));
    const shares = [count(places, "b"), count(places, "other")];
    assert.ok(Math.min(...shares) > 10, `${shares} of ${PORTS_ASKING.length} flows`);
    balancer(family, UDP, [...B, far, REMOTE]);
    bump(plane);
    const again = PORTS_ASKING.map((port) => backendOf(family, port));
    assert.deepEqual(again, places, "backends that come are given new flows only");
  });

  test(`IPv${family}: who asks is given the same backend for the affinity's time, and another one once that is gone`, () => {
    balancer(family, UDP, B, { affinitySeconds: 60 });
    const places = PORTS_ASKING.map((port) => backendOf(family, port));
    const [first] = places;
    assert.equal(count(places, first as Place), places.length);
    const [key, value] = plane.all("affinities")[0] ?? [];
    assert.equal(plane.all("affinities").length, 1);
    plane.put("affinities", key as never, { ...(value as NonNullable<typeof value>), untilNs: 1n });
    const later = PORTS_ASKING.map((port) => backendOf(family, port + 1000));
    assert.equal(count(later, later[0] as Place), later.length);
    balancer(
      family,
      UDP,
      B.filter((end) => (end === b) !== (later[0] === "b")),
      { affinitySeconds: 60 },
    );
    assert.notEqual(backendOf(family, 3000), later[0]);
  });

  test(`IPv${family}: for this host's backends only, others are none`, () => {
    const backends = [REMOTE, b, far].map((end) => ({ ip: of(family, end), port: 8080, isLocal: end === b }));
    balancer(family, UDP, [], { backends, localOnly: true });
    const places = PORTS_ASKING.map((port) => backendOf(family, port));
    assert.equal(count(places, "b"), places.length);
  });

  for (const [name, upper] of [
    ["UDP", udp(1000, 80, "?")],
    ["a connection", tcp(1000, 80, ["syn"])],
  ] as const) {
    test(`IPv${family}: ${name} to a balancer without backends is refused at once, whatever the sender's groups let out`, () => {
      balancer(family, upper.protocol, []);
      setPolicy(plane, a, set(1));
      const asked = question(family, 1000, upper);
      const rest = (size: number) => Buffer.concat([Buffer.alloc(4), asked.subarray(14, 14 + size)]);
      const unreachable = family === 4 ? icmp(3, rest(28), 3) : icmp6(1, rest(1232), 4);
      const [from, said] = upper.protocol === TCP ? [front, reset(80, 1000, 2)] : [near, unreachable];
      const told = family === 4 ? ip4({ from: from.ip4, to: a.ip4 }, said) : ip6({ from: from.ip6, to: a.ip6 }, said);
      world.step({
        name: "refused",
        from: "a",
        frame: asked,
        moved: { "1 rx": 1, "1 tx": 1, "1 drop no_backend": 1 },
        out: { a: [eth({ to: a.mac, from: near.mac }, told)] },
      });
    });
  }

  test(`IPv${family}: what has no connection leaves a backend that is none any more, a connection stays`, () => {
    balancer(family, UDP, [b]);
    balancer(family, TCP, [b]);
    assert.equal(backendOf(family, 1000), "b");
    assert.equal(backendOf(family, 1000, tcp(1000, 80, ["syn"])), "b");
    balancer(family, UDP, [other]);
    balancer(family, TCP, [other]);
    bump(plane);
    assert.equal(backendOf(family, 1000), "other");
    assert.equal(backendOf(family, 1000, tcp(1000, 80, ["ack"], "data")), "b");
    assert.equal(backendOf(family, 1000, tcp(1000, 80, ["syn"])), "other", "a new one by the same ports");
    assert.equal(backendOf(family, 1000, tcp(1000, 80, ["ack"], "data")), "other");
    removeBalancers(plane);
    bump(plane);
    assert.equal(backendOf(family, 1000), undefined);
    assert.equal(backendOf(family, 1000, tcp(1000, 80, ["ack"], "data")), "other", "nor does it need the balancer");
  });

  test(`IPv${family}: a list that is being changed has a backend for everybody`, () => {
    balancer(family, UDP, B);
    const key = { ip: ip(of(family, front)), router: 1 as never, port: 80, proto: UDP };
    plane.put("balancers", key, { backends: 9, affinitySeconds: 0 });
    for (const port of PORTS_ASKING) assert.notEqual(backendOf(family, port), undefined);
  });

  test(`IPv${family}: rules are about the backend and the client, on both ends`, () => {
    balancer(family, UDP, [b]);
    const mine = { direction: "egress", family, protocol: UDP } as const;
    const remoteOf = (end: End) => ({ kind: "prefixes" as const, prefixes: [prefix(of(family, end)).cidr] });
    setPolicy(plane, a, set(1));
    setPolicy(plane, b, set(2));
    setRules(plane, set(1), [{ ...mine, ports: [80, 80], remote: remoteOf(front) }]);
    setRules(plane, set(2), [{ family, protocol: UDP, ports: [8080, 8080], remote: remoteOf(a) }]);
    const frame = question(family, 1000);
    world.step({ name: "the balancer is nobody", from: "a", frame, moved: { "1 rx": 1, "1 drop policy_egress": 1 } });
    setRules(plane, set(1), [{ ...mine, ports: [8080, 8080], remote: remoteOf(b) }]);
    const way = WAYS["on this host, in the client's network"] as Way;
    for (const when of ["decided", "by its flow"]) {
      goes(`there, ${when}`, family, way, udp(1000, 80, "?"), udp(1000, 8080, "?"));
      comes(`back, ${when}`, family, way, udp(8080, 1000, "!"), udp(80, 1000, "!"));
    }
    bump(plane);
    comes("decided again, as an answer", family, way, udp(8080, 1000, "!"), udp(80, 1000, "!"));
    setRules(plane, set(2), [{ family, protocol: UDP, ports: [80, 80], remote: remoteOf(a) }]);
    world.step({ name: "not let in", from: "a", frame, moved: { "1 rx": 1, "2 drop policy_ingress": 1 } });
  });

  test(`IPv${family}: nobody is kept from himself`, () => {
    balancer(family, UDP, [a]);
    setPolicy(plane, a, set(1));
    setRules(plane, set(1), []);
    const way = WAYS["the client itself"] as Way;
    goes("there", family, way, udp(1000, 80, "?"), udp(1000, 8080, "?"));
    comes("back", family, way, udp(8080, 1000, "!"), udp(80, 1000, "!"));
  });

  test(`IPv${family}: one port asks two balancers of one backend, and the backend: the answers are told apart`, () => {
    const second = { ...front, ip4: "10.96.0.11", ip6: "fd00:96::11" };
    balancer(family, UDP, [b]);
    balancer(family, UDP, [b], { ip: of(family, second) });
    const ask = (name: string, to: End, frame: Uint8Array) => {
      const [came] = world.send("a", frame).b;
      const at = came?.readUInt16BE(14 + (family === 4 ? 20 : 40)) as number;
      const answer = udp(8080, at, name);
      return { to, at, name, answer };
    };
    const asked = [
      ask("one", front, question(family, 1000)),
      ask("two", second, hop(family, [a, near], [a, second], udp(1000, 80, "?"))),
    ];
    assert.equal(asked[0]?.at, 1000);
    assert.notEqual(asked[1]?.at, 1000, "another port");
    const again = ask("two", second, hop(family, [a, near], [a, second], udp(1000, 80, "?")));
    assert.equal(again.at, asked[1]?.at, "and that for good");
    bump(plane);
    assert.equal(ask("two", second, hop(family, [a, near], [a, second], udp(1000, 80, "?"))).at, again.at);
    for (const { to, name, answer } of asked)
      world.step({
        name,
        from: "b",
        frame: hop(family, [b, a], [b, a], answer),
        moved: { "2 rx": 1, "1 tx": 1 },
        out: { a: [hop(family, [b, a], [to, a], udp(80, 1000, name))] },
      });
  });

  test(`IPv${family}: errors about a balanced flow reach who caused them, with the ends that he knows`, () => {
    const error = (quoted: Uint8Array): Upper => {
      const rest = Buffer.concat([Buffer.alloc(4), quoted.subarray(14)]);
      return family === 4 ? icmp(3, rest, 3) : icmp6(1, rest, 4);
    };
    for (const way of Object.values(WAYS).filter(({ source }) => source === undefined)) {
      beforeEachWay(family, way);
      const { there, back, macs, backend, ttls } = way;
      const sent = question(family, 1000);
      world.send("a", sent);
      const received = hop(family, macs[0], [a, backend], udp(1000, 8080, "?"));
      world.step({
        name: "of the backend",
        from: back.place,
        frame: back.bytes(hop(family, macs[1], [backend, a], error(received), ttls[0])),
        moved: back.moved,
        out: { a: [hop(family, macs[2], [front, a], error(sent), ttls[1])] },
      });
      const answer = hop(family, macs[1], [backend, a], udp(8080, 1000, "!"), ttls[0]);
      world.send(back.place, back.bytes(answer));
      const got = hop(family, macs[2], [front, a], udp(80, 1000, "!"));
      world.step({
        name: "of the client",
        from: "a",
        frame: hop(family, [a, near], [a, front], error(got)),
        moved: there.moved,
        out: {
          [there.place]: [
            there.bytes(
              hop(family, macs[0], [a, backend], error(hop(family, macs[1], [backend, a], udp(8080, 1000, "!"))), 63),
            ),
          ],
        },
      });
    }
  });
}

function beforeEachWay(family: Family, { backend }: Way): void {
  for (const [key] of plane.all("flows")) plane.remove("flows", key);
  balancer(family, UDP, [backend]);
}
