/** What allocation pools must be, for themselves and in their subnet (neutron/db/ipam_backend_mixin.py). */
import { fault, type Ip, ipFamily, ipToBigInt, type Prefix } from "../../model/mod.ts";
import { pyRepr } from "./python.ts";

export interface Pool {
  start: Ip;
  end: Ip;
}

const text = (pool: Pool) => `${pool.start}-${pool.end}`;
const covers = (pool: Pool, value: bigint) => ipToBigInt(pool.start) <= value && value <= ipToBigInt(pool.end);

/** First and last address that a pool may hold: not the network's, and in IPv4 not the broadcast address. */
function usable(cidr: Prefix): [bigint, bigint] {
  if (cidr.family === 6) return [cidr.first + 1n, cidr.last];
  return cidr.length <= 30 ? [cidr.first + 1n, cidr.last - 1n] : [cidr.first, cidr.last];
}

/** @throws Fault InvalidAllocationPool, OutOfBoundsAllocationPool, OverlappingAllocationPools, GatewayConflict... */
export function checkPools(pools: Pool[], cidr: Prefix, gateway: Ip | null): void {
  for (const pool of pools) {
    const mixed = ipFamily(pool.start) !== ipFamily(pool.end);
    if (mixed || ipToBigInt(pool.start) > ipToBigInt(pool.end)) {
      throw fault("InvalidAllocationPool", { pool: pyRepr(pool) });
    }
  }
  const [first, last] = usable(cidr);
  for (const pool of pools) {
    if (ipFamily(pool.start) !== cidr.family) throw fault("InvalidAllocationPool", { pool: text(pool) });
    if (ipToBigInt(pool.start) < first || ipToBigInt(pool.end) > last) {
      throw fault("OutOfBoundsAllocationPool", { pool: text(pool), subnet_cidr: cidr.cidr });
    }
  }
  checkOverlaps(pools, cidr);
  for (const pool of pools) {
    if (gateway !== null && ipFamily(gateway) === cidr.family && covers(pool, ipToBigInt(gateway))) {
      throw fault("GatewayConflictWithAllocationPools", { pool: text(pool), ip_address: gateway });
    }
  }
}

/** Sorted by start, only neighbours can overlap: cheap also for a request with very many pools. */
function checkOverlaps(pools: Pool[], cidr: Prefix): void {
  const byStart = pools.toSorted((a, b) => (ipToBigInt(a.start) < ipToBigInt(b.start) ? -1 : 1));
  for (const [index, pool] of byStart.entries()) {
    const next = byStart[index + 1];
    if (next === undefined || ipToBigInt(next.start) > ipToBigInt(pool.end)) continue;
    const [one, two] = pools.indexOf(pool) < pools.indexOf(next) ? [pool, next] : [next, pool];
    throw fault("OverlappingAllocationPools", { pool_1: text(one), pool_2: text(two), subnet_cidr: cidr.cidr });
  }
}
