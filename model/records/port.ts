/** Ports. A field that may be absent has Neutron's default then. */
import type { Cidr, Ip } from "../ip.ts";
import type { Mac } from "../mac.ts";
import type { Id, Standard } from "./standard.ts";

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

/** "N/A": what only holds an address, as a floating IP's port. */
export type PortStatus = "ACTIVE" | "DOWN" | "BUILD" | "ERROR" | "N/A";

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
  /** What it is to a router: its owner may write another device over it, and the router keeps it nevertheless. */
  router_port?: { router_id: Id; type: "interface" | "gateway" }; // control
  /** The trunk that carries it, and by which tag on which port: it is where that port is. */
  subport_of?: { trunk_id: Id; port_id: Id; segmentation_id: number }; // control
  /** Extension binding-extended: where else it is bound, for a live migration. */
  inactive_bindings?: PortBinding[]; // user
  qos_policy_id?: Id | null; // user
  data_plane_status?: "ACTIVE" | "DOWN" | null; // user
  propagate_uplink_status?: boolean; // user
  numa_affinity_policy?: string | null; // user
  device_profile?: string | null; // user
  hardware_offload_type?: string | null; // user
  hints?: Record<string, unknown> | null; // user
  /** What its guest says of itself is believed: shown in the binding's profile, too. */
  trusted?: boolean | null; // user
  /** Addresses that it holds although they are not its own: its guest has said so. `at`: milliseconds of Unix time. */
  held_addresses?: { ip_address: Ip; mac_address: Mac; at: number }[]; // agent
  /** Absent: immediate. */
  ip_allocation?: "immediate" | "deferred" | "none"; // control
}

/** A place besides the active one. */
export interface PortBinding {
  host: string;
  vnic_type: string;
  profile: Record<string, unknown>;
  vif_type: string;
  vif_details: Record<string, unknown>;
}

/** A place a physical machine hangs on: `binding:profile` = {"physical": {"nic": "eth0", "vlan": 100}}. */
export interface PhysicalAttachment {
  nic: string;
  /** 1-4094, or null for untagged. */
  vlan: number | null;
}
