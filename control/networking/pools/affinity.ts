/** Subnets of one network and family are of one pool, or of one address scope (ipam_backend_mixin.py, address_scope_db.py). */
import { fault, type Id, type SubnetPoolRecord, type SubnetRecord } from "../../../model/mod.ts";
import type { Draft } from "../draft.ts";
import type { Reader } from "../reader.ts";
import { subnetsIn } from "./ranges.ts";

/** The address scope of each family that a network's subnets are in. */
export function scopesOf(reader: Reader, subnets: Iterable<SubnetRecord>): { 4: Id | null; 6: Id | null } {
  const scopes: { 4: Id | null; 6: Id | null } = { 4: null, 6: null };
  for (const { subnetpool_id: poolId } of subnets) {
    const pool = poolId === null ? undefined : reader.get("subnetpool", poolId);
    if (pool !== undefined) scopes[pool.ip_version] = pool.address_scope_id;
  }
  return scopes;
}

/** @throws Fault NetworkAddressScopeAffinityError, NetworkSubnetPoolAffinityError */
export function checkAffinity(
  draft: Draft,
  others: readonly SubnetRecord[],
  family: 4 | 6,
  pool: SubnetPoolRecord | undefined,
): void {
  for (const { subnetpool_id } of others) if (subnetpool_id !== null) draft.dependOn("subnetpool", subnetpool_id);
  const scope = scopesOf(draft, others)[family];
  if (scope !== null && pool !== undefined && pool.address_scope_id !== scope) {
    throw fault("NetworkAddressScopeAffinityError");
  }
  for (const other of others) {
    if (other.ip_version !== family) continue;
    const isElsewhere = pool === undefined ? other.subnetpool_id !== null : other.subnetpool_id !== pool.id;
    if (isElsewhere && (pool === undefined || scope === null)) throw fault("NetworkSubnetPoolAffinityError");
  }
}

/**
 * A pool changes its scope only when no network would then be in two (db_base_plugin_v2.py
 * _check_subnetpool_address_scope_network_affinity). @throws Fault NetworkAddressScopeAffinityError
 */
export function checkRescoping(draft: Draft, pool: SubnetPoolRecord): void {
  const own = subnetsIn(draft, pool.id);
  for (const networkId of new Set(own.map(({ network_id }) => network_id))) {
    // Every change of a network's subnets rewrites it.
    draft.dependOn("network", networkId);
    const isMixed = draft
      .subnetsOf(networkId)
      .some((subnet) => subnet.ip_version === pool.ip_version && subnet.subnetpool_id !== pool.id);
    if (isMixed) throw fault("NetworkAddressScopeAffinityError");
  }
}
