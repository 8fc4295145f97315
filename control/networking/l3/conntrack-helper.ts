/** Conntrack helpers of a router (neutron/services/conntrack_helper/plugin.py). */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { type ConntrackHelperRecord, fault } from "../../../model/mod.ts";
import { isElevated } from "../access.ts";
import { attribute, isText, isWhole } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import { newStandard, revised } from "../standard.ts";
import { HELPERS_BY_ROUTER, helpersOf } from "./lookups.ts";

/** The helpers that Linux has, each with its protocols (neutron/conf/extensions/conntrack_helper.py). */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  amanda: ["tcp"],
  ftp: ["tcp"],
  h323: ["udp", "tcp"],
  irc: ["tcp"],
  "netbios-ns": ["udp"],
  pptp: ["tcp"],
  sane: ["tcp"],
  sip: ["udp", "tcp"],
  snmp: ["udp"],
  tftp: ["udp"],
};

function checkAllowed({ helper, protocol }: ConntrackHelperRecord): void {
  const protocols = Object.hasOwn(ALLOWED, helper) ? ALLOWED[helper] : undefined;
  if (protocols === undefined) throw fault("ConntrackHelperNotAllowed", { helper });
  if (protocols.includes(protocol)) return;
  throw fault("InvalidProtocolForHelper", { helper, protocol, supported_protocols: protocols.join(", ") });
}

/** A router has each but once; who compares demands that no helper is younger. */
function checkUnique(draft: Draft, record: ConntrackHelperRecord): void {
  draft.sameUsers("router", record.router_id);
  const { router_id, protocol, port, helper } = record;
  const isSame = (other: ConntrackHelperRecord) =>
    other.id !== record.id && other.protocol === protocol && other.port === port && other.helper === helper;
  if (!helpersOf(draft, router_id).some(isSame)) return;
  const values = `{'router_id': '${router_id}', 'protocol': '${protocol}', 'port': ${port}, 'helper': '${helper}'}`;
  const msg = `A duplicate conntrack helper entry with same attributes already exists, conflicting values are ${values}`;
  throw fault("BadRequest", { resource: "conntrack_helper", msg });
}

function createHelper(env: Env, draft: Draft, body: Attributes): ConntrackHelperRecord {
  const router_id = attribute(body, "router_id", isText, "");
  const router = draft.get("router", router_id);
  const record: ConntrackHelperRecord = {
    ...newStandard(env, router?.project_id ?? "", body),
    router_id,
    protocol: attribute(body, "protocol", isText, ""),
    port: attribute(body, "port", isWhole, 0),
    helper: attribute(body, "helper", isText, ""),
  };
  checkAllowed(record);
  if (router === undefined) throw fault("RouterNotFound", { router_id });
  checkUnique(draft, record);
  draft.use("router", router_id, record.id);
  draft.create("conntrack_helper", record.id, record);
  return record;
}

function updateHelper(env: Env, draft: Draft, current: ConntrackHelperRecord, changes: Attributes) {
  const record: ConntrackHelperRecord = {
    ...current,
    protocol: attribute(changes, "protocol", isText, current.protocol),
    port: attribute(changes, "port", isWhole, current.port),
    helper: attribute(changes, "helper", isText, current.helper),
  };
  checkAllowed(record);
  const after = revised(env, current, record);
  if (after === current) return current;
  checkUnique(draft, record);
  draft.use("router", current.router_id, current.id);
  draft.replace("conntrack_helper", current.id, after);
  return after;
}

/** Stages the end of a helper, its router's request or its own. */
export function dropHelper(draft: Draft, record: ConntrackHelperRecord): void {
  draft.unuse("router", record.router_id, record.id);
  draft.remove("conntrack_helper", record.id);
}

function removeHelper(draft: Draft, _caller: Caller, record: ConntrackHelperRecord): Removal {
  dropHelper(draft, record);
  return "done";
}

export function conntrackHelperPlan(env: Env): ResourcePlan<"conntrack_helper"> {
  return {
    parent: "router_id",
    create: (draft, _caller, body) => createHelper(env, draft, body),
    sees: (caller, record) => isElevated(caller) || record.project_id === caller.projectId,
    notFound: (id) => fault("ConntrackHelperNotFound", { id }),
    update: (draft, _caller, current, changes) => updateHelper(env, draft, current, changes),
    remove: removeHelper,
    indexes: { router_id: HELPERS_BY_ROUTER },
  };
}
