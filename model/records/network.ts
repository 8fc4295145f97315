/** Networks, their subnets and segments. A field that may be absent has Neutron's default then. */
import type { Cidr, Ip } from "../ip.ts";
import type { Id, Standard } from "./standard.ts";

export type NetworkType = "vxlan" | "vlan" | "flat";

export interface NetworkRecord extends Standard {
  admin_state_up: boolean; // user
  status: "ACTIVE" | "DOWN"; // control
  mtu: number; // user or control: bytes of an IP packet
  port_security_enabled: boolean; // user: the default of its ports
  dns_domain: string; // user
  availability_zone_hints: string[]; // user
  vlan_transparent: boolean | null; // user
  is_default: boolean; // user
  "router:external": boolean; // user
  /** Its first segment; null while it has none. */
  "provider:network_type": NetworkType | null; // user or control
  "provider:physical_network": string | null; // user; vlan and flat only
  "provider:segmentation_id": number | null; // user or control; VNI or VLAN id
  /** The segments after the first, where there are several. */
  other_segments?: Pick<SegmentRecord, "network_type" | "physical_network" | "segmentation_id">[]; // control
  qos_policy_id?: Id | null; // user
  /** Hosts that do not answer its DHCP clients, although all do by themselves. */
  dhcp_excluded_hosts?: string[]; // user
  /** Hosts that are said to serve it although it has no port yet. */
  dhcp_added_hosts?: string[]; // user
}

export interface AllocationPool {
  start: Ip;
  end: Ip;
}

export type Ipv6Mode = "slaac" | "dhcpv6-stateful" | "dhcpv6-stateless";

export interface SubnetRecord extends Standard {
  network_id: Id; // user
  ip_version: 4 | 6; // user
  cidr: Cidr; // user
  gateway_ip: Ip | null; // user or control
  enable_dhcp: boolean; // user
  allocation_pools: AllocationPool[]; // user or control
  dns_nameservers: Ip[]; // user
  host_routes: { destination: Cidr; nexthop: Ip }[]; // user
  ipv6_ra_mode: Ipv6Mode | null; // user
  ipv6_address_mode: Ipv6Mode | null; // user
  subnetpool_id: Id | null; // user
  segment_id: Id | null; // user
  service_types: string[]; // user
  dns_publish_fixed_ip: boolean; // user
}

/** One part of a network on the wire. A network's own provider attributes are those of its first one. */
export interface SegmentRecord extends Omit<Standard, "name" | "description"> {
  name: string | null; // user
  description: string | null; // user
  network_id: Id; // user
  /** Its place among the network's segments. */
  index: number; // control
  network_type: NetworkType; // user
  physical_network: string | null; // user
  segmentation_id: number | null; // user or control
}

/** From where segments of a type are chosen: made by an administrator, or one of the control node's own flags. */
export interface NetworkSegmentRangeRecord extends Standard {
  default: boolean; // control
  shared: boolean; // user
  network_type: NetworkType; // user
  physical_network: string | null; // user
  minimum: number; // user
  maximum: number; // user
}
