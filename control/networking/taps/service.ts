/** Tap services: the ports that mirrored packets go to (neutron_taas/services/taas/taas_plugin.py). */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type Id, type PortRecord, type TapServiceRecord } from "../../../model/mod.ts";
import { keys } from "../../../store/mod.ts";
import { notFound, projectOf, seesPort } from "../access.ts";
import { attribute, isText } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import type { ResourcePlan } from "../plan.ts";
import type { Reader } from "../reader.ts";
import { chooseSegment } from "../segments/mod.ts";
import { isElevated } from "../sharing.ts";
import { newStandard, revised, standardChanges } from "../standard.ts";
import { FLOWS_OF_SERVICE, removeFlow } from "./flow-end.ts";

export const SERVICES_OF_PORT = index("tap_service", ({ port_id }) => [port_id]);

/** All flows lean on their service under one name. */
export const FLOWS = "flows";

/** @throws Fault PortNotFound */
export function visiblePort(draft: Draft, caller: Caller, id: Id): PortRecord {
  const port = draft.get("port", id);
  if (port === undefined || !seesPort(caller, port, draft)) throw notFound("port", id);
  return port;
}

/** The port of a new service or mirror is its project's own. @throws Fault PortNotFound, PortDoesNotBelongToTenant */
export function ownPort(draft: Draft, caller: Caller, body: Attributes): PortRecord {
  const port = visiblePort(draft, caller, attribute(body, "port_id", isText, ""));
  if (port.project_id !== projectOf(caller, body)) throw fault("PortDoesNotBelongToTenant");
  return port;
}

export const seesTap = (caller: Caller, { project_id }: { project_id: string }) =>
  isElevated(caller) || project_id === caller.projectId;

export const serviceNotFound = (tap_id: Id) => fault("TapServiceNotFound", { tap_id });

function createService(env: Env, draft: Draft, caller: Caller, body: Attributes): TapServiceRecord {
  const port = ownPort(draft, caller, body);
  const standard = newStandard(env, projectOf(caller, body), body);
  const segment = chooseSegment({ env, draft, networkId: standard.id, projectId: standard.project_id }, "vxlan");
  const vni = segment?.segmentation_id ?? null;
  const record: TapServiceRecord = { ...standard, port_id: port.id, status: "DOWN", vni };
  draft.use("port", port.id, record.id);
  draft.create("tap_service", record.id, record);
  return record;
}

function updateService(env: Env, draft: Draft, current: TapServiceRecord, changes: Attributes): TapServiceRecord {
  const after = revised(env, current, { ...current, ...standardChanges(current, changes) });
  if (after !== current) draft.replace("tap_service", current.id, after);
  return after;
}

/** Its flows go with it. */
export function removeService(draft: Draft, { id, port_id, vni }: TapServiceRecord): void {
  if (vni) draft.release(keys.vni(vni));
  for (const flow of draft.select(FLOWS_OF_SERVICE, id)) removeFlow(draft, flow);
  draft.sameUsers("tap_service", id);
  draft.unuse("tap_service", id, FLOWS);
  draft.unuse("port", port_id, id);
  draft.remove("tap_service", id);
}

/** In force is a service while its port is. */
const withStatus = (service: TapServiceRecord, reader: Reader): TapServiceRecord => ({
  ...service,
  status: reader.get("port", service.port_id)?.status === "ACTIVE" ? "ACTIVE" : "DOWN",
});

export function tapServicePlan(env: Env): ResourcePlan<"tap_service"> {
  return {
    create: (draft, caller, body) => createService(env, draft, caller, body),
    sees: seesTap,
    show: (record, _caller, reader) => withStatus(record, reader),
    notFound: serviceNotFound,
    update: (draft, _caller, current, changes) => updateService(env, draft, current, changes),
    remove(draft, _caller, current) {
      removeService(draft, current);
      return "done";
    },
  };
}
