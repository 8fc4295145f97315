import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Cidr, ip, prefix } from "../../model/mod.ts";
import { difference, intersects, isSubset, type PrefixSet, prefixSet, toPrefixes, union } from "./prefix-set.ts";

const set = (...cidrs: string[]) => prefixSet(cidrs as Cidr[]);
const text = (of: PrefixSet, family: 4 | 6 = 4) => toPrefixes(of, family).map(({ cidr }) => cidr);

/** What netaddr 0.8 makes of the same: IPSet(...).iter_cidrs() after compact(). */
const COMPACT: [given: string[], family: 4 | 6, compact: string[]][] = [
  [["10.10.0.0/16", "10.11.0.0/16", "10.10.3.0/24"], 4, ["10.10.0.0/15"]],
  [["10.0.1.0/24", "10.0.2.0/24"], 4, ["10.0.1.0/24", "10.0.2.0/24"]],
  [["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"], 4, ["10.0.0.0/23", "10.0.2.0/24"]],
  [["0.0.0.0/0", "10.0.0.0/8"], 4, ["0.0.0.0/0"]],
  [["2001:db8::/49", "2001:db8:0:8000::/49"], 6, ["2001:db8::/48"]],
  [["::/0"], 6, ["::/0"]],
];
for (const [given, family, compact] of COMPACT) {
  test(`${given.join(" ")} is ${compact.join(" ")}`, () => assert.deepEqual(text(set(...given), family), compact));
}

test("what is taken away leaves the rest, in the fewest prefixes", () => {
  assert.deepEqual(text(difference(set("10.0.0.0/22"), set("10.0.1.0/24"))), ["10.0.0.0/24", "10.0.2.0/23"]);
  assert.deepEqual(text(difference(set("10.0.0.0/24"), set("10.0.0.0/8"))), []);
  assert.deepEqual(text(difference(set("10.0.0.0/30"), set("10.0.0.1/32"))), ["10.0.0.0/32", "10.0.0.2/31"]);
});

/** Sets of 64 addresses, as bits: every operation is tried against the one on numbers. */
const bits = fc.array(fc.record({ at: fc.integer({ min: 0, max: 63 }), size: fc.integer({ min: 0, max: 6 }) }));
const cidrOf = ({ at, size }: { at: number; size: number }) => prefix(`${ip(`10.0.0.${at}`)}/${32 - size}`).cidr;
const members = (of: PrefixSet) => {
  const all = new Set<bigint>();
  for (const { first, last } of of) for (let at = first; at <= last; at++) all.add(at);
  return all;
};

test("operations on sets are those on their members", () => {
  fc.assert(
    fc.property(bits, bits, (left, right) => {
      const [a, b] = [prefixSet(left.map(cidrOf)), prefixSet(right.map(cidrOf))];
      const [inA, inB] = [members(a), members(b)];
      assert.deepEqual(members(difference(a, b)), new Set([...inA].filter((at) => !inB.has(at))));
      assert.equal(
        intersects(a, b),
        [...inA].some((at) => inB.has(at)),
      );
      assert.equal(
        isSubset(a, b),
        [...inA].every((at) => inB.has(at)),
      );
      assert.deepEqual(members(union([...a, ...b])), new Set([...inA, ...inB].sort()));
      assert.deepEqual(members(union(toPrefixes(a, 4))), inA);
    }),
    { numRuns: 300 },
  );
});
