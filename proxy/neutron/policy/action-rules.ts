/**
 * Which rules one request asks: that of the action, that of each attribute it sets, and those of the attribute's
 * members, joined by "and" as neutron/policy.py does (_build_match_rule), whose text is in the refusal.
 */
import type { Row } from "../attribute.ts";

/** The attributes that are records with a description of their own, and their members in its order. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  external_gateway_info: ["network_id", "external_fixed_ips", "enable_snat", "qos_policy_id"],
  hints: ["openvswitch"],
};

/** The rule of one attribute, and those of its members when it has such. */
interface AttributeRules {
  readonly rule: string;
  readonly members: readonly string[] | undefined;
}

export class ActionRules {
  readonly #action: string;
  readonly #attributes: readonly AttributeRules[];

  constructor(action: string, row: Row, attributes: readonly string[]) {
    this.#action = action;
    this.#attributes = attributes.map((attribute) => {
      const rule = `${action}:${attribute}`;
      return { rule, members: memberNames(attribute, row[attribute])?.map((member) => `${rule}:${member}`) };
    });
  }

  every(isAllowed: (rule: string) => boolean): boolean {
    return (
      isAllowed(this.#action) &&
      this.#attributes.every(({ rule, members }) => isAllowed(rule) && (members?.every(isAllowed) ?? true))
    );
  }

  /** As oslo.policy prints it: `(rule:create_port and rule:create_port:mac_address)`. */
  toString(): string {
    return this.#attributes.reduce((before, { rule, members }) => {
      const own = members === undefined ? `rule:${rule}` : both(`rule:${rule}`, allOf(members));
      return both(before, own);
    }, `rule:${this.#action}`);
  }
}

const both = (one: string, other: string) => `(${one} and ${other})`;
const allOf = (rules: readonly string[]) => `(${rules.map((rule) => `rule:${rule}`).join(" and ")})`;

/** Undefined when the attribute's members have no rules. */
function memberNames(attribute: string, value: unknown): string[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Array.isArray(value)) return MEMBERS[attribute]?.filter((member) => Object.hasOwn(value, member));
  const names = value
    .filter((item) => typeof item === "object" && item !== null && !Array.isArray(item))
    .flatMap(Object.keys);
  return names.length > 0 ? names : undefined;
}
