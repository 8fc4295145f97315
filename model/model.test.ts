import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FAULTS, fault } from "./faults.ts";
import * as ips from "./ip.ts";
import { linkLocalAddress, mac, macBytes, macFromBytes, parseMac, slaacAddress } from "./mac.ts";
import { tapName } from "./view.ts";

for (const [text, canonical] of [
  ["10.0.0.1", "10.0.0.1"],
  ["255.255.255.255", "255.255.255.255"],
  ["::", "::"],
  ["0:0:0:0:0:0:0:1", "::1"],
  ["2001:DB8::0:1", "2001:db8::1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"], // RFC 5952 section 4.2.2: one group alone is not shortened
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"], // the longest run
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"], // the first of equals
  ["::ffff:192.0.2.1", "::ffff:c000:201"],
  ["1::", "1::"],
] as const) {
  test(`${text} is the address ${canonical}`, () => assert.equal(ips.parseIp(text), canonical));
}

for (const text of [
  "",
  "10.0.0",
  "10.0.0.256",
  "10.0.0.01",
  "10.0.0.1.",
  "1.2.3.4.5",
  "::1::",
  ":1",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "12345::",
  "fe80::1%eth0",
  "::1.2.3",
  "1:2:3:4:5:6:7:8::",
  "g::",
  " ::1",
  "0x10.0.0.1",
]) {
  test(`"${text}" is no address`, () => assert.equal(ips.parseIp(text), undefined));
}

test("any address survives text and 16 bytes", () => {
  const value = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((v) => ips.ipFromBigInt(v, 4)),
    fc.bigInt({ min: 2n ** 49n, max: 2n ** 128n - 1n }).map((v) => ips.ipFromBigInt(v, 6)),
  );
  fc.assert(
    fc.property(value, (address) => {
      assert.equal(ips.parseIp(address), address);
      assert.equal(ips.ipFromBytes16(ips.ipBytes16(address)), address);
      assert.equal(ips.ipFromBigInt(ips.ipToBigInt(address), ips.ipFamily(address)), address);
    }),
  );
});

test("the bytes of an address are those of its number, wherever its zeros are", () => {
  const group = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 0xffffn }));
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      const value = groups.reduce((sum, each) => (sum << 16n) | each, 0n);
      const bytes = ips.ipBytes16(ips.ipFromBigInt(value, 6));
      assert.equal(Buffer.from(bytes).toString("hex"), value.toString(16).padStart(32, "0"));
    }),
  );
});

test("an address is written over whatever was there", () => {
  for (const text of ["::", "1::", "::1", "1::2", "10.0.0.1", "1:2:3:4:5:6:7:8"]) {
    const bytes = new Uint8Array(18).fill(0xee);
    ips.writeIp16(ips.ip(text), new DataView(bytes.buffer), 1);
    assert.deepEqual([...bytes], [0xee, ...ips.ipBytes16(ips.ip(text)), 0xee]);
  }
});

test("a link-local address is the SLAAC address of fe80::/64", () => {
  const linkLocal = ips.prefix("fe80::/64");
  const byte = fc.oneof(fc.constantFrom(0, 2), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), byte, byte, (bytes, first, second) => {
      const address = macFromBytes(Uint8Array.of(first, second, ...bytes.subarray(2)));
      assert.equal(linkLocalAddress(address), slaacAddress(linkLocal, address));
    }),
  );
});

for (const [text, cidr] of [
  ["10.0.0.7/24", "10.0.0.0/24"],
  ["10.0.0.7", "10.0.0.7/32"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["2001:db8::1/64", "2001:db8::/64"],
  ["10.0.0.0/33", undefined],
  ["10.0.0.0/", undefined],
  ["10.0.0.0/24/1", undefined],
  ["nonsense/8", undefined],
] as const) {
  test(`the prefix of ${text} is ${cidr ?? "refused"}`, () => assert.equal(ips.parseCidr(text), cidr));
}

test("prefixes know what they hold and whom they overlap, within their family only", () => {
  const outer = ips.prefix("10.0.0.0/8");
  assert.equal(ips.prefixContains(outer, ips.ip("10.255.255.255")), true);
  assert.equal(ips.prefixContains(outer, ips.ip("11.0.0.0")), false);
  assert.equal(ips.prefixContains(outer, ips.ip("::a00:1")), false);
  assert.equal(ips.prefixesOverlap(outer, ips.prefix("10.1.0.0/16")), true);
  assert.equal(ips.prefixesOverlap(outer, ips.prefix("::/0")), false);
});

test("MAC addresses are read in both forms and any case, and written in one", () => {
  assert.equal(parseMac("FA-16-3E-00-00-01"), "fa:16:3e:00:00:01");
  for (const bad of ["fa:16:3e:00:00", "fa163e000001", "fa:16:3e:00:00:0g", ""]) assert.equal(parseMac(bad), undefined);
  assert.equal(macFromBytes(macBytes(mac("fa:16:3e:12:34:56"))), "fa:16:3e:12:34:56");
});

test("SLAAC and link-local addresses are those of RFC 4291's example", () => {
  assert.equal(linkLocalAddress(mac("34:56:78:9a:bc:de")), "fe80::3656:78ff:fe9a:bcde");
  assert.equal(slaacAddress(ips.prefix("2001:db8::/64"), mac("34:56:78:9a:bc:de")), "2001:db8::3656:78ff:fe9a:bcde");
});

test("a fault's message has its facts in it, and every row is a client or server error", () => {
  assert.equal(fault("NetworkNotFound", { net_id: "n1" }).message, "Network n1 could not be found.");
  assert.equal(fault("NetworkNotFound", { net_id: "n1" }).status, 404);
  for (const { status } of Object.values(FAULTS)) assert.ok(status >= 400 && status < 600);
});

test("a TAP device has the name that Nova gives it", () => {
  assert.equal(tapName("11111111-2222-3333-4444-555555555555"), "tap11111111-22");
});
