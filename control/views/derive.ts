/** From records to the objects of a view. Pure: a function of what memory holds now. */
import type {
  HostRecord,
  Id,
  NetworkRecord,
  PhysicalAttachment,
  Place,
  PortRecord,
  Segment,
  SubnetRecord,
  ViewEndpoint,
  ViewNetwork,
  ViewPort,
  ViewSubnet,
} from "../../model/mod.ts";
import { CONTAINER_OWNER, DEFAULT_DNS_DOMAIN, tapName } from "../../model/mod.ts";
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

/** How the port reaches its workload; undefined for a physical machine whose profile does not say where it hangs. */
export function placeOf(port: PortRecord): Place | undefined {
  const profile = port["binding:profile"];
  if (port["binding:vnic_type"] === "baremetal") {
    const attachment = physicalAttachment(profile.physical);
    return attachment === undefined ? undefined : { kind: "physical", attachment };
  }
  if (port.device_owner.startsWith(CONTAINER_OWNER) || profile.container === true) return { kind: "container" };
  return { kind: "tap", device: tapName(port.id) };
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
function bindingOf(memory: Memory, port: PortRecord): { host: HostRecord; place: Place } | undefined {
  const host = memory.get("host", port["binding:host_id"])?.record;
  const network = memory.get("network", port.network_id)?.record;
  const segments = network === undefined ? [] : segmentsOf(network);
  const place = placeOf(port);
  if (host === undefined || place === undefined) return undefined;
  return segments.some((segment) => usableAt(segment, host)) ? { host, place } : undefined;
}

/** `cloudDomain`: the control node's --dns-domain. */
export function viewNetwork(memory: Memory, id: Id, cloudDomain = DEFAULT_DNS_DOMAIN): ViewNetwork | undefined {
  const network = memory.get("network", id)?.record;
  const [segment, ...otherSegments] = network === undefined ? [] : segmentsOf(network);
  if (network === undefined || segment === undefined) return undefined;
  const subnets = [...memory.subnetsOfNetwork(id)].sort().flatMap((subnetId) => {
    const subnet = memory.get("subnet", subnetId)?.record;
    return subnet === undefined ? [] : [viewSubnet(subnet)];
  });
  return {
    id,
    projectId: network.project_id,
    adminUp: network.admin_state_up,
    mtu: network.mtu,
    segment,
    ...(otherSegments.length > 0 && { otherSegments }),
    dnsDomain: network.dns_domain,
    ...(cloudDomain !== DEFAULT_DNS_DOMAIN && { cloudDomain }),
    subnets,
  };
}

function viewSubnet(subnet: SubnetRecord): ViewSubnet {
  return {
    id: subnet.id,
    cidr: subnet.cidr,
    gateway: subnet.gateway_ip,
    dhcp: subnet.enable_dhcp,
    pools: subnet.allocation_pools,
    dnsServers: subnet.dns_nameservers,
    routes: subnet.host_routes.map(({ destination, nexthop }) => ({ destination, nextHop: nexthop })),
    raMode: subnet.ipv6_ra_mode,
    addressMode: subnet.ipv6_address_mode,
  };
}

/** Whether the host answers DHCP in the network: not once its DHCP agent is off, or the network was taken off it. */
function servesDhcp(memory: Memory, port: PortRecord, host: HostRecord): boolean {
  const excluded = memory.get("network", port.network_id)?.record.dhcp_excluded_hosts;
  return host.agents?.dhcp?.admin_state_up !== false && !excluded?.includes(host.name);
}

/** The port as its own host sees it; undefined when it is not on that host. */
export function viewPort(memory: Memory, hostName: string, id: Id): ViewPort | undefined {
  const port = memory.get("port", id)?.record;
  if (port === undefined || port["binding:host_id"] !== hostName) return undefined;
  const binding = bindingOf(memory, port);
  if (binding === undefined) return undefined;
  return {
    id,
    networkId: port.network_id,
    projectId: port.project_id,
    name: port.name,
    mac: port.mac_address,
    fixedIps: port.fixed_ips.map(({ ip_address, subnet_id }) => ({ ip: ip_address, subnetId: subnet_id })),
    adminUp: port.admin_state_up,
    portSecurity: port.port_security_enabled,
    addressPairs: port.allowed_address_pairs,
    securityGroups: port.security_groups,
    dhcpOptions: port.extra_dhcp_opts,
    dnsName: port.dns_name,
    deviceId: port.device_id,
    deviceOwner: port.device_owner,
    ...(!servesDhcp(memory, port, binding.host) && { noDhcp: true }),
    place: binding.place,
  };
}

/** The port as every host of its network sees it; undefined when it is not in that network or on no host. */
export function viewEndpoint(memory: Memory, networkId: Id, id: Id): ViewEndpoint | undefined {
  const port = memory.get("port", id)?.record;
  if (port === undefined || port.network_id !== networkId) return undefined;
  const binding = bindingOf(memory, port);
  if (binding === undefined) return undefined;
  return {
    id,
    networkId,
    mac: port.mac_address,
    ips: port.fixed_ips.map(({ ip_address }) => ip_address),
    addressPairs: port.allowed_address_pairs,
    securityGroups: port.security_groups,
    host: binding.host.name,
    tunnelIp: binding.host.facts?.tunnel_ip ?? null,
    ...(port.dns_name && { dnsName: port.dns_name }),
    ...(port.dns_name && port.dns_domain && { dnsDomain: port.dns_domain }),
  };
}
