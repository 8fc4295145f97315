/** Trunks, metering, flavors, logs and mirrors. */
import type { Ip } from "../ip.ts";
import type { Id, Standard } from "./standard.ts";

export interface SubPort {
  port_id: Id;
  segmentation_type: string;
  segmentation_id: number;
}

export interface TrunkRecord extends Standard {
  port_id: Id; // user
  admin_state_up: boolean; // user
  status: "ACTIVE" | "DOWN" | "BUILD" | "DEGRADED" | "ERROR"; // control
  sub_ports: SubPort[]; // user
}

export interface MeteringLabelRecord extends Standard {
  shared: boolean; // user
}

export interface MeteringLabelRuleRecord extends Standard {
  metering_label_id: Id; // user
  direction: "ingress" | "egress"; // user
  excluded: boolean; // user
  /** An address and a length, which may have host bits. */
  remote_ip_prefix: string | null; // user
  source_ip_prefix: string | null; // user
  destination_ip_prefix: string | null; // user
}

export interface FlavorRecord extends Standard {
  service_type: string; // user
  enabled: boolean; // user
  service_profiles: Id[]; // user
}

export interface ServiceProfileRecord extends Standard {
  driver: string; // user
  metainfo: string; // user
  enabled: boolean; // user
}

export interface LogRecord extends Standard {
  resource_type: string; // user
  resource_id: Id | null; // user
  target_id: Id | null; // user
  event: "ALL" | "ACCEPT" | "DROP"; // user
  enabled: boolean; // user
}

/** Extension taas: where mirrored packets go. */
export interface TapServiceRecord extends Standard {
  port_id: Id; // user
  status: string; // control
  /** Under which copies from other hosts travel, and no network's. Null: none was free, so only those of its own host come. */
  vni: number | null; // control
}

/** Extension taas: what is mirrored to a tap service. */
export interface TapFlowRecord extends Standard {
  tap_service_id: Id; // user
  source_port: Id; // user
  direction: "IN" | "OUT" | "BOTH"; // user
  vlan_filter: string | null; // user
  status: string; // agent or control
}

/** Extension tap-mirror: a port mirrored to an address outside. */
export interface TapMirrorRecord extends Standard {
  port_id: Id; // user
  /** The tunnel of each direction. */
  directions: { IN?: number; OUT?: number; BOTH?: number }; // user
  remote_ip: Ip; // user
  /** "vxlan" is Cable's own: its tunnel ids are VNIs, which no network and no other mirror has. */
  mirror_type: "gre" | "erspanv1" | "vxlan"; // user
}
