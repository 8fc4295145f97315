/** Policies made and removed along with their object: `shared` and `router:external` in a body, and an object's end. */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type Id, type RbacObjectType, type RbacPolicyRecord } from "../../../model/mod.ts";
import { keys } from "../../../store/mod.ts";
import { given, isFlag } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { EVERYBODY, policiesOn, policyFor, type RbacAction, SHARED } from "../sharing.ts";
import { newStandard } from "../standard.ts";
import { checkNewGrant, checkRevoked } from "./dependants.ts";

export type Grant = Pick<RbacPolicyRecord, "object_type" | "object_id" | "action" | "target_project">;

const keyOf = ({ object_id, action, target_project }: Grant) => keys.rbac(object_id, action, target_project);

/** A key of the store makes it the only one of its kind. @throws Fault DuplicateRbacPolicy */
export function claimGrant(draft: Draft, id: Id, grant: Grant): void {
  const refusal = () => fault("DuplicateRbacPolicy");
  if (policyFor(draft, grant.object_id, grant.action, grant.target_project) !== undefined) throw refusal();
  draft.claim(keyOf(grant), id, refusal);
}

export function releaseGrant(draft: Draft, grant: Grant): void {
  draft.release(keyOf(grant));
}

/** Stages a policy. The object must be there when it is written. */
export function addPolicy(env: Env, draft: Draft, projectId: string, grant: Grant): RbacPolicyRecord {
  const record = { ...newStandard(env, projectId, {}), ...grant };
  draft.present(grant.object_type, grant.object_id);
  claimGrant(draft, record.id, grant);
  draft.create("rbac_policy", record.id, record);
  return record;
}

export function removePolicy(draft: Draft, policy: RbacPolicyRecord): void {
  draft.remove("rbac_policy", policy.id);
  releaseGrant(draft, policy);
}

/** Lets everybody use a new object whose body says `shared`. Call it once the object is staged. */
export function shareNew(env: Env, draft: Draft, type: RbacObjectType, object: { id: Id; project_id: string }): void {
  const grant: Grant = { object_type: type, object_id: object.id, action: SHARED, target_project: EVERYBODY };
  checkNewGrant(draft, grant);
  addPolicy(env, draft, object.project_id, grant);
}

/**
 * `shared` among the changes of an object: makes or removes the policy for everybody (rbac_db.py update_shared). True
 * when there was something to do. @throws Fault RbacPolicyInUse
 */
export function changeShared(
  env: Env,
  draft: Draft,
  caller: Caller,
  type: RbacObjectType,
  object: { id: Id; project_id: string },
  changes: Attributes,
): boolean {
  const wanted = given(changes, "shared", isFlag);
  const before = policyFor(draft, object.id, SHARED, EVERYBODY);
  if (wanted === undefined || wanted === (before !== undefined)) return false;
  if (before === undefined) shareNew(env, draft, type, { id: object.id, project_id: caller.projectId });
  else {
    checkRevoked(draft, before);
    removePolicy(draft, before);
  }
  return true;
}

/** An object's policies go with it; one that somebody makes meanwhile makes the removal start again. */
export function removePolicies(draft: Draft, objectId: Id, action?: RbacAction): void {
  for (const policy of policiesOn(draft, objectId)) {
    if (action === undefined || policy.action === action) removePolicy(draft, policy);
  }
  draft.quietUnder(keys.rbacOf(objectId));
}
