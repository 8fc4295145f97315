/**
 * What a host says of its own data plane, live: the answers at the agent's local door to `cable trace`, `flows`, `drops`,
 * `vif` and `route`. In no data plane's own terms. Ids are named in {@link Labels}, as far as the host knows names.
 */
import type { Cidr, Ip } from "./ip.ts";
import type { Mac } from "./mac.ts";
import type { Id } from "./records.ts";
import type { ViewQos } from "./view.ts";

/** What people call the things that an answer names by their ids, and hosts by their tunnel addresses. */
export type Labels = Record<string, string>;

/** One end of a packet; `port` is the identifier of an ICMP echo, null where there is none. */
export interface FlowEnd {
  ip: Ip;
  port: number | null;
}

/** `POST /v1/trace`: a packet that is to be explained. It is made of what is said; the rest is as the port would send it. */
export interface TraceQuestion {
  /** Of this host: its id, a beginning of it that no other has, its name or its device. */
  port?: string;
  /** Instead of a port: as if it came from another host by the tunnel. */
  tunnel?: { vni: number; peer: Ip };
  /** Likewise, as if from the wire of a VLAN or flat network: its id, or a beginning of that. */
  wire?: string;
  /** A whole frame in hex, instead of all that follows. */
  frame?: string;
  to?: Ip;
  from?: Ip;
  /** IANA number; 1 is ICMP of either family. */
  protocol?: number;
  fromPort?: number;
  toPort?: number;
  /** TCP: "syn" if left out. */
  flags?: TcpFlag[];
  toMac?: Mac;
  fromMac?: Mac;
  ttl?: number;
  /** Of the whole IP packet. */
  bytes?: number;
}

export const TCP_FLAGS = ["fin", "syn", "rst", "psh", "ack"] as const;
export type TcpFlag = (typeof TCP_FLAGS)[number];

/** What a packet meets, one after the other. */
export type TraceStep =
  | { kind: "parsed"; ethertype: number; bytes: number; protocol: number; from: FlowEnd; to: FlowEnd }
  /** "old": to be decided again; "undecided": only known to belong to another; "other": with other MACs or by another host. */
  | { kind: "flow"; state: "none" | "current" | "old" | "undecided" | "other" }
  | { kind: "source"; port: Id; checked: boolean }
  | { kind: "switched"; mac: Mac; to: "local" | "remote" | "wire"; port: Id | null; host: Ip | null }
  | { kind: "to_router"; router: Id; mac: Mac }
  /** `network` is null for an external network that this host has no card on. */
  | { kind: "routed"; router: Id; network: Id | null; nextHop: Ip | null; outside: boolean }
  /** By a balancer: as the flow's hash says, as this flow or as this client before. */
  | { kind: "balanced"; router: Id; to: FlowEnd; by: "new" | "kept" | "affinity" }
  | { kind: "outside"; router: Id; network: Id; nextHop: Ip }
  | { kind: "gateway"; router: Id; host: Ip | null }
  | {
      kind: "policy";
      direction: "ingress" | "egress";
      /** Why it passes, or "none" if it does not; "answer": as what it answers does, which the next step says. */
      by: "none" | "rule" | "no_groups" | "always" | "related" | "answer";
      groups: Id[];
      rule: { id: Id; group: Id } | null;
      /** Of the other end. */
      remoteGroups: Id[];
    }
  /** Its port outside is any free one. */
  | { kind: "chance" }
  | { kind: "nat"; router: Id | null; from: FlowEnd; to: FlowEnd }
  | { kind: "kept" }
  | { kind: "trapped"; for: string }
  | { kind: "service"; ip: Ip; port: number }
  | { kind: "answered"; ip: Ip; mac: Mac }
  | { kind: "echoed"; router: Id; ip: Ip }
  | { kind: "reset" }
  | { kind: "refused"; type: number; code: number }
  | { kind: "asked"; network: Id; ip: Ip }
  /** Within the rates of a port, or of an address on a network outside. */
  | { kind: "metered"; direction: "ingress" | "egress"; port: Id | null; network: Id | null; ip: Ip | null }
  | { kind: "marked"; port: Id; dscp: number }
  | { kind: "local"; port: Id }
  | { kind: "wire"; network: Id }
  | { kind: "encapsulated"; network: Id; vni: number; host: Ip }
  | { kind: "sent"; device: string }
  | { kind: "copied"; device: string }
  /** `port`: whom it counts for; null: the host itself. */
  | { kind: "dropped"; port: Id | null; reason: string };

