/** Routing at the sender's own host: within it, to another host and back, and what a router itself has to say. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { PAIR_FIXED_BITS, RouteKind, type RouterNumber } from "../../bpf/layout.gen.ts";
import { ip, mac } from "../../model/mod.ts";
import { echo, eth, icmp, icmp6, ip4, ip6, tcp, type Upper, udp } from "./kit/frames.ts";
import { goPrivate } from "./kit/privacy.ts";
import { routerEnd, setRouter } from "./kit/routers.ts";
import { bump, set, setMember, setPolicy, setRules } from "./kit/security.ts";
import {
  addEndpoint,
  addSource,
  fromHost,
  MTU,
  makeWorld,
  NO_SET,
  OVERLAY,
  PORTS,
  REMOTE,
  remote,
  toHost,
  VLAN40,
} from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane } = world;
const { a, b, other, vlan } = PORTS;
const OTHER = other.net;

type End = { mac: string; ip4: string; ip6: string };
type Family = 4 | 6;
const FAMILIES: Family[] = [4, 6];
/** On the host of REMOTE, in the network of `other`. */
const far: End = { mac: "02:00:00:00:01:09", ip4: "10.2.0.101", ip6: "fd00:2::101" };
const near = routerEnd(OVERLAY, 1);
const behind = routerEnd(OTHER, 2);
const router = { number: 1, ends: [near, behind] };
/** A second one, between `other`'s network and the VLAN. */
const second = { number: 2, ends: [routerEnd(OTHER, 2, 2), routerEnd(VLAN40, 4, 2)] };
const [secondNear, secondBehind] = second.ends as [typeof near, typeof near];

/** Between addresses of the two ends, and MACs of the hop: `at` sends it to the MAC of `hop`. */
const hop = (family: Family, macs: [from: End, to: End], ends: [from: End, to: End], upper: Upper, ttl = 64) =>
  eth(
    { to: macs[1].mac, from: macs[0].mac },
    family === 4
      ? ip4({ from: ends[0].ip4, to: ends[1].ip4, ttl, df: true }, upper)
      : ip6({ from: ends[0].ip6, to: ends[1].ip6, hops: ttl }, upper),
  );
const question = udp(1000, 53, "?");
const answer = udp(53, 1000, "!");

/** What a router says of a packet: to its sender, in the name of its end there. */
const told = (family: Family, by: End, to: End, about: Uint8Array, four: [number, number], six: [number, number]) => {
  const rest = (size: number) => Buffer.concat([Buffer.alloc(4), about.subarray(14, 14 + size)]);
  return eth(
    { to: to.mac, from: near.mac },
    family === 4
      ? ip4({ from: by.ip4, to: to.ip4 }, icmp(four[0], rest(28), four[1]))
      : ip6({ from: by.ip6, to: to.ip6 }, icmp6(six[0], rest(1232), six[1])),
  );
};
const TIME_EXCEEDED = [
  [11, 0],
  [3, 0],
] as const;
const NO_ROUTE = [
  [3, 0],
  [1, 0],
] as const;
const NO_HOST = [
  [3, 1],
  [1, 3],
] as const;

const refused = (
  name: string,
  family: Family,
  bytes: Uint8Array,
  reason: string,
  by: End,
  [four, six]: readonly (readonly [number, number])[],
) =>
  world.step({
    name,
    from: "a",
    frame: bytes,
    moved: { "1 rx": 1, "1 tx": 1, [`1 drop ${reason}`]: 1 },
    out: { a: [told(family, by, a, bytes, four as [number, number], six as [number, number])] },
  });

before(() => {
  addEndpoint(plane, OTHER, far, remote(REMOTE.host));
  plane.put("peers", { net: OTHER, ip: ip(REMOTE.host) }, { flags: 0 });
});
beforeEach(() => {
  for (const map of ["flows", "routes"] as const) for (const [key] of plane.all(map)) plane.remove(map, key);
  for (const port of [a, b, other]) setPolicy(plane, port, NO_SET);
  setRouter(plane, router);
  setRouter(plane, second);
});

