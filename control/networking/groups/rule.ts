/** Security group rules as a resource (securitygroups_db.py). */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type Id, type RuleMatch, type SecurityGroupRuleRecord } from "../../../model/mod.ts";
import { isElevated, projectOf } from "../access.ts";
import { attribute, isText, listOf } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { ResourcePlan } from "../plan.ts";
import type { Reader } from "../reader.ts";
import { union } from "../select.ts";
import { dependOnAccess, seesShared } from "../sharing.ts";
import { countRuleChange } from "./changes.ts";
import { prepareDefault } from "./group.ts";
import { ruleKey } from "./rule-key.ts";
import { readRule } from "./rule-match.ts";
import {
  addRule,
  RULES_FROM_ADDRESSES,
  RULES_FROM_GROUP,
  RULES_OF_GROUP,
  removeRule,
  sameRule,
  showRule,
} from "./rules.ts";

type Rule = SecurityGroupRuleRecord;

interface Wish {
  body: Attributes;
  groupId: Id;
  projectId: string;
}

/** Many at once are for one group and project (_validate_single_project_and_group). */
function checkTogether(wishes: readonly Wish[]): void {
  const [first] = wishes;
  for (const { groupId, projectId } of wishes) {
    if (groupId !== first?.groupId) throw fault("SecurityGroupNotSingleGroupRules");
    if (projectId !== first.projectId) throw fault("SecurityGroupRulesNotSingleProject");
  }
}

/** What a rule names must be seen by the project that the rule is for (_validate_security_group_rule). */
function checkNamed(draft: Draft, caller: Caller, groupId: Id, match: RuleMatch): void {
  const { remote_group_id: remoteId, remote_address_group_id: addressesId } = match;
  const seenGroup = (id: Id) => {
    const group = draft.get("security_group", id);
    if (group === undefined || !seesShared(caller, group, draft)) throw fault("SecurityGroupNotFound", { id });
    dependOnAccess(draft, caller, "security_group", group);
  };
  if (remoteId !== null) seenGroup(remoteId);
  if (addressesId !== null) {
    const addresses = draft.get("address_group", addressesId);
    if (addresses === undefined || !seesShared(caller, addresses, draft)) {
      throw fault("AddressGroupNotFound", { address_group_id: addressesId });
    }
    dependOnAccess(draft, caller, "address_group", addresses);
  }
  seenGroup(groupId);
}

/** All of one request: first every check, then what is there already, then the rules. */
function createRules(env: Env, draft: Draft, caller: Caller, bodies: readonly Attributes[]): Rule[] {
  const wishes = bodies.map((body) => ({
    body,
    groupId: attribute(body, "security_group_id", isText, ""),
    projectId: projectOf(caller, body),
  }));
  checkTogether(wishes);
  const matches = wishes.map(({ body, groupId, projectId }) => {
    const match = readRule(body);
    checkNamed(draft, { ...caller, projectId }, groupId, match);
    return match;
  });
  if (new Set(matches.map(ruleKey)).size < matches.length) throw fault("DuplicateSecurityGroupRuleInPost");
  return wishes.map(({ body, groupId, projectId }, i) => {
    const match = matches[i] as RuleMatch;
    const existing = sameRule(env, groupId, match);
    if (existing !== undefined) throw fault("SecurityGroupRuleExists", { rule_id: existing });
    countRuleChange(env, draft, groupId);
    const description = attribute(body, "description", isText, "");
    return addRule(env, draft, {
      groupId,
      projectId,
      description,
      tags: attribute(body, "tags", listOf(isText), []),
      match,
    });
  });
}

/** Own ones, and those of own groups; what of them may be shown is the door's policy. */
function seesRule(caller: Caller, rule: Rule, reader: Reader): boolean {
  if (isElevated(caller) || rule.project_id === caller.projectId) return true;
  return reader.get("security_group", rule.security_group_id)?.project_id === caller.projectId;
}

export function rulePlan(env: Env): ResourcePlan<"security_group_rule"> {
  const { indexes } = env;
  return {
    createAll: (draft, caller, bodies) => createRules(env, draft, caller, bodies),
    sees: seesRule,
    visible(caller) {
      const groups = [...indexes.ownedBy("security_group", caller.projectId)];
      const ofGroups = groups.map((id) => indexes.of(RULES_OF_GROUP, id));
      return union([indexes.ownedBy("security_group_rule", caller.projectId), ...ofGroups]);
    },
    indexes: {
      security_group_id: RULES_OF_GROUP,
      remote_group_id: RULES_FROM_GROUP,
      remote_address_group_id: RULES_FROM_ADDRESSES,
    },
    notFound: (id) => fault("SecurityGroupRuleNotFound", { id }),
    prepare: (caller, reader, hint) => prepareDefault(env, caller, reader, hint),
    show: (record, _caller, reader) => showRule(reader, record),
    remove(draft, _caller, current) {
      removeRule(env, draft, current);
      return "done";
    },
  };
}
