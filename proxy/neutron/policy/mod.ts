/**
 * Neutron's policy: the language of oslo.policy, Neutron's default rules in it, and what they say of a caller and a
 * target. Knows nothing of how requests are served or records kept. Invariant: a policy that can be asked has been
 * read whole: every rule parses, refers to rules that exist, and comes to an end.
 */
export type { CallerPolicy, Hidden } from "./caller-policy.ts";
export type { Test, Verdict } from "./compile.ts";
export { PolicyFile, type PolicyFileLog } from "./file.ts";
export { Policy, type PolicySource } from "./policy.ts";
export type { RuleText } from "./syntax.ts";
export type { Target } from "./target.ts";
