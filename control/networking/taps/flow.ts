/** Tap flows: the ports whose packets are mirrored to a tap service (neutron_taas/services/taas/taas_plugin.py). */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type Id, type TapFlowRecord } from "../../../model/mod.ts";
import { projectOf } from "../access.ts";
import { attribute, given, isText, oneOf, orNull } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { ResourcePlan } from "../plan.ts";
import type { Reader } from "../reader.ts";
import { newStandard, revised, standardChanges } from "../standard.ts";
import { removeFlow } from "./flow-end.ts";
import { FLOWS, seesTap, serviceNotFound, visiblePort } from "./service.ts";

function createFlow(env: Env, draft: Draft, caller: Caller, body: Attributes): TapFlowRecord {
  const serviceId = attribute(body, "tap_service_id", isText, "");
  const service = draft.get("tap_service", serviceId);
  if (service === undefined || !seesTap(caller, service)) throw serviceNotFound(serviceId);
  const projectId = projectOf(caller, body);
  if (service.project_id !== projectId) throw fault("TapServiceNotBelongToTenant");
  const port = visiblePort(draft, caller, attribute(body, "source_port", isText, ""));
  const record: TapFlowRecord = {
    ...newStandard(env, projectId, body),
    tap_service_id: serviceId,
    source_port: port.id,
    direction: attribute(body, "direction", oneOf("IN", "OUT", "BOTH"), "BOTH"),
    vlan_filter: given(body, "vlan_filter", orNull(isText)) ?? null,
    status: "DOWN",
  };
  draft.use("tap_service", serviceId, FLOWS);
  draft.use("port", port.id, record.id);
  draft.create("tap_flow", record.id, record);
  return record;
}

function updateFlow(env: Env, draft: Draft, current: TapFlowRecord, changes: Attributes): TapFlowRecord {
  const after = revised(env, current, { ...current, ...standardChanges(current, changes) });
  if (after !== current) draft.replace("tap_flow", current.id, after);
  return after;
}

/** In force is a flow that its source's host has told of, between ports that are. */
function withStatus(flow: TapFlowRecord, reader: Reader): TapFlowRecord {
  const service = reader.get("tap_service", flow.tap_service_id);
  const isUp = (id: Id | undefined) => id !== undefined && reader.get("port", id)?.status === "ACTIVE";
  const isInForce = flow.status === "ACTIVE" && isUp(flow.source_port) && isUp(service?.port_id);
  return { ...flow, status: isInForce ? "ACTIVE" : "DOWN" };
}

export function tapFlowPlan(env: Env): ResourcePlan<"tap_flow"> {
  return {
    create: (draft, caller, body) => createFlow(env, draft, caller, body),
    sees: seesTap,
    show: (record, _caller, reader) => withStatus(record, reader),
    notFound: (flow_id) => fault("TapFlowNotFound", { flow_id }),
    update: (draft, _caller, current, changes) => updateFlow(env, draft, current, changes),
    remove(draft, _caller, current) {
      removeFlow(draft, current);
      return "done";
    },
  };
}
