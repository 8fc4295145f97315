/** QoS policies of gateways and floating addresses: who has one is marked as its user, so that it stays. */
import type { Caller } from "../../../api/mod.ts";
import { fault, type Id } from "../../../model/mod.ts";
import type { Draft } from "../draft.ts";
import { dependOnAccess, seesShared } from "../sharing.ts";

/** Stages that `userId` has `after` instead of `before`. @throws Fault QosPolicyNotFound */
export function changeQosPolicy(draft: Draft, caller: Caller, userId: Id, before: Id | null, after: Id | null): void {
  if (before === after) return;
  if (before !== null) draft.unuse("qos_policy", before, userId);
  if (after === null) return;
  const policy = draft.get("qos_policy", after);
  if (policy === undefined || !seesShared(caller, policy, draft)) {
    throw fault("QosPolicyNotFound", { policy_id: after });
  }
  dependOnAccess(draft, caller, "qos_policy", policy);
  draft.use("qos_policy", after, userId);
}
