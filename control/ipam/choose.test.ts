import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type AllocationPool, type Ip, ip, ipToBigInt } from "../../model/mod.ts";
import { chooseAddress, chooseNumber } from "./choose.ts";

/** A repeatable chance: mulberry32. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pool = (start: string, end: string): AllocationPool => ({ start: ip(start), end: ip(end) });
const among = (used: ReadonlySet<Ip>, seed = 1) => ({
  usedCount: used.size,
  isUsed: (address: Ip) => used.has(address),
  random: chance(seed),
});

/** Takes addresses until there is none. */
function drain(pools: AllocationPool[], options: { first?: boolean } = {}, seed = 1): Ip[] {
  const used = new Set<Ip>();
  for (;;) {
    const address = chooseAddress(pools, among(used, seed++), options);
    if (address === undefined) return [...used];
    assert.ok(!used.has(address), `${address} was given twice`);
    used.add(address);
  }
}

test("every address of the pools is given once, and then none, whatever the chance", () => {
  const size = fc.integer({ min: 1, max: 300 });
  fc.assert(
    fc.property(fc.nat(), size, size, fc.boolean(), (seed, a, b, v6) => {
      const at = (n: number) => ip(v6 ? `2001:db8::${n.toString(16)}` : `10.0.${n >> 8}.${n & 255}`);
      const pools = [
        { start: at(5), end: at(5 + a - 1) },
        { start: at(1000), end: at(1000 + b - 1) },
      ];
      const given = drain(pools, {}, seed);
      assert.equal(given.length, a + b);
      const inside = (address: Ip) =>
        pools.some(({ start, end }) => {
          const value = ipToBigInt(address);
          return value >= ipToBigInt(start) && value <= ipToBigInt(end);
        });
      assert.ok(given.every(inside));
    }),
    { numRuns: 30 },
  );
});

test("with `first`, addresses come in order", () => {
  const pools = [pool("10.0.0.2", "10.0.0.4"), pool("10.0.0.9", "10.0.0.10")];
  assert.deepEqual(drain(pools, { first: true }), ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.9", "10.0.0.10"]);
});

test("a huge pool costs a few looks, and its choices are spread", () => {
  for (const huge of [
    pool("10.0.0.2", "10.255.255.254"),
    pool("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"),
    pool("::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
  ]) {
    let looks = 0;
    const used = new Set<Ip>();
    for (let n = 0; n < 5000; n++) {
      const occupancy = among(used, n);
      const isUsed = (address: Ip) => {
        looks++;
        return used.has(address);
      };
      const address = chooseAddress([huge], { ...occupancy, isUsed });
      assert.ok(address !== undefined && !used.has(address));
      used.add(address);
    }
    assert.ok(looks < 5000 * 3, `${looks} looks for 5000 addresses`);
  }
});

test("a hint that is too low hides nothing: beyond the first window the next is searched", () => {
  const used = new Set<Ip>();
  for (let n = 0; n < 4000; n++) used.add(ip(`10.0.${n >> 8}.${n & 255}`));
  const address = chooseAddress([pool("10.0.0.0", "10.0.255.255")], { ...among(used), usedCount: 0 });
  assert.ok(address !== undefined && !used.has(address));
});

test("no pools give no address", () => {
  assert.equal(chooseAddress([], among(new Set())), undefined);
});

test("numbers of a range are given once each, at its ends too", () => {
  const used = new Set<number>();
  const random = chance(3);
  for (let n = 0; n < 50; n++) {
    const isUsed = (candidate: number) => used.has(candidate);
    const number = chooseNumber(100, 149, { usedCount: used.size, isUsed, random });
    assert.ok(number !== undefined && number >= 100 && number <= 149 && !used.has(number));
    used.add(number);
  }
  assert.equal(chooseNumber(100, 149, { usedCount: 50, isUsed: (n) => used.has(n), random }), undefined);
});
