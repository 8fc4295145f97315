/**
 * Long because all that is done to packets on their way outside is read in one world: neighbours, floating IPs, SNAT,
 * forwarded ports, hairpin, both directions.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { GatewayFlag, IpFlag, TargetKind, type VifNumber } from "../../bpf/layout.gen.ts";
import { ip, mac } from "../../model/mod.ts";
import {
  advertisement,
  arp,
  BROADCAST,
  echo,
  eth,
  ip4,
  ip6,
  raw,
  solicitation,
  tcp,
  type Upper,
  udp,
} from "./kit/frames.ts";
import {
  addAnswered,
  addFloating,
  addForward,
  addOutside,
  type End,
  FAR,
  FLOATING,
  floatingMac,
  GATEWAY,
  INNER,
  learn,
  NEXT_HOP,
  nextGeneration,
  placeGateway,
  ROUTER,
} from "./kit/outside.ts";
import { goPrivate } from "./kit/privacy.ts";
import {
  fromHost,
  makeWorld,
  NO_SET,
  OVERLAY,
  PORTS,
  REMOTE,
  REMOTE6,
  type Step,
  toHost,
  VLAN40,
} from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane } = world;
const { a, b, open, other } = PORTS;
addOutside(plane);
addFloating(plane, FLOATING.a, a.ip4);
addFloating(plane, FLOATING.other, other.ip4);

const frame = (
  from: string,
  to: string,
  ends: { from: string; to: string; ttl?: number },
  upper: Upper,
  vlan?: number,
) => eth({ from, to, ...(vlan === undefined ? {} : { vlan }) }, ip4(ends, upper));
/** Between a workload and its router. */
const sent = (from: End, to: string, upper: Upper, ttl = 64) =>
  frame(from.mac, from === other ? INNER.other.mac : INNER.overlay.mac, { from: from.ip4, to, ttl }, upper);
const got = (to: End, from: string, upper: Upper, ttl = 63) =>
  frame(to === other ? INNER.other.mac : INNER.overlay.mac, to.mac, { from, to: to.ip4, ttl }, upper);
/** On the wire outside. `of`: whose MAC of ours it is. */
const out = (of: { mac: string; ip: string }, to: string, upper: Upper, ttl = 63) =>
  frame(of.mac, NEXT_HOP.mac, { from: of.ip, to, ttl }, upper, 40);
const back = (of: { mac: string; ip: string }, from: string, upper: Upper, ttl = 64) =>
  frame(NEXT_HOP.mac, of.mac, { from, to: of.ip, ttl }, upper, 40);

const floatingA = { mac: floatingMac(FLOATING.a), ip: FLOATING.a };
const shared = { mac: GATEWAY.mac, ip: GATEWAY.ip4 };
const ask = (of: { mac: string; ip: string }, target: string) =>
  eth({ to: BROADCAST, from: of.mac, type: 0x0806, vlan: 40 }, arp(1, [of.mac, of.ip], ["00:00:00:00:00:00", target]));
const REST = new Uint8Array(40);
/** By which the data plane's clock may be behind. */
const COARSE_NS = 10_000_000n;

