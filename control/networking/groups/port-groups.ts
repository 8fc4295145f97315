/** The security groups of a port: which it may have, and which it gets (securitygroups_db.py, ml2/plugin.py). */
import type { Caller } from "../../../api/mod.ts";
import { fault, type Id, type PortRecord } from "../../../model/mod.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { dependOnAccess, isShared, seesShared } from "../sharing.ts";
import { ensureDefaultGroup } from "./default-group.ts";
import { portsMark } from "./group.ts";

/**
 * Stages the use of the groups, which the caller must see and the port's project, if it is told, must have or share
 * (_get_security_groups_on_port). @throws Fault SecurityGroupNotFound, SecurityGroupConflict
 */
function takeGroups(draft: Draft, caller: Caller, portId: Id, projectId: string | undefined, ids: readonly Id[]): void {
  const missing: Id[] = [];
  const kinds = new Set<boolean>();
  for (const id of ids) {
    const group = draft.get("security_group", id);
    const isTheirs = projectId === undefined || group?.project_id === projectId || isShared(draft, id, projectId);
    if (group === undefined || !seesShared(caller, group, draft) || !(caller.isAdmin || isTheirs)) {
      missing.push(id);
      continue;
    }
    kinds.add(group.stateful);
    // Not only its being there: whether it is stateful counts as well.
    draft.dependOn("security_group", id);
    dependOnAccess(draft, caller, "security_group", group);
    draft.use("security_group", id, portsMark(portId));
  }
  if (missing.length > 0) throw fault("SecurityGroupNotFound", { id: missing.join(", ") });
  if (kinds.size < 2) return;
  const reason = "Cannot apply both stateful and stateless security groups on the same port at the same time";
  throw fault("SecurityGroupConflict", { reason });
}

/** Gives a new port, staged already, its groups: those it names, or its project's default one. */
export function joinGroups(env: Env, draft: Draft, caller: Caller, port: PortRecord, isNamed: boolean): PortRecord {
  const byDefault = ensureDefaultGroup(env, draft, caller, port.project_id);
  if (!port.port_security_enabled) return port;
  const groups = isNamed || byDefault === undefined ? port.security_groups : [byDefault.id];
  takeGroups(draft, caller, port.id, port.project_id || undefined, groups);
  if (isNamed || groups.length === 0) return port;
  const joined = { ...port, security_groups: groups };
  draft.create("port", port.id, joined);
  return joined;
}

/** What a change of a port's groups rests on; the same ones in another order are no change. */
export function changeGroups(env: Env, draft: Draft, caller: Caller, before: PortRecord, groups: Id[]): Id[] {
  ensureDefaultGroup(env, draft, caller, before.project_id);
  const had = new Set(before.security_groups);
  if (groups.length === had.size && groups.every((id) => had.has(id))) return before.security_groups;
  takeGroups(draft, caller, before.id, undefined, groups);
  return groups;
}
