/** Routers and what hangs on them. A router's interfaces are ports whose device it is. */
import type { Cidr, Ip } from "../ip.ts";
import type { Id, Standard } from "./standard.ts";

/** Way out through an external network; its addresses are those of its port. */
export interface RouterGateway {
  network_id: Id;
  port_id: Id;
  enable_snat: boolean;
  qos_policy_id: Id | null;
  /** The host that is the way now, and the one that would be next; chosen by the control nodes. */
  hosts?: string[];
}

export interface RouterRecord extends Standard {
  admin_state_up: boolean; // user
  status: "ACTIVE" | "DOWN"; // control
  distributed: boolean; // user
  ha: boolean; // user
  availability_zone_hints: string[]; // user
  flavor_id: Id | null; // user
  service_type_id: Id | null; // control
  routes: { destination: Cidr; nexthop: Ip }[]; // user
  /** The first is `external_gateway_info`. */
  gateways: RouterGateway[]; // user and control
  enable_ndp_proxy: boolean; // user
  enable_default_route_bfd: boolean; // user
  enable_default_route_ecmp: boolean; // user
}

export interface FloatingIpRecord extends Standard {
  floating_network_id: Id; // user
  floating_ip_address: Ip; // user or control
  /** The port on the external network that holds the address. */
  floating_port_id: Id; // control
  port_id: Id | null; // user
  fixed_ip_address: Ip | null; // user or control
  router_id: Id | null; // control
  status: "ACTIVE" | "DOWN" | "ERROR"; // agent, control (DOWN)
  dns_name: string; // user
  dns_domain: string; // user
  qos_policy_id: Id | null; // user
}

export interface PortForwardingRecord extends Standard {
  floatingip_id: Id; // user
  protocol: string; // user
  internal_port_id: Id; // user
  internal_ip_address: Ip; // user
  /** First and last port; equal for one. */
  external_ports: [number, number]; // user
  internal_ports: [number, number]; // user
}

export interface ConntrackHelperRecord extends Standard {
  router_id: Id; // user
  protocol: string; // user
  port: number; // user
  helper: string; // user
}

export interface NdpProxyRecord extends Standard {
  router_id: Id; // user
  port_id: Id; // user
  ip_address: Ip; // user or control
}

export interface LocalIpRecord extends Standard {
  network_id: Id; // user or control
  local_port_id: Id; // user or control
  local_ip_address: Ip; // user or control
  ip_mode: "translate" | "passthrough"; // user
}

export interface LocalIpAssociationRecord extends Standard {
  local_ip_id: Id; // user
  fixed_port_id: Id; // user
  fixed_ip: Ip; // user or control
}