const steps: Step[] = [
  {
    name: "the next hop is asked for, in the name of the floating IP",
    from: "a",
    frame: sent(a, FAR.ip4, udp(1000, 53, "question")),
    moved: { "1 rx": 1, "1 drop neighbour_unknown": 1 },
    out: { nic: [Buffer.concat([ask(floatingA, NEXT_HOP.ip4), REST])] },
  },
  {
    name: "and not again at once",
    from: "a",
    frame: sent(a, FAR.ip4, udp(1000, 53, "question")),
    justBefore: () => {
      const asked = { mac: mac("00:00:00:00:00:00"), askedNs: process.hrtime.bigint() - COARSE_NS, heardNs: 0n };
      plane.put("neighbours", { net: VLAN40, ip: ip(NEXT_HOP.ip4) }, asked);
    },
    moved: { "1 rx": 1, "1 drop neighbour_unknown": 1 },
  },
  {
    name: "its answer is learned and goes to nobody",
    from: "nic",
    frame: eth(
      { to: floatingA.mac, from: NEXT_HOP.mac, type: 0x0806, vlan: 40 },
      arp(2, [NEXT_HOP.mac, NEXT_HOP.ip4], [floatingA.mac, floatingA.ip]),
    ),
    moved: {},
  },
  {
    name: "from a floating IP",
    from: "a",
    frame: sent(a, FAR.ip4, udp(1000, 53, "question")),
    moved: { "1 rx": 1 },
    out: { nic: [out(floatingA, FAR.ip4, udp(1000, 53, "question"))] },
  },
  {
    name: "its answer",
    from: "nic",
    frame: back(floatingA, FAR.ip4, udp(53, 1000, "answer")),
    moved: { "1 tx": 1 },
    out: { a: [got(a, FAR.ip4, udp(53, 1000, "answer"))] },
  },
  {
    name: "by the flow's entry",
    from: "a",
    frame: sent(a, FAR.ip4, udp(1000, 53, "more")),
    moved: { "1 rx": 1 },
    out: { nic: [out(floatingA, FAR.ip4, udp(1000, 53, "more"))] },
  },
  {
    name: "to a floating IP",
    from: "nic",
    frame: back(floatingA, FAR.ip4, tcp(4000, 80, ["syn"])),
    moved: { "1 tx": 1 },
    out: { a: [got(a, FAR.ip4, tcp(4000, 80, ["syn"]))] },
  },
  {
    name: "and its answer",
    from: "a",
    frame: sent(a, FAR.ip4, tcp(80, 4000, ["syn", "ack"])),
    moved: { "1 rx": 1 },
    out: { nic: [out(floatingA, FAR.ip4, tcp(80, 4000, ["syn", "ack"]))] },
  },
  {
    name: "ping of a floating IP",
    from: "nic",
    frame: back(floatingA, FAR.ip4, echo(9, "x").v4),
    moved: { "1 tx": 1 },
    out: { a: [got(a, FAR.ip4, echo(9, "x").v4)] },
  },
  {
    name: "a floating IP's question on the wire is answered with its port's MAC",
    from: "nic",
    frame: eth(
      { to: BROADCAST, from: NEXT_HOP.mac, type: 0x0806, vlan: 40 },
      arp(1, [NEXT_HOP.mac, NEXT_HOP.ip4], ["00:00:00:00:00:00", floatingA.ip]),
    ),
    moved: {},
    out: {
      nic: [
        eth(
          { to: NEXT_HOP.mac, from: floatingA.mac, type: 0x0806, vlan: 40 },
          arp(2, [floatingA.mac, floatingA.ip], [NEXT_HOP.mac, NEXT_HOP.ip4]),
        ),
      ],
    },
  },
  {
    name: "SNAT, with its own port",
    from: "b",
    frame: sent(b, FAR.ip4, udp(1000, 53, "question")),
    moved: { "2 rx": 1 },
    out: { nic: [out(shared, FAR.ip4, udp(1000, 53, "question"))] },
  },
  {
    name: "its answer",
    from: "nic",
    frame: back(shared, FAR.ip4, udp(53, 1000, "answer")),
    moved: { "2 tx": 1 },
    out: { b: [got(b, FAR.ip4, udp(53, 1000, "answer"))] },
  },
  {
    name: "SNAT of a ping",
    from: "b",
    frame: sent(b, FAR.ip4, echo(7, "x").v4),
    moved: { "2 rx": 1 },
    out: { nic: [out(shared, FAR.ip4, echo(7, "x").v4)] },
  },
  {
    name: "and its answer",
    from: "nic",
    frame: back(shared, FAR.ip4, echo(7, "x", true).v4),
    moved: { "2 tx": 1 },
    out: { b: [got(b, FAR.ip4, echo(7, "x", true).v4)] },
  },
  {
    name: "who was not asked from inside is not let in",
    from: "nic",
    frame: back(shared, FAR.ip4, udp(53, 1001, "answer")),
    moved: { "0 drop to_router": 1 },
  },
  {
    name: "the gateway's own address answers a ping",
    from: "nic",
    frame: back(shared, FAR.ip4, echo(5, "x").v4),
    moved: {},
    out: { nic: [out(shared, FAR.ip4, echo(5, "x", true).v4, 64)] },
  },
  {
    name: "IPv6 comes in as it is",
    from: "nic",
    frame: eth({ from: NEXT_HOP.mac, to: GATEWAY.mac, vlan: 40 }, ip6({ from: FAR.ip6, to: a.ip6 }, echo(3, "x").v6)),
    moved: { "1 tx": 1 },
    out: {
      a: [eth({ from: INNER.overlay.mac, to: a.mac }, ip6({ from: FAR.ip6, to: a.ip6, hops: 63 }, echo(3, "x").v6))],
    },
  },
  {
    name: "and its answer to where the question came from",
    from: "a",
    frame: eth({ from: a.mac, to: INNER.overlay.mac }, ip6({ from: a.ip6, to: FAR.ip6 }, echo(3, "x", true).v6)),
    moved: { "1 rx": 1 },
    out: {
      nic: [
        eth(
          { from: GATEWAY.mac, to: NEXT_HOP.mac, vlan: 40 },
          ip6({ from: a.ip6, to: FAR.ip6, hops: 63 }, echo(3, "x", true).v6),
        ),
      ],
    },
  },
  {
    name: "hairpin, from a floating IP to one",
    from: "a",
    frame: sent(a, FLOATING.other, udp(2000, 3000, "hi")),
    moved: { "1 rx": 1, "6 tx": 1 },
    out: { other: [got(other, FLOATING.a, udp(2000, 3000, "hi"), 62)] },
  },
  {
    name: "and its answer",
    from: "other",
    frame: sent(other, FLOATING.a, udp(3000, 2000, "ho")),
    moved: { "6 rx": 1, "1 tx": 1 },
    out: { a: [got(a, FLOATING.other, udp(3000, 2000, "ho"), 62)] },
  },
  {
    name: "hairpin, from a shared address",
    from: "b",
    frame: sent(b, FLOATING.other, tcp(2000, 80, ["syn"])),
    moved: { "2 rx": 1, "6 tx": 1 },
    out: { other: [got(other, GATEWAY.ip4, tcp(2000, 80, ["syn"]), 62)] },
  },
  {
    name: "and its answer",
    from: "other",
    frame: sent(other, GATEWAY.ip4, tcp(80, 2000, ["syn", "ack"])),
    moved: { "6 rx": 1, "2 tx": 1 },
    out: { b: [got(b, FLOATING.other, tcp(80, 2000, ["syn", "ack"]), 62)] },
  },
];

