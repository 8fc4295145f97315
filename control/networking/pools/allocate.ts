/**
 * A new subnet's part of a pool (neutron/ipam/subnet_alloc.py SubnetAllocator): the one that is asked for, or the first
 * that fits into the smallest hole. Others may allocate at the same time: keys keep the parts apart, and the record of
 * the pool, on which all this rests, is not touched.
 */
import type { Caller } from "../../../api/mod.ts";
import {
  fault,
  type Id,
  type Ip,
  ipBits,
  ipFromBigInt,
  type Prefix,
  type SubnetPoolRecord,
} from "../../../model/mod.ts";
import { toPrefixes } from "../../ipam/mod.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { dependOnAccess } from "../sharing.ts";
import { claimRange, freeIn, notAvailable, prefixOf, rangeKey, subnetsIn } from "./ranges.ts";

/** What a new subnet of a pool is to be like. */
interface Request {
  projectId: string;
  subnetId: Id;
  /** The very prefix, or its length. */
  wanted: Prefix | number;
}

/** Addresses in IPv4, /64 in IPv6. */
const unitsOf = (family: 4 | 6, length: number) => 2 ** ((family === 4 ? 32 : 64) - length);

/**
 * Allocations of a project are counted as its resources are (quota/enforce.ts): since what memory shows there may be as
 * many more as there is room for, each of the largest prefix that the pool gives.
 */
function checkQuota(draft: Draft, pool: SubnetPoolRecord, projectId: string, length: number): void {
  if (!pool.default_quota) return;
  const units = subnetsIn(draft, pool.id)
    .filter((subnet) => subnet.project_id === projectId)
    .reduce((sum, subnet) => sum + unitsOf(pool.ip_version, prefixOf(subnet).length), 0);
  const headroom = pool.default_quota - units - unitsOf(pool.ip_version, length);
  if (headroom < 0) throw fault("SubnetPoolQuotaExceeded");
  const id = `${projectId}:subnetpool:${pool.id}`;
  draft.markedAtMost("quota_count", id, Math.floor(headroom / unitsOf(pool.ip_version, pool.min_prefixlen)));
  draft.mark("quota_count", id, { id });
}

/** The next prefixes of the length in a hole, one after another. */
function* prefixesIn(hole: Prefix, length: number): Iterable<Prefix> {
  const size = 1n << BigInt(ipBits(hole.family) - length);
  for (let first = hole.first; first <= hole.last; first += size) {
    const cidr = `${ipFromBigInt(first, hole.family)}/${length}` as Prefix["cidr"];
    yield { cidr, family: hole.family, length, first, last: first + size - 1n };
  }
}

function firstFree(draft: Draft, pool: SubnetPoolRecord, holes: Prefix[], length: number, count: number): Prefix[] {
  const free: Prefix[] = [];
  for (const hole of holes) {
    for (const candidate of prefixesIn(hole, length)) {
      if (!draft.isTaken(rangeKey(pool.id, candidate))) free.push(candidate);
      if (free.length === count) return free;
    }
  }
  return free;
}

/** Of this many next prefixes a retry takes any: a crowd that all wants the first one gives it to one at a time. */
const SPREAD = 64;

/** The first prefix that fits into the smallest hole. */
function choose(env: Env, draft: Draft, pool: SubnetPoolRecord, length: number): Prefix {
  const holes = toPrefixes(freeIn(draft, pool), pool.ip_version).filter((hole) => hole.length <= length);
  holes.sort((a, b) => b.length - a.length);
  const free = firstFree(draft, pool, holes, length, draft.isRetry ? SPREAD : 1);
  const chosen = free[Math.floor(env.random() * free.length)];
  if (chosen !== undefined) return chosen;
  throw fault("SubnetAllocationError", { reason: `Insufficient prefix space to allocate subnet size /${length}` });
}

function checkFree(draft: Draft, pool: SubnetPoolRecord, range: Prefix): Prefix {
  const isFree = freeIn(draft, pool).some((hole) => hole.first <= range.first && range.last <= hole.last);
  if (range.family !== pool.ip_version || !isFree) throw notAvailable();
  return range;
}

/** Takes a subnet's part of the pool. @throws Fault SubnetAllocationError and others */
export function allocate(env: Env, draft: Draft, caller: Caller, pool: SubnetPoolRecord, request: Request): Prefix {
  const { projectId, subnetId, wanted } = request;
  const length = typeof wanted === "number" ? wanted : wanted.length;
  const { min_prefixlen: min, max_prefixlen: max } = pool;
  if (length > max) throw fault("MaxPrefixSubnetAllocationError", { prefixlen: length, max_prefixlen: max });
  if (length < min) throw fault("MinPrefixSubnetAllocationError", { prefixlen: length, min_prefixlen: min });
  draft.dependOn("subnetpool", pool.id);
  dependOnAccess(draft, caller, "subnetpool", pool);
  checkQuota(draft, pool, projectId, length);
  const range = typeof wanted === "number" ? choose(env, draft, pool, length) : checkFree(draft, pool, wanted);
  claimRange(draft, pool, range, subnetId, typeof wanted !== "number");
  return range;
}

/** The gateway of a subnet whose prefix the pool chose: its first address after the prefix itself. */
export const firstHost = (range: Prefix): Ip => ipFromBigInt(range.first + 1n, range.family);
