import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ip, mac } from "../model/mod.ts";
import {
  address6,
  association6,
  decodeAssociation,
  decodeDhcp6,
  decodeOptions6,
  decodeUdp6,
  encodeDhcp6,
  encodeUdp6,
  MESSAGE6,
  type Message6,
  OPTION6,
  option6,
  type Udp6,
} from "./mod.ts";

const packet: Udp6 = {
  sourceMac: mac("02:00:00:00:00:01"),
  destinationMac: mac("33:33:00:01:00:02"),
  source: ip("fe80::1"),
  destination: ip("ff02::1:2"),
  sourcePort: 546,
  destinationPort: 547,
  payload: Uint8Array.of(1, 2, 3),
};

test("a UDP packet over IPv6 comes out of its frame as it went in, whatever its payload", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1500 }), (payload) => {
      const decoded = decodeUdp6(encodeUdp6({ ...packet, payload }));
      assert.ok(typeof decoded !== "string");
      assert.deepEqual({ ...decoded, payload: Uint8Array.from(decoded.payload) }, { ...packet, payload });
    }),
  );
});

const frame = encodeUdp6(packet);
const patched = (at: number, ...bytes: number[]) => {
  const copy = Uint8Array.from(frame);
  copy.set(bytes, at);
  return copy;
};
for (const [name, bad, reason] of [
  ["cut in its UDP header", frame.subarray(0, 60), "truncated"],
  ["shorter than its IP header says", frame.subarray(0, 64), "truncated"],
  ["of IPv4", patched(12, 0x08, 0x00), "not_udp6"],
  ["of another version", patched(14, 0x40), "not_udp6"],
  ["of TCP", patched(20, 6), "not_udp6"],
  ["with a hop-by-hop header", patched(20, 0), "not_udp6"],
  ["whose UDP is longer than its IP", patched(58, 0, 200), "bad_header"],
  ["whose UDP is shorter than its header", patched(58, 0, 7), "bad_header"],
  ["with a byte changed", patched(62, 9), "bad_checksum"],
  ["without a checksum", patched(60, 0, 0), "bad_checksum"],
] as const) {
  test(`a frame ${name} is refused as ${reason}`, () => assert.equal(decodeUdp6(bad), reason));
}

const types = fc.constantFrom(...(Object.keys(MESSAGE6) as Message6[]));
const options = fc.array(fc.tuple(fc.nat(0xffff), fc.uint8Array({ maxLength: 300 })), { maxLength: 6 });

test("a message comes out of its bytes as it went in: options by code, in their order", () => {
  fc.assert(
    fc.property(types, fc.nat(0xffffff), options, (type, transaction, list) => {
      const decoded = decodeDhcp6(
        encodeDhcp6(
          type,
          transaction,
          list.map(([code, value]) => option6(code, value)),
        ),
      );
      assert.ok(typeof decoded !== "string");
      assert.deepEqual([decoded.type, decoded.transaction], [type, transaction]);
      for (const [code, values] of decoded.options) {
        const expected = list.filter(([each]) => each === code).map(([, value]) => value);
        assert.deepEqual(
          values.map((value) => Uint8Array.from(value)),
          expected,
        );
      }
      assert.equal(decoded.options.size, new Set(list.map(([code]) => code)).size);
    }),
  );
});

test("bytes of any kind are decoded or refused, never thrown at", () => {
  const noise = fc.uint8Array({ maxLength: 400 });
  fc.assert(
    fc.property(noise, fc.nat(frame.length), types, (bytes, at, type) => {
      decodeUdp6(bytes);
      decodeUdp6(patched(Math.min(at, frame.length - 1), bytes[0] ?? 0).subarray(0, frame.length - (bytes.length % 9)));
      const head = Uint8Array.of(MESSAGE6[type], 0, 0, 1);
      for (const each of [bytes, Buffer.concat([head, bytes])]) decodeDhcp6(each);
      decodeOptions6(bytes);
      decodeAssociation(bytes, 12);
      decodeAssociation(bytes, 4);
    }),
    { numRuns: 2000 },
  );
});

for (const [name, bytes, reason] of [
  ["of three bytes", Uint8Array.of(1, 0, 0), "truncated"],
  ["of a relay", Uint8Array.of(12, 0, 0, 0), "relayed"],
  ["of no type", Uint8Array.of(0, 0, 0, 0), "no_message_type"],
  ["of a type to come", Uint8Array.of(99, 0, 0, 0), "no_message_type"],
  ["with half an option", Uint8Array.of(1, 0, 0, 0, 0, 1), "bad_option"],
  ["with an option longer than the rest", Uint8Array.of(1, 0, 0, 0, 0, 1, 0, 2, 7), "bad_option"],
] as const) {
  test(`a message ${name} is refused as ${reason}`, () => assert.equal(decodeDhcp6(bytes), reason));
}

test("an identity association tells its name and addresses; a part of one is none", () => {
  const addresses = [ip("fd00::5"), ip("fd00::6")];
  const whole = association6(7, [1, 2], ...addresses.map((each) => address6(each, 9)));
  const value = decodeOptions6(whole)?.get(OPTION6.iaNa)?.[0] ?? assert.fail();
  assert.deepEqual(decodeAssociation(value, 12), { iaid: 7, addresses });
  assert.equal(decodeAssociation(value.subarray(0, 11), 12), undefined);
  const short = decodeOptions6(association6(7, [1, 2], option6(OPTION6.iaAddress, new Uint8Array(23))));
  assert.equal(decodeAssociation(short?.get(OPTION6.iaNa)?.[0] ?? assert.fail(), 12), undefined);
});
