/** Security groups (securitygroups_db.py). Their rules are records of their own, shown within them. */
import type { Attributes, Caller, ListHint, NetworkingTypes } from "../../../api/mod.ts";
import { fault, type Id, type SecurityGroupRecord } from "../../../model/mod.ts";
import { keys } from "../../../store/mod.ts";
import { projectOf } from "../access.ts";
import { attribute, given, isFlag, isText, listOf } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import { removeLogsOfGroup } from "../logs/mod.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import { removePolicies } from "../rbac/mod.ts";
import type { Reader } from "../reader.ts";
import { isShared, seesShared, visibleIds } from "../sharing.ts";
import { revised, standardChanges } from "../standard.ts";
import { dependOnRules, forgetRuleChanges, revisionOf, updatedAt } from "./changes.ts";
import { addGroup, DEFAULT_NAME, ensureDefaultGroup, lacksDefaultGroup } from "./default-group.ts";
import { RULES, RULES_FROM_GROUP, RULES_OF_GROUP, removeRule, showRule } from "./rules.ts";

type Group = SecurityGroupRecord;

export const PORTS_OF_GROUP = index("port", ({ security_groups }) => security_groups);

const DIGITS = [..."0123456789abcdef"];

/**
 * Ports lean on a group under sixteen names, by the first digit of their ids: a hundred thousand of them are no more keys
 * than that, and those made at one time seldom write the same, so that they can share a transaction of the store.
 */
export const portsMark = (portId: Id): string => `ports-${portId[0]}`;
const PORTS = DIGITS.map(portsMark);

function createGroup(env: Env, draft: Draft, caller: Caller, body: Attributes): Group {
  const projectId = projectOf(caller, body);
  const isFirst = lacksDefaultGroup(draft, caller, projectId);
  const first = ensureDefaultGroup(env, draft, caller, projectId);
  const rulesBefore = isFirst && first ? draft.select(RULES_OF_GROUP, first.id).length : 0;
  const words = {
    name: attribute(body, "name", isText, ""),
    description: attribute(body, "description", isText, ""),
    tags: attribute(body, "tags", listOf(isText), []),
    stateful: attribute(body, "stateful", isFlag, true),
  };
  return addGroup(env, draft, caller, { projectId, words, isDefault: false }, rulesBefore);
}

/** No port has the group, and none gets it meanwhile. @throws Fault SecurityGroupInUse */
function checkUnused(env: Env, draft: Draft, id: Id): void {
  if (env.indexes.of(PORTS_OF_GROUP, id).size > 0) throw fault("SecurityGroupInUse", { id });
  draft.sameUsers("security_group", id);
}

function updateGroup(env: Env, draft: Draft, current: Group, changes: Attributes): Group {
  const stateful = given(changes, "stateful", isFlag) ?? current.stateful;
  if (stateful !== current.stateful) checkUnused(env, draft, current.id);
  if (current.name === DEFAULT_NAME && changes.name !== undefined) throw fault("SecurityGroupCannotUpdateDefault");
  const after = revised(env, current, { ...current, ...standardChanges(current, changes), stateful });
  if (after !== current) draft.replace("security_group", current.id, after);
  return after;
}

/** Rules of other groups that let this one's members in go with it, as by Neutron's foreign key. */
function removeGroup(env: Env, draft: Draft, caller: Caller, current: Group): Removal {
  const { id, project_id: projectId } = current;
  checkUnused(env, draft, id);
  if (current.name === DEFAULT_NAME && !caller.isAdmin) throw fault("SecurityGroupCannotRemoveDefault");
  dependOnRules(draft, id);
  const rules = new Set([...draft.select(RULES_OF_GROUP, id), ...draft.select(RULES_FROM_GROUP, id)]);
  for (const rule of rules) removeRule(env, draft, rule);
  forgetRuleChanges(draft, id);
  removeLogsOfGroup(draft, id);
  for (const user of [...PORTS, RULES]) draft.unuse("security_group", id, user);
  removePolicies(draft, id);
  if (current.is_default) draft.release(keys.defaultGroup(projectId));
  draft.remove("security_group", id);
  return "done";
}

function showGroup(env: Env, record: Group, caller: Caller, reader: Reader): NetworkingTypes["security_group"] {
  return {
    ...record,
    updated_at: updatedAt(reader, record),
    revision_number: revisionOf(env, record),
    shared: isShared(reader, record.id, caller.projectId),
    security_group_rules: reader.select(RULES_OF_GROUP, record.id).map((rule) => showRule(reader, rule)),
  };
}

/** A look at groups or rules brings about the default group of the project that is asked for. */
export function prepareDefault(env: Env, caller: Caller, reader: Reader, hint: ListHint | undefined) {
  if (hint === undefined) return undefined;
  const projectId = hint.project_id?.[0] ?? caller.projectId;
  if (!lacksDefaultGroup(reader, caller, projectId)) return undefined;
  return (draft: Draft) => void ensureDefaultGroup(env, draft, caller, projectId);
}

export function groupPlan(env: Env): ResourcePlan<"security_group"> {
  return {
    create: (draft, caller, body) => createGroup(env, draft, caller, body),
    sees: seesShared,
    visible: (caller) => visibleIds(env, "security_group", caller),
    notFound: (id) => fault("SecurityGroupNotFound", { id }),
    prepare: (caller, reader, hint) => prepareDefault(env, caller, reader, hint),
    show: (record, caller, reader) => showGroup(env, record, caller, reader),
    peek: (record, caller, reader) => ({ ...record, shared: isShared(reader, record.id, caller.projectId) }),
    revision(record, draft) {
      dependOnRules(draft, record.id);
      return revisionOf(env, record);
    },
    update: (draft, _caller, current, changes) => updateGroup(env, draft, current, changes),
    remove: (draft, caller, current) => removeGroup(env, draft, caller, current),
  };
}
