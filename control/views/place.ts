/** Where a port is: the segments of its network, the host that carries it, and how it hangs there. Pure, as derive.ts. */
import type { HostRecord, NetworkRecord, PhysicalAttachment, Place, PortRecord, Segment } from "../../model/mod.ts";
import { CONTAINER_OWNER, hostDevices, parseIp, tapName } from "../../model/mod.ts";
import type { Memory } from "../memory.ts";

type Part = NonNullable<NetworkRecord["other_segments"]>[number];

function segmentOf({ network_type, physical_network: physicalNetwork, segmentation_id: number }: Part) {
  switch (network_type) {
    case "vxlan":
      return number === null ? undefined : ({ kind: "vxlan", vni: number } as const);
    case "vlan":
      if (number === null || physicalNetwork === null) return undefined;
      return { kind: "vlan", physicalNetwork, vlan: number } as const;
    case "flat":
      return physicalNetwork === null ? undefined : ({ kind: "flat", physicalNetwork } as const);
    default:
      return undefined;
  }
}

/** In their order; empty while the record has no usable one. */
export function segmentsOf(network: NetworkRecord): Segment[] {
  const { "provider:network_type": type, other_segments: others = [] } = network;
  if (type === null) return [];
  const first: Part = {
    network_type: type,
    physical_network: network["provider:physical_network"],
    segmentation_id: network["provider:segmentation_id"],
  };
  return [first, ...others].flatMap((part) => segmentOf(part) ?? []);
}

/** A trunk's subport is on its parent's device, while the trunk is up. */
function subportPlace(memory: Memory, of: NonNullable<PortRecord["subport_of"]>): Place | undefined {
  const parent = memory.get("port", of.port_id)?.record;
  const on = parent && placeOf(memory, parent)?.kind;
  if (!memory.get("trunk", of.trunk_id)?.record.admin_state_up || (on !== "tap" && on !== "container"))
    return undefined;
  return { kind: "subport", parentId: of.port_id, on, vlan: of.segmentation_id };
}

/** How the port reaches its workload; undefined for a physical machine whose profile does not say where it hangs. */
export function placeOf(memory: Memory, port: PortRecord): Place | undefined {
  if (port.subport_of !== undefined) return subportPlace(memory, port.subport_of);
  const profile = port["binding:profile"];
  if (port["binding:vnic_type"] === "baremetal") {
    const attachment = physicalAttachment(profile.physical);
    return attachment === undefined ? undefined : { kind: "physical", attachment };
  }
  if (port.device_owner.startsWith(CONTAINER_OWNER) || profile.container === true) return containerPlace(profile);
  if (profile.host === true) return { kind: "host", device: hostDevices(port.id).far };
  return { kind: "tap", device: tapName(port.id) };
}

/** What a cluster's controller says of a pod's port (proxy/kube/pods/wanted.ts). */
function containerPlace({
  cluster,
  interface: ifname,
  others,
  default_route: route,
}: PortRecord["binding:profile"]): Place {
  if (typeof cluster !== "string" || typeof ifname !== "string") return { kind: "container" };
  const isList = (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === "string");
  return {
    kind: "container",
    interface: ifname,
    ...(isList(others) && { others: others as string[] }),
    ...(isList(route) && { defaultRoute: (route as string[]).flatMap((text) => parseIp(text) ?? []) }),
  };
}

function physicalAttachment(value: unknown): PhysicalAttachment | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { nic, vlan = null } = value as { nic?: unknown; vlan?: unknown };
  if (typeof nic !== "string" || nic === "") return undefined;
  if (vlan !== null && !(Number.isInteger(vlan) && (vlan as number) >= 1 && (vlan as number) <= 4094)) return undefined;
  return { nic, vlan: vlan as number | null };
}

/** An overlay reaches every host; a provider network only those with a card on it. */
function usableAt(segment: Segment, host: HostRecord): boolean {
  if (segment.kind === "vxlan") return true;
  return host.facts !== null && Object.hasOwn(host.facts.physical_networks, segment.physicalNetwork);
}

/** The host that carries the port, and its place there; undefined when no host can. */
export function bindingOf(memory: Memory, port: PortRecord): { host: HostRecord; place: Place } | undefined {
  const host = memory.get("host", port["binding:host_id"])?.record;
  const network = memory.get("network", port.network_id)?.record;
  const segments = network === undefined ? [] : segmentsOf(network);
  const place = placeOf(memory, port);
  if (host === undefined || place === undefined) return undefined;
  return segments.some((segment) => usableAt(segment, host)) ? { host, place } : undefined;
}