/** As if it had been asked for this very moment, however slow the machine is. */
function askedNow(): void {
  const key = { net: VLAN40, ip: ip(NEXT_HOP.ip4) };
  plane.put("neighbours", key, {
    ...plane.get("neighbours", key)!,
    askedNs: process.hrtime.bigint() + 60_000_000_000n,
  });
}

for (const step of steps)
  test(step.name, () => {
    if (step.name === "and not again at once") askedNow();
    world.step(step);
  });

const names = /^(from a|its answer$|by the|and its|SNAT|hairpin|to a|ping of|IPv6)/;
const running = steps.filter(({ name }) => names.test(name));
test("all that runs goes on with another generation, answers first", () => {
  learn(plane);
  nextGeneration(plane);
  for (const step of running.toReversed()) world.step({ ...step, name: `again: ${step.name}` });
});

const port = (which: number) => (which === 0 ? "its own" : "another");
test("two workloads with one port to one far end get two ports, and each its own answers", () => {
  const froms = [
    { from: "b", end: b, vif: 2 },
    { from: "open", end: open, vif: 3 },
  ] as const;
  const seen = new Set<number>();
  for (const [index, { from, end, vif }] of froms.entries()) {
    let wire: Buffer = Buffer.alloc(0);
    plane.expectMoved({ [`${vif} rx`]: 1 }, () => {
      wire = world.send(from, sent(end, FAR.ip4, udp(5000, 53, "question"))).nic[0] as Buffer;
    });
    const taken = wire.readUInt16BE(18 + 20);
    assert.deepEqual(wire, out(shared, FAR.ip4, udp(taken, 53, "question")), port(index));
    assert.ok(taken >= 1024 && !seen.has(taken));
    seen.add(taken);
    world.step({
      name: `the answer to ${port(index)}`,
      from: "nic",
      frame: back(shared, FAR.ip4, udp(53, taken, "answer")),
      moved: { [`${vif} tx`]: 1 },
      out: { [from]: [got(end, FAR.ip4, udp(53, 5000, "answer"))] },
    });
    nextGeneration(plane);
    world.step({
      name: `its port is kept: ${port(index)}`,
      from,
      frame: sent(end, FAR.ip4, udp(5000, 53, "again")),
      moved: { [`${vif} rx`]: 1 },
      out: { nic: [out(shared, FAR.ip4, udp(taken, 53, "again"))] },
    });
  }
});

