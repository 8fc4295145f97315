/**
 * Security groups and what is around them: rules, the templates of rules, groups of addresses, and which groups a port
 * has. It never decides who may do what (that is the doors'), and says nothing about packets.
 * Invariants: a project has one default group, and a group says a thing once, each by a key of the store; a rule or a
 * port names only what is there.
 */
export { addressGroupPlan } from "./address-group.ts";
export { ensureDefaultGroup } from "./default-group.ts";
export { groupPlan, PORTS_OF_GROUP } from "./group.ts";
export { changeGroups, joinGroups } from "./port-groups.ts";
export { rulePlan } from "./rule.ts";
export { ruleKey } from "./rule-key.ts";
export { templatePlan } from "./template.ts";
