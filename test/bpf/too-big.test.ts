/** Packets larger than the network's MTU are answered with the ICMP error that tells their sender. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { checksum, pseudoChecksum } from "../../wire/checksum.ts";
import { address, eth, icmp6, ip4, ip6, tcp, type Upper, udp } from "./kit/frames.ts";
import { goPrivate } from "./kit/privacy.ts";
import { MACHINE_VLAN, MTU, makeWorld, PORTS, REMOTE } from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { a, b, machine } = PORTS;
const DROPPED = { "1 rx": 1, "1 drop too_big": 1 };

type End = { mac: string; ip4: string; ip6: string };
const big4 = (from: End, to: End, upper: Upper, options: { df?: boolean; options?: Uint8Array } = { df: true }) =>
  eth({ to: to.mac, from: from.mac }, ip4({ from: from.ip4, to: to.ip4, ...options }, upper));
const big6 = (from: End, to: End, upper: Upper) =>
  eth({ to: to.mac, from: from.mac }, ip6({ from: from.ip6, to: to.ip6 }, upper));
const body = Buffer.alloc(MTU, "x");

/** Checks every byte that RFC 792 and RFC 1191 name. */
function expectNeeded(error: Buffer | undefined, about: Buffer, from: End, to: End): void {
  assert.ok(error, "an error came back");
  const ip = error.subarray(14);
  assert.equal(
    error.subarray(0, 12).toString("hex"),
    about.subarray(6, 12).toString("hex") + about.subarray(0, 6).toString("hex"),
  );
  assert.equal(checksum(ip.subarray(0, 20)), 0, "IPv4 checksum");
  assert.deepEqual([...ip.subarray(12, 20)], [...address(to.ip4), ...address(from.ip4)]);
  assert.equal(ip.readUInt16BE(2), ip.length);
  const icmp = ip.subarray(20);
  assert.equal(checksum(icmp), 0, "ICMP checksum");
  assert.deepEqual([...icmp.subarray(0, 2)], [3, 4]);
  assert.equal(icmp.readUInt16BE(6), MTU);
  assert.deepEqual(icmp.subarray(8), about.subarray(14, 14 + 68));
}

function expectTooBig(error: Buffer | undefined, about: Buffer, from: End, to: End): void {
  assert.ok(error, "an error came back");
  const ip = error.subarray(14);
  assert.deepEqual([...ip.subarray(8, 40)], [...address(to.ip6), ...address(from.ip6)]);
  assert.equal(ip.length, 1280);
  const icmp = ip.subarray(40);
  assert.equal(ip.readUInt16BE(4), icmp.length);
  assert.equal(pseudoChecksum(ip.subarray(8, 24), ip.subarray(24, 40), 58, icmp), 0, "ICMPv6 checksum");
  assert.deepEqual([...icmp.subarray(0, 2)], [2, 0]);
  assert.equal(icmp.readUInt32BE(4), MTU);
  assert.deepEqual(icmp.subarray(8), about.subarray(14, 14 + icmp.length - 8));
}

for (const [name, upper] of Object.entries({ UDP: udp(1, 2, body), TCP: tcp(1, 2, ["ack"], body) })) {
  test(`${name} over IPv4 with DF`, () => {
    const frame = big4(a, b, upper);
    world.plane.expectMoved({ ...DROPPED, "1 tx": 1 }, () => expectNeeded(world.send("a", frame).a[0], frame, a, b));
  });
  test(`${name} over IPv6`, () => {
    const frame = big6(a, b, upper);
    world.plane.expectMoved({ ...DROPPED, "1 tx": 1 }, () => expectTooBig(world.send("a", frame).a[0], frame, a, b));
  });
}

test("to another host, on an established flow", () => {
  const small = big4(a, REMOTE, udp(1, 2, "hello"));
  world.plane.expectMoved({ "1 rx": 1 }, () => assert.equal(world.send("a", small).nic.length, 1));
  const frame = big4(a, REMOTE, udp(1, 2, body));
  world.plane.expectMoved({ ...DROPPED, "1 tx": 1 }, () => expectNeeded(world.send("a", frame).a[0], frame, a, REMOTE));
});

test("with IP options", () => {
  const frame = big4(a, b, udp(1, 2, body), { df: true, options: Buffer.alloc(40, 1) });
  world.plane.expectMoved({ ...DROPPED, "1 tx": 1 }, () => expectNeeded(world.send("a", frame).a[0], frame, a, b));
});

test("from a physical machine, with its tag", () => {
  const plain = big4(machine, b, udp(1, 2, body));
  const frame = Buffer.concat([plain.subarray(0, 12), Uint8Array.of(0x81, 0, 0, MACHINE_VLAN), plain.subarray(12)]);
  world.plane.expectMoved({ "5 rx": 1, "5 drop too_big": 1, "5 tx": 1 }, () => {
    const [error] = world.send("nic", frame).nic;
    assert.equal(error?.readUInt32BE(12), 0x81000000 + MACHINE_VLAN);
    expectNeeded(Buffer.concat([error!.subarray(0, 12), error!.subarray(16)]), plain, machine, b);
  });
});

for (const [name, frame] of Object.entries({
  "without DF, which its sender then cuts itself": big4(a, b, udp(1, 2, body), {}),
  "a first fragment": eth(
    { to: b.mac, from: a.mac },
    ip4({ from: a.ip4, to: b.ip4, fragment: 0x2000 }, udp(1, 2, Buffer.alloc(1600))),
  ),
})) {
  test(`IPv4 ${name}`, () => {
    world.plane.expectMoved({ ...DROPPED, "1 tx": 1 }, () => expectNeeded(world.send("a", frame).a[0], frame, a, b));
  });
}

test("a later fragment: dropped without an answer", () => {
  const piece = (fragment: number, size: number) =>
    eth({ to: b.mac, from: a.mac }, ip4({ from: a.ip4, to: b.ip4, fragment }, udp(1, 2, Buffer.alloc(size))));
  world.send("a", piece(0x2000, 120));
  world.step({ name: "behind its first", from: "a", frame: piece(0x2010, 1600), moved: DROPPED });
});

for (const [name, frame] of Object.entries({
  "an ICMPv6 error": big6(a, b, icmp6(1, body)),
})) {
  test(`${name}: dropped without an answer`, () => {
    world.step({ name, from: "a", frame, moved: DROPPED });
  });
}

test("exactly the MTU passes", () => {
  const frame = big4(a, b, udp(1, 2, body.subarray(0, MTU - 28)));
  world.step({ name: "fits", from: "a", frame, moved: { "1 rx": 1, "2 tx": 1 }, out: { b: [frame] } });
  const frame6 = big6(a, b, udp(1, 2, body.subarray(0, MTU - 48)));
  world.step({ name: "fits", from: "a", frame: frame6, moved: { "1 rx": 1, "2 tx": 1 }, out: { b: [frame6] } });
});
