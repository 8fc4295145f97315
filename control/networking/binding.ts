/** Where a port is plugged: what its host and kind of card make of it (protocols of Nova: vif_type and vif_details). */
import type { Attributes } from "../../api/mod.ts";
import {
  fault,
  type HostRecord,
  type Id,
  type Mac,
  type NetworkRecord,
  type PhysicalAttachment,
  type PortRecord,
  type SegmentRecord,
} from "../../model/mod.ts";
import { keys } from "../../store/mod.ts";
import { given, isObject, isText, orNull } from "./attributes.ts";
import type { Draft } from "./draft.ts";
import type { Reader } from "./reader.ts";
import { segmentsOf } from "./segments/mod.ts";

type Wish = Pick<PortRecord, "binding:host_id" | "binding:vnic_type" | "binding:profile">;
type Result = Pick<PortRecord, "binding:vif_type" | "binding:vif_details">;

/** Cable plugs a port itself: as a TAP or veth device of the host, or, for a physical machine, on one of its cards. */
const VIF_TYPES: ReadonlyMap<string, string> = new Map([
  ["normal", "tap"],
  ["baremetal", "other"],
]);

/** BINDING_PROFILE_LEN of neutron/plugins/ml2/models.py. */
const MAX_PROFILE_LENGTH = 4095;

/** True while no host has the port plugged (neutron_lib portbindings VIF_UNPLUGGED_TYPES). */
export const isUnplugged = (port: Pick<PortRecord, "binding:vif_type">) =>
  port["binding:vif_type"] === "unbound" || port["binding:vif_type"] === "binding_failed";

const refuse = (error_message: string) => fault("InvalidInput", { error_message });

/** The place in a profile. @throws Fault InvalidInput when it is there and makes no sense */
export function physicalAttachment(profile: Record<string, unknown>): PhysicalAttachment | undefined {
  if (profile.physical === undefined) return undefined;
  const physical = isObject(profile.physical);
  const nic = physical?.nic;
  const vlan = physical?.vlan ?? null;
  // Linux: a device name has at most 15 bytes, no slash and no white space (net/core/dev.c dev_valid_name).
  if (typeof nic === "string" && /^[^\s/]{1,15}$/.test(nic) && (vlan === null || isVlan(vlan))) return { nic, vlan };
  const example = '{"physical": {"nic": "eth0", "vlan": 100}}';
  throw refuse(`binding:profile must be like ${example}, the vlan 1 to 4094 or null for untagged frames`);
}

const isVlan = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 4094;

/** What the caller wishes, on top of `before`. */
export function wishOf(before: Wish, body: Attributes): Wish {
  const profile = given(body, "binding:profile", orNull(isObject));
  if (profile && JSON.stringify(profile).length > MAX_PROFILE_LENGTH) throw refuse("binding:profile value too large");
  return {
    "binding:host_id": given(body, "binding:host_id", orNull(isText)) ?? hostCleared(body, before["binding:host_id"]),
    "binding:vnic_type": given(body, "binding:vnic_type", orNull(isText)) ?? before["binding:vnic_type"],
    "binding:profile": profile === undefined ? before["binding:profile"] : (profile ?? {}),
  };
}

const hostCleared = (body: Attributes, before: string) => (body["binding:host_id"] === null ? "" : before);

export function isSameWish(a: Wish, b: Wish): boolean {
  return (
    a["binding:host_id"] === b["binding:host_id"] &&
    a["binding:vnic_type"] === b["binding:vnic_type"] &&
    JSON.stringify(a["binding:profile"]) === JSON.stringify(b["binding:profile"])
  );
}

/** Before its first report a host is trusted to have the segment: the agent says later if it has not. */
function reaches(host: HostRecord, physicalNetwork: string | null): boolean {
  if (physicalNetwork === null || host.facts === null) return true;
  return Object.hasOwn(host.facts.physical_networks, physicalNetwork);
}

/** The segments of a network that a host reaches, of which its ports are on the first; of a host that nobody knows, none. */
export function segmentsOnHost(reader: Reader, networkId: Id, name: string): SegmentRecord[] {
  const host = reader.get("host", name);
  if (host === undefined) return [];
  return segmentsOf(reader, networkId).filter(({ physical_network }) => reaches(host, physical_network));
}

/** Whether a host is on one of the network's segments. */
function reachesNetwork(host: HostRecord, network: NetworkRecord): boolean {
  if (network["provider:network_type"] === null) return false;
  const others = network.other_segments?.map(({ physical_network }) => physical_network) ?? [];
  return [network["provider:physical_network"], ...others].some((name) => reaches(host, name));
}

const FAILED: Result = { "binding:vif_type": "binding_failed", "binding:vif_details": {} };

/** Binds a port as wished. A host that is unknown or has no way to the network makes it "binding_failed", as in ML2. */
export function bind(draft: Draft, network: NetworkRecord, wish: Wish): Result {
  const attachment = physicalAttachment(wish["binding:profile"]);
  const hostName = wish["binding:host_id"];
  if (hostName === "") return { "binding:vif_type": "unbound", "binding:vif_details": {} };
  const host = draft.get("host", hostName);
  const vifType = VIF_TYPES.get(wish["binding:vnic_type"]);
  // A segment that goes rewrites the network's record, and must see the ports on it.
  draft.dependOn("network", network.id);
  if (host === undefined || vifType === undefined || !reachesNetwork(host, network)) return FAILED;
  if (vifType === "other" && attachment === undefined) return FAILED;
  draft.present("host", hostName);
  return {
    "binding:vif_type": vifType,
    "binding:vif_details": { port_filter: true, connectivity: "l2", bound_drivers: { "0": "cable" } },
  };
}

/** The unique key of a physical machine's port, if it is one: frames on an attachment are told apart by source MAC. */
function attachmentKey(port: Wish & Result & Pick<PortRecord, "mac_address">): string | undefined {
  if (port["binding:vif_type"] !== "other") return undefined;
  const attachment = physicalAttachment(port["binding:profile"]);
  return attachment && keys.physical(port["binding:host_id"], attachment.nic, attachment.vlan, port.mac_address);
}

type Placed = Wish & Result & Pick<PortRecord, "id" | "mac_address">;

const inUse = (port: Placed) => (): ReturnType<typeof fault> => {
  const { nic, vlan } = physicalAttachment(port["binding:profile"]) ?? { nic: "", vlan: null };
  const place = `card ${nic}, ${vlan === null ? "untagged" : `VLAN ${vlan}`}, of host ${port["binding:host_id"]}`;
  return fault("Conflict", { msg: `Another port with MAC address ${macOf(port)} is on ${place} already.` });
};

const macOf = (port: { mac_address: Mac }) => port.mac_address;

/** Claims the place of a physical machine and gives the former one back. */
export function moveAttachment(draft: Draft, before: Placed | undefined, after: Placed | undefined): void {
  const from = before && attachmentKey(before);
  const to = after && attachmentKey(after);
  if (from === to) return;
  if (from !== undefined) draft.release(from);
  if (to !== undefined && after !== undefined) draft.claim(to, after.id, inUse(after));
}
