/** Allocation pools of a subnet: the default ones, and the checks of those that a user gives. */
import {
  type AllocationPool,
  type Family,
  fault,
  type Ip,
  ipFamily,
  ipFromBigInt,
  ipToBigInt,
  type Prefix,
} from "../../model/mod.ts";

export interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

const parsed = new WeakMap<readonly AllocationPool[], readonly Range[]>();

/** The pools as numbers; remembered, since a record's pools never change in place. */
export function poolRanges(pools: readonly AllocationPool[]): readonly Range[] {
  let ranges = parsed.get(pools);
  if (ranges === undefined) {
    ranges = pools.map(({ start, end }) => ({ first: ipToBigInt(start), last: ipToBigInt(end) }));
    parsed.set(pools, ranges);
  }
  return ranges;
}

/**
 * The addresses of a subnet that a pool may have: not IPv4's network and broadcast addresses, which a /31 and a /32
 * lack (RFC 3021), and not IPv6's subnet-router anycast address (RFC 4291 section 2.6.1).
 */
export function usableRange(subnet: Prefix): Range {
  if (subnet.family === 6) return { first: subnet.first + 1n, last: subnet.last };
  return subnet.length <= 30
    ? { first: subnet.first + 1n, last: subnet.last - 1n }
    : { first: subnet.first, last: subnet.last };
}

function toPool(range: Range, family: Family): AllocationPool {
  return { start: ipFromBigInt(range.first, family), end: ipFromBigInt(range.last, family) };
}

/** All usable addresses but the gateway's, as neutron/ipam/utils.py generate_pools. */
export function defaultPools(subnet: Prefix, gateway: Ip | null): AllocationPool[] {
  const all = subnet.first === subnet.last ? { first: subnet.first, last: subnet.last } : usableRange(subnet);
  if (subnet.first === subnet.last || gateway === null || ipFamily(gateway) !== subnet.family) {
    return [toPool(all, subnet.family)];
  }
  const hole = ipToBigInt(gateway);
  if (hole < all.first || hole > all.last) return [toPool(all, subnet.family)];
  return [
    { first: all.first, last: hole - 1n },
    { first: hole + 1n, last: all.last },
  ]
    .filter((range) => range.first <= range.last)
    .map((range) => toPool(range, subnet.family));
}

const poolText = ({ start, end }: AllocationPool) => `${start}-${end}`;

/** @throws Fault InvalidAllocationPool, OutOfBoundsAllocationPool, OverlappingAllocationPools */
export function checkPools(pools: readonly AllocationPool[], subnet: Prefix): void {
  const usable = usableRange(subnet);
  const sorted = pools.map((pool) => {
    const range = { first: ipToBigInt(pool.start), last: ipToBigInt(pool.end), pool };
    const families = [ipFamily(pool.start), ipFamily(pool.end)];
    if (families.some((family) => family !== subnet.family) || range.first > range.last) {
      throw fault("InvalidAllocationPool", { pool: poolText(pool) });
    }
    if (range.first < usable.first || range.last > usable.last) {
      throw fault("OutOfBoundsAllocationPool", { pool: poolText(pool), subnet_cidr: subnet.cidr });
    }
    return range;
  });
  sorted.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  for (const [i, right] of sorted.entries()) {
    const left = sorted[i - 1];
    if (left !== undefined && left.last >= right.first) {
      throw fault("OverlappingAllocationPools", {
        pool_1: poolText(left.pool),
        pool_2: poolText(right.pool),
        subnet_cidr: subnet.cidr,
      });
    }
  }
}

/** @throws Fault GatewayConflictWithAllocationPools */
export function checkGatewayOutside(gateway: Ip, pools: readonly AllocationPool[]): void {
  const value = ipToBigInt(gateway);
  const hit = pools.find((pool) => value >= ipToBigInt(pool.start) && value <= ipToBigInt(pool.end));
  if (hit !== undefined && ipFamily(gateway) === ipFamily(hit.start)) {
    throw fault("GatewayConflictWithAllocationPools", { ip_address: gateway, pool: poolText(hit) });
  }
}
