/**
 * The stored records. Networks, subnets and ports are stored as Neutron understands them, under Neutron's own
 * attribute names, so that there is one model only; `host` is what Neutron lacks.
 *
 * Who writes a field: "user" a caller of the API, "control" the control node, "agent" the agent of the bound host
 * (through its status report). The API refuses any other writer.
 */
import type { Cidr, Ip } from "./ip.ts";
import type { Mac } from "./mac.ts";

/** A lower-case dashed UUID. */
export type Id = string;

/** What every Neutron resource carries. */
export interface Standard {
  id: Id; // control
  project_id: string; // user
  name: string; // user
  description: string; // user
  created_at: string; // control, ISO 8601 in UTC with seconds: 2026-01-31T12:00:00Z
  updated_at: string; // control
  revision_number: number; // control: +1 with every change that a user can see
  tags: string[]; // user
}

export type NetworkType = "vxlan" | "vlan" | "flat";

export interface NetworkRecord extends Standard {
  admin_state_up: boolean; // user
  status: "ACTIVE" | "DOWN"; // control
  shared: boolean; // user
  mtu: number; // user or control: bytes of an IP packet
  port_security_enabled: boolean; // user: the default of its ports
  dns_domain: string; // user
  availability_zone_hints: string[]; // user
  vlan_transparent: boolean | null; // user
  is_default: boolean; // user
  "router:external": boolean; // user
  "provider:network_type": NetworkType; // user or control
  "provider:physical_network": string | null; // user; vlan and flat only
  "provider:segmentation_id": number | null; // user or control; VNI or VLAN id
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

export interface FixedIp {
  subnet_id: Id;
  ip_address: Ip;
}

export interface AddressPair {
  mac_address: Mac;
  ip_address: Ip | Cidr;
}

export interface ExtraDhcpOpt {
  opt_name: string;
  opt_value: string;
  ip_version: 4 | 6;
}

export type PortStatus = "ACTIVE" | "DOWN" | "BUILD" | "ERROR";

export interface PortRecord extends Standard {
  network_id: Id; // user
  admin_state_up: boolean; // user
  status: PortStatus; // agent (ACTIVE, DOWN), control (DOWN, BUILD, ERROR)
  mac_address: Mac; // user or control
  fixed_ips: FixedIp[]; // user or control
  device_id: string; // user
  device_owner: string; // user
  security_groups: Id[]; // user or control
  port_security_enabled: boolean; // user
  allowed_address_pairs: AddressPair[]; // user
  extra_dhcp_opts: ExtraDhcpOpt[]; // user
  dns_name: string; // user
  dns_domain: string; // user
  "binding:host_id": string; // user
  "binding:vnic_type": string; // user
  "binding:profile": Record<string, unknown>; // user
  "binding:vif_type": string; // control
  "binding:vif_details": Record<string, unknown>; // control
}

/** A place a physical machine hangs on: `binding:profile` = {"physical": {"nic": "eth0", "vlan": 100}}. */
export interface PhysicalAttachment {
  nic: string;
  /** 1-4094, or null for untagged. */
  vlan: number | null;
}

export interface HostRecord {
  /** Unique; the name in `binding:host_id`. */
  name: string; // user
  /** SHA-256 of the host's token in hex; the token itself is never stored. */
  token_sha256: string; // control
  /** Projects in which this host may create ports of its own for containers. */
  container_projects: string[]; // user
  created_at: string; // control
  /** Null until the agent first reported. */
  facts: HostFacts | null; // agent
}

/** What an agent tells of its host, at start and when it changes. */
export interface HostFacts {
  /** Where other hosts send VXLAN to; either family. */
  tunnel_ip: Ip;
  /** Physical network to network card. */
  physical_networks: Record<string, string>;
  /** MTU of the underlay in bytes, which bounds the MTU of overlay networks. */
  underlay_mtu: number;
  agent_version: string;
  datapath: "ebpf" | "vrouter";
}

/** The record types by the name of their collection, which is also their place in the store. */
export interface RecordTypes {
  network: NetworkRecord;
  subnet: SubnetRecord;
  port: PortRecord;
  host: HostRecord;
}
export type Kind = keyof RecordTypes;
