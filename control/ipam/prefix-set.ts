/** Sets of addresses that are made of prefixes, as netaddr.IPSet: ranges in order, none touching another. */
import { type Cidr, type Family, ipBits, ipFromBigInt, type Prefix, prefix } from "../../model/mod.ts";
import type { Range } from "./pools.ts";

export type PrefixSet = readonly Range[];

const byFirst = (a: Range, b: Range) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0);

/** All addresses of the prefixes, which are of one family. */
export function prefixSet(cidrs: Iterable<Cidr>): PrefixSet {
  return union(Array.from(cidrs, prefix));
}

export function union(ranges: readonly Range[]): PrefixSet {
  const merged: Range[] = [];
  for (const { first, last } of [...ranges].sort(byFirst)) {
    const before = merged.at(-1);
    if (before === undefined || before.last + 1n < first) merged.push({ first, last });
    else if (before.last < last) merged[merged.length - 1] = { first: before.first, last };
  }
  return merged;
}

/** What is in `set` and not in `taken`. */
export function difference(set: PrefixSet, taken: PrefixSet): PrefixSet {
  const left: Range[] = [];
  let at = 0;
  for (const { first, last } of set) {
    let from = first;
    while (at < taken.length && (taken[at] as Range).last < first) at++;
    for (let i = at; i < taken.length && (taken[i] as Range).first <= last; i++) {
      const hole = taken[i] as Range;
      if (hole.first > from) left.push({ first: from, last: hole.first - 1n });
      if (hole.last >= from) from = hole.last + 1n;
    }
    if (from <= last) left.push({ first: from, last });
  }
  return left;
}

export function intersects(a: PrefixSet, b: PrefixSet): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [left, right] = [a[i] as Range, b[j] as Range];
    if (left.first <= right.last && right.first <= left.last) return true;
    if (left.last < right.last) i++;
    else j++;
  }
  return false;
}

export const isSubset = (inner: PrefixSet, outer: PrefixSet): boolean => difference(inner, outer).length === 0;

/** The fewest prefixes that make up the set, in order. */
export function toPrefixes(set: PrefixSet, family: Family): Prefix[] {
  const prefixes: Prefix[] = [];
  for (const { first, last } of set) {
    for (let at = first; at <= last; ) {
      let host = 0n;
      // The largest block that starts here and does not reach beyond the range.
      while (at % (2n << host) === 0n && at + (2n << host) - 1n <= last) host++;
      const length = ipBits(family) - Number(host);
      const end = at + (1n << host) - 1n;
      prefixes.push({ cidr: `${ipFromBigInt(at, family)}/${length}` as Cidr, family, length, first: at, last: end });
      at = end + 1n;
    }
  }
  return prefixes;
}
