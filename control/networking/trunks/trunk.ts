/**
 * Trunks (neutron/services/trunk/plugin.py). One is ACTIVE while its parent and all its subports are, by what their host
 * says, DEGRADED while some subports are not. Its record is rewritten with each change of its subports, so that two of them never share a VLAN.
 */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type Id, type SubPort, type TrunkRecord } from "../../../model/mod.ts";
import { keys } from "../../../store/mod.ts";
import { isElevated, projectOf } from "../access.ts";
import { attribute, isFlag, isText } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import { newStandard, revised, standardChanges, touched } from "../standard.ts";
import { carry, putDown, trunkStatus } from "./carry.ts";
import { BY_PARENT } from "./ports.ts";
import { canBeParent, newSubports, parentPort, readWishes } from "./subports.ts";

/** The port is the trunk's, and not to be removed. */
function take(draft: Draft, port_id: Id, trunkId: Id, refusal: "ParentPortInUse" | "TrunkPortInUse"): void {
  draft.claim(keys.trunkPort(port_id), trunkId, () => fault(refusal, { port_id }));
  draft.use("port", port_id, trunkId);
}

function giveBack(draft: Draft, portId: Id, trunkId: Id): void {
  draft.release(keys.trunkPort(portId));
  draft.unuse("port", portId, trunkId);
}

const withStatus = (draft: Draft, trunk: TrunkRecord): TrunkRecord => ({
  ...trunk,
  status: trunkStatus(trunk, (id) => draft.get("port", id)),
});

/** @throws Fault DuplicateSubPort */
function checkDistinct(trunk_id: Id, subports: readonly SubPort[]): void {
  const taken = new Set<string>();
  for (const { segmentation_type, segmentation_id } of subports) {
    const place = `${segmentation_type} ${segmentation_id}`;
    if (taken.has(place)) throw fault("DuplicateSubPort", { segmentation_type, segmentation_id, trunk_id });
    taken.add(place);
  }
}

/** @throws Fault TrunkDisabled */
function checkManaged({ id, admin_state_up }: TrunkRecord): void {
  if (!admin_state_up) throw fault("TrunkDisabled", { trunk_id: id });
}

function createTrunk(env: Env, draft: Draft, caller: Caller, body: Attributes): TrunkRecord {
  const parent = parentPort(draft, caller, attribute(body, "port_id", isText, ""));
  const sub_ports = newSubports(draft, caller, parent, body);
  const record: TrunkRecord = {
    ...newStandard(env, projectOf(caller, body), body),
    revision_number: 0,
    port_id: parent.id,
    admin_state_up: attribute(body, "admin_state_up", isFlag, true),
    status: "DOWN",
    sub_ports,
  };
  checkDistinct(record.id, sub_ports);
  take(draft, parent.id, record.id, "ParentPortInUse");
  for (const { port_id } of sub_ports) take(draft, port_id, record.id, "TrunkPortInUse");
  for (const subport of sub_ports) carry(env, draft, record.id, parent, subport);
  const made = withStatus(draft, record);
  draft.create("trunk", made.id, made);
  return made;
}

function updateTrunk(env: Env, draft: Draft, current: TrunkRecord, changes: Attributes): TrunkRecord {
  const changed = {
    ...current,
    ...standardChanges(current, changes),
    admin_state_up: attribute(changes, "admin_state_up", isFlag, current.admin_state_up),
  };
  const isSame = changed.admin_state_up === current.admin_state_up;
  const after = revised(env, current, isSame ? changed : withStatus(draft, changed));
  if (after !== current) draft.replace("trunk", current.id, after);
  return after;
}

function removeTrunk(env: Env, draft: Draft, current: TrunkRecord): Removal {
  checkManaged(current);
  const parent = draft.get("port", current.port_id);
  if (parent !== undefined && !canBeParent(parent)) throw fault("TrunkInUse", { trunk_id: current.id });
  giveBack(draft, current.port_id, current.id);
  for (const { port_id } of current.sub_ports) {
    giveBack(draft, port_id, current.id);
    putDown(env, draft, port_id);
  }
  draft.remove("trunk", current.id);
  return "done";
}

function addSubports(env: Env, draft: Draft, caller: Caller, current: TrunkRecord, body: Attributes) {
  const parent = draft.get("port", current.port_id);
  if (parent === undefined) throw fault("PortNotFound", { port_id: current.port_id });
  const added = newSubports(draft, caller, parent, body);
  checkManaged(current);
  if (current.status === "ERROR") throw fault("TrunkInErrorState", { trunk_id: current.id });
  const sub_ports = [...current.sub_ports, ...added];
  checkDistinct(current.id, sub_ports);
  for (const { port_id } of added) take(draft, port_id, current.id, "TrunkPortInUse");
  for (const subport of added) carry(env, draft, current.id, parent, subport);
  const after = touched(env, withStatus(draft, { ...current, sub_ports }));
  draft.replace("trunk", current.id, after);
  return { ...after };
}

function removeSubports(env: Env, draft: Draft, current: TrunkRecord, body: Attributes) {
  checkManaged(current);
  const gone = new Set<Id>();
  for (const wish of readWishes(body)) {
    const port_id = attribute(wish, "port_id", isText, "");
    const isThere = !gone.has(port_id) && current.sub_ports.some((subport) => subport.port_id === port_id);
    if (!isThere) throw fault("SubPortNotFound", { trunk_id: current.id, port_id });
    gone.add(port_id);
    giveBack(draft, port_id, current.id);
    putDown(env, draft, port_id);
  }
  const sub_ports = current.sub_ports.filter(({ port_id }) => !gone.has(port_id));
  const after = touched(env, withStatus(draft, { ...current, sub_ports }));
  draft.replace("trunk", current.id, after);
  return { ...after };
}

export function trunkPlan(env: Env): ResourcePlan<"trunk"> {
  return {
    sees: (caller, { project_id }) => isElevated(caller) || project_id === caller.projectId,
    notFound: (id) => fault("TrunkNotFound", { trunk_id: id }),
    indexes: { port_id: BY_PARENT },
    create: (draft, caller, body) => createTrunk(env, draft, caller, body),
    update: (draft, _caller, current, changes) => updateTrunk(env, draft, current, changes),
    remove: (draft, _caller, current) => removeTrunk(env, draft, current),
    actions: {
      add_subports: (draft, caller, current, body) => addSubports(env, draft, caller, current, body),
      remove_subports: (draft, _caller, current, body) => removeSubports(env, draft, current, body),
      get_subports: (_draft, _caller, { sub_ports }) => ({ sub_ports }),
    },
  };
}
