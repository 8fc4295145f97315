/** What subports a trunk may get (neutron/services/trunk/rules.py SubPortsValidator), in Neutron's order. */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type Id, type NetworkRecord, type PortRecord, type SubPort } from "../../../model/mod.ts";
import { notFound, seesPort } from "../access.ts";
import { attribute, given, isObject, isText, listOf, orNull } from "../attributes.ts";
import { isUnplugged } from "../binding.ts";
import type { Draft } from "../draft.ts";
import { BY_PARENT, BY_SUBPORT } from "./ports.ts";

const MAX_VLAN = 4094;

const refuse = (error_message: string) => fault("InvalidInput", { error_message });

export function portOf(draft: Draft, caller: Caller, id: Id): PortRecord | undefined {
  const port = draft.get("port", id);
  return port !== undefined && seesPort(caller, port, draft) ? port : undefined;
}

function checkFree(draft: Draft, port_id: Id): void {
  if (draft.select(BY_SUBPORT, port_id).length > 0) throw fault("TrunkPortInUse", { port_id });
  if (draft.select(BY_PARENT, port_id).length > 0) throw fault("ParentPortInUse", { port_id });
}

/** A port without host, or one that is plugged there: what became of a failed binding nobody knows. */
export const canBeParent = (port: PortRecord) => port["binding:host_id"] === "" || !isUnplugged(port);

/** The port that is to become a parent. @throws Fault */
export function parentPort(draft: Draft, caller: Caller, port_id: Id): PortRecord {
  checkFree(draft, port_id);
  const port = portOf(draft, caller, port_id);
  if (port === undefined) throw notFound("port", port_id);
  if (!canBeParent(port)) throw fault("ParentPortInUse", { port_id });
  return port;
}

const networkOf = (draft: Draft, port: PortRecord | undefined): NetworkRecord | undefined =>
  port && draft.get("network", port.network_id);

/** As Python prints the object of a request that has a port only. */
/** What a caller gave, whatever it is. */
const quoted = (value: unknown): string =>
  value === null ? "None" : typeof value === "object" ? JSON.stringify(value) : String(value);
const printed = (portId: Id) => `{'port_id': '${portId}'}`;

/** "inherit" is what the port's own network is. */
function segmentation(draft: Draft, caller: Caller, wish: Attributes): { type: unknown; id: unknown } {
  if (wish.segmentation_type !== "inherit") return { type: wish.segmentation_type, id: wish.segmentation_id };
  const network = networkOf(draft, portOf(draft, caller, String(wish.port_id)));
  if (network === undefined) return { type: wish.segmentation_type, id: wish.segmentation_id };
  return { type: network["provider:network_type"], id: network["provider:segmentation_id"] };
}

function checkMtu(draft: Draft, parent: PortRecord, port: PortRecord | undefined): void {
  const trunk_mtu = networkOf(draft, parent)?.mtu;
  const port_mtu = networkOf(draft, port)?.mtu;
  if (port === undefined || !trunk_mtu || !port_mtu || port_mtu <= trunk_mtu) return;
  // Neutron names the parent port here.
  throw fault("SubPortMtuGreaterThanTrunkPortMtu", { port_id: port.id, port_mtu, trunk_id: parent.id, trunk_mtu });
}

function checkedVlan(type: unknown, id: unknown, portId: Id): number {
  if (type === undefined || id === undefined || id === null) {
    const what = "missing segmentation information. Must specify both segmentation_id and segmentation_type";
    throw refuse(`Invalid subport details '${printed(portId)}': ${what}`);
  }
  const number = typeof id === "number" || typeof id === "string" ? Number(id) : Number.NaN;
  if (!Number.isInteger(number)) {
    throw refuse(`Invalid subport details: segmentation_id '${quoted(id)}' is not an integer`);
  }
  if (type !== "vlan") throw refuse(`Unknown segmentation_type '${quoted(type)}'`);
  if (number < 1 || number > MAX_VLAN) throw refuse(`Segmentation ID '${number}' is not in range`);
  return number;
}

function subportOf(draft: Draft, caller: Caller, parent: PortRecord, wish: Attributes): SubPort {
  const port_id = attribute(wish, "port_id", isText, "");
  if (port_id === parent.id) throw fault("ParentPortInUse", { port_id });
  const port = portOf(draft, caller, port_id);
  checkMtu(draft, parent, port);
  const { type, id } = segmentation(draft, caller, wish);
  const vlan = checkedVlan(type, id, port_id);
  checkFree(draft, port_id);
  if (port === undefined) throw notFound("port", port_id);
  // Somebody may begin to use it as something else.
  draft.dependOn("port", port_id);
  if (port.device_id !== "") {
    throw fault("PortInUse", { net_id: port.network_id, port_id, device_id: port.device_id });
  }
  return { port_id, segmentation_type: "vlan", segmentation_id: vlan };
}

export const readWishes = (body: Attributes) => given(body, "sub_ports", orNull(listOf(isObject))) ?? [];

/** @throws Fault */
export function newSubports(draft: Draft, caller: Caller, parent: PortRecord, body: Attributes): SubPort[] {
  return readWishes(body).map((wish) => subportOf(draft, caller, parent, wish));
}