/** Where it ends: out of the data plane, in the host's own network stack, or nowhere. */
export type TraceEnd = "sent" | "host" | "gone";

export interface Trace {
  steps: TraceStep[];
  end: TraceEnd;
  /** As it leaves, in hex, without a VLAN tag. */
  frame: string;
  /** Steps, of copies mostly, for which there was no room. */
  more: number;
}

export interface TraceAnswer {
  /** In order: who has the next hop's address, if that had to be asked; then the packet. */
  runs: ({ what: "neighbour" | "packet" } & Trace)[];
  /** Of the reasons in it. */
  reasons: Record<string, DropText>;
  /** Why there was no packet to trace. */
  problem: string | null;
  /** Of this host, for the next one. */
  tunnelIp: Ip;
  labels: Labels;
}

export interface DropText {
  meaning: string;
  /** What whoever runs the network can do. */
  advice: string;
}

/** Where packets of a flow come from, or go to. */
export type FlowPlace =
  | { kind: "port"; port: Id }
  | { kind: "host"; network: Id; host: Ip | null }
  | { kind: "wire"; network: Id }
  | { kind: "unknown" };

export interface FlowDirection {
  /** "old": its next packet is decided again; "undecided": known to answer the other direction, and no more. */
  decision: "current" | "old" | "undecided";
  packets: number;
  bytes: number;
  idleSeconds: number;
  to: FlowPlace;
  nat: { from: FlowEnd; to: FlowEnd } | null;
}

/** `GET /v1/flows`: a line each. */
export interface FlowFacts {
  protocol: number;
  from: FlowEnd;
  to: FlowEnd;
  came: FlowPlace;
  /** What the data plane knows of the connection, in a word or two. */
  state: string;
  there: FlowDirection;
  /** Null: no answer is kept. */
  back: FlowDirection | null;
  router: Id | null;
}

/** The first line of {@link FlowFacts}' stream. */
export interface FlowsHead {
  entries: number;
  size: number;
  labels: Labels;
}

/** `GET /v1/drops`. */
export interface DropsAnswer {
  /** When it was read, on this host's own clock that only goes forward. */
  atSeconds: number;
  drops: { port: Id | null; reason: string; packets: number }[];
  reasons: Record<string, DropText>;
  labels: Labels;
}

/** `GET /v1/vifs`: what the data plane holds of a port. */
export interface VifFacts {
  port: Id;
  network: Id;
  device: { ifindex: number; kind: string; vlan: number | null };
  mac: Mac;
  /** What is on, by name. */
  flags: string[];
  /** What it may send from; null: anything. */
  sources: { mac: Mac; cidr: Cidr }[] | null;
  /** Whose rules hold; null: everything passes. */
  policy: { set: number; groups: Id[]; rules: number } | null;
  /** Its limits and its mark, if it has any. */
  qos?: ViewQos;
  number: number;
}

/** `GET /v1/routers`: what the data plane holds of a router. */
export interface RouterFacts {
  router: Id;
  number: number;
  adminUp: boolean;
  ports: { network: Id; mac: Mac; ips: Ip[] }[];
  routes: { destination: Cidr; kind: "connected" | "via" | "outside"; network: Id; nextHop: Ip | null }[];
  gateway: {
    network: Id;
    mac: Mac;
    ips: Ip[];
    here: boolean;
    snat: boolean;
    own: boolean;
    /** The host that is the way. */
    host: Ip | null;
    mtu: number;
  } | null;
  floatings: { ip: Ip; fixedIp: Ip }[];
}
