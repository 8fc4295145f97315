/**
 * Who may do what: asks the rules of {@link RULES} as neutron/policy.py does, one for the action and one for each
 * attribute (and member of an attribute) that the caller sets. What a caller may see at all is decided behind the door.
 */
import type { Caller, Networking } from "../../api/mod.ts";
import { Fault, fault, type NetworkRecord } from "../../model/mod.ts";
import type { Row } from "./attribute.ts";
import { DEFAULT_RULE, RULES, type Subject } from "./policy-rules.ts";
import type { Resource } from "./resource.ts";
import { isObject } from "./validators.ts";

type Verb = "create" | "update" | "delete" | "get";

/** @throws Fault PolicyNotAuthorized, naming all rules that were asked, as oslo.policy does. */
export function enforce(verb: Verb, resource: Resource, subject: Subject, attributes: string[] = []): void {
  const action = `${verb}_${resource.kind}`;
  let asked = `rule:${action}`;
  let passed = (RULES[action] ?? DEFAULT_RULE)(subject);
  for (const name of attributes) {
    const rules = [`${action}:${name}`];
    const members = memberNames(subject.target[name]).map((member) => `${action}:${name}:${member}`);
    const own = members.length > 0 ? `(rule:${rules[0]} and ${allOf(members)})` : `rule:${rules[0]}`;
    asked = `(${asked} and ${own})`;
    passed &&= [...rules, ...members].every((rule) => (RULES[rule] ?? DEFAULT_RULE)(subject));
  }
  if (!passed) throw fault("PolicyNotAuthorized", { rule: asked });
}

/** The rule for the tags of a resource, which are written on their own. @throws Fault PolicyNotAuthorized */
export function enforceTags(verb: Verb, resource: Resource, subject: Subject): void {
  const action = `${verb}_${resource.kind}:tags`;
  if (!(RULES[action] ?? DEFAULT_RULE)(subject)) throw fault("PolicyNotAuthorized", { rule: `rule:${action}` });
}

const allOf = (rules: string[]) => `(${rules.map((rule) => `rule:${rule}`).join(" and ")})`;

function memberNames(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(isObject).flatMap((item) => Object.keys(item)) : [];
}

/** The attributes that a new resource sets to anything but their defaults, and whose rules must be asked. */
export function setAttributes(resource: Resource, body: Row): string[] {
  return Object.entries(resource.attributes)
    .filter(([name, row]) => row.enforcePolicy && Object.hasOwn(body, name) && body[name] !== row.default)
    .map(([name]) => name);
}

/** Of an update's attributes, those whose rules must be asked. */
export function changedAttributes(resource: Resource, changes: Row): string[] {
  return Object.keys(changes).filter((name) => resource.attributes[name]?.enforcePolicy);
}

/** The network that a resource is or is in, as far as the caller can see it. */
export async function networkOf(
  networking: Networking,
  caller: Caller,
  resource: Resource,
  target: Row,
): Promise<NetworkRecord | undefined> {
  if (resource.kind === "network") return target as unknown as NetworkRecord;
  try {
    return await networking.get(caller, "network", String(target.network_id));
  } catch (error) {
    if (error instanceof Fault && error.status === 404) return undefined;
    throw error;
  }
}

const NOTHING: Row = Object.freeze({});

/** The attributes that are not shown to this caller. Neutron's rules for them depend on the caller's roles only. */
export function hiddenFrom(caller: Caller, resource: Resource): ReadonlySet<string> {
  const subject: Subject = { caller, target: NOTHING, network: undefined };
  const hidden = Object.keys(resource.attributes).filter((name) => {
    const rule = name === "tags" ? undefined : RULES[`get_${resource.kind}:${name}`];
    return rule !== undefined && !rule(subject);
  });
  return new Set(hidden);
}