for (const family of FAMILIES) {
  test(`IPv${family}: within a host, there and back, by decision and by flow`, () => {
    for (const way of ["decided", "by its flow", "decided again"]) {
      const go = hop(family, [a, near], [a, other], question);
      const out = { other: [hop(family, [behind, other], [a, other], question, 63)] };
      world.step({ name: `there, ${way}`, from: "a", frame: go, moved: { "1 rx": 1, "6 tx": 1 }, out });
      const back = hop(family, [other, behind], [other, a], answer);
      const came = { a: [hop(family, [near, a], [other, a], answer, 63)] };
      world.step({ name: `back, ${way}`, from: "other", frame: back, moved: { "6 rx": 1, "1 tx": 1 }, out: came });
      if (way === "by its flow") bump(plane);
    }
  });

  test(`IPv${family}: to another host in the receiver's network; its answers come in the asker's`, () => {
    for (const way of ["decided", "by its flow"]) {
      const go = hop(family, [a, near], [a, far], question);
      const out = { nic: [toHost(REMOTE.host, OTHER, hop(family, [behind, far], [a, far], question, 63))] };
      world.step({ name: `there, ${way}`, from: "a", frame: go, moved: { "1 rx": 1 }, out });
      const back = hop(family, [near, a], [far, a], answer, 63);
      const from = fromHost(REMOTE.host, OVERLAY, back);
      world.step({ name: `back, ${way}`, from: "nic", frame: from, moved: { "1 tx": 1 }, out: { a: [back] } });
    }
  });

  test(`IPv${family}: the other side: routed at the sender's host, answered by routing here`, () => {
    for (const way of ["decided", "by its flow"]) {
      const come = hop(family, [near, b], [far, b], question, 63);
      const from = fromHost(REMOTE.host, OVERLAY, come);
      world.step({ name: `come, ${way}`, from: "nic", frame: from, moved: { "2 tx": 1 }, out: { b: [come] } });
      const back = hop(family, [b, near], [b, far], answer);
      const out = { nic: [toHost(REMOTE.host, OTHER, hop(family, [behind, far], [b, far], answer, 63))] };
      world.step({ name: `answer, ${way}`, from: "b", frame: back, moved: { "2 rx": 1 }, out });
    }
  });

  test(`IPv${family}: groups hold across a router: both ends' rules, remote groups, answers`, () => {
    const members = { members: { m: [set(7)] } };
    setPolicy(plane, b, set(1));
    setRules(plane, set(1), [{ family, remote: { kind: "group", group: "m" } }], members);
    const come = hop(family, [near, b], [far, b], question, 63);
    const from = fromHost(REMOTE.host, OVERLAY, come);
    world.step({ name: "no member", from: "nic", frame: from, moved: { "2 drop policy_ingress": 1 } });
    setMember(plane, OTHER, far, set(7));
    world.step({ name: "a member", from: "nic", frame: from, moved: { "2 tx": 1 }, out: { b: [come] } });
    const back = hop(family, [b, near], [b, far], answer);
    const out = { nic: [toHost(REMOTE.host, OTHER, hop(family, [behind, far], [b, far], answer, 63))] };
    world.step({ name: "the answer", from: "b", frame: back, moved: { "2 rx": 1 }, out });
    const unasked = hop(family, [b, near], [b, other], question);
    world.step({ name: "unasked", from: "b", frame: unasked, moved: { "2 rx": 1, "2 drop policy_egress": 1 } });
    setPolicy(plane, other, set(2));
    setRules(plane, set(2), [{ family, remote: { kind: "group", group: "m" } }], { members: { m: [set(8)] } });
    const go = hop(family, [a, near], [a, other], question);
    world.step({ name: "not let in", from: "a", frame: go, moved: { "1 rx": 1, "6 drop policy_ingress": 1 } });
    setMember(plane, OVERLAY, a, set(8));
    const let_in = { other: [hop(family, [behind, other], [a, other], question, 63)] };
    world.step({ name: "let in", from: "a", frame: go, moved: { "1 rx": 1, "6 tx": 1 }, out: let_in });
    setMember(plane, OVERLAY, a, NO_SET);
    setMember(plane, OTHER, far, NO_SET);
  });

  test(`IPv${family}: a packet whose hops are used up is told of, new or of a flow`, () => {
    refused("new", family, hop(family, [a, near], [a, other], question, 1), "ttl", near, TIME_EXCEEDED);
    const go = hop(family, [a, near], [a, other], question);
    const out = { other: [hop(family, [behind, other], [a, other], question, 63)] };
    world.step({ name: "a flow", from: "a", frame: go, moved: { "1 rx": 1, "6 tx": 1 }, out });
    refused("of a flow", family, hop(family, [a, near], [a, other], question, 1), "ttl", near, TIME_EXCEEDED);
    refused(
      "echo",
      family,
      hop(family, [a, near], [a, other], echo(1)[family === 4 ? "v4" : "v6"], 1),
      "ttl",
      near,
      TIME_EXCEEDED,
    );
  });

  test(`IPv${family}: no route, and nobody there`, () => {
    const nowhere = { ...other, ip4: "198.51.100.1", ip6: "2001:db8:9::1" };
    refused("no route", family, hop(family, [a, near], [a, nowhere], question), "no_route", near, NO_ROUTE);
    const nobody = { ...other, ip4: "10.2.0.77", ip6: "fd00:2::77" };
    refused("nobody", family, hop(family, [a, near], [a, nobody], question), "host_unknown", near, NO_HOST);
  });

  for (const size of [1, 30, 1180, 1400])
    test(`IPv${family}: ${size} bytes whose hops are used up are quoted as far as the RFCs say`, () => {
      const bytes = hop(family, [a, near], [a, other], udp(1000, 33_434, Buffer.alloc(size, "x")), 1);
      refused("quoted", family, bytes, "ttl", near, TIME_EXCEEDED);
    });

  test(`IPv${family}: an error makes no error`, () => {
    const upper = family === 4 ? icmp(3, Buffer.alloc(32), 1) : icmp6(1, Buffer.alloc(52), 3);
    const bytes = hop(family, [a, near], [a, other], upper, 1);
    world.step({ name: "error", from: "a", frame: bytes, moved: { "1 rx": 1, "1 drop ttl": 1 } });
  });

  test(`IPv${family}: a router answers echo requests, at its near end and its far one`, () => {
    const v = family === 4 ? "v4" : "v6";
    for (const end of [near, behind]) {
      const request = hop(family, [a, near], [a, end], echo(9, "hello")[v], 5);
      const reply = hop(family, [near, a], [end, a], echo(9, "hello", true)[v]);
      world.step({ name: "echo", from: "a", frame: request, moved: { "1 rx": 1, "1 tx": 1 }, out: { a: [reply] } });
    }
    for (const [name, upper] of Object.entries({
      UDP: question,
      TCP: tcp(1, 2, ["syn"]),
      reply: echo(9, "", true)[v],
    })) {
      const bytes = hop(family, [a, near], [a, near], upper);
      world.step({ name, from: "a", frame: bytes, moved: { "1 rx": 1, "1 drop to_router": 1 } });
    }
  });

  test(`IPv${family}: who may not send is told nothing by a router`, () => {
    setPolicy(plane, a, set(1));
    setRules(plane, set(1), []);
    const v = family === 4 ? "v4" : "v6";
    for (const bytes of [
      hop(family, [a, near], [a, near], echo(9)[v]),
      hop(family, [a, near], [a, other], question, 1),
      hop(family, [a, near], [a, { ...other, ip4: "198.51.100.1", ip6: "2001:db8:9::1" }], question),
    ])
      world.step({ name: "mute", from: "a", frame: bytes, moved: { "1 rx": 1, "1 drop policy_egress": 1 } });
  });

  test(`IPv${family}: two routers in a row are two hops, and each speaks for itself`, () => {
    const four = family === 4;
    setRouter(plane, {
      ...router,
      routes: [
        {
          destination: four ? "10.4.0.0/24" : "fd00:4::/64",
          net: OTHER,
          nextHop: four ? secondNear.ip4 : secondNear.ip6,
        },
      ],
    });
    setRouter(plane, {
      ...second,
      routes: [
        { destination: four ? "10.1.0.0/24" : "fd00:1::/64", net: OTHER, nextHop: four ? behind.ip4 : behind.ip6 },
      ],
    });
    for (const way of ["decided", "by its flow"]) {
      const go = hop(family, [a, near], [a, vlan], question);
      const out = { vlan: [hop(family, [secondBehind, vlan], [a, vlan], question, 62)] };
      world.step({ name: `there, ${way}`, from: "a", frame: go, moved: { "1 rx": 1, "7 tx": 1 }, out });
      const back = hop(family, [vlan, secondBehind], [vlan, a], answer);
      const came = { a: [hop(family, [near, a], [vlan, a], answer, 62)] };
      world.step({ name: `back, ${way}`, from: "vlan", frame: back, moved: { "7 rx": 1, "1 tx": 1 }, out: came });
    }
    refused("the first", family, hop(family, [a, near], [a, vlan], question, 1), "ttl", near, TIME_EXCEEDED);
    refused("the second", family, hop(family, [a, near], [a, vlan], question, 2), "ttl", secondNear, TIME_EXCEEDED);
  });

  test(`IPv${family}: who sent over two routers is known by his groups, and so is who is behind a port`, () => {
    const four = family === 4;
    const via = (end: End) => (four ? end.ip4 : end.ip6);
    const beyond = { ...other, ip4: "203.0.113.5", ip6: "2001:db8:5::5" };
    setRouter(plane, {
      ...router,
      routes: [
        { destination: four ? "10.4.0.0/24" : "fd00:4::/64", net: OTHER, nextHop: via(secondNear) },
        { destination: four ? "203.0.113.0/24" : "2001:db8:5::/48", net: OTHER, nextHop: via(other) },
      ],
    });
    setPolicy(plane, b, set(1));
    setRules(plane, set(1), [{ family, remote: { kind: "group", group: "m" } }], { members: { m: [set(7)] } });
    setMember(plane, VLAN40, vlan, set(7));
    const pair = { prefixLength: PAIR_FIXED_BITS + 128, net: OTHER, ip: ip(via(beyond)) };
    plane.put("pairs", pair, { set: set(7), flags: 0 });
    for (const sender of [vlan, beyond]) {
      const come = hop(family, [near, b], [sender, b], question, 62);
      const from = fromHost(REMOTE.host, OVERLAY, come);
      world.step({ name: "a member", from: "nic", frame: from, moved: { "2 tx": 1 }, out: { b: [come] } });
    }
    setMember(plane, VLAN40, vlan, NO_SET);
    plane.remove("pairs", pair);
    bump(plane);
    const come = hop(family, [near, b], [vlan, b], question, 62);
    const from = fromHost(REMOTE.host, OVERLAY, come);
    world.step({ name: "no member", from: "nic", frame: from, moved: { "2 drop policy_ingress": 1 } });
  });

  test(`IPv${family}: routers that send to each other end in time exceeded`, () => {
    const everywhere = family === 4 ? "0.0.0.0/0" : "::/0";
    const via = (end: End) => (family === 4 ? end.ip4 : end.ip6);
    setRouter(plane, { ...router, routes: [{ destination: everywhere, net: OTHER, nextHop: via(secondNear) }] });
    setRouter(plane, { ...second, routes: [{ destination: everywhere, net: OTHER, nextHop: via(behind) }] });
    const bytes = hop(family, [a, near], [a, { ...other, ip4: "198.51.100.1", ip6: "2001:db8:9::1" }], question);
    plane.expectMoved({ "1 rx": 1, "1 tx": 1, "1 drop ttl": 1 }, () =>
      assert.equal(world.send("a", bytes).a.length, 1),
    );
  });

  test(`IPv${family}: a route by way of a port: the longest prefix counts, and answers come back`, () => {
    const beyond = { ...other, ip4: "203.0.113.5", ip6: "2001:db8:5::5" };
    const via = (end: End) => (family === 4 ? end.ip4 : end.ip6);
    setRouter(plane, {
      ...router,
      routes: [
        { destination: family === 4 ? "0.0.0.0/0" : "::/0", net: OTHER, nextHop: via(far) },
        { destination: family === 4 ? "203.0.113.0/24" : "2001:db8:5::/48", net: OTHER, nextHop: via(other) },
      ],
    });
    addSource(plane, other.number, other.mac, ip(via(beyond)));
    const go = hop(family, [a, near], [a, beyond], question);
    const out = { other: [hop(family, [behind, other], [a, beyond], question, 63)] };
    world.step({ name: "there", from: "a", frame: go, moved: { "1 rx": 1, "6 tx": 1 }, out });
    const back = hop(family, [other, behind], [beyond, a], answer);
    const came = { a: [hop(family, [near, a], [beyond, a], answer, 63)] };
    world.step({ name: "back", from: "other", frame: back, moved: { "6 rx": 1, "1 tx": 1 }, out: came });
    const elsewhere = { ...far, ip4: "198.51.100.7", ip6: "2001:db8:9::7" };
    const away = { nic: [toHost(REMOTE.host, OTHER, hop(family, [behind, far], [a, elsewhere], question, 63))] };
    const wide = hop(family, [a, near], [a, elsewhere], question);
    world.step({ name: "the wider one", from: "a", frame: wide, moved: { "1 rx": 1 }, out: away });
  });

  test(`IPv${family}: a packet too big for the receiver's network is told its MTU`, () => {
    const network = plane.get("nets", OTHER)!;
    plane.put("nets", OTHER, { ...network, mtu: 1300 });
    bump(plane);
    const fits = udp(1, 2, Buffer.alloc(1300 - (family === 4 ? 28 : 48)));
    const go = hop(family, [a, near], [a, other], fits);
    const out = { other: [hop(family, [behind, other], [a, other], fits, 63)] };
    world.step({ name: "fits", from: "a", frame: go, moved: { "1 rx": 1, "6 tx": 1 }, out });
    const big = hop(family, [a, near], [a, other], udp(1, 2, Buffer.alloc(1301 - (family === 4 ? 28 : 48))));
    const newFlow = hop(family, [a, near], [a, other], udp(1, 3, Buffer.alloc(MTU - (family === 4 ? 28 : 48))));
    for (const bytes of [big, newFlow])
      plane.expectMoved({ "1 rx": 1, "1 tx": 1, "1 drop too_big": 1 }, () => {
        const [error = Buffer.alloc(0)] = world.send("a", bytes).a;
        const message = error.subarray(family === 4 ? 34 : 54);
        assert.deepEqual([...message.subarray(0, 2)], family === 4 ? [3, 4] : [2, 0]);
        assert.equal(family === 4 ? message.readUInt16BE(6) : message.readUInt32BE(4), 1300);
      });
    plane.put("nets", OTHER, network);
    bump(plane);
  });

  test(`IPv${family}: a router that is taken away, or down, ends its flows`, () => {
    const go = hop(family, [a, near], [a, other], question);
    const out = { other: [hop(family, [behind, other], [a, other], question, 63)] };
    world.step({ name: "up", from: "a", frame: go, moved: { "1 rx": 1, "6 tx": 1 }, out });
    setRouter(plane, { ...router, adminUp: false });
    world.step({ name: "down", from: "a", frame: go, moved: { "1 rx": 1, "1 drop router_down": 1 } });
    setRouter(plane, router);
    world.step({ name: "up again", from: "a", frame: go, moved: { "1 rx": 1, "6 tx": 1 }, out });
    plane.remove("macs", { net: OVERLAY, mac: mac(near.mac) });
    bump(plane);
    world.step({ name: "gone", from: "a", frame: go, moved: { "1 rx": 1, "1 drop dst_unknown": 1 } });
  });

  test(`IPv${family}: what comes from outside to a router's MAC is not routed`, () => {
    const from = fromHost(REMOTE.host, OVERLAY, hop(family, [REMOTE, near], [REMOTE, other], question));
    world.step({ name: "tunnel", from: "nic", frame: from, moved: { "0 drop dst_unknown": 1 } });
  });
}

