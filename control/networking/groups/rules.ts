/** The rules of groups as records: found, made and removed as parts of a transaction, and shown. */
import type { NetworkingTypes } from "../../../api/mod.ts";
import { type Id, parseCidr, type RuleMatch, type SecurityGroupRuleRecord } from "../../../model/mod.ts";
import { keys } from "../../../store/mod.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import type { Reader } from "../reader.ts";
import { newStandard } from "../standard.ts";
import { countRuleChange } from "./changes.ts";
import { ruleKey } from "./rule-key.ts";

type Rule = SecurityGroupRuleRecord;

export const RULES_OF_GROUP = index("security_group_rule", ({ security_group_id }) => [security_group_id]);
export const RULES_FROM_GROUP = index("security_group_rule", ({ remote_group_id }) => [remote_group_id]);
export const RULES_FROM_ADDRESSES = index("security_group_rule", (rule) => [rule.remote_address_group_id]);
const contentKey = (groupId: Id, match: RuleMatch) => `${groupId} ${ruleKey(match)}`;
const RULES_BY_CONTENT = index("security_group_rule", (rule) => [contentKey(rule.security_group_id, rule)]);

/** Those who lean on a group or an address group are its rules, all under one name: none is told from another. */
export const RULES = "rules";

/** The rule of the group that says the same, as memory has it. */
export function sameRule(env: Env, groupId: Id, match: RuleMatch): Id | undefined {
  const [id] = env.indexes.of(RULES_BY_CONTENT, contentKey(groupId, match));
  return id;
}

export interface NewRule {
  groupId: Id;
  projectId: string;
  description: string;
  tags?: readonly string[];
  match: RuleMatch;
  isFromTemplate?: true;
}

/**
 * Stages a rule of a group that is there, by a key that lets each group say a thing once. What it names must be there,
 * too, and whoever removes that sees it.
 */
export function addRule(env: Env, draft: Draft, rule: NewRule): Rule {
  const { groupId, match, isFromTemplate } = rule;
  const { name, ...standard } = newStandard(env, rule.projectId, { description: rule.description, tags: rule.tags });
  const record: Rule = {
    ...standard,
    name,
    revision_number: 0,
    security_group_id: groupId,
    ...match,
    ...(isFromTemplate && { from_template: true }),
  };
  draft.present("security_group", groupId);
  const { remote_group_id: group, remote_address_group_id: addresses } = match;
  if (group !== null && group !== groupId) draft.use("security_group", group, RULES);
  if (addresses !== null) draft.use("address_group", addresses, RULES);
  draft.claim(keys.rule(groupId, ruleKey(match)), record.id);
  draft.create("security_group_rule", record.id, record);
  return record;
}

/** Stages the end of a rule, which its group counts. */
export function removeRule(env: Env, draft: Draft, rule: Rule): void {
  draft.remove("security_group_rule", rule.id);
  draft.release(keys.rule(rule.security_group_id, ruleKey(rule)));
  countRuleChange(env, draft, rule.security_group_id);
}

/** As securitygroups_db.py _make_security_group_rule_dict has it, also for a rule within its group. */
export function showRule(reader: Reader, { from_template, name: _none, ...rule }: Rule) {
  return {
    ...rule,
    tenant_id: rule.project_id,
    description: from_template ? null : rule.description,
    normalized_cidr: rule.remote_ip_prefix === null ? null : (parseCidr(rule.remote_ip_prefix) ?? null),
    belongs_to_default_sg: reader.get("security_group", rule.security_group_id)?.is_default ?? false,
  } satisfies NetworkingTypes["security_group_rule"];
}
