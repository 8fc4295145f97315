/** QoS: token buckets by what they let pass and what they reckon, and the DSCP mark of what a port sends. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { VifFlag } from "../../bpf/layout.gen.ts";
import { checksum } from "../../wire/checksum.ts";
import { arp, BROADCAST, echo, eth, ip4, ip6, tcp, udp } from "./kit/frames.ts";
import { costs, type Direction, portKey, setFlag, setLimit } from "./kit/limits.ts";
import { goPrivate } from "./kit/privacy.ts";
import { fromHost, MACHINE_VLAN, makeWorld, OVERLAY, PORTS, REMOTE, toHost } from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane } = world;
const { a, b, open, machine } = PORTS;

type End = { mac: string; ip4: string; ip6: string };
const say = (from: End, to: End, port = 2000) =>
  eth({ to: to.mac, from: from.mac }, ip4({ from: from.ip4, to: to.ip4 }, udp(1000, port, "hello")));
const say6 = (from: End, to: End) =>
  eth({ to: to.mac, from: from.mac }, ip6({ from: from.ip6, to: to.ip6 }, udp(1000, 2000, "hello")));
const multicast = (from: End) =>
  eth({ to: "33:33:00:00:00:01", from: from.mac }, ip6({ from: from.ip6, to: "ff02::1" }, udp(1, 2)));

const SECOND = 1_000_000_000n;
/** So slow that nothing is earned while a test runs, and quick enough for a machine that has just started. */
const SLOW = 20n * SECOND;
const FRAME_BYTES = BigInt(say(a, b).length);

const limits: [reason: string, Direction, Parameters<typeof setLimit>[3]][] = [
  ["rate_egress", "egress", { bytes: costs(SLOW / FRAME_BYTES, 2n * SLOW) }],
  ["packet_rate_egress", "egress", { packets: costs(SLOW, 2n * SLOW) }],
  ["rate_ingress", "ingress", { bytes: costs(SLOW / FRAME_BYTES, 2n * SLOW) }],
  ["packet_rate_ingress", "ingress", { packets: costs(SLOW, 2n * SLOW) }],
];
for (const [reason, direction, limit] of limits) {
  test(`a full bucket lets pass what it holds and one that is owed, and then ${reason} is the reason`, () => {
    const limited = direction === "egress" ? a : b;
    const pass = { from: "a", frame: say(a, b), moved: { "1 rx": 1, "2 tx": 1 }, out: { b: [say(a, b)] } } as const;
    setLimit(plane, limited, direction, limit);
    for (const name of ["the first", "the second", "one that is owed"])
      world.step({ name, ...pass, out: { b: [say(a, b)] } });
    const refused = { "1 rx": 1, [`${limited.number} drop ${reason}`]: 1 };
    world.step({ name: "one too many", from: "a", frame: say(a, b), moved: refused });
    const back = { from: "b", frame: say(b, a), moved: { "2 rx": 1, "1 tx": 1 }, out: { a: [say(b, a)] } } as const;
    world.step({ name: "the other direction", ...back, out: { a: [say(b, a)] } });
    setLimit(plane, limited, direction, null);
    world.step({ name: "without a limit", ...pass, out: { b: [say(a, b)] } });
  });
}

test("what is earned meanwhile passes again, and no more than the burst is kept", () => {
  const now = process.hrtime.bigint();
  const limit = { packets: costs(SLOW, SLOW) };
  const cost = limit.packets.cost;
  const rest = { paidUntilNs: 0n, cost: 0n };
  const said = () => world.send("a", say(a, b)).b.length;
  setLimit(plane, a, "egress", limit);
  plane.put("meters", portKey(a, "egress"), { bytes: rest, packets: { paidUntilNs: now + SLOW, cost } });
  assert.equal(said(), 0, "still owed");
  plane.put("meters", portKey(a, "egress"), { bytes: rest, packets: { paidUntilNs: now - 1n, cost } });
  assert.deepEqual([said(), said()], [1, 0], "just paid");
  plane.put("meters", portKey(a, "egress"), { bytes: rest, packets: { paidUntilNs: 1n, cost } });
  assert.deepEqual([said(), said(), said()], [1, 1, 0], "long idle");
  setLimit(plane, a, "egress", null);
});

