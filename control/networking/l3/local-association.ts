/** The ports that a local IP stands for, each on its host (neutron/db/local_ip_db.py). Known by its port. */
import type { Attributes, Caller, NetworkingTypes } from "../../../api/mod.ts";
import { fault, type Id, type LocalIpAssociationRecord } from "../../../model/mod.ts";
import { isElevated, seesPort } from "../access.ts";
import { attribute, given, isIp, isText, orNull } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import type { Reader } from "../reader.ts";
import { newStandard } from "../standard.ts";
import { ASSOCIATIONS_BY_LOCAL_IP, ASSOCIATIONS_BY_PORT } from "./lookups.ts";
import { addressOnPort } from "./port-address.ts";

const find = (reader: Reader, localIpId: Id, portId: Id) =>
  reader.select(ASSOCIATIONS_BY_PORT, portId).find(({ local_ip_id }) => local_ip_id === localIpId);

function associate(env: Env, draft: Draft, caller: Caller, body: Attributes): LocalIpAssociationRecord {
  const local_ip_id = attribute(body, "local_ip_id", isText, "");
  const fixed_port_id = attribute(body, "fixed_port_id", isText, "");
  const localIp = draft.get("local_ip", local_ip_id);
  if (localIp === undefined) throw fault("LocalIPNotFound", { id: local_ip_id });
  const port = draft.get("port", fixed_port_id);
  if (port === undefined || !seesPort(caller, port, draft)) {
    const msg = `Port ${fixed_port_id} not found`;
    throw fault("BadRequest", { resource: "local_ip_port_association", msg });
  }
  const record: LocalIpAssociationRecord = {
    ...newStandard(env, localIp.project_id, body),
    local_ip_id,
    fixed_port_id,
    fixed_ip: addressOnPort(port, given(body, "fixed_ip", orNull(isIp)) ?? null),
  };
  draft.dependOn("port", fixed_port_id);
  draft.sameUsers("local_ip", local_ip_id);
  if (find(draft, local_ip_id, fixed_port_id) !== undefined) {
    const facts = { attributes: "['PRIMARY']", values: `${local_ip_id}-${fixed_port_id}` };
    throw fault("NeutronDbObjectDuplicateEntry", { object_type: "LocalIPAssociation", ...facts });
  }
  draft.use("local_ip", local_ip_id, record.id);
  draft.use("port", fixed_port_id, record.id);
  draft.create("local_ip_association", record.id, record);
  return record;
}

/** Stages the end of an association, by its own request or its port's. */
export function dropAssociation(draft: Draft, record: LocalIpAssociationRecord): void {
  draft.unuse("local_ip", record.local_ip_id, record.id);
  draft.unuse("port", record.fixed_port_id, record.id);
  draft.remove("local_ip_association", record.id);
}

function dissociate(draft: Draft, _caller: Caller, record: LocalIpAssociationRecord): Removal {
  dropAssociation(draft, record);
  return "done";
}

function show(record: LocalIpAssociationRecord, reader: Reader): NetworkingTypes["local_ip_association"] {
  return {
    ...record,
    local_ip_address: reader.get("local_ip", record.local_ip_id)?.local_ip_address ?? null,
    host: reader.get("port", record.fixed_port_id)?.["binding:host_id"] ?? "",
  };
}

export function localAssociationPlan(env: Env): ResourcePlan<"local_ip_association"> {
  return {
    parent: "local_ip_id",
    find,
    create: (draft, caller, body) => associate(env, draft, caller, body),
    sees: (caller, record) => isElevated(caller) || record.project_id === caller.projectId,
    notFound: (port_id, local_ip_id) => fault("LocalIPAssociationNotFound", { local_ip_id, port_id }),
    show: (record, _caller, reader) => show(record, reader),
    remove: dissociate,
    indexes: { local_ip_id: ASSOCIATIONS_BY_LOCAL_IP, fixed_port_id: ASSOCIATIONS_BY_PORT },
  };
}
