/** Address scopes (neutron/db/address_scope_db.py), and what it takes for a pool to be in one. */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { type AddressScopeRecord, fault, type Id, type SubnetPoolRecord } from "../../../model/mod.ts";
import { keys } from "../../../store/mod.ts";
import { intersects, prefixSet } from "../../ipam/mod.ts";
import { projectOf } from "../access.ts";
import { attribute, given, isFlag, isWhole } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import { changeShared, removePolicies, shareNew } from "../rbac/mod.ts";
import { dependOnAccess, isElevated, isShared, seesShared, visibleIds, withShared } from "../sharing.ts";
import { newStandard, revised, standardChanges } from "../standard.ts";
import { checkRescoping } from "./affinity.ts";

export const IN_SCOPE = index("subnetpool", ({ address_scope_id }) => [address_scope_id]);

const notFound = (id: Id) => fault("AddressScopeNotFound", { address_scope_id: id });

function createScope(env: Env, draft: Draft, caller: Caller, body: Attributes): AddressScopeRecord {
  const record: AddressScopeRecord = {
    ...newStandard(env, projectOf(caller, body), body),
    ip_version: attribute(body, "ip_version", isWhole, 4) === 6 ? 6 : 4,
  };
  draft.create("address_scope", record.id, record);
  if (attribute(body, "shared", isFlag, false)) shareNew(env, draft, "address_scope", record);
  return record;
}

function updateScope(env: Env, draft: Draft, caller: Caller, current: AddressScopeRecord, changes: Attributes) {
  if (given(changes, "shared", isFlag) === false && isShared(draft, current.id, caller.projectId)) {
    const reason = "Shared address scope can't be unshared";
    throw fault("AddressScopeUpdateError", { address_scope_id: current.id, reason });
  }
  changeShared(env, draft, caller, "address_scope", current, changes);
  const after = revised(env, current, { ...current, ...standardChanges(current, changes) });
  if (after !== current) draft.replace("address_scope", current.id, after);
  return after;
}

/** Pools join by rewriting the scope, which its removal finds unchanged. */
function removeScope(draft: Draft, current: AddressScopeRecord): Removal {
  if (draft.select(IN_SCOPE, current.id).length > 0) throw fault("AddressScopeInUse", { address_scope_id: current.id });
  removePolicies(draft, current.id);
  draft.remove("address_scope", current.id);
  return "done";
}

export function addressScopePlan(env: Env): ResourcePlan<"address_scope"> {
  return {
    create: (draft, caller, body) => createScope(env, draft, caller, body),
    sees: seesShared,
    notFound,
    show: withShared,
    visible: (caller) => visibleIds(env, "address_scope", caller),
    update: (draft, caller, current, changes) => updateScope(env, draft, caller, current, changes),
    remove: (draft, _caller, current) => removeScope(draft, current),
  };
}

/**
 * Whether the pool may be in its scope: pools there share no address (db_base_plugin_v2.py _validate_address_scope_id).
 * The scope's record is rewritten, so that of two pools which join at once the second sees the first.
 */
export function joinScope(draft: Draft, caller: Caller, pool: SubnetPoolRecord): void {
  const { address_scope_id: id } = pool;
  if (id === null) return;
  const scope = draft.get("address_scope", id);
  if (scope === undefined || !seesShared(caller, scope, draft)) throw notFound(id);
  if (pool.ip_version !== scope.ip_version) {
    const facts = { subnetpool_id: pool.id, address_scope_id: id, ip_version: scope.ip_version };
    throw fault("IllegalSubnetPoolIpVersionAssociationToAddressScope", facts);
  }
  draft.quietUnder(keys.rangesIn(pool.id, ""));
  checkRescoping(draft, pool);
  const own = prefixSet(pool.prefixes);
  for (const other of draft.select(IN_SCOPE, id)) {
    if (other.id !== pool.id && intersects(own, prefixSet(other.prefixes))) throw fault("AddressScopePrefixConflict");
  }
  dependOnAccess(draft, caller, "address_scope", scope);
  draft.replace("address_scope", id, scope);
}

/** Who uses another's scope may not change the pool in it. @throws Fault IllegalSubnetPoolUpdate */
export function checkOwnScope(draft: Draft, caller: Caller, pool: SubnetPoolRecord): void {
  const { address_scope_id: id } = pool;
  if (id === null || isElevated(caller) || draft.get("address_scope", id)?.project_id === caller.projectId) return;
  const reason = `subnetpool ${pool.id} cannot be updated when associated with shared address scope ${id}`;
  throw fault("IllegalSubnetPoolUpdate", { reason });
}
