import type { WantedNetwork, WantedVif } from "../../datapath/mod.ts";
import {
  type Cidr,
  dhcp6Mode,
  type Id,
  parseCidr,
  type Segment,
  tapName,
  type ViewNetwork,
  type ViewPort,
} from "../../model/mod.ts";

/** The device_owner of a port on an external network whose address is its host's, for its workloads to leave under. */
export const SNAT_OWNER = "cable:snat";

/** The devices of this host that ports can hang on. */
export interface Devices {
  /** Index of the link of that name in the host's namespace. */
  linkIndex(name: string): number | undefined;
  /** The host end of the veth pair that a CNI call made for the port. */
  containerDevice(portId: Id): string | undefined;
}

export interface Here {
  host: string;
  /** Physical network to network card, as the agent was started with. */
  physicalNetworks: Record<string, string>;
}

/** Why something cannot be on this host, in a sentence that says what to do. */
export interface Down {
  reason: string;
}

/** The first of the network's segments that this host is connected to. */
export function segmentHere({ segment, otherSegments = [] }: ViewNetwork, here: Here): Segment | undefined {
  const isHere = (each: Segment) => each.kind === "vxlan" || here.physicalNetworks[each.physicalNetwork] !== undefined;
  return [segment, ...otherSegments].find(isHere);
}

/** The network as the data plane needs it, or why this host cannot have it. */
export function planNetwork(network: ViewNetwork, here: Here): WantedNetwork | Down {
  const segment = segmentHere(network, here);
  if (segment === undefined) {
    const name = network.segment.kind === "vxlan" ? "" : network.segment.physicalNetwork;
    return {
      reason: `this host has no card for physical network ${name}: start its agent with --physical-network ${name}=NIC`,
    };
  }
  return { id: network.id, segment, mtuBytes: network.mtu };
}

/** The name of the device that a port needs; undefined while no container is attached to it. */
export function deviceName(port: ViewPort, devices: Devices): string | undefined {
  switch (port.place.kind) {
    case "tap":
    case "host":
      return port.place.device;
    case "container":
      return devices.containerDevice(port.id);
    case "physical":
      return port.place.attachment.nic;
    case "subport":
      return port.place.on === "tap" ? tapName(port.place.parentId) : devices.containerDevice(port.place.parentId);
  }
}

/** A port as the data plane needs it, or why it cannot be up. */
export function planVif(
  port: ViewPort,
  network: ViewNetwork | undefined,
  devices: Devices,
  here: Here,
): WantedVif | Down {
  if (port.deviceOwner === SNAT_OWNER) return { reason: "it is an address of this host's own, and no workload's" };
  if (network === undefined) return { reason: `network ${port.networkId} has not reached this host` };
  const planned = planNetwork(network, here);
  if ("reason" in planned) return planned;
  const name = deviceName(port, devices);
  if (name === undefined) return { reason: "no container is attached: run the CNI plugin with this port" };
  const ifindex = devices.linkIndex(name);
  if (ifindex === undefined) return { reason: missing(port, name) };
  return {
    id: port.id,
    networkId: port.networkId,
    device: { ifindex, name, ...attachment(port) },
    mac: port.mac,
    ips: port.fixedIps.map(({ ip }) => ip),
    adminUp: port.adminUp && network.adminUp,
    allowed: port.portSecurity
      ? port.addressPairs.map((pair) => ({ mac: pair.mac_address, cidr: parseCidr(pair.ip_address) as Cidr }))
      : null,
    groups: port.portSecurity ? [...port.securityGroups].sort() : null,
    dhcp: !port.noDhcp && network.subnets.some((subnet) => subnet.dhcp && !subnet.cidr.includes(":")),
    ...(!port.noDhcp && network.subnets.some((subnet) => dhcp6Mode(subnet) !== undefined) && { dhcp6: true }),
    ...(port.place.kind === "host" && { isHost: true }),
    ...(port.mirrors !== undefined && { mirrors: port.mirrors }),
    ...(port.taps !== undefined && { taps: port.taps }),
    ra: network.subnets.some((subnet) => subnet.raMode !== null && subnet.cidr.includes(":")),
    ...(port.qos && { qos: port.qos }),
  };
}

function attachment(port: ViewPort): Pick<WantedVif["device"], "kind" | "vlan"> {
  switch (port.place.kind) {
    // Both ends of a host's own pair are in its namespace, where a frame cannot be handed to the peer directly.
    case "tap":
    case "host":
      return { kind: "tap", vlan: null };
    case "container":
      return { kind: "veth", vlan: null };
    case "physical":
      return { kind: "physical", vlan: port.place.attachment.vlan };
    case "subport":
      return { kind: "subport", vlan: port.place.vlan };
  }
}

function missing(port: ViewPort, name: string): string {
  switch (port.place.kind) {
    case "tap":
      return `device ${name} is not there: it appears when the virtual machine starts`;
    case "host":
      return `device ${name} is not there: see the agent's log`;
    case "subport":
      return `device ${name} of its trunk's parent is not there: it appears with the parent's workload`;
    case "container":
      return `device ${name} is gone: the container's namespace was removed`;
    case "physical":
      return `this host has no network card ${name}: correct binding:profile's physical.nic`;
  }
}
