import assert from "node:assert/strict";
import { test } from "node:test";
import { ip, mac } from "../model/mod.ts";
import { checksum, pseudoChecksum } from "./checksum.ts";
import { encodeProbe, type Probe } from "./probe.ts";
import { decodeUdp4 } from "./udp4.ts";

const probe = (changes: Partial<Probe>): Probe => ({
  fromMac: mac("02:00:00:00:00:01"),
  toMac: mac("02:00:00:00:00:02"),
  from: ip("10.0.0.1"),
  to: ip("10.0.0.2"),
  protocol: 17,
  fromPort: 1000,
  toPort: 53,
  flags: 2,
  ttl: 64,
  bytes: 0,
  ...changes,
});
const v6 = { from: ip("fd00::1"), to: ip("fd00::2") };

test("UDP is what the services' own decoder reads", () => {
  const decoded = decodeUdp4(encodeProbe(probe({ bytes: 40 })));
  assert.ok(typeof decoded === "object", String(decoded));
  assert.deepEqual(
    [decoded.source, decoded.destination, decoded.sourcePort, decoded.destinationPort, decoded.payload.length],
    ["10.0.0.1", "10.0.0.2", 1000, 53, 12],
  );
});

const rows: [title: string, changes: Partial<Probe>, size: number][] = [
  ["an echo", { protocol: 1 }, 28],
  ["an echo of IPv6", { protocol: 58, ...v6 }, 48],
  ["TCP", { protocol: 6 }, 40],
  ["TCP of IPv6", { protocol: 6, ...v6 }, 60],
  ["SCTP", { protocol: 132 }, 32],
  ["a protocol without ports", { protocol: 47 }, 20],
  ["a larger one", { protocol: 6, bytes: 1500 }, 1500],
];
for (const [title, changes, size] of rows)
  test(`${title} has its length and its checksums`, () => {
    const one = probe(changes);
    const packet = encodeProbe(one).subarray(14);
    assert.equal(packet.length, size);
    const is4 = one.to.includes(".");
    if (is4) assert.equal(checksum(packet.subarray(0, 20)), 0);
    const [source, destination, upper] = is4
      ? [packet.subarray(12, 16), packet.subarray(16, 20), packet.subarray(20)]
      : [packet.subarray(8, 24), packet.subarray(24, 40), packet.subarray(40)];
    if (one.protocol === 1) assert.equal(checksum(upper), 0);
    if ([6, 58].includes(one.protocol)) assert.equal(pseudoChecksum(source, destination, one.protocol, upper), 0);
  });
