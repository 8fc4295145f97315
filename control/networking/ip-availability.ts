/** How many addresses of each network are taken (neutron/db/network_ip_availability_db.py and ..._details_db.py). */
import type { DerivedRow } from "../../api/mod.ts";
import { type Id, ipToBigInt, type NetworkRecord, prefix, type SubnetRecord } from "../../model/mod.ts";
import { poolRanges } from "../ipam/mod.ts";
import { isElevated, notFound } from "./access.ts";
import type { Env } from "./env.ts";
import type { ResourcePlan } from "./plan.ts";

/** A count as JSON shows it: a whole number of any size. */
const whole = (count: bigint) => (count <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(count) : count);

/** What is counted of a subnet, and summed up for its network. */
const COUNTS = [
  "total_ips_in_subnet",
  "total_ips_in_allocation_pool",
  "used_ips_in_subnet",
  "used_ips_in_allocation_pool",
] as const;
type Counts = Record<(typeof COUNTS)[number], bigint>;

function countsOf({ memory }: Env, subnet: SubnetRecord): Counts {
  const { first, last, family } = prefix(subnet.cidr);
  const pools = poolRanges(subnet.allocation_pools);
  const used = memory.ipsOfSubnet(subnet.id);
  let inPools = 0;
  for (const address of pools.length > 0 ? used.keys() : []) {
    const value = ipToBigInt(address);
    if (pools.some((pool) => pool.first <= value && value <= pool.last)) inPools++;
  }
  return {
    // Of IPv4 without the network's address and the one for broadcasts.
    total_ips_in_subnet: last - first + 1n - (family === 4 ? 2n : 0n),
    total_ips_in_allocation_pool: pools.reduce((sum, pool) => sum + pool.last - pool.first + 1n, 0n),
    used_ips_in_subnet: BigInt(used.size),
    used_ips_in_allocation_pool: BigInt(inPools),
  };
}

const shown = (counts: Counts) => Object.fromEntries(COUNTS.map((name) => [name, whole(counts[name])]));

/** The whole subnet where it has no pools. */
function totalOf(subnet: SubnetRecord, counts: Counts): bigint {
  if (subnet.allocation_pools.length > 0) return counts.total_ips_in_allocation_pool;
  const { first, last } = prefix(subnet.cidr);
  return last - first + 1n;
}

function rowOf(network: NetworkRecord, subnets: readonly SubnetRecord[], env: Env): DerivedRow {
  const sum: Counts = {
    total_ips_in_subnet: 0n,
    total_ips_in_allocation_pool: 0n,
    used_ips_in_subnet: 0n,
    used_ips_in_allocation_pool: 0n,
  };
  let total = 0n;
  const rows = subnets.map((subnet) => {
    const counts = countsOf(env, subnet);
    for (const name of COUNTS) sum[name] += counts[name];
    total += totalOf(subnet, counts);
    return {
      subnet_id: subnet.id,
      subnet_name: subnet.name,
      ip_version: subnet.ip_version,
      cidr: subnet.cidr,
      total_ips: whole(totalOf(subnet, counts)),
      used_ips: whole(counts.used_ips_in_subnet),
      ip_availability_details: shown(counts),
    };
  });
  return {
    id: network.id,
    network_id: network.id,
    network_name: network.name,
    project_id: network.project_id,
    total_ips: whole(total),
    used_ips: whole(sum.used_ips_in_subnet),
    subnet_ip_availability: rows,
    ip_availability_details: shown(sum),
  };
}

function* networksOf(env: Env, ids: Iterable<Id> | undefined): Iterable<NetworkRecord> {
  if (ids === undefined) for (const { record } of env.memory.all("network")) yield record;
  else
    for (const id of new Set(ids)) yield* env.memory.get("network", id) ? [env.memory.get("network", id)!.record] : [];
}

/** `versions`: only subnets of these, and networks that have any. */
function availability(env: Env, network: NetworkRecord, versions?: readonly string[]): DerivedRow[] {
  const subnets = [...env.memory.subnetsOfNetwork(network.id)].flatMap(
    (id) => env.memory.get("subnet", id)?.record ?? [],
  );
  if (versions === undefined) return [rowOf(network, subnets, env)];
  const wanted = subnets.filter(({ ip_version }) => versions.includes(String(ip_version)));
  // The version that was asked for, so that the door's own filter lets the row through.
  return wanted.length === 0 ? [] : [{ ...rowOf(network, wanted, env), ip_version: versions[0] }];
}

export function networkIpAvailabilityPlan(env: Env): ResourcePlan<"network_ip_availability"> {
  return {
    sees: (caller, row) => isElevated(caller) || row.project_id === caller.projectId,
    notFound: (id) => notFound("network", id),
    derived: {
      get: (_reader, id) => [...networksOf(env, [id])].flatMap((network) => availability(env, network))[0],
      *list(_reader, caller, hint) {
        const owned = hint.project_id?.flatMap((project) => [...env.indexes.ownedBy("network", project)]);
        const own = isElevated(caller) ? undefined : env.indexes.ownedBy("network", caller.projectId);
        for (const network of networksOf(env, hint.network_id ?? owned ?? own)) {
          yield* availability(env, network, hint.ip_version);
        }
      },
    },
  };
}
