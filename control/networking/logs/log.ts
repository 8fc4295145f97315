/** Logs (neutron/services/logapi/logging_plugin.py; what is checked of a new one: common/sg_validate.py). */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type Id, type LogRecord, type PortRecord } from "../../../model/mod.ts";
import { projectOf, seesPort } from "../access.ts";
import { attribute, given, isFlag, isText, oneOf, orNull } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import type { ResourcePlan } from "../plan.ts";
import { isElevated, seesShared } from "../sharing.ts";
import { newStandard, revised, standardChanges } from "../standard.ts";

const SECURITY_GROUP = "security_group";
const LOGGABLE = [SECURITY_GROUP];

/** The ports whose traffic passes the data plane of a host (neutron/services/logapi/common/validators.py). */
const LOGGABLE_VNIC_TYPES: ReadonlySet<string> = new Set(["normal", "baremetal"]);

const LOGS_OF_GROUP = index("log", ({ resource_id }) => [resource_id]);
const LOGS_OF_PORT = index("log", ({ target_id }) => [target_id]);

function checkGroup(draft: Draft, caller: Caller, id: Id): void {
  const group = draft.get("security_group", id);
  if (group === undefined || !seesShared(caller, group, draft)) throw fault("ResourceNotFound", { resource_id: id });
}

function portOf(draft: Draft, caller: Caller, id: Id): PortRecord {
  const port = draft.get("port", id);
  if (port === undefined || !seesPort(caller, port, draft)) throw fault("TargetResourceNotFound", { target_id: id });
  if (LOGGABLE_VNIC_TYPES.has(port["binding:vnic_type"])) return port;
  throw fault("LoggingTypeNotSupported", { log_type: SECURITY_GROUP, port_id: id });
}

/** The group and the port of a new log, which must be there, and the port in the group. @throws Fault */
function checkSubject(draft: Draft, caller: Caller, groupId: Id | null, portId: Id | null): void {
  if (groupId) checkGroup(draft, caller, groupId);
  if (!portId) return;
  const port = portOf(draft, caller, portId);
  if (!groupId || port.security_groups.includes(groupId)) return;
  const facts = { resource: SECURITY_GROUP, resource_id: groupId, target_resource: "port", target_id: portId };
  throw fault("InvalidResourceConstraint", facts);
}

function createLog(env: Env, draft: Draft, caller: Caller, body: Attributes): LogRecord {
  const resource_type = attribute(body, "resource_type", isText, "");
  if (!LOGGABLE.includes(resource_type)) throw fault("InvalidLogResourceType", { resource_type });
  const resource_id = given(body, "resource_id", orNull(isText)) ?? null;
  const target_id = given(body, "target_id", orNull(isText)) ?? null;
  checkSubject(draft, caller, resource_id, target_id);
  const record: LogRecord = {
    ...newStandard(env, projectOf(caller, body), body),
    resource_type,
    resource_id,
    target_id,
    event: attribute(body, "event", oneOf("ALL", "ACCEPT", "DROP"), "ALL"),
    enabled: attribute(body, "enabled", isFlag, true),
  };
  if (resource_id) draft.use("security_group", resource_id, record.id);
  if (target_id) {
    draft.dependOn("port", target_id);
    draft.use("port", target_id, record.id);
  }
  draft.create("log", record.id, record);
  return record;
}

function updateLog(env: Env, draft: Draft, current: LogRecord, changes: Attributes): LogRecord {
  const enabled = attribute(changes, "enabled", isFlag, current.enabled);
  const after = revised(env, current, { ...current, ...standardChanges(current, changes), enabled });
  if (after !== current) draft.replace("log", current.id, after);
  return after;
}

function removeLog(draft: Draft, { id, resource_id, target_id }: LogRecord): void {
  if (resource_id) draft.unuse("security_group", resource_id, id);
  if (target_id) draft.unuse("port", target_id, id);
  draft.remove("log", id);
}

/** A group's logs go with it. Whoever removes the group demands that it gets no users meanwhile. */
export function removeLogsOfGroup(draft: Draft, groupId: Id): void {
  for (const log of draft.select(LOGS_OF_GROUP, groupId)) removeLog(draft, log);
}

/** A port's logs go with it. Whoever removes the port demands that it gets no users meanwhile. */
export function removeLogsOfPort(draft: Draft, portId: Id): void {
  for (const log of draft.select(LOGS_OF_PORT, portId)) removeLog(draft, log);
}

export function logPlan(env: Env): ResourcePlan<"log"> {
  return {
    create: (draft, caller, body) => createLog(env, draft, caller, body),
    sees: (caller, log) => isElevated(caller) || log.project_id === caller.projectId,
    notFound: (log_id) => fault("LogResourceNotFound", { log_id }),
    indexes: { resource_id: LOGS_OF_GROUP, target_id: LOGS_OF_PORT },
    update: (draft, _caller, current, changes) => updateLog(env, draft, current, changes),
    remove(draft, _caller, current) {
      removeLog(draft, current);
      return "done";
    },
  };
}

export function loggablePlan(): ResourcePlan<"loggable_resource"> {
  return {
    sees: () => true,
    notFound: () => fault("HTTPNotFound"),
    derived: { get: () => undefined, list: () => LOGGABLE.map((type) => ({ type })) },
  };
}
