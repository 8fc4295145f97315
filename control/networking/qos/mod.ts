/**
 * Quality of service: policies with their rules, who has which, and what ports ask of Placement for it. It never decides
 * who may do what (that is the doors').
 * Invariants: a project has one default policy, by a key of the store; a policy stays while something has it.
 */
export { qosPolicyPlan } from "./policy.ts";
export { qosRulePlan } from "./rule.ts";
export { qosRuleTypePlan } from "./rule-types.ts";
export { withQos } from "./show.ts";
export { changedQosPolicy, changeQosPolicy, newQosPolicy } from "./use.ts";
