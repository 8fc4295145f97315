/** Tap flows: the ports whose packets are mirrored to a tap service (neutron_taas/services/taas/taas_plugin.py). */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type TapFlowRecord } from "../../../model/mod.ts";
import { projectOf } from "../access.ts";
import { attribute, given, isText, oneOf, orNull } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { ResourcePlan } from "../plan.ts";
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

export function tapFlowPlan(env: Env): ResourcePlan<"tap_flow"> {
  return {
    create: (draft, caller, body) => createFlow(env, draft, caller, body),
    sees: seesTap,
    notFound: (flow_id) => fault("TapFlowNotFound", { flow_id }),
    update: (draft, _caller, current, changes) => updateFlow(env, draft, current, changes),
    remove(draft, _caller, current) {
      removeFlow(draft, current);
      return "done";
    },
  };
}
