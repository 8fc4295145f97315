/**
 * Who may see what is not its own: look-ups over the RBAC policies, which are the one source of `shared`
 * (neutron_lib/db/model_query.py query_with_hooks, neutron/objects/rbac_db.py).
 */
import type { Caller } from "../../api/mod.ts";
import type { Id, RbacObjectType, RbacPolicyRecord } from "../../model/mod.ts";
import type { Draft } from "./draft.ts";
import type { Env } from "./env.ts";
import { index } from "./indexes.ts";
import type { Reader } from "./reader.ts";

export type RbacAction = RbacPolicyRecord["action"];

/** Everybody, as a policy's target. */
export const EVERYBODY = "*";
export const SHARED = "access_as_shared";
export const EXTERNAL = "access_as_external";

/** Administrators, and services such as Nova that act for every project (neutron_lib's advanced service role). */
export const isElevated = (caller: Caller) =>
  caller.isAdmin || caller.seesAll === true || caller.roles.includes("service");

const grantKey = (objectId: Id, action: RbacAction, target: string) => `${objectId} ${action} ${target}`;
const targetKey = (type: RbacObjectType, target: string) => `${type} ${target}`;

const GRANTS = index("rbac_policy", (policy) => [grantKey(policy.object_id, policy.action, policy.target_project)]);
const BY_TARGET = index("rbac_policy", (policy) => [targetKey(policy.object_type, policy.target_project)]);
export const BY_OBJECT = index("rbac_policy", (policy) => [policy.object_id]);

/** The policies on an object. */
export const policiesOn = (reader: Reader, objectId: Id): RbacPolicyRecord[] => reader.select(BY_OBJECT, objectId);

/** The policy on an object for just this target. */
export function policyFor(reader: Reader, objectId: Id, action: RbacAction, target: string) {
  return reader.select(GRANTS, grantKey(objectId, action, target))[0];
}

/** What lets a project use an object that is another's: a policy for everybody, or one for the project. */
export function grantOf(reader: Reader, objectId: Id, projectId: string, action: RbacAction = SHARED) {
  // Most objects have none, and this is asked of each row of a list.
  if (policiesOn(reader, objectId).length === 0) return undefined;
  return policyFor(reader, objectId, action, EVERYBODY) ?? policyFor(reader, objectId, action, projectId);
}

/** An object's `shared`, as a project sees it. */
export function isShared(reader: Reader, objectId: Id, projectId: string): boolean {
  return grantOf(reader, objectId, projectId) !== undefined;
}

interface Owned {
  id: Id;
  project_id: string;
}

/** Whether the caller sees an object of a kind that can be shared: administrators, the owner, and those it is shared with. */
export function seesShared(caller: Caller, { id, project_id }: Owned, reader: Reader): boolean {
  return isElevated(caller) || project_id === caller.projectId || isShared(reader, id, caller.projectId);
}

/** As {@link seesShared}, of a network, which is also seen by those who may use it as an external one. */
export function seesNetwork(caller: Caller, network: Owned, reader: Reader): boolean {
  return seesShared(caller, network, reader) || grantOf(reader, network.id, caller.projectId, EXTERNAL) !== undefined;
}

/** The ids among which are all objects of the type that a caller who is no administrator sees. */
export function visibleIds({ indexes, memory }: Env, type: RbacObjectType, caller: Caller): ReadonlySet<Id> {
  const ids = new Set(indexes.ownedBy(type, caller.projectId));
  for (const target of [EVERYBODY, caller.projectId]) {
    for (const policyId of indexes.of(BY_TARGET, targetKey(type, target))) {
      const policy = memory.get("rbac_policy", policyId)?.record;
      if (policy !== undefined) ids.add(policy.object_id);
    }
  }
  return ids;
}

/** The record with `shared`, as the caller sees it. */
export function withShared<T extends Owned>(record: T, caller: Caller, reader: Reader): T & { shared: boolean } {
  return { ...record, shared: isShared(reader, record.id, caller.projectId) };
}

/**
 * Guards the use of an object that may be another's: it is there, and what shares it with the caller too. For those
 * that the caller {@link seesShared}.
 */
export function dependOnAccess(draft: Draft, caller: Caller, type: RbacObjectType, object: Owned): void {
  draft.present(type, object.id);
  if (isElevated(caller) || object.project_id === caller.projectId) return;
  const grant = grantOf(draft, object.id, caller.projectId);
  // Unchanged, as a policy may be given to another project.
  if (grant !== undefined) draft.dependOn("rbac_policy", grant.id);
}
