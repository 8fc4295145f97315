/** Subnet pools (db_base_plugin_v2.py): made, changed, and gone once no subnet is left in them. */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { type Cidr, fault, type Id, type SubnetPoolRecord } from "../../../model/mod.ts";
import { keys } from "../../../store/mod.ts";
import { isSubset, prefixSet } from "../../ipam/mod.ts";
import { projectOf } from "../access.ts";
import { attribute, given, isCidr, isFlag, isText, isWhole, listOf, orNull } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import { removePolicies, shareNew } from "../rbac/mod.ts";
import { seesShared, visibleIds, withShared } from "../sharing.ts";
import { newStandard, revised, standardChanges } from "../standard.ts";
import { boundsOf, compacted } from "./bounds.ts";
import { addPrefixes, onboardSubnets, removePrefixes } from "./prefix-ops.ts";
import { subnetsIn } from "./ranges.ts";
import { checkOwnScope, IN_SCOPE, joinScope } from "./scope.ts";

const isPrefixes = listOf(isCidr);

function boundsIn(body: Attributes) {
  return {
    min_prefixlen: given(body, "min_prefixlen", isWhole),
    max_prefixlen: given(body, "max_prefixlen", isWhole),
    default_prefixlen: given(body, "default_prefixlen", isWhole),
  };
}

/** A key of the store makes it the only one. @throws Fault InvalidInput */
function claimDefault(draft: Draft, pool: SubnetPoolRecord): void {
  const error_message =
    "A default subnetpool for this IP family has already been set. Only one default may exist per IP family";
  draft.claim(keys.defaultPool(pool.ip_version), pool.id, () => fault("InvalidInput", { error_message }));
}

function createPool(env: Env, draft: Draft, caller: Caller, body: Attributes): SubnetPoolRecord {
  const prefixes = compacted(attribute<Cidr[]>(body, "prefixes", isPrefixes, []));
  const record: SubnetPoolRecord = {
    ...newStandard(env, projectOf(caller, body), body),
    ...prefixes,
    ...boundsOf(prefixes.ip_version, boundsIn(body)),
    default_quota: given(body, "default_quota", orNull(isWhole)) ?? null,
    address_scope_id: given(body, "address_scope_id", orNull(isText)) ?? null,
    is_default: attribute(body, "is_default", isFlag, false),
  };
  if (record.is_default) claimDefault(draft, record);
  joinScope(draft, caller, record);
  draft.create("subnetpool", record.id, record);
  if (attribute(body, "shared", isFlag, false)) shareNew(env, draft, "subnetpool", record);
  return record;
}

/** A pool only grows; what it gave away stays in it. @throws Fault IllegalSubnetPoolPrefixUpdate */
function changedPrefixes(current: SubnetPoolRecord, changes: Attributes) {
  const wanted = given(changes, "prefixes", isPrefixes);
  if (wanted === undefined) return { ip_version: current.ip_version, prefixes: current.prefixes };
  const sameFamily = wanted.filter((cidr) => cidr.includes(":") === (current.ip_version === 6));
  if (!isSubset(prefixSet(current.prefixes), prefixSet(sameFamily))) {
    const msg = "Existing prefixes must be a subset of the new prefixes";
    throw fault("IllegalSubnetPoolPrefixUpdate", { msg });
  }
  return compacted(wanted);
}

export function updatePool(
  env: Env,
  draft: Draft,
  caller: Caller,
  current: SubnetPoolRecord,
  changes: Attributes,
): SubnetPoolRecord {
  const scope = given(changes, "address_scope_id", orNull(isText));
  const { min_prefixlen, max_prefixlen, default_prefixlen } = boundsIn(changes);
  const quota = given(changes, "default_quota", orNull(isWhole));
  const record: SubnetPoolRecord = {
    ...current,
    ...standardChanges(current, changes),
    ...changedPrefixes(current, changes),
    ...boundsOf(current.ip_version, {
      min_prefixlen: min_prefixlen ?? current.min_prefixlen,
      max_prefixlen: max_prefixlen ?? current.max_prefixlen,
      default_prefixlen: default_prefixlen ?? current.default_prefixlen,
    }),
    default_quota: quota === undefined ? current.default_quota : quota,
    address_scope_id: scope === undefined ? current.address_scope_id : scope,
    is_default: attribute(changes, "is_default", isFlag, current.is_default),
  };
  if (record.is_default && !current.is_default) claimDefault(draft, record);
  if (!record.is_default && current.is_default) draft.release(keys.defaultPool(current.ip_version));
  checkOwnScope(draft, caller, current);
  joinScope(draft, caller, record);
  const after = revised(env, current, record);
  if (after !== current) draft.replace("subnetpool", current.id, after);
  return after;
}

function removePool(draft: Draft, current: SubnetPoolRecord): Removal {
  if (subnetsIn(draft, current.id).length > 0) {
    throw fault("SubnetPoolDeleteError", { reason: "Subnet pool has existing allocations" });
  }
  draft.emptyUnder(keys.rangesIn(current.id, ""));
  if (current.is_default) draft.release(keys.defaultPool(current.ip_version));
  removePolicies(draft, current.id);
  draft.remove("subnetpool", current.id);
  return "done";
}

export function subnetPoolPlan(env: Env): ResourcePlan<"subnetpool"> {
  const update = (draft: Draft, caller: Caller, current: SubnetPoolRecord, changes: Attributes) =>
    updatePool(env, draft, caller, current, changes);
  return {
    create: (draft, caller, body) => createPool(env, draft, caller, body),
    sees: seesShared,
    notFound: (id: Id) => fault("SubnetPoolNotFound", { subnetpool_id: id }),
    show: withShared,
    visible: (caller) => visibleIds(env, "subnetpool", caller),
    indexes: { address_scope_id: IN_SCOPE },
    update,
    remove: (draft, _caller, current) => removePool(draft, current),
    actions: {
      add_prefixes: (draft, caller, current, body) => addPrefixes(draft, caller, current, body, update),
      remove_prefixes: (draft, _caller, current, body) => removePrefixes(env, draft, current, body),
      onboard_network_subnets: (draft, caller, current, body) =>
        onboardSubnets(env, draft, caller, current, body, update),
    },
  };
}
