/** QoS policies of ports, networks, gateways and floating addresses: who has one is marked as its user, so that it stays. */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type Id, type NetworkRecord, type PortRecord } from "../../../model/mod.ts";
import { given, isText, orNull } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import { dependOnAccess, seesShared } from "../sharing.ts";
import { defaultPolicyOf } from "./policy.ts";

/** Ports and networks lean on a policy under one name each, so that any number of them are one key. */
export const MANY = { port: "ports", network: "networks" } as const;

/** Stages the use of a policy that the caller sees. @throws Fault QosPolicyNotFound */
function takePolicy(draft: Draft, caller: Caller, id: Id, userId: Id): void {
  const policy = draft.get("qos_policy", id);
  if (policy === undefined || !seesShared(caller, policy, draft)) throw fault("QosPolicyNotFound", { policy_id: id });
  dependOnAccess(draft, caller, "qos_policy", policy);
  draft.use("qos_policy", id, userId);
}

/** Stages that `userId` has `after` instead of `before`. @throws Fault QosPolicyNotFound */
export function changeQosPolicy(draft: Draft, caller: Caller, userId: Id, before: Id | null, after: Id | null): void {
  if (before === after) return;
  if (before !== null) draft.unuse("qos_policy", before, userId);
  if (after !== null) takePolicy(draft, caller, after, userId);
}

type Policy = { qos_policy_id?: Id | null };
const readPolicy = (body: Attributes) => given(body, "qos_policy_id", orNull(isText));

/** The policy of a new port, or of a new network, which has its project's default one unless another is named. */
export function newQosPolicy(
  draft: Draft,
  caller: Caller,
  kind: keyof typeof MANY,
  projectId: string,
  body: Attributes,
): Policy {
  const named = readPolicy(body) ?? null;
  const byDefault = kind === "network" ? (defaultPolicyOf(draft, projectId)?.id ?? null) : null;
  const policy = named ?? byDefault;
  if (policy === null) return {};
  takePolicy(draft, caller, policy, MANY[kind]);
  return { qos_policy_id: policy };
}

/**
 * What a change of a port or network makes of its policy. One that the caller does not see is not its to take off
 * (core_extensions/qos.py _check_policy_change_permission). @throws Fault PolicyRemoveAuthorizationError
 */
export function changedQosPolicy(
  draft: Draft,
  caller: Caller,
  kind: keyof typeof MANY,
  current: PortRecord | NetworkRecord,
  changes: Attributes,
): Policy {
  const wanted = readPolicy(changes);
  if (wanted === undefined) return {};
  const before = current.qos_policy_id ?? null;
  const old = before === null ? undefined : draft.get("qos_policy", before);
  if (old !== undefined && !seesShared(caller, old, draft)) {
    throw fault("PolicyRemoveAuthorizationError", { policy_id: old.id });
  }
  if (wanted === before) return {};
  if (wanted !== null) takePolicy(draft, caller, wanted, MANY[kind]);
  return { qos_policy_id: wanted };
}
