/**
 * Metering labels and their rules: which traffic of a project's routers is counted. Nothing is counted here.
 * Invariants: a rule belongs to a label that is there, and no two of its rules of one kind have overlapping remote prefixes.
 */
export { labelPlan } from "./label.ts";
export { labelRulePlan } from "./rule.ts";
