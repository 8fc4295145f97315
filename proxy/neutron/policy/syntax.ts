/** The parts of a rule: what the parser makes of its text, and the compiler reads. */

/** A rule as a policy file has it: text, or the old list of lists (any of the outer, all of an inner list). */
export type RuleText = string | readonly (string | readonly string[])[];

/** `%(name)s` in a text is the target's attribute of that name. */
export type Template = readonly (string | { readonly field: string })[];

export type Check =
  | { readonly is: "constant"; readonly value: boolean }
  | { readonly is: "rule"; readonly name: string }
  | { readonly is: "role"; readonly role: Template }
  /** `project_id:%(project_id)s`, or with a related resource: `%(network:project_id)s`. */
  | { readonly is: "owner"; readonly field: string }
  | {
      readonly is: "field";
      readonly resource: string;
      readonly field: string;
      readonly value: string;
      /** Of `field:port:device_owner=~^network:`. */
      readonly pattern?: RegExp;
    }
  /** `user_id:%(user_id)s`: what the token says of the caller, by its path, against a text. */
  | { readonly is: "credential"; readonly path: readonly string[]; readonly value: Template }
  /** `'literal':%(x)s`, `True:%(x)s`; `text` is the literal as Python prints it. */
  | { readonly is: "literal"; readonly text: string; readonly value: Template }
  | { readonly is: "not"; readonly check: Check }
  | { readonly is: "all" | "any"; readonly checks: readonly Check[] };

/** A rule that cannot be read; the message names it and the place. */
export class RuleSyntaxError extends Error {
  override name = "RuleSyntaxError";

  constructor(rule: string, text: RuleText, place: string, problem: string) {
    super(`rule ${JSON.stringify(rule)}: ${JSON.stringify(text)}: ${place}: ${problem}`);
  }
}
