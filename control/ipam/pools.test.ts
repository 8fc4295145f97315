import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type AllocationPool, Fault, ip, ipFromBigInt, prefix } from "../../model/mod.ts";
import { checkGatewayOutside, checkPools, defaultPools, poolRanges, usableRange } from "./pools.ts";

const pools = (text: string): AllocationPool[] =>
  text.split(" ").map((range) => {
    const [start = "", end = ""] = range.split("-");
    return { start: ip(start), end: ip(end) };
  });
const text = (list: AllocationPool[]) => list.map(({ start, end }) => `${start}-${end}`).join(" ");

/** [subnet, gateway, pools] as neutron/tests/unit/ipam/test_utils.py has them. */
const rows: [string, string | null, string][] = [
  ["192.168.0.0/24", null, "192.168.0.1-192.168.0.254"],
  ["192.168.0.0/24", "192.168.0.1", "192.168.0.2-192.168.0.254"],
  ["192.168.0.0/24", "192.168.0.254", "192.168.0.1-192.168.0.253"],
  ["192.168.0.0/24", "192.168.0.40", "192.168.0.1-192.168.0.39 192.168.0.41-192.168.0.254"],
  ["192.168.0.0/24", "10.0.0.1", "192.168.0.1-192.168.0.254"],
  ["192.168.0.0/24", "2001:db8::1", "192.168.0.1-192.168.0.254"],
  ["192.168.0.0/30", "192.168.0.1", "192.168.0.2-192.168.0.2"],
  ["192.168.0.0/31", null, "192.168.0.0-192.168.0.1"],
  ["192.168.0.0/32", null, "192.168.0.0-192.168.0.0"],
  ["2001:db8::/126", null, "2001:db8::1-2001:db8::3"],
  ["2001:db8::/64", "2001:db8::", "2001:db8::1-2001:db8::ffff:ffff:ffff:ffff"],
  ["2001:db8::5/128", null, "2001:db8::5-2001:db8::5"],
];
for (const [subnet, gateway, expected] of rows) {
  test(`the default pools of ${subnet} with gateway ${gateway} are ${expected}`, () => {
    assert.equal(text(defaultPools(prefix(subnet), gateway === null ? null : ip(gateway))), expected);
  });
}

test("default pools pass the checks made of given ones, and hold all but the gateway", () => {
  const v4 = fc.record({ length: fc.integer({ min: 8, max: 30 }), base: fc.bigInt(0n, 2n ** 32n - 1n), at: fc.nat() });
  fc.assert(
    fc.property(v4, ({ length, base, at }) => {
      const subnet = prefix(`${ipFromBigInt(base, 4)}/${length}`);
      const { first, last } = usableRange(subnet);
      const gateway = ipFromBigInt(first + (BigInt(at) % (last - first + 1n)), 4);
      const made = defaultPools(subnet, gateway);
      checkPools(made, subnet);
      checkGatewayOutside(gateway, made);
      const size = poolRanges(made).reduce((sum, range) => sum + range.last - range.first + 1n, 0n);
      assert.equal(size, last - first);
    }),
  );
});

const refused: [string, string, string][] = [
  ["10.0.0.0/24", "10.0.0.0-10.0.0.9", "OutOfBoundsAllocationPool"],
  ["10.0.0.0/24", "10.0.0.9-10.0.1.1", "OutOfBoundsAllocationPool"],
  ["10.0.0.0/24", "10.0.0.9-10.0.0.8", "InvalidAllocationPool"],
  ["10.0.0.0/24", "10.0.0.9-2001:db8::1", "InvalidAllocationPool"],
  ["2001:db8::/64", "2001:db8::-2001:db8::9", "OutOfBoundsAllocationPool"],
  ["10.0.0.0/24", "10.0.0.9-10.0.0.20 10.0.0.1-10.0.0.9", "OverlappingAllocationPools"],
  ["10.0.0.0/24", "10.0.0.1-10.0.0.90 10.0.0.3-10.0.0.4", "OverlappingAllocationPools"],
];
for (const [subnet, given, code] of refused) {
  test(`pools ${given} of ${subnet} are refused: ${code}`, () => {
    assert.throws(
      () => checkPools(pools(given), prefix(subnet)),
      (error) => error instanceof Fault && error.code === code,
    );
  });
}