test("a default route of IPv6 is none of IPv4", () => {
  setRouter(plane, { ...router, routes: [{ destination: "::/0", net: OTHER, nextHop: other.ip6 }] });
  const beyond = { ...other, ip4: "203.0.113.5", ip6: "2001:db8:5::5" };
  const out = { other: [hop(6, [behind, other], [a, beyond], question, 63)] };
  world.step({
    name: "IPv6",
    from: "a",
    frame: hop(6, [a, near], [a, beyond], question),
    moved: { "1 rx": 1, "6 tx": 1 },
    out,
  });
  refused("IPv4", 4, hop(4, [a, near], [a, beyond], question), "no_route", near, NO_ROUTE);
});

test("what is no IP is not for a router", () => {
  const bytes = eth({ to: near.mac, from: PORTS.open.mac, type: 0x88b5 }, Buffer.alloc(46));
  world.step({ name: "odd", from: "open", frame: bytes, moved: { "3 rx": 1, "3 drop dst_unknown": 1 } });
});

test("routes of one router are none of another's", () => {
  setRouter(plane, { ...second, routes: [{ destination: "203.0.113.0/24", net: OTHER, nextHop: other.ip4 }] });
  const kinds = plane.all("routes").map(([key, { kind }]) => [key.router, kind]);
  assert.ok(kinds.some(([number, kind]) => number === (2 as RouterNumber) && kind === RouteKind.VIA));
  const beyond = { ...other, ip4: "203.0.113.5" };
  refused("not the first one's", 4, hop(4, [a, near], [a, beyond], question), "no_route", near, NO_ROUTE);
});
