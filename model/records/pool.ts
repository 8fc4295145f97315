/** Where addresses come from, who may use what, and how much. */
import type { Cidr } from "../ip.ts";
import type { Id, Standard } from "./standard.ts";

export interface AddressScopeRecord extends Standard {
  ip_version: 4 | 6; // user
}

export interface SubnetPoolRecord extends Standard {
  ip_version: 4 | 6; // control: of its prefixes
  prefixes: Cidr[]; // user
  default_prefixlen: number; // user or control
  min_prefixlen: number; // user or control
  max_prefixlen: number; // user or control
  /** Addresses (IPv4) or /64 (IPv6) that each project may take; null: any number. */
  default_quota: number | null; // user
  address_scope_id: Id | null; // user
  is_default: boolean; // user
}

export type RbacObjectType =
  | "network"
  | "qos_policy"
  | "security_group"
  | "address_scope"
  | "subnetpool"
  | "address_group";

/** Lets `target_project` (or "*", everybody) use an object. `shared` and `router:external` of an object are such records. */
export interface RbacPolicyRecord extends Standard {
  object_type: RbacObjectType; // user
  object_id: Id; // user
  action: "access_as_shared" | "access_as_external"; // user
  target_project: string; // user
}

/** A project's own limits; what it does not name has the control node's default. Its id is the project's. */
export interface QuotaRecord {
  id: string; // control
  limits: Record<string, number>; // user
}

/** How often a project's resources of a kind were created is how often this was written: see control/networking/quota. */
export interface QuotaCountRecord {
  /** "PROJECT:RESOURCE:SIZE" */
  id: string; // control
}

/** The network that was made for a project when it asked for one, and its router. Its id is the project's. */
export interface AutoAllocatedTopologyRecord {
  id: string; // control
  network_id: Id; // control
  router_id: Id; // control
}
