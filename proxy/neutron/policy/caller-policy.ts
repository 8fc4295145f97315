/** The policy as one caller meets it: every rule decided as far as the caller alone decides it, once. */
import type { Caller } from "../../../api/mod.ts";
import { fault } from "../../../model/mod.ts";
import { ActionRules } from "./action-rules.ts";
import { type Credentials, compile, type Test, type Verdict } from "./compile.ts";
import { isInProjects } from "./rules/mod.ts";
import type { Check } from "./syntax.ts";
import type { Target } from "./target.ts";

/** The rule for what has none of its own. */
export const DEFAULT_RULE = "default";

/** Keystone's implied roles: who has one has those after it, whether the token says so or not. */
const IMPLIED = ["admin", "manager", "member", "reader"];

/** The caller's roles in lower case, with those they imply. */
export function rolesOf({ roles, isAdmin }: Pick<Caller, "roles" | "isAdmin">): Set<string> {
  const held = new Set(roles.map((role) => role.toLowerCase()));
  if (isAdmin) held.add("admin");
  const highest = IMPLIED.findIndex((role) => held.has(role));
  for (const role of highest < 0 ? [] : IMPLIED.slice(highest)) held.add(role);
  return held;
}

function scopeOf({ identity }: Caller): "system" | "domain" | undefined {
  if (identity?.systemScope !== undefined) return "system";
  return identity?.domainScope === undefined ? undefined : "domain";
}

export interface Hidden {
  /** Attributes this caller sees of no row. */
  readonly always: ReadonlySet<string>;
  /** Attributes of which the row decides; true: hidden. */
  readonly perRow: ReadonlyMap<string, Test>;
}

export class CallerPolicy {
  /** Rule context_is_admin. */
  readonly isAdmin: boolean;
  /** Rule context_is_advsvc or service_api, or an administrator: sees every project's resources, as Nova must. */
  readonly isAdvancedService: boolean;
  /** Rule context_with_global_access, or an administrator: sees every project's resources. */
  readonly hasGlobalAccess: boolean;
  /** Rule context_can_set_project_id, or one of the above two kinds: may create for another project. */
  readonly canSetProjectId: boolean;
  readonly #rules: ReadonlyMap<string, Check>;
  /** Of a token that is for no project but for a domain or the whole system. */
  readonly #scope: "system" | "domain" | undefined;
  readonly #credentials: Credentials;
  readonly #verdicts = new Map<string, Verdict>();

  /** `rules` must have neither cycles nor references to nothing. */
  constructor(rules: ReadonlyMap<string, Check>, caller: Caller) {
    this.#rules = rules;
    this.#scope = scopeOf(caller);
    const roles = rolesOf(caller);
    const projectId = caller.projectId || undefined;
    const values: Record<string, unknown> = {
      user_id: caller.userId,
      user: caller.userId,
      user_domain_id: caller.identity?.userDomain ?? null,
      project_domain_id: caller.identity?.projectDomain ?? null,
      domain_id: caller.identity?.domainScope ?? null,
      system_scope: caller.identity?.systemScope ?? null,
      project_id: projectId,
      roles: [...roles],
      is_admin: null,
      has_global_access: null,
      can_set_project_id: null,
    };
    this.#credentials = { roles, projectId, values };
    // Asked of the caller itself, as neutron_lib's context does; what rules make of the answers comes after.
    const self: Target = { row: values };
    this.isAdmin = this.allows("context_is_admin", self);
    this.isAdvancedService = this.isAdmin || this.allows("context_is_advsvc", self) || this.allows("service_api", self);
    this.hasGlobalAccess = this.isAdmin || this.allows("context_with_global_access", self);
    this.canSetProjectId = this.isAdvancedService || this.allows("context_can_set_project_id", self);
    values.is_admin = this.isAdmin;
    values.has_global_access = this.hasGlobalAccess;
    values.can_set_project_id = this.canSetProjectId;
    this.#verdicts.clear();
  }

  /** What the caller alone decides; a function when the target decides. A rule that is not there is the "default". */
  check(rule: string): Verdict {
    return !this.#isOutOfScope(rule) && this.#decide(rule);
  }

  #decide(rule: string): Verdict {
    const known = this.#verdicts.get(rule);
    if (known !== undefined) return known;
    const check = this.#rules.get(rule) ?? this.#rules.get(DEFAULT_RULE);
    const verdict = check !== undefined && compile(check, this.#credentials, (name) => this.#decide(name));
    // Names of rules that are not there come from requests: they are not kept.
    if (this.#rules.has(rule)) this.#verdicts.set(rule, verdict);
    return verdict;
  }

  /** oslo.policy's enforce_scope: all that Neutron does, it does within projects. */
  #isOutOfScope(rule: string): boolean {
    return this.#scope !== undefined && isInProjects(rule);
  }

  allows(rule: string, target: Target): boolean {
    const verdict = this.check(rule);
    return typeof verdict === "boolean" ? verdict : verdict(target);
  }

  /**
   * `attributes`: those of the body that have rules of their own and are not left at their defaults.
   * @throws Fault PolicyNotAuthorized, naming all rules that were asked, as oslo.policy does; InvalidScope
   */
  enforce(action: string, target: Target, attributes: readonly string[] = []): void {
    const rules = new ActionRules(action, target.row, attributes);
    if (this.#isOutOfScope(action)) {
      throw fault("InvalidScope", {
        rule: String(rules),
        operation_scopes: "['project']",
        token_scope: `${this.#scope}`,
      });
    }
    if (!rules.every((rule) => this.allows(rule, target))) throw fault("PolicyNotAuthorized", { rule: String(rules) });
  }

  /** What `get_<kind>:<attribute>` keeps from the caller; an attribute without such a rule is shown. */
  hidden(kind: string, attributes: readonly string[]): Hidden {
    const always = new Set<string>();
    const perRow = new Map<string, Test>();
    for (const attribute of attributes) {
      const rule = `get_${kind}:${attribute}`;
      const verdict = this.#rules.has(rule) ? this.check(rule) : true;
      if (verdict === true) continue;
      for (const name of attribute === "project_id" ? ["project_id", "tenant_id"] : [attribute]) {
        if (verdict === false) always.add(name);
        else perRow.set(name, (target) => !verdict(target));
      }
    }
    return { always, perRow };
  }
}
