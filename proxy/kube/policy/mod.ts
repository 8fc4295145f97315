/** NetworkPolicies as security groups: pure, and the whole of it at a time. */
export { type Compiled, compile, type PolicyWorld, type WantedGroup } from "./compile.ts";
export { type PolicyPod, policyPod } from "./pods.ts";
export { ruleText, type WantedRule } from "./rules.ts";
