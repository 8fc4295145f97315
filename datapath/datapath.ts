/** The driver interface: what the agent's plan wants of a data plane, in no data plane's own terms. */
import type {
  Cidr,
  DropText,
  FlowFacts,
  Id,
  Ip,
  Mac,
  RouterFacts,
  Segment,
  Trace,
  ViewGroup,
  ViewMirror,
  ViewQos,
  VifFacts,
} from "../model/mod.ts";

/** A network as this host's data plane needs it. */
export interface WantedNetwork {
  id: Id;
  segment: Segment;
  mtuBytes: number;
}

/** A local port whose device exists. */
export interface WantedVif {
  /** The port's id. */
  id: Id;
  networkId: Id;
  device: { ifindex: number; name: string; kind: "tap" | "veth" | "physical" | "subport"; vlan: number | null };
  mac: Mac;
  ips: Ip[];
  adminUp: boolean;
  /** It is the host itself, whose packets its own workloads' groups let in. */
  isHost?: true;
  /** What it may send from, besides its own MAC, addresses and link-local address; null = port security is off. */
  allowed: { mac: Mac; cidr: Cidr }[] | null;
  /** Its security groups, sorted: only what their rules let pass does. Null: everything passes. */
  groups: Id[] | null;
  /** Trap DHCP, DHCPv6 and router solicitations to the agent. */
  dhcp: boolean;
  dhcp6?: boolean;
  ra: boolean;
  /** Where copies of what it gets and sends go. */
  mirrors?: WantedMirror[];
  /** Copies that come under these VNIs, from hosts with these tunnel addresses, are for it. */
  taps?: { vni: number; hosts: Ip[] }[];
  /** Limits and mark; in no data plane's terms either. */
  qos?: ViewQos;
}

/** The view's own: they are in no data plane's terms either. */
export type WantedMirror = ViewMirror;

/** A port anywhere in a network that this host has a part in. */
export interface WantedEndpoint {
  id: Id;
  networkId: Id;
  mac: Mac;
  ips: Ip[];
  /** Further MACs it may answer with (allowed address pairs). */
  moreMacs: Mac[];
  /** Addresses not its own that it may hold: an ARP request for one of them is forwarded, not answered. */
  movableCidrs: Cidr[];
  /** Such as it holds now, and the MAC that each is at. An address of an endpoint's own is never held by another. */
  held?: { ip: Ip; mac: Mac }[];
  /** Sorted; what rules about a remote group mean. */
  groups: Id[];
  location: { kind: "local"; vifId: Id } | { kind: "remote"; tunnelIp: Ip } | { kind: "wire" };
}

/** A security group of some local port. The rules are the view's own: they are in no data plane's terms either. */
export type WantedGroup = ViewGroup;

/** A router between networks that are here. */
export interface WantedRouter {
  id: Id;
  adminUp: boolean;
  interfaces: { networkId: Id; mac: Mac; ips: Ip[] /** Of its subnets there. */; prefixes: Cidr[] }[];
  /** Its way to an external network. */
  gateway: WantedGateway | null;
  /** Beyond its own networks; the next hop is in one of them. Several of one destination share its traffic. */
  routes: { destination: Cidr; networkId: Id; nextHop: Ip }[];
}

/** A router's way to an external network, which is here if this host has a card on it. */
export interface WantedGateway {
  networkId: Id;
  mac: Mac;
  ips: Ip[];
  /** Of the external network. */
  mtuBytes: number;
  /** Who has no floating IP leaves under the gateway's address. */
  snat: boolean;
  /** This host is the way. */
  here: boolean;
  /** Another would take over: this host answers for the gateway's own addresses only while its agent lives. */
  leased: boolean;
  /** Of the host that is the way, if it is another one. */
  remote: Ip | null;
  /** An address of this host's own, under which its workloads' IPv4 leaves here although the way is elsewhere. */
  own: { mac: Mac; ip: Ip } | null;
  /** Null: the destination is on the external network itself. */
  routes: { destination: Cidr; nextHop: Ip | null }[];
  /** These, and what follows, as far as they are this host's work. */
  floatings: { ip: Ip; mac: Mac; fixedIp: Ip; leased: boolean; qos?: ViewQos }[];
  forwards: {
    ip: Ip;
    mac: Mac;
    /** IANA number. */
    protocol: number;
    external: [number, number];
    fixedIp: Ip;
    /** As many as external ones, or one for all. */
    internal: [number, number];
    leased: boolean;
    /** Of all that goes by its address. */
    qos?: ViewQos;
  }[];
  /** Addresses behind the router for which it answers neighbour solicitations outside. */
  proxies: Ip[];
  /** Other IPv6 addresses behind it cannot be asked from outside. */
  isProxied?: boolean;
  /** Limits of what goes under the gateway's own IPv4 addresses, if this host is the way. */
  qos?: ViewQos;
}

/** Addresses and ports that stand for backends, to this host's ports behind a router. */
export interface WantedBalancer {
  id: Id;
  routerId: Id;
  fronts: {
    ips: Ip[];
    /** IANA number. */
    protocol: number;
    port: number;
    affinitySeconds: number | null;
    localOnly: boolean;
    /** None: whoever asks is refused. */
    backends: { ip: Ip; port: number; isLocal: boolean }[];
  }[];
}

