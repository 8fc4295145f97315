/**
 * A group's revision_number counts its rules' changes, as Neutron's does (revises_on_change of SecurityGroupRule). Were
 * the group rewritten with each rule, all who change one group's rules would wait for each other: instead each rewrites,
 * without a look, a record beside the group, and the store's own count of those writes is added to what is shown.
 */
import type { Id, SecurityGroupRecord } from "../../../model/mod.ts";
import { keys } from "../../../store/mod.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { Reader } from "../reader.ts";

const CHANGE = "security_group_change";

/** Stages the count of one more change of a group's rules, whatever others do to them meanwhile. */
export function countRuleChange(env: Env, draft: Draft, groupId: Id): void {
  draft.mark(CHANGE, groupId, { id: groupId, updated_at: env.now() });
}

/** The outcome is right only if the group's rules are those that memory shows. */
export function dependOnRules(draft: Draft, groupId: Id): void {
  if (draft.memory.get(CHANGE, groupId) === undefined) draft.absent(keys.record(CHANGE, groupId));
  else draft.dependOn(CHANGE, groupId);
}

/** With the group's end, nothing is left to count. */
export function forgetRuleChanges(draft: Draft, groupId: Id): void {
  if (draft.get(CHANGE, groupId) !== undefined) draft.remove(CHANGE, groupId);
}

export function revisionOf(env: Env, group: SecurityGroupRecord): number {
  return group.revision_number + (env.memory.get(CHANGE, group.id)?.version ?? 0);
}

/** When the group or one of its rules changed last. */
export function updatedAt(reader: Reader, group: SecurityGroupRecord): string {
  const change = reader.get(CHANGE, group.id);
  return change === undefined || change.updated_at < group.updated_at ? group.updated_at : change.updated_at;
}
