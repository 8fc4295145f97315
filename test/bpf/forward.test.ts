/** Unicast in the order in which packets meet it: within a host, between hosts, on wires, flows and their end. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { echo, eth, ip4, ip6, tcp, udp } from "./kit/frames.ts";
import { goPrivate } from "./kit/privacy.ts";
import {
  fromHost,
  fromTunnel,
  fromVif,
  MACHINE_VLAN,
  makeWorld,
  OVERLAY,
  PORTS,
  REMOTE,
  REMOTE6,
  type Step,
  toHost,
  WIRE,
} from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { a, b, open, machine, vlan, flat } = PORTS;

type End = { mac: string; ip4: string; ip6: string };
const ping4 = (from: End, to: End, tag?: number) =>
  eth(
    { to: to.mac, from: from.mac, ...(tag === undefined ? {} : { vlan: tag }) },
    ip4({ from: from.ip4, to: to.ip4 }, echo(7, "hello").v4),
  );
const ping6 = (from: End, to: End) =>
  eth({ to: to.mac, from: from.mac }, ip6({ from: from.ip6, to: to.ip6 }, echo(7, "hello").v6));
const say = (from: End, to: End, text = "hello") =>
  eth({ to: to.mac, from: from.mac }, ip4({ from: from.ip4, to: to.ip4 }, udp(1000, 2000, text)));
const stranger: End = { mac: "02:00:00:00:09:09", ip4: "10.4.0.9", ip6: "fd00:4::9" };

const steps: Step[] = [
  {
    name: "the first packet of a flow on one host",
    from: "a",
    frame: ping4(a, b),
    moved: { "1 rx": 1, "2 tx": 1 },
    out: { b: [ping4(a, b)] },
  },
  {
    name: "the second, by its flow",
    from: "a",
    frame: ping4(a, b),
    moved: { "1 rx": 1, "2 tx": 1 },
    out: { b: [ping4(a, b)] },
  },
  {
    name: "its answer, by the flow's other half",
    from: "b",
    frame: ping4(b, a),
    moved: { "2 rx": 1, "1 tx": 1 },
    out: { a: [ping4(b, a)] },
  },
  { name: "IPv6", from: "a", frame: ping6(a, b), moved: { "1 rx": 1, "2 tx": 1 }, out: { b: [ping6(a, b)] } },
  {
    name: "IPv6 by its flow",
    from: "b",
    frame: ping6(b, a),
    moved: { "2 rx": 1, "1 tx": 1 },
    out: { a: [ping6(b, a)] },
  },
  {
    name: "to a host with an IPv4 tunnel",
    from: "a",
    frame: ping4(a, REMOTE),
    moved: { "1 rx": 1 },
    out: { nic: [toHost(REMOTE.host, OVERLAY, ping4(a, REMOTE))] },
  },
  {
    name: "its answer from that host",
    from: "nic",
    frame: fromHost(REMOTE.host, OVERLAY, ping4(REMOTE, a)),
    moved: { "1 tx": 1 },
    out: { a: [ping4(REMOTE, a)] },
  },
  {
    name: "a flow that begins at the other host",
    from: "nic",
    frame: fromHost(REMOTE.host, OVERLAY, say(REMOTE, b)),
    moved: { "2 tx": 1 },
    out: { b: [say(REMOTE, b)] },
  },
  {
    name: "and is answered",
    from: "b",
    frame: ping6(b, REMOTE),
    moved: { "2 rx": 1 },
    out: { nic: [toHost(REMOTE.host, OVERLAY, ping6(b, REMOTE))] },
  },
  {
    name: "to a host with an IPv6 tunnel",
    from: "a",
    frame: ping4(a, REMOTE6),
    moved: { "1 rx": 1 },
    out: { nic: [toHost(REMOTE6.host, OVERLAY, ping4(a, REMOTE6))] },
  },
  {
    name: "its answer from that host",
    from: "nic",
    frame: fromHost(REMOTE6.host, OVERLAY, ping4(REMOTE6, a)),
    moved: { "1 tx": 1 },
    out: { a: [ping4(REMOTE6, a)] },
  },
  {
    name: "to a physical machine, with its tag",
    from: "a",
    frame: ping4(a, machine),
    moved: { "1 rx": 1, "5 tx": 1 },
    out: { nic: [ping4(a, machine, MACHINE_VLAN)] },
  },
  {
    name: "from a physical machine, without its tag",
    from: "nic",
    frame: ping4(machine, b, MACHINE_VLAN),
    moved: { "5 rx": 1, "2 tx": 1 },
    out: { b: [ping4(machine, b)] },
  },
  {
    name: "from a physical machine through a tunnel",
    from: "nic",
    frame: ping4(machine, REMOTE, MACHINE_VLAN),
    moved: { "5 rx": 1 },
    out: { nic: [toHost(REMOTE.host, OVERLAY, ping4(machine, REMOTE))] },
  },
  {
    name: "to a known endpoint on a VLAN's wire",
    from: "vlan",
    frame: ping4(vlan, WIRE),
    moved: { "7 rx": 1 },
    out: { nic: [ping4(vlan, WIRE, 40)] },
  },
  {
    name: "its answer from the wire",
    from: "nic",
    frame: ping4(WIRE, vlan, 40),
    moved: { "7 tx": 1 },
    out: { vlan: [ping4(WIRE, vlan)] },
  },
  {
    name: "to an unknown MAC on a VLAN's wire",
    from: "vlan",
    frame: ping4(vlan, stranger),
    moved: { "7 rx": 1 },
    out: { nic: [ping4(vlan, stranger, 40)] },
  },
  {
    name: "its answer from the wire",
    from: "nic",
    frame: ping4(stranger, vlan, 40),
    moved: { "7 tx": 1 },
    out: { vlan: [ping4(stranger, vlan)] },
  },
  {
    name: "to a flat network's wire",
    from: "flat",
    frame: say(flat, stranger),
    moved: { "8 rx": 1 },
    out: { nic2: [say(flat, stranger)] },
  },
  {
    name: "from a flat network's wire",
    from: "nic2",
    frame: say(stranger, flat),
    moved: { "8 tx": 1 },
    out: { flat: [say(stranger, flat)] },
  },
  {
    name: "the host's own traffic on a flat network's card is let through",
    from: "nic2",
    frame: say(stranger, REMOTE),
    moved: {},
  },
  { name: "an unknown VLAN is the kernel's", from: "nic", frame: ping4(stranger, vlan, 41), moved: {} },
  {
    name: "any protocol from a port without port security",
    from: "open",
    frame: eth({ to: a.mac, from: open.mac, type: 0x88b5 }, Buffer.from("experiment")),
    moved: { "3 rx": 1, "1 tx": 1 },
    out: { a: [eth({ to: a.mac, from: open.mac, type: 0x88b5 }, Buffer.from("experiment"))] },
  },
];

for (const step of steps) test(step.name, () => world.step(step));

test("a flow's entries count each direction's packets and bytes", () => {
  const key = { ingress: fromVif(a.number), src: a.ip4, dst: b.ip4, srcPort: 7, dstPort: 7, proto: 1 };
  const there = world.plane.get("flows", key as never);
  assert.equal(there?.packets, 2n);
  assert.equal(there?.bytes, BigInt(2 * ping4(a, b).length));
  const back = world.plane.get("flows", { ...key, ingress: fromVif(b.number), src: b.ip4, dst: a.ip4 } as never);
  assert.equal(back?.packets, 1n);
});

test("a flow from a tunnel holds for the host that it came from only", () => {
  const key = { ingress: fromTunnel(OVERLAY), src: REMOTE.ip4, dst: b.ip4, srcPort: 1000, dstPort: 2000, proto: 17 };
  assert.equal(world.plane.get("flows", key as never)?.tunnelPeer, REMOTE.host);
  const stolen = { name: "stolen", from: "nic" as const, frame: fromHost("192.0.2.9", OVERLAY, say(REMOTE, b)) };
  world.step({ ...stolen, moved: { "0 drop tunnel_stranger": 1 } });
});

test("a new generation makes every flow be decided again, and keeps its counters", () => {
  const { plane } = world;
  const settings = plane.get("settings", 0)!;
  const moved = { kind: 2, vif: 0, remote: REMOTE.host } as never;
  const key = { ingress: fromVif(a.number), src: a.ip4, dst: b.ip4, srcPort: 7, dstPort: 7, proto: 1 } as never;
  const before = plane.get("flows", key)!.packets;
  const home = plane.get("macs", { net: OVERLAY, mac: b.mac as never })!;
  plane.put("macs", { net: OVERLAY, mac: b.mac as never }, moved);
  world.step({
    name: "still by the old flow",
    from: "a",
    frame: ping4(a, b),
    moved: { "1 rx": 1, "2 tx": 1 },
    out: { b: [ping4(a, b)] },
  });
  plane.put("settings", 0, { ...settings, generation: settings.generation + 1 });
  world.step({
    name: "by the new place",
    from: "a",
    frame: ping4(a, b),
    moved: { "1 rx": 1 },
    out: { nic: [toHost(REMOTE.host, OVERLAY, ping4(a, b))] },
  });
  assert.equal(plane.get("flows", key)!.packets, before + 2n);
  plane.put("macs", { net: OVERLAY, mac: b.mac as never }, home);
  plane.put("settings", 0, { ...settings, generation: settings.generation + 2 });
});

const segment = (from: End, to: End, flags: Parameters<typeof tcp>[2], text = "") => {
  const ports = from === a ? ([1234, 80] as const) : ([80, 1234] as const);
  return eth({ to: to.mac, from: from.mac }, ip4({ from: from.ip4, to: to.ip4 }, tcp(ports[0], ports[1], flags, text)));
};
const flowsOfTcp = () => world.plane.all("flows").filter(([key]) => key.proto === 6).length;

for (const [name, ending] of Object.entries({
  "an RST ends a connection's flows": [[a, b, ["rst"]]],
  "FINs both ways and the last ACK end a connection's flows": [
    [a, b, ["fin", "ack"]],
    [b, a, ["fin", "ack"]],
    [a, b, ["ack"]],
  ],
  "FINs with the data still flowing the other way": [
    [a, b, ["fin", "ack"]],
    [b, a, ["ack"], "data"],
    [b, a, ["fin", "ack"]],
    [a, b, ["ack"]],
  ],
} satisfies Record<string, [End, End, Parameters<typeof tcp>[2], string?][]>)) {
  test(name, () => {
    const pass = ([from, to, flags, text]: readonly [End, End, Parameters<typeof tcp>[2], string?]) => {
      const frame = segment(from, to, flags, text);
      const out = world.send(from === a ? "a" : "b", frame)[from === a ? "b" : "a"];
      assert.deepEqual(out, [frame]);
    };
    pass([a, b, ["syn"]]);
    pass([b, a, ["syn", "ack"]]);
    pass([a, b, ["ack"], "request"]);
    assert.equal(flowsOfTcp(), 2);
    for (const [i, step] of ending.entries()) {
      assert.equal(flowsOfTcp(), 2, `before step ${i}`);
      pass(step);
    }
    assert.equal(flowsOfTcp(), 0);
    pass([b, a, ["ack"]]);
    assert.equal(flowsOfTcp(), 0, "a straggler makes no flow");
  });
}

test("networks do not see each other", () => {
  const { other } = PORTS;
  world.step({ name: "by MAC", from: "other", frame: ping4(other, a), moved: { "6 rx": 1, "6 drop dst_unknown": 1 } });
  const key = { ingress: fromVif(other.number), src: other.ip4, dst: a.ip4, srcPort: 7, dstPort: 7, proto: 1 };
  assert.equal(world.plane.get("flows", key as never), undefined);
});