test("what is owed at another rate is forgotten", () => {
  setLimit(plane, a, "egress", { packets: costs(SLOW, SLOW) });
  for (const came of [1, 1, 0]) assert.equal(world.send("a", say(a, b)).b.length, came);
  plane.put("limits", portKey(a, "egress"), { bytes: { cost: 0n, burstNs: 0n }, packets: costs(SLOW * 2n, SLOW * 2n) });
  for (const came of [1, 1, 0]) assert.equal(world.send("a", say(a, b)).b.length, came);
  setLimit(plane, a, "egress", null);
});

const body = Buffer.alloc(3000, "x");
const from4 = { from: a.ip4, to: b.ip4 };
const from6 = { from: a.ip6, to: b.ip6 };
const amounts: [string, Buffer, gso: number, bytes: number, packets: number][] = [
  ["a datagram", eth({ to: b.mac, from: a.mac }, ip4(from4, udp(1, 2, body))), 0, 42 + 3000, 1],
  ["UDP in segments", eth({ to: b.mac, from: a.mac }, ip4(from4, udp(1, 2, body))), 1400, 3 * 42 + 3000, 3],
  ["TCP in segments", eth({ to: b.mac, from: a.mac }, ip4(from4, tcp(1, 2, ["ack"], body))), 1000, 3 * 54 + 3000, 3],
  [
    "TCP with IP options",
    eth({ to: b.mac, from: a.mac }, ip4({ ...from4, options: Buffer.alloc(8, 1) }, tcp(1, 2, ["ack"], body))),
    1400,
    3 * 62 + 3000,
    3,
  ],
  ["TCP over IPv6", eth({ to: b.mac, from: a.mac }, ip6(from6, tcp(1, 2, ["ack"], body))), 2999, 2 * 74 + 3000, 2],
];
for (const [name, frame, gso, bytes, packets] of amounts) {
  test(`${name}: reckoned as it is on a wire`, () => {
    // A nanosecond a byte and a packet, from the first nanosecond on: what is reckoned can be read off.
    const cost = 1n << 20n;
    const limit = { cost, burstNs: 1n << 60n };
    setLimit(plane, a, "egress", { bytes: limit, packets: limit });
    plane.put("meters", portKey(a, "egress"), { bytes: { paidUntilNs: 1n, cost }, packets: { paidUntilNs: 1n, cost } });
    plane.testRun("workload", frame, world.taps.a.ifindex, gso);
    const paid = plane.get("meters", portKey(a, "egress"))!;
    assert.deepEqual([paid.bytes.paidUntilNs, paid.packets.paidUntilNs], [1n + BigInt(bytes), 1n + BigInt(packets)]);
    setLimit(plane, a, "egress", null);
  });
}

test("of a copy for everyone a limited port gets none, and the others get theirs", () => {
  setLimit(plane, b, "ingress", { packets: costs(SLOW, 0n) });
  assert.equal(world.send("a", say(a, b)).b.length, 1);
  const moved = { "1 rx": 1, "3 tx": 1, "5 tx": 1, "2 drop packet_rate_ingress": 1 };
  plane.expectMoved(moved, () => world.send("a", multicast(a)));
  setLimit(plane, b, "ingress", null);
});

test("a physical machine is limited behind its tag", () => {
  const tagged = (frame: Buffer) =>
    Buffer.concat([frame.subarray(0, 12), Uint8Array.of(0x81, 0, 0, MACHINE_VLAN), frame.subarray(12)]);
  setLimit(plane, machine, "egress", { packets: costs(SLOW, 0n) });
  const step = { from: "nic", frame: tagged(say(machine, b)) } as const;
  world.step({ name: "one", ...step, moved: { "5 rx": 1, "2 tx": 1 }, out: { b: [say(machine, b)] } });
  world.step({ name: "another", ...step, moved: { "5 rx": 1, "5 drop packet_rate_egress": 1 } });
  setLimit(plane, machine, "egress", null);
  setLimit(plane, machine, "ingress", { packets: costs(SLOW, 0n) });
  world.step({
    name: "to it",
    from: "a",
    frame: say(a, machine),
    moved: { "1 rx": 1, "5 tx": 1 },
    out: { nic: [tagged(say(a, machine))] },
  });
  world.step({
    name: "more",
    from: "a",
    frame: say(a, machine),
    moved: { "1 rx": 1, "5 drop packet_rate_ingress": 1 },
  });
  setLimit(plane, machine, "ingress", null);
});

test("a port without limits is not reckoned", () => {
  for (const [key] of plane.all("meters")) plane.remove("meters", key);
  world.send("a", say(a, b));
  assert.deepEqual(plane.all("meters"), []);
});