/** The whole of what a data plane should be; also the unit of comparison. */
export interface Wanted {
  networks: Map<Id, WantedNetwork>;
  vifs: Map<Id, WantedVif>;
  endpoints: Map<Id, WantedEndpoint>;
  groups: Map<Id, WantedGroup>;
  routers: Map<Id, WantedRouter>;
  balancers: Map<Id, WantedBalancer>;
}

/** What changed since the last call: ids whose value in `wanted` is new, changed or gone. */
export interface WantedChange {
  networks: Set<Id>;
  vifs: Set<Id>;
  endpoints: Set<Id>;
  groups: Set<Id>;
  routers: Set<Id>;
  balancers: Set<Id>;
}

export const emptyWanted = (): Wanted => ({
  networks: new Map(),
  vifs: new Map(),
  endpoints: new Map(),
  groups: new Map(),
  routers: new Map(),
  balancers: new Map(),
});

export const noChange = (): WantedChange => ({
  networks: new Set(),
  vifs: new Set(),
  endpoints: new Set(),
  groups: new Set(),
  routers: new Set(),
  balancers: new Set(),
});

/** A packet that the data plane hands to the agent's services. */
export interface Trap {
  vifId: Id;
  reason: "dhcp4" | "dhcp6" | "router_solicitation" | "holder";
  /** From its Ethernet header, without VLAN tag. */
  frame: Buffer;
}

export interface VifCounters {
  rxPackets: bigint;
  rxBytes: bigint;
  txPackets: bigint;
  txBytes: bigint;
  /** Copies made of what it sent or got, and those that it got as a tap port: rx and tx are without them. */
  mirroredPackets: bigint;
  mirroredBytes: bigint;
  tappedPackets: bigint;
  tappedBytes: bigint;
  /** By drop reason's name; only those that are not zero. Rx and tx are as seen from the workload's device. */
  drops: Record<string, bigint>;
  /** Entries of the flow table that are in its quota now. */
  flows?: bigint;
}

/** Where an agent's own sockets can be had by workloads, at the service's addresses; known once the data plane is open. */
export interface ServiceSockets {
  metadata: readonly { ip: Ip; port: number }[];
  dns: readonly { ip: Ip; port: number }[];
  /** The local port whose connection one from this address is. */
  clientOf(address: Ip): Id | undefined;
}

/**
 * Where a packet that is to be explained comes in: from a port here, from another host in a network's tunnel, or from the
 * wire of a VLAN or flat network.
 */
export type TraceOrigin = { vifId: Id } | { vni: number; peer: Ip } | { wireOf: Id };

export interface Datapath {
  /** Adopts what is there from an earlier run, or makes it; deletes nothing. */
  open(): Promise<void>;
  /**
   * Looks at some of what is there, ahead of a full comparison, which then has only the rest to look at: there can be some
   * hundred thousand entries. False when all has been looked at.
   */
  look(): boolean;
  /**
   * Brings the data plane to `wanted`. `change` is undefined for a full comparison, which also removes what is not
   * wanted; only called so after the first complete view. Returns the vifs now in force.
   * A vif or router that cannot be made is in `failed` with a sentence; the others are made all the same.
   */
  apply(wanted: Wanted, change?: WantedChange): { up: Set<Id>; failed: Map<Id, string> };
  sockets(): ServiceSockets;
  onTrap(handler: (trap: Trap) => void): void;
  /** Sends a frame out of a vif, to its workload. */
  inject(vifId: Id, frame: Uint8Array): void;
  counters(vifId: Id): VifCounters | undefined;
  /** Drops that no port is to blame for (a stranger's tunnel, an unknown VLAN). */
  hostDrops(): Record<string, bigint>;
  /** How full the flow table is: entries at the last walk over it, up to half a minute ago, how many it can have, and one port of
   * them. */
  flowTable(): { entries: number; size: number; quota: number };
  /** Gets ready for {@link trace}; the first time that takes a second or two, in which other things go on. */
  openTrace(): Promise<void>;
  /**
   * What would happen to a frame now, by the data plane's own tables and programs, without sending or changing anything.
   * @throws Error before {@link openTrace}, or when the port or its device is not there
   */
  trace(from: TraceOrigin, frame: Uint8Array): Trace;
  /** All connections in the flow table, a page at a time; other work gets its turn in between. */
  flows(): AsyncIterable<FlowFacts[]>;
  /** What is in force for ports; those that the data plane does not have are left out. */
  describeVifs(vifIds: readonly Id[]): Promise<VifFacts[]>;
  describeRouters(): Promise<RouterFacts[]>;
  /** A drop reason in words. */
  dropText(reason: string): DropText;
  /** Everything in the data plane as sorted text lines, for tests and support. Counters, flows and ages are left out. */
  dump(): string[];
  /** Stops the services' side; forwarding goes on. */
  close(): Promise<void>;
  /** Takes everything away: devices, programs, maps. For tests and for uninstalling. */
  destroy(): Promise<void>;
}
