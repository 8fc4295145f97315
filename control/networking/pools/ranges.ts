/** Which part of a pool is whose: subnets in memory, and keys in the store that keep them apart. */
import {
  fault,
  type Id,
  ipBits,
  type Prefix,
  prefix,
  type SubnetPoolRecord,
  type SubnetRecord,
} from "../../../model/mod.ts";
import { keys } from "../../../store/mod.ts";
import { difference, type PrefixSet, prefixSet, union } from "../../ipam/mod.ts";
import type { Draft } from "../draft.ts";
import { index } from "../indexes.ts";

const IN_POOL = index("subnet", ({ subnetpool_id }) => [subnetpool_id]);

export const subnetsIn = (draft: Draft, poolId: Id): SubnetRecord[] => draft.select(IN_POOL, poolId);

const parsed = new WeakMap<SubnetRecord, Prefix>();

/** A subnet's prefix as numbers; remembered, as every allocation looks at all subnets of its pool. */
export function prefixOf(subnet: SubnetRecord): Prefix {
  const known = parsed.get(subnet) ?? prefix(subnet.cidr);
  parsed.set(subnet, known);
  return known;
}

export const allocatedIn = (draft: Draft, poolId: Id): PrefixSet => union(subnetsIn(draft, poolId).map(prefixOf));

export const freeIn = (draft: Draft, pool: SubnetPoolRecord): PrefixSet =>
  difference(prefixSet(pool.prefixes), allocatedIn(draft, pool.id));

const bitsOf = ({ first, length, family }: Prefix) => first.toString(2).padStart(ipBits(family), "0").slice(0, length);

export const rangeKey = (poolId: Id, range: Prefix): string => keys.range(poolId, bitsOf(range));

/**
 * Gives a subnet its part of the pool: nothing may lie in it, nor it in anything. `pool` has the prefix among its own,
 * so whatever holds it is no larger than the largest of these. With `isDemanded`, no other part will do.
 */
export function claimRange(
  draft: Draft,
  pool: SubnetPoolRecord,
  range: Prefix,
  subnetId: Id,
  isDemanded: boolean,
): void {
  const bits = bitsOf(range);
  const largest = Math.min(...pool.prefixes.map((cidr) => prefix(cidr).length));
  for (let length = largest; length < range.length; length++) draft.absent(keys.range(pool.id, bits.slice(0, length)));
  draft.emptyUnder(keys.rangesIn(pool.id, bits));
  draft.claim(keys.range(pool.id, bits), subnetId, isDemanded ? notAvailable : undefined);
}

export const notAvailable = () =>
  fault("SubnetAllocationError", { reason: "Cannot allocate requested subnet from the available set of prefixes" });

/** Gives a subnet's part back, if it is of a pool. */
export function releaseRange(draft: Draft, subnet: SubnetRecord): void {
  if (subnet.subnetpool_id !== null) draft.release(rangeKey(subnet.subnetpool_id, prefixOf(subnet)));
}
