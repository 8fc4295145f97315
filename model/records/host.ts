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
  availability_zone?: string; // user
  /** The cluster, of those of `--kubernetes`, whose node of this name may ask for the host's token. */
  kubernetes_cluster?: string; // user or control
  /** What is set of its Neutron agents, by their role. */
  agents?: Partial<Record<AgentRole, AgentSettings>>; // user
  /** Null until the agent first reported. */
  facts: HostFacts | null; // agent
}

/**
 * Neutron's clients know agents by their type and look for those of one: so a host is shown as one agent for each thing
 * that it does, although it is one process.
 */
export type AgentRole = "dhcp" | "l3" | "l2";

export interface AgentSettings {
  admin_state_up?: boolean;
  description?: string | null;
  /** Deleted then: shown again once the host is seen after that, as a Neutron agent comes back with its next report. */
  removed_at?: string;
}

/** When a host was last seen. Apart from its record, which would be written all the time otherwise. */
export interface HostBeatRecord {
  name: string; // control
  seen_at: string; // control
  /** When it came after it had been away. */
  started_at: string; // control
  /** Its agent has gone since: the control node that had its stream says so. */
  gone_at?: string; // control
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