test("a port's own forwarded ports: one, and a range", () => {
  addForward(plane, { ip: FLOATING.remote, proto: 6, port: 8080 }, { ip: b.ip4, first: 80, external: 0 });
  addForward(plane, { ip: FLOATING.remote, proto: 17, port: 4096, bits: 12 }, { ip: b.ip4, first: 96, external: 4096 });
  addAnswered(plane, FLOATING.remote);
  const name = { mac: floatingMac(FLOATING.remote), ip: FLOATING.remote };
  const rows = [
    { what: "one", outer: tcp(4000, 8080, ["syn"]), inner: tcp(4000, 80, ["syn"]) },
    { what: "in a range", outer: udp(4000, 4100, "x"), inner: udp(4000, 100, "x") },
  ];
  const answers = [
    { inner: tcp(80, 4000, ["syn", "ack"]), outer: tcp(8080, 4000, ["syn", "ack"]) },
    { inner: udp(100, 4000, "y"), outer: udp(4100, 4000, "y") },
  ];
  for (const [index, { what, outer, inner }] of rows.entries()) {
    const steps: Step[] = [
      {
        name: `${what}: the question`,
        from: "nic",
        frame: back(name, FAR.ip4, outer),
        moved: { "2 tx": 1 },
        out: { b: [got(b, FAR.ip4, inner)] },
      },
      {
        name: `${what}: the answer`,
        from: "b",
        frame: sent(b, FAR.ip4, answers[index]?.inner as Upper),
        moved: { "2 rx": 1 },
        out: { nic: [out(name, FAR.ip4, answers[index]?.outer as Upper)] },
      },
    ];
    for (const step of steps) world.step(step);
    nextGeneration(plane);
    for (const step of steps.toReversed()) world.step({ ...step, name: `again, ${step.name}` });
  }
  world.step({
    name: "a port that is not forwarded",
    from: "nic",
    frame: back(name, FAR.ip4, tcp(4000, 8081, ["syn"])),
    moved: { "0 drop to_router": 1 },
  });
});

test("without SNAT they go as they are, and answers come back", () => {
  placeGateway(plane, GatewayFlag.HERE);
  nextGeneration(plane);
  world.step({
    name: "the question",
    from: "b",
    frame: sent(b, FAR.ip4, udp(6000, 53, "question")),
    moved: { "2 rx": 1 },
    out: { nic: [out({ mac: GATEWAY.mac, ip: b.ip4 }, FAR.ip4, udp(6000, 53, "question"))] },
  });
  world.step({
    name: "the answer",
    from: "nic",
    frame: frame(NEXT_HOP.mac, GATEWAY.mac, { from: FAR.ip4, to: b.ip4 }, udp(53, 6000, "answer"), 40),
    moved: { "2 tx": 1 },
    out: { b: [got(b, FAR.ip4, udp(53, 6000, "answer"))] },
  });
  placeGateway(plane, GatewayFlag.HERE | GatewayFlag.SNAT);
  nextGeneration(plane);
});

test("another host is the gateway: to it in the workload's own network, and back as routed by it", () => {
  placeGateway(plane, GatewayFlag.SNAT, ip(REMOTE.host));
  nextGeneration(plane);
  const question = sent(b, FAR.ip4, udp(7000, 53, "question"));
  world.step({
    name: "the question",
    from: "b",
    frame: question,
    moved: { "2 rx": 1 },
    out: { nic: [toHost(REMOTE.host, OVERLAY, question)] },
  });
  world.step({
    name: "the answer",
    from: "nic",
    frame: fromHost(REMOTE.host, OVERLAY, got(b, FAR.ip4, udp(53, 7000, "answer"))),
    moved: { "2 tx": 1 },
    out: { b: [got(b, FAR.ip4, udp(53, 7000, "answer"))] },
  });
  world.step({
    name: "a floating IP's port goes out from its own host all the same",
    from: "a",
    frame: sent(a, FAR.ip4, udp(7000, 53, "question")),
    moved: { "1 rx": 1 },
    out: { nic: [out(floatingA, FAR.ip4, udp(7000, 53, "question"))] },
  });
  world.step({
    name: "what others send here to go outside is not for this host",
    from: "nic",
    frame: fromHost(REMOTE.host, OVERLAY, sent(REMOTE, FAR.ip4, udp(7000, 53, "question"))),
    moved: { "0 drop dst_unknown": 1 },
  });
  placeGateway(plane, GatewayFlag.SNAT);
  nextGeneration(plane);
  world.step({ name: "no host is", from: "b", frame: question, moved: { "2 rx": 1, "2 drop no_gateway": 1 } });
});