/** The frame with that traffic class, its header's checksum right. */
function withClass(frame: Uint8Array, value: number): Buffer {
  const copy = Buffer.from(frame);
  if (copy.readUInt16BE(12) === 0x86dd) {
    copy.writeUInt16BE((copy.readUInt16BE(14) & 0xf00f) | (value << 4), 14);
    return copy;
  }
  copy[15] = value;
  copy.writeUInt16BE(0, 24);
  copy.writeUInt16BE(checksum(copy.subarray(14, 14 + ((copy[14] as number) & 15) * 4)), 24);
  return copy;
}

const MARK = 46;
const setMark = (isOn: boolean, dscp = MARK) => setFlag(plane, a, VifFlag.MARK, isOn, { dscp });
const CLASS = MARK << 2;
const ping = eth({ to: b.mac, from: a.mac }, ip4({ ...from4, options: Buffer.alloc(4, 1) }, echo(9, "hello").v4));
const marked: [string, Uint8Array, Uint8Array][] = [
  ["IPv4", say(a, b, 3000), withClass(say(a, b, 3000), CLASS)],
  ["IPv4 by its flow", say(a, b, 3000), withClass(say(a, b, 3000), CLASS)],
  ["IPv6", say6(a, b), withClass(say6(a, b), CLASS)],
  ["IPv6 by its flow", say6(a, b), withClass(say6(a, b), CLASS)],
  ["with IP options", ping, withClass(ping, CLASS)],
  ["with bits of ECN, which stay", withClass(say(a, b), 3), withClass(say(a, b), CLASS | 3)],
  ["IPv6 with bits of ECN", withClass(say6(a, b), 2), withClass(say6(a, b), CLASS | 2)],
  ["another mark before", withClass(say(a, b), 0xfc), withClass(say(a, b), CLASS)],
  ["the same mark before", withClass(say(a, b), CLASS), withClass(say(a, b), CLASS)],
];
for (const [name, frame, expected] of marked) {
  test(`what a port sends is marked: ${name}`, () => {
    setMark(true);
    world.step({ name, from: "a", frame, moved: { "1 rx": 1, "2 tx": 1 }, out: { b: [expected] } });
    setMark(false);
  });
}

test("a mark is of what is sent, not of what is received", () => {
  setMark(true);
  world.step({ name: "answer", from: "b", frame: say(b, a), moved: { "2 rx": 1, "1 tx": 1 }, out: { a: [say(b, a)] } });
  setMark(false);
});

test("to another host the frame is marked within the tunnel, to everyone in every copy", () => {
  setMark(true);
  const frame = say(a, REMOTE);
  const out = { nic: [toHost(REMOTE.host, OVERLAY, withClass(frame, CLASS))] };
  world.step({ name: "remote", from: "a", frame, moved: { "1 rx": 1 }, out });
  const came = world.send("a", multicast(a));
  for (const place of ["b", "open"] as const) assert.deepEqual(came[place], [withClass(multicast(a), CLASS)]);
  setMark(false);
});

test("a mark of 0 takes others off, and no mark leaves them", () => {
  const frame = withClass(say(a, b), CLASS);
  setMark(true, 0);
  world.step({ name: "0", from: "a", frame, moved: { "1 rx": 1, "2 tx": 1 }, out: { b: [say(a, b)] } });
  setMark(false);
  world.step({ name: "none", from: "a", frame, moved: { "1 rx": 1, "2 tx": 1 }, out: { b: [frame] } });
});

test("what is no packet is not marked", () => {
  const question = eth(
    { to: BROADCAST, from: a.mac, type: 0x0806 },
    arp(1, [a.mac, a.ip4], ["00:00:00:00:00:00", b.ip4]),
  );
  setMark(true);
  plane.expectMoved({ "1 rx": 1, "1 tx": 1 }, () => assert.equal(world.send("a", question).a.length, 1));
  setMark(false);
});

test("what comes by a tunnel is limited where it arrives", () => {
  setLimit(plane, open, "ingress", { packets: costs(SLOW, 0n) });
  const frame = fromHost(REMOTE.host, OVERLAY, say(REMOTE, open));
  world.step({ name: "one", from: "nic", frame, moved: { "3 tx": 1 }, out: { open: [say(REMOTE, open)] } });
  world.step({ name: "another", from: "nic", frame, moved: { "3 drop packet_rate_ingress": 1 } });
  setLimit(plane, open, "ingress", null);
});
