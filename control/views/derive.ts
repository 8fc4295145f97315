/** From records to the objects of a view. Pure: a function of what memory holds now. */
import type {
  HostRecord,
  Id,
  PortRecord,
  SubnetRecord,
  ViewEndpoint,
  ViewNetwork,
  ViewPort,
  ViewSubnet,
} from "../../model/mod.ts";
import { DEFAULT_DNS_DOMAIN } from "../../model/mod.ts";
import { mayHold } from "../held-addresses.ts";
import type { Memory } from "../memory.ts";
import { viewTaps } from "./derive-taps.ts";
import { bindingOf, segmentsOf } from "./place.ts";
import { qosOfPort } from "./qos.ts";
import type { Taps } from "./taps.ts";

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
export function viewPort(memory: Memory, hostName: string, id: Id, taps: Taps): ViewPort | undefined {
  const port = memory.get("port", id)?.record;
  if (port === undefined || port["binding:host_id"] !== hostName) return undefined;
  const binding = bindingOf(memory, port);
  if (binding === undefined) return undefined;
  const qos = qosOfPort(memory, port);
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
    ...viewTaps(memory, taps, id),
    ...(qos && { qos }),
    place: binding.place,
  };
}

/** What it may still hold of what it said that it does. */
function heldBy(port: PortRecord): Pick<ViewEndpoint, "held"> {
  const held = (port.held_addresses ?? []).filter(({ ip_address, mac_address }) =>
    mayHold(port, ip_address, mac_address),
  );
  if (held.length === 0) return {};
  return { held: held.map(({ ip_address, mac_address }) => ({ ip: ip_address, mac: mac_address })) };
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
    ...heldBy(port),
    host: binding.host.name,
    tunnelIp: binding.host.facts?.tunnel_ip ?? null,
    ...(port.dns_name && { dnsName: port.dns_name }),
    ...(port.dns_name && port.dns_domain && { dnsDomain: port.dns_domain }),
  };
}
