/** A whole policy: Neutron's default rules with a policy file's over them, checked before anybody relies on it. */
import type { Caller } from "../../../api/mod.ts";
import { CallerPolicy } from "./caller-policy.ts";
import { parseRule } from "./parse.ts";
import { DEFAULT_RULES, FORMER_NAMES } from "./rules/mod.ts";
import type { Check, RuleText } from "./syntax.ts";

/** Whatever can say what a caller may do: a {@link Policy}, or one that follows a file. */
export interface PolicySource {
  for(caller: Caller): CallerPolicy;
}

/** Callers whose decisions are kept; each keeps a few hundred rules at most. */
const MAX_CALLERS = 1000;

export class Policy implements PolicySource {
  readonly #rules: ReadonlyMap<string, Check>;
  readonly #callers = new Map<string, CallerPolicy>();

  private constructor(rules: ReadonlyMap<string, Check>) {
    this.#rules = rules;
  }

  /** @throws Error that lists everything that is wrong with the rules. */
  static make(overrides: Readonly<Record<string, RuleText>> = {}): Policy {
    const problems: string[] = [];
    const rules = new Map<string, Check>();
    for (const [name, text] of mergedRules(overrides)) {
      try {
        rules.set(name, parseRule(name, text));
      } catch (error) {
        problems.push((error as Error).message);
        // So that whoever refers to the rule is not reported as well.
        rules.set(name, { is: "constant", value: false });
      }
    }
    problems.push(...badReferences(rules), ...cycles(rules));
    if (problems.length > 0) throw new Error(["the policy is not as it should be:", ...problems].join("\n  "));
    return new Policy(rules);
  }

  /** The policy for this caller's roles, project and user. */
  for(caller: Caller): CallerPolicy {
    const key = keyOf(caller);
    const known = this.#callers.get(key);
    if (known !== undefined) return known;
    const made = new CallerPolicy(this.#rules, caller);
    if (this.#callers.size >= MAX_CALLERS) this.#callers.delete(this.#callers.keys().next().value as string);
    this.#callers.set(key, made);
    return made;
  }
}

/** All that a rule can ask of a caller. */
function keyOf({ projectId, userId, isAdmin, identity, roles }: Caller): string {
  const { userDomain, projectDomain, domainScope, systemScope } = identity ?? {};
  return JSON.stringify([projectId, userId, isAdmin, userDomain, projectDomain, domainScope, systemScope, ...roles]);
}

function mergedRules(overrides: Readonly<Record<string, RuleText>>): Map<string, RuleText> {
  const merged = new Map<string, RuleText>(DEFAULT_RULES);
  for (const [name, former] of FORMER_NAMES) {
    const text = Object.hasOwn(overrides, former) ? overrides[former] : undefined;
    // A generated sample has the former name refer to the present one.
    if (text !== undefined && text !== `rule:${name}`) merged.set(name, text);
  }
  for (const [name, text] of Object.entries(overrides)) merged.set(name, text);
  return merged;
}

function referencesOf(check: Check): string[] {
  switch (check.is) {
    case "rule":
      return [check.name];
    case "not":
      return referencesOf(check.check);
    case "all":
    case "any":
      return check.checks.flatMap(referencesOf);
    default:
      return [];
  }
}

function badReferences(rules: ReadonlyMap<string, Check>): string[] {
  return [...rules].flatMap(([name, check]) =>
    [...new Set(referencesOf(check))]
      .filter((other) => !rules.has(other))
      .map((other) => `rule ${JSON.stringify(name)}: refers to ${JSON.stringify(other)}, which is not there`),
  );
}

/** One line for each circle of rules. */
function cycles(rules: ReadonlyMap<string, Check>): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const found: string[] = [];
  const visit = (name: string) => {
    const start = path.indexOf(name);
    if (start >= 0) found.push(`rules in a circle: ${[...path.slice(start), name].join(" -> ")}`);
    const check = rules.get(name);
    if (start >= 0 || done.has(name) || check === undefined) return;
    path.push(name);
    for (const other of referencesOf(check)) visit(other);
    path.pop();
    done.add(name);
  };
  for (const name of rules.keys()) visit(name);
  return found;
}