test("this host is the gateway of others: from their tunnel to the wire, and back", () => {
  placeGateway(plane, GatewayFlag.HERE | GatewayFlag.SNAT);
  addFloating(plane, FLOATING.second, REMOTE6.ip4);
  const second = { mac: floatingMac(FLOATING.second), ip: FLOATING.second };
  nextGeneration(plane);
  const steps: Step[] = [
    {
      name: "SNAT: the question",
      from: "nic",
      frame: fromHost(REMOTE.host, OVERLAY, sent(REMOTE, FAR.ip4, tcp(8000, 80, ["syn"]))),
      moved: {},
      out: { nic: [out(shared, FAR.ip4, tcp(8000, 80, ["syn"]))] },
    },
    {
      name: "SNAT: the answer",
      from: "nic",
      frame: back(shared, FAR.ip4, tcp(80, 8000, ["syn", "ack"])),
      moved: {},
      out: { nic: [toHost(REMOTE.host, OVERLAY, got(REMOTE, FAR.ip4, tcp(80, 8000, ["syn", "ack"])))] },
    },
    {
      name: "a floating IP's question",
      from: "nic",
      frame: back(second, FAR.ip4, tcp(4000, 80, ["syn"])),
      moved: {},
      out: { nic: [toHost(REMOTE6.host, OVERLAY, got(REMOTE6, FAR.ip4, tcp(4000, 80, ["syn"])))] },
    },
    {
      name: "a floating IP's answer",
      from: "nic",
      frame: fromHost(REMOTE6.host, OVERLAY, sent(REMOTE6, FAR.ip4, tcp(80, 4000, ["syn", "ack"]))),
      moved: {},
      out: { nic: [out(second, FAR.ip4, tcp(80, 4000, ["syn", "ack"]))] },
    },
    {
      name: "from one host by both addresses to another",
      from: "nic",
      frame: fromHost(REMOTE.host, OVERLAY, sent(REMOTE, FLOATING.second, tcp(8001, 80, ["syn"]))),
      moved: {},
      out: { nic: [toHost(REMOTE6.host, OVERLAY, got(REMOTE6, GATEWAY.ip4, tcp(8001, 80, ["syn"]), 62))] },
    },
    {
      name: "and back",
      from: "nic",
      frame: fromHost(REMOTE6.host, OVERLAY, sent(REMOTE6, GATEWAY.ip4, tcp(80, 8001, ["syn", "ack"]))),
      moved: {},
      out: { nic: [toHost(REMOTE.host, OVERLAY, got(REMOTE, FLOATING.second, tcp(80, 8001, ["syn", "ack"]), 62))] },
    },
  ];
  for (const step of steps) world.step(step);
  for (const step of steps) world.step({ ...step, name: `by flow: ${step.name}` });
  nextGeneration(plane);
  for (const step of steps.toReversed()) world.step({ ...step, name: `again: ${step.name}` });
});

test("what has no ports goes out once to each far end, and the next one has to wait", () => {
  const sctp = raw(132, Buffer.from("0b59005000000000"));
  world.step({
    name: "the first",
    from: "b",
    frame: sent(b, FAR.ip4, sctp),
    moved: { "2 rx": 1 },
    out: { nic: [out(shared, FAR.ip4, sctp)] },
  });
  world.step({
    name: "another",
    from: "open",
    frame: sent(open, FAR.ip4, sctp),
    moved: { "3 rx": 1, "3 drop nat_ports": 1 },
  });
});

test("for what another host would take over only an agent that lives answers", () => {
  const address = { net: VLAN40, ip: ip(GATEWAY.ip4) };
  const entry = plane.get("ips", address)!;
  plane.put("ips", address, { ...entry, flags: IpFlag.ANSWERED | IpFlag.LEASED });
  const question = eth(
    { to: BROADCAST, from: NEXT_HOP.mac, type: 0x0806, vlan: 40 },
    arp(1, [NEXT_HOP.mac, NEXT_HOP.ip4], ["00:00:00:00:00:00", GATEWAY.ip4]),
  );
  const answer = eth(
    { to: NEXT_HOP.mac, from: GATEWAY.mac, type: 0x0806, vlan: 40 },
    arp(2, [GATEWAY.mac, GATEWAY.ip4], [NEXT_HOP.mac, NEXT_HOP.ip4]),
  );
  world.step({ name: "without a lease", from: "nic", frame: question, moved: { "0 drop arp_unknown": 1 } });
  plane.put("leases", 0, { untilNs: process.hrtime.bigint() + 60_000_000_000n });
  world.step({ name: "with one", from: "nic", frame: question, moved: {}, out: { nic: [answer] } });
  plane.put("ips", address, entry);
});

