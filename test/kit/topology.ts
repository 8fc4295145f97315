/** A lab as a value. */
import type { Attributes } from "./neutron.ts";

export interface Topology {
  /** By name, in this order. */
  hosts: Record<string, HostSpec>;
  networks: Record<string, NetworkSpec>;
  workloads: Record<string, WorkloadSpec>;
  /** How many control nodes; one without. */
  controls?: number;
  /** Where the first control node listens if nobody does; a free port without, or else. */
  apiPort?: number;
  /** Flags of the control nodes instead of "--auth none"; or what is to be there before them, and gives their flags. */
  controlFlags?: readonly string[] | ((place: LabPlace) => Promise<readonly string[]>);
}

/** Of a lab that has no control node yet. */
export interface LabPlace {
  directory: string;
  /** Where hosts reach what listens in the namespace that the lab was started in. */
  address: string;
}

export interface HostSpec {
  /** Family of its tunnel address; 4 without. */
  tunnelFamily?: 4 | 6;
  /** Whether its card carries {@link PHYSICAL_NETWORK}; it does without. */
  isOnWire?: boolean;
  /** Where its agent asks for guests' metadata; it serves none without. */
  metadata?: MetadataSpec;
  /** Whom its agent asks for names, as its flag says it; what the machine's resolv.conf says without. */
  dnsUpstream?: readonly string[];
}

export interface MetadataSpec {
  url: string;
  secret: string;
}

export interface NetworkSpec {
  /** A provider network with this VLAN on {@link PHYSICAL_NETWORK}; a VXLAN network without. */
  vlan?: number;
  /** Prefixes; IPv6 ones are given by SLAAC. */
  subnets: readonly string[];
  /** Further attributes of the network, in Neutron's names. */
  attributes?: Attributes;
}

export interface WorkloadSpec {
  kind: "vm" | "container" | "machine";
  host: string;
  network: string;
  /** Of a machine: the tag between the host's card and its access port. */
  vlan?: number;
  /** Further attributes of the port, in Neutron's names. */
  attributes?: Attributes;
}

/** The physical network that every lab host's card carries. */
export const PHYSICAL_NETWORK = "physnet1";
