/** The choice of something free out of many, in constant time until nearly all is used. */
import { type AllocationPool, type Ip, ipFamily, ipFromBigInt } from "../../model/mod.ts";
import { poolRanges, type Range } from "./pools.ts";

export interface Occupancy<T> {
  /** How many of the candidates are used, at least: a hint that sizes the search, never a limit of it. */
  usedCount: number;
  isUsed(candidate: T): boolean;
  /** In [0, 1). */
  random(): number;
}

/** Beyond this many fruitless guesses most candidates are used, and walking through them is cheaper than guessing. */
const GUESSES = 24;

/**
 * The spread of choices, so that control nodes which cannot see each other's last writes seldom choose the same one.
 * At least half of a window of 2 × used + SPREAD is free, so a guess costs two looks on average; and addresses stay
 * low in their pool, as people expect.
 */
const SPREAD = 1024;

function chooseOffset(length: number, used: Occupancy<number>): number | undefined {
  for (let guess = 0; guess < GUESSES; guess++) {
    const offset = Math.floor(used.random() * length);
    if (!used.isUsed(offset)) return offset;
  }
  const start = Math.floor(used.random() * length);
  for (let step = 0; step < length; step++) {
    const offset = (start + step) % length;
    if (!used.isUsed(offset)) return offset;
  }
  return undefined;
}

/** A free number in [min, max], anywhere in it; undefined when all are used. */
export function chooseNumber(min: number, max: number, used: Occupancy<number>): number | undefined {
  const offset = chooseOffset(max - min + 1, {
    usedCount: used.usedCount,
    isUsed: (candidate) => used.isUsed(min + candidate),
    random: used.random,
  });
  return offset === undefined ? undefined : min + offset;
}

function ipv4Text(value: number): Ip {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}` as Ip;
}

/** The address at a place in the pools laid end to end. */
function addressAt(ranges: readonly Range[], place: number, family: 4 | 6): Ip {
  let rest = BigInt(place);
  for (const { first, last } of ranges) {
    const size = last - first + 1n;
    if (rest < size) return family === 4 ? ipv4Text(Number(first + rest)) : ipFromBigInt(first + rest, 6);
    rest -= size;
  }
  throw new RangeError(`place ${place} is beyond the pools`);
}

/** A free address of the pools, whatever their size; the first one when `first`; undefined when all are used. */
export function chooseAddress(
  pools: readonly AllocationPool[],
  used: Occupancy<Ip>,
  options: { first?: boolean } = {},
): Ip | undefined {
  const [pool] = pools;
  if (pool === undefined) return undefined;
  const family = ipFamily(pool.start);
  const ranges = poolRanges(pools);
  const size = ranges.reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
  const isUsed = (place: number) => used.isUsed(addressAt(ranges, place, family));
  for (let wanted = BigInt(2 * used.usedCount + SPREAD); ; wanted *= 2n) {
    const window = Number(size < wanted ? size : wanted);
    const place = options.first
      ? firstFree(window, isUsed)
      : chooseOffset(window, { usedCount: used.usedCount, isUsed, random: used.random });
    if (place !== undefined) return addressAt(ranges, place, family);
    if (wanted >= size) return undefined;
  }
}

function firstFree(length: number, isUsed: (place: number) => boolean): number | undefined {
  for (let place = 0; place < length; place++) {
    if (!isUsed(place)) return place;
  }
  return undefined;
}
