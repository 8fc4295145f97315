/**
 * RBAC: who may use what is not its own. The policies are records, and `shared` of an object is nothing but them.
 * Invariant: one policy per object, action and target, by a key of the store; none without its object.
 */
export { isGatewayNetwork } from "./dependants.ts";
export { addPolicy, changeShared, removePolicies, removePolicy, shareNew } from "./entries.ts";
export { rbacPolicyPlan } from "./plan.ts";
