/**
 * The rules that new groups get: records that administrators keep (securitygroups_db.py, the part for default rules). A
 * fresh cloud has the four that groups always had; they are written along with the first that is asked of templates.
 */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { type DefaultSecurityGroupRuleRecord, fault, type Id, type RuleMatch } from "../../../model/mod.ts";
import { attribute, isFlag, isText } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import type { ResourcePlan } from "../plan.ts";
import { newStandard } from "../standard.ts";
import { countRuleChange, dependOnRules } from "./changes.ts";
import { ruleKey } from "./rule-key.ts";
import { readRule } from "./rule-match.ts";

type Template = DefaultSecurityGroupRuleRecord;

/** As remote_group_id of a template: the group that is made from it. */
const PARENT = "PARENT";

/** In place of a group's id: under it the changes of templates are counted. There once the built-in ones were written. */
const TEMPLATES = "templates";

const USES = { default: "used_in_default_sg", other: "used_in_non_default_sg" } as const;
export type Use = keyof typeof USES;

const BY_USE = index("default_security_group_rule", (template) =>
  Object.entries(USES).flatMap(([use, attribute]) => (template[attribute] ? [use] : [])),
);

const ANYTHING = {
  protocol: null,
  port_range_min: null,
  port_range_max: null,
  remote_ip_prefix: null,
  remote_address_group_id: null,
};

/** The migration of securitygroupdefaultrules writes these. */
const BUILT_IN = (["egress", "ingress"] as const).flatMap((direction) =>
  (["IPv4", "IPv6"] as const).map((ethertype) => ({
    ...ANYTHING,
    direction,
    ethertype,
    remote_group_id: direction === "egress" ? null : PARENT,
    used_in_default_sg: true,
    used_in_non_default_sg: direction === "egress",
    description: `Legacy default SG rule for ${direction} traffic`,
  })),
);

function addTemplate(
  env: Env,
  draft: Draft,
  template: Omit<Template, keyof ReturnType<typeof newStandard>>,
  description: string,
) {
  const record: Template = { ...newStandard(env, "", { description }), revision_number: 0, ...template };
  draft.create("default_security_group_rule", record.id, record);
  return record;
}

/** Stages the built-in templates where there never were any. */
function ensureTemplates(env: Env, draft: Draft): void {
  if (draft.get("security_group_change", TEMPLATES) !== undefined) return;
  dependOnRules(draft, TEMPLATES);
  for (const { description, ...template } of BUILT_IN) addTemplate(env, draft, template, description);
  countRuleChange(env, draft, TEMPLATES);
}

/** What the rules of a new group say. */
export function rulesFor(env: Env, draft: Draft, use: Use, groupId: Id): RuleMatch[] {
  ensureTemplates(env, draft);
  return draft.select(BY_USE, use).map((template) => ({
    direction: template.direction,
    ethertype: template.ethertype,
    protocol: template.protocol,
    port_range_min: template.port_range_min,
    port_range_max: template.port_range_max,
    remote_ip_prefix: template.remote_ip_prefix,
    remote_group_id: template.remote_group_id === PARENT ? groupId : template.remote_group_id,
    remote_address_group_id: template.remote_address_group_id,
  }));
}

/**
 * Neutron compares with what other than default groups get, whatever the new one is for; what default groups get must
 * not be there twice either.
 */
function checkDuplicate(draft: Draft, match: RuleMatch, isForDefault: boolean): void {
  const others = [...draft.select(BY_USE, "other"), ...(isForDefault ? draft.select(BY_USE, "default") : [])];
  const same = others.find((other) => ruleKey(other) === ruleKey(match));
  if (same !== undefined) throw fault("DefaultSecurityGroupRuleExists", { rule_id: same.id });
}

function createTemplate(env: Env, draft: Draft, body: Attributes): Template {
  ensureTemplates(env, draft);
  const match = readRule(body);
  const used_in_default_sg = attribute(body, "used_in_default_sg", isFlag, false);
  const used_in_non_default_sg = attribute(body, "used_in_non_default_sg", isFlag, true);
  checkDuplicate(draft, match, used_in_default_sg);
  dependOnRules(draft, TEMPLATES);
  countRuleChange(env, draft, TEMPLATES);
  const description = attribute(body, "description", isText, "");
  return addTemplate(env, draft, { ...match, used_in_default_sg, used_in_non_default_sg }, description);
}

export function templatePlan(env: Env): ResourcePlan<"default_security_group_rule"> {
  return {
    create: (draft, _caller: Caller, body) => createTemplate(env, draft, body),
    sees: () => true,
    visible: () => [...env.memory.all("default_security_group_rule")].map(({ record }) => record.id),
    notFound: (id) => fault("DefaultSecurityGroupRuleNotFound", { id }),
    prepare: (_caller, reader) =>
      reader.get("security_group_change", TEMPLATES) ? undefined : (draft) => ensureTemplates(env, draft),
    remove(draft, _caller, current) {
      draft.remove("default_security_group_rule", current.id);
      countRuleChange(env, draft, TEMPLATES);
      return "done";
    },
  };
}
