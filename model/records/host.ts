/** Hosts: what Neutron lacks. They are shown as its agents. */
import type { Ip } from "../ip.ts";

export interface HostRecord {
  /** Unique; the name in `binding:host_id`. */
  name: string; // user
  /** SHA-256 of the host's token in hex; the token itself is never stored. */
  token_sha256: string; // control
  /** Projects in which this host may create ports of its own for containers. */
  container_projects: string[]; // user
  created_at: string; // control
  description?: string; // user
  /** False: nothing new is scheduled there. */
  admin_state_up?: boolean; // user
  availability_zone?: string; // user
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