test("for a proxied address behind the router its gateway answers neighbour solicitations outside", () => {
  const target = { kind: TargetKind.ROUTER, vif: ROUTER as number as VifNumber, remote: ip("::") };
  const entry = { target, mac: mac(GATEWAY.mac), flags: IpFlag.ANSWERED, set: NO_SET };
  plane.put("ips", { net: VLAN40, ip: ip(b.ip6) }, entry);
  const wire = (from: string, to: string) => ({ from, to, vlan: 40 });
  world.step({
    name: "the question",
    from: "nic",
    frame: eth(
      wire(NEXT_HOP.mac, "33:33:ff:00:00:02"),
      ip6({ from: NEXT_HOP.ip6, to: "ff02::1:ff00:2", hops: 255 }, solicitation(b.ip6, NEXT_HOP.mac)),
    ),
    moved: {},
    out: {
      nic: [
        eth(
          wire(GATEWAY.mac, NEXT_HOP.mac),
          ip6({ from: b.ip6, to: NEXT_HOP.ip6, hops: 255 }, advertisement(b.ip6, GATEWAY.mac, 0x60000000)),
        ),
      ],
    },
  });
  world.step({
    name: "and what is then sent there arrives",
    from: "nic",
    frame: eth(wire(NEXT_HOP.mac, GATEWAY.mac), ip6({ from: FAR.ip6, to: b.ip6 }, echo(3, "x").v6)),
    moved: { "2 tx": 1 },
    out: {
      b: [eth({ from: INNER.overlay.mac, to: b.mac }, ip6({ from: FAR.ip6, to: b.ip6, hops: 63 }, echo(3, "x").v6))],
    },
  });
});

test("with proxying on, nobody else behind the router is asked from outside, and answers come back", () => {
  const wire = (from: string, to: string) => ({ from, to, vlan: 40 });
  const ask = (to: { ip6: string }, port: number) =>
    eth(wire(NEXT_HOP.mac, GATEWAY.mac), ip6({ from: FAR.ip6, to: to.ip6 }, udp(port, 7, "x")));
  const got = (to: { mac: string; ip6: string }, upper: Upper) =>
    eth({ from: INNER.overlay.mac, to: to.mac }, ip6({ from: FAR.ip6, to: to.ip6, hops: 63 }, upper));
  placeGateway(plane, GatewayFlag.HERE | GatewayFlag.SNAT | GatewayFlag.PROXIED);
  nextGeneration(plane);
  const out = { b: [got(b, udp(900, 7, "x"))] };
  world.step({ name: "who has a proxy is", from: "nic", frame: ask(b, 900), moved: { "2 tx": 1 }, out });
  world.step({ name: "others are not", from: "nic", frame: ask(a, 900), moved: { "0 drop no_proxy": 1 } });
  const question = udp(5000, 53, "?");
  const answer = udp(53, 5000, "!");
  const come = eth(wire(NEXT_HOP.mac, GATEWAY.mac), ip6({ from: FAR.ip6, to: a.ip6 }, answer));
  world.step({ name: "before it was asked", from: "nic", frame: come, moved: { "0 drop no_proxy": 1 } });
  for (const way of ["decided", "decided again"]) {
    world.step({
      name: `they ask, ${way}`,
      from: "a",
      frame: eth({ from: a.mac, to: INNER.overlay.mac }, ip6({ from: a.ip6, to: FAR.ip6 }, question)),
      moved: { "1 rx": 1 },
      out: {
        nic: [eth(wire(GATEWAY.mac, NEXT_HOP.mac), ip6({ from: a.ip6, to: FAR.ip6, hops: 63 }, question))],
      },
    });
    world.step({ name: way, from: "nic", frame: come, moved: { "1 tx": 1 }, out: { a: [got(a, answer)] } });
    nextGeneration(plane);
    world.step({
      name: `${way}, by itself`,
      from: "nic",
      frame: come,
      moved: { "1 tx": 1 },
      out: { a: [got(a, answer)] },
    });
  }
  placeGateway(plane, GatewayFlag.HERE | GatewayFlag.SNAT);
});
