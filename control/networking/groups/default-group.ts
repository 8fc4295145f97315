/** The group that a project's ports get when they name none: made with the first touch, once, by a key of the store. */
import type { Caller } from "../../../api/mod.ts";
import { fault, type Id, type SecurityGroupRecord } from "../../../model/mod.ts";
import { keys } from "../../../store/mod.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import { enforceQuota } from "../quota/mod.ts";
import type { Reader } from "../reader.ts";
import { newStandard } from "../standard.ts";
import { addRule } from "./rules.ts";
import { rulesFor } from "./template.ts";

const DEFAULT_GROUPS = index("security_group", (group) => (group.is_default ? [group.project_id] : []));

export const DEFAULT_NAME = "default";

type Words = Pick<SecurityGroupRecord, "name" | "description" | "tags" | "stateful">;

/**
 * Stages a group with the rules that the templates give it, which count for the quota of rules, together with
 * `rulesBefore` of the same request. @throws Fault OverQuota
 */
export function addGroup(
  env: Env,
  draft: Draft,
  caller: Caller,
  group: { projectId: string; words: Words; isDefault: boolean },
  rulesBefore = 0,
): SecurityGroupRecord {
  const { projectId, words, isDefault } = group;
  const record: SecurityGroupRecord = { ...newStandard(env, projectId, {}), ...words, is_default: isDefault };
  const matches = rulesFor(env, draft, isDefault ? "default" : "other", record.id);
  const bodies = Array.from({ length: matches.length + rulesBefore }, () => ({ project_id: projectId }));
  enforceQuota(env, draft, caller, "security_group_rule", bodies);
  draft.create("security_group", record.id, record);
  for (const match of matches) {
    checkRemotes(draft, record.id, match);
    addRule(env, draft, { groupId: record.id, projectId, description: "", match, isFromTemplate: true });
  }
  return record;
}

/** A template may name what is not there any more. */
function checkRemotes(
  draft: Draft,
  groupId: Id,
  match: { remote_group_id: Id | null; remote_address_group_id: Id | null },
) {
  const { remote_group_id: group, remote_address_group_id: addresses } = match;
  if (group !== null && group !== groupId && draft.get("security_group", group) === undefined) {
    throw fault("SecurityGroupNotFound", { id: group });
  }
  if (addresses !== null && draft.get("address_group", addresses) === undefined) {
    throw fault("AddressGroupNotFound", { address_group_id: addresses });
  }
}

/** Only an administrator brings about another project's (securitygroups_db.py _ensure_default_security_group). */
const mayMake = (caller: Caller, projectId: string) =>
  projectId !== "" && (caller.isAdmin || caller.projectId === projectId);

export function defaultGroupOf(reader: Reader, projectId: string): SecurityGroupRecord | undefined {
  return reader.select(DEFAULT_GROUPS, projectId)[0];
}

export function lacksDefaultGroup(reader: Reader, caller: Caller, projectId: string): boolean {
  return mayMake(caller, projectId) && defaultGroupOf(reader, projectId) === undefined;
}

/** The project's default group, staged if there is none; undefined when it is not the caller's to make. */
export function ensureDefaultGroup(env: Env, draft: Draft, caller: Caller, projectId: string) {
  if (!mayMake(caller, projectId)) return undefined;
  const found = defaultGroupOf(draft, projectId);
  if (found !== undefined) return found;
  const words = { name: DEFAULT_NAME, description: "Default security group", tags: [], stateful: true };
  const made = addGroup(env, draft, caller, { projectId, words, isDefault: true });
  // Not demanded: when another was quicker, the request is planned anew and finds that one.
  draft.claim(keys.defaultGroup(projectId), made.id);
  return made;
}
