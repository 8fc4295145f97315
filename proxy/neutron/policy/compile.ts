/**
 * Partial evaluation: what a rule says of a caller before it is known of which target. Most rules are decided then,
 * so that a long list costs an administrator nothing; what is left looks at the target and at nothing else.
 */
import { pyStr } from "../python.ts";
import type { Check } from "./syntax.ts";
import { fieldReader, fill, ownerReader, type Target } from "./target.ts";

export interface Test {
  (target: Target): boolean;
  /** Looks at related records, which takes a look-up each: asked after what the row itself can answer. */
  isFar?: boolean;
}
/** Decided, or what is left to ask of the target. */
export type Verdict = boolean | Test;

/** What rules may ask about the caller, by oslo.policy's names. `roles` in lower case, implied ones included. */
export interface Credentials {
  readonly roles: ReadonlySet<string>;
  /** Absent: this caller owns nothing. */
  readonly projectId: string | undefined;
  /** For `user_id:...`, `is_admin:True` and the like. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** `rule` decides a rule that the check refers to. */
export function compile(check: Check, credentials: Credentials, rule: (name: string) => Verdict): Verdict {
  switch (check.is) {
    case "constant":
      return check.value;
    case "rule":
      return rule(check.name);
    case "role":
      return onTarget(check.role, (role) => credentials.roles.has(role.toLowerCase()));
    case "owner":
      return owner(check.field, credentials.projectId);
    case "field":
      return field(check);
    case "literal":
      return onTarget(check.value, (text) => text === check.text);
    case "credential":
      return onTarget(check.value, (text) => holds(credentials.values, check.path, text));
    case "not":
      return negate(compile(check.check, credentials, rule));
    case "all":
    case "any":
      return join(
        check.is === "any",
        check.checks.map((part) => () => compile(part, credentials, rule)),
      );
  }
}

/** A test of a text: decided at once where the text does not depend on the target; one that lacks a part fails. */
function onTarget(template: Parameters<typeof fill>[0], test: (text: string) => boolean): Verdict {
  if (template.every((part) => typeof part === "string")) return test(template.join(""));
  return ({ row }) => {
    const text = fill(template, row);
    return text !== undefined && test(text);
  };
}

function owner(name: string, projectId: string | undefined): Verdict {
  if (projectId === undefined) return false;
  const { read, isFar } = ownerReader(name);
  return marked((target) => read(target) === projectId, isFar);
}

const marked = (test: Test, isFar: boolean): Test => (isFar ? Object.assign(test, { isFar }) : test);

function field(check: Check & { is: "field" }): Verdict {
  const { pattern, value } = check;
  const { read, isFar } = fieldReader(check.resource, check.field);
  if (pattern === undefined) return marked((target) => equals(read(target), value), isFar);
  return (target) => {
    const found = read(target);
    return typeof found === "string" && pattern.test(found);
  };
}

const TRUE = /^(true|t|yes|y|on|1)$/i;
const FALSE = /^(false|f|no|n|off|0)$/i;

/** Neutron converts the rule's text by the attribute's own converter, which amounts to the type of the value. */
function equals(found: unknown, text: string): boolean {
  if (found === undefined || found === null) return false;
  if (typeof found === "boolean") return (found ? TRUE : FALSE).test(text);
  return pyStr(found) === text;
}

function holds(value: unknown, path: readonly string[], text: string): boolean {
  const [name, ...rest] = path;
  if (name === undefined) return pyStr(value ?? null) === text;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return false;
  const found = (value as Record<string, unknown>)[name];
  return Array.isArray(found) ? found.some((item) => holds(item, rest, text)) : holds(found, rest, text);
}

function negate(verdict: Verdict): Verdict {
  return typeof verdict === "boolean" ? !verdict : marked((target) => !verdict(target), verdict.isFar === true);
}

/** `decisive`: the value of a part that decides the whole: true for "or", false for "and". */
function join(decisive: boolean, parts: readonly (() => Verdict)[]): Verdict {
  const open: Test[] = [];
  for (const part of parts) {
    const verdict = part();
    if (verdict === decisive) return decisive;
    if (typeof verdict === "function") open.push(verdict);
  }
  const [first, ...more] = open.sort((one, other) => Number(one.isFar === true) - Number(other.isFar === true));
  if (first === undefined) return !decisive;
  if (more.length === 0) return first;
  const isFar = open.some((test) => test.isFar);
  return marked((target) => (first(target) === decisive ? decisive : rest(more, target, decisive)), isFar);
}

function rest(tests: readonly Test[], target: Target, decisive: boolean): boolean {
  for (const test of tests) if (test(target) === decisive) return decisive;
  return !decisive;
}
