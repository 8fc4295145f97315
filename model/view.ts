/**
 * A host's view: what one host needs to know, derived by the control node from the records, streamed to the agent,
 * and turned by the agent's plan into the data plane. Nothing else ever reaches a host.
 *
 * The stream (`GET /v1/hosts/<host>/watch?since=<revision>`) is one JSON value a line, a {@link ViewMessage}:
 * without `since`, or when since is too old (then the reply is 410 and the agent asks again without), "snapshot",
 * every object as "put", then "synced"; with it the changes after that revision, then "synced". After that each change
 * as it comes ("put", "delete", "rules"), closed by "bookmark" with the revision now complete; bookmarks also come alone,
 * at least every 15 s.
 */
import type { Cidr, Ip } from "./ip.ts";
import type { Mac } from "./mac.ts";
import type { AddressPair, AllocationPool, ExtraDhcpOpt, Id, Ipv6Mode, PhysicalAttachment } from "./records.ts";

export type Segment =
  | { kind: "vxlan"; vni: number }
  | { kind: "vlan"; physicalNetwork: string; vlan: number }
  | { kind: "flat"; physicalNetwork: string };

export interface ViewSubnet {
  id: Id;
  cidr: Cidr;
  gateway: Ip | null;
  dhcp: boolean;
  pools: AllocationPool[];
  dnsServers: Ip[];
  routes: { destination: Cidr; nextHop: Ip }[];
  raMode: Ipv6Mode | null;
  addressMode: Ipv6Mode | null;
}

/**
 * What DHCPv6 gives in a subnet: addresses too, or configuration only; undefined: it is not served there. One without
 * modes is served, as Neutron does from before there were any (neutron/agent/linux/dhcp.py, Dnsmasq._build_cmdline_callback).
 */
export function dhcp6Mode({ cidr, dhcp, raMode, addressMode }: ViewSubnet): "stateful" | "stateless" | undefined {
  if (!dhcp || !cidr.includes(":")) return undefined;
  if (addressMode === "dhcpv6-stateless") return "stateless";
  return addressMode === "dhcpv6-stateful" || (addressMode === null && raMode === null) ? "stateful" : undefined;
}

/** A network in which this host has at least one port, or that a router joins to such a one. */
export interface ViewNetwork {
  id: Id;
  projectId: string;
  adminUp: boolean;
  mtu: number;
  segment: Segment;
  /** Where it has several: for hosts that are not on the first one. A host is on the first of all that it reaches. */
  otherSegments?: Segment[];
  dnsDomain: string;
  /** The domain of names in networks that have none, if it is not Neutron's default. */
  cloudDomain?: string;
  subnets: ViewSubnet[];
}

/** The device_owner of ports that a host makes for its containers; a port of any such owner is a container's. */
export const CONTAINER_OWNER = "cable:container";

export interface ContainerPlace {
  kind: "container";
  /** Of a pod's several ports: which of its interfaces this is, and, of the first, which others are made with it. */
  interface?: string;
  others?: string[];
  /** Where its default routes go: as the subnets say (undefined), nowhere (none), or to these gateways. */
  defaultRoute?: Ip[];
}

/** How a port of this host reaches its workload. */
export type Place =
  | { kind: "tap"; device: string } // a virtual machine: whoever starts it makes the device
  | ContainerPlace // the CNI call makes the veth pair
  | { kind: "host"; device: string } // the host itself: its agent makes the veth pair, of which this is the data plane's end
  | { kind: "physical"; attachment: PhysicalAttachment }
  | { kind: "subport"; parentId: Id; on: "tap" | "container"; vlan: number }; // of a trunk: behind a tag of its parent's device

/** Not more than so much in a second, and so much at once after a pause. */
export interface ViewRate {
  max: number;
  burst: number;
}

/** What may pass in one direction; without a rate, any. */
export interface ViewLimits {
  /** Kilobits. */
  kbps?: ViewRate;
  /** Thousands of packets. */
  kpps?: ViewRate;
}

/** What QoS policies make of packets. Egress is from the workload, or from inside. */
export interface ViewQos {
  egress?: ViewLimits;
  ingress?: ViewLimits;
  /** The mark of all that is sent. */
  dscp?: number;
}

/** A port bound to this host. */
export interface ViewPort {
  id: Id;
  networkId: Id;
  projectId: string;
  name: string;
  mac: Mac;
  fixedIps: { ip: Ip; subnetId: Id }[];
  adminUp: boolean;
  portSecurity: boolean;
  addressPairs: AddressPair[];
  /** With port security on: only what these let pass does. */
  securityGroups: Id[];
  dhcpOptions: ExtraDhcpOpt[];
  dnsName: string;
  deviceId: string;
  deviceOwner: string;
  /** Where copies of what it gets and sends go. */
  mirrors?: ViewMirror[];
  /** It is the port of tap services: under these VNIs, from hosts with these tunnel addresses, copies for it come. */
  taps?: { vni: number; hosts: Ip[] }[];
  /** Its DHCP requests are not answered by its host, but go into the network. */
  noDhcp?: true;
  qos?: ViewQos;
  place: Place;
}

/** One direction of a tap flow or tap mirror. */
export interface ViewMirror {
  /** The flow's or mirror's. */
  id: Id;
  direction: "in" | "out";
  /** A port of the same host; or an address, another host's or a collector's. */
  to: { kind: "port"; portId: Id } | { kind: "vxlan"; vni: number; remote: Ip };
}

/** A port, of whatever host, in a network that this host has a part in; the host's own ports are among them. */
export interface ViewEndpoint {
  /** The port's id. */
  id: Id;
  networkId: Id;
  mac: Mac;
  ips: Ip[];
  addressPairs: AddressPair[];
  securityGroups: Id[];
  /** Addresses of its pairs that it holds now, each with the MAC that it is at. */
  held?: { ip: Ip; mac: Mac }[];
  /** The host it is bound to. */
  host: string;
  /** That host's tunnel address; null while it has not reported one. */
  tunnelIp: Ip | null;
  /** Its name in DNS, and its domain, where it has one of its own. */
  dnsName?: string;
  dnsDomain?: string;
}

/** A security group that some port of this host has. Address groups are in it as what they hold. */
export interface ViewGroup {
  id: Id;
  stateful: boolean;
  /** Sorted by id. */
  rules: ViewRule[];
}

/** The group once a "rules" message has been taken in. The rules that stay are the same objects. */
export function withRules(group: ViewGroup, put: readonly ViewRule[], gone: readonly Id[]): ViewGroup {
  const other = new Set([...gone, ...put.map(({ id }) => id)]);
  const rules = [...group.rules.filter(({ id }) => !other.has(id)), ...put];
  return { ...group, rules: rules.sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

export interface ViewRule {
  id: Id;
  direction: "ingress" | "egress";
  family: 4 | 6;
  /** IANA number; null: any. */
  protocol: number | null;
  /** First and last destination port; null: any. */
  ports: [number, number] | null;
  /** ICMP type and code, each null: any; of other protocols null. */
  icmp: { type: number | null; code: number | null } | null;
  remote: { kind: "any" } | { kind: "group"; group: Id } | { kind: "prefixes"; prefixes: Cidr[] };
}

/** A router that joins networks of this host's view. */
export interface ViewRouter {
  id: Id;
  adminUp: boolean;
  interfaces: { portId: Id; networkId: Id; mac: Mac; ips: Ip[] }[];
  routes: { destination: Cidr; nextHop: Ip }[];
  gateway: ViewGateway | null;
}

/** A router's way to an external network, which is in the view too. */
export interface ViewGateway {
  portId?: Id;
  networkId: Id;
  mac: Mac;
  ips: Ip[];
  /** Who has no floating IP leaves under the gateway's address. */
  snat: boolean;
  /** The host that is the way; null while none can be. */
  host: string | null;
  /** Another one would take over. */
  hasStandby: boolean;
  tunnelIp: Ip | null;
  floatings: ViewFloating[];
  forwards: ViewForward[];
  /** Inner addresses for which the gateway answers neighbour solicitations outside. */
  proxies: Ip[];
  /** To no other inner IPv6 address does anybody outside get. */
  isProxied?: true;
  /** Of what goes under the gateway's IPv4 addresses. */
  qos?: ViewQos;
}

/** A floating IP that leads to a port. */
export interface ViewFloating {
  id: Id;
  ip: Ip;
  mac: Mac;
  fixedIp: Ip;
  qos?: ViewQos;
  /** Whose work it is: that of the port's host if it has a card on the network, else of the gateway's. */
  host: string | null;
  isByGateway: boolean;
}

/** Ports of a floating IP that are ports of an inner address: as many of them, or one for all. */
export interface ViewForward {
  id: Id;
  floatingId?: Id;
  ip: Ip;
  mac: Mac;
  /** IANA number. */
  protocol: number;
  external: [number, number];
  fixedIp: Ip;
  internal: [number, number];
  qos?: ViewQos;
  host: string | null;
  isByGateway: boolean;
}

/** Addresses and ports that stand for backends, to whoever is behind a router: a Service of Kubernetes. */
export interface ViewBalancer {
  id: Id;
  name: string;
  routerId: Id;
  fronts: ViewFront[];
}

/** One port of a balancer, under each of its addresses. */
export interface ViewFront {
  ips: Ip[];
  /** IANA number. */
  protocol: number;
  port: number;
  /** A client stays with its backend for so long after it spoke last; null: each connection may get another. */
  affinitySeconds: number | null;
  /** Only backends on the client's own host. */
  localOnly: boolean;
  /** Of the families of `ips`; a client is given one of its own family. */
  backends: { ip: Ip; port: number }[];
}

export interface ViewTypes {
  network: ViewNetwork;
  port: ViewPort;
  endpoint: ViewEndpoint;
  group: ViewGroup;
  router: ViewRouter;
  balancer: ViewBalancer;
}
export type ViewKind = keyof ViewTypes;

export type ViewMessage =
  | { type: "snapshot" }
  | { type: "put"; kind: "network"; value: ViewNetwork }
  | { type: "put"; kind: "port"; value: ViewPort }
  | { type: "put"; kind: "endpoint"; value: ViewEndpoint }
  | { type: "put"; kind: "group"; value: ViewGroup }
  | { type: "put"; kind: "router"; value: ViewRouter }
  | { type: "put"; kind: "balancer"; value: ViewBalancer }
  | { type: "delete"; kind: ViewKind; id: Id }
  | { type: "rules"; group: Id; put: ViewRule[]; delete: Id[] } // of a group that was put before: what is other now
  | { type: "synced"; revision: number }
  | { type: "bookmark"; revision: number };

/** The whole view, by id. Deleting a network deletes its endpoints with it. */
export interface HostView {
  networks: Map<Id, ViewNetwork>;
  ports: Map<Id, ViewPort>;
  endpoints: Map<Id, ViewEndpoint>;
  groups: Map<Id, ViewGroup>;
  routers: Map<Id, ViewRouter>;
  balancers: Map<Id, ViewBalancer>;
}

/** `PUT /v1/hosts/<host>/status`: what an agent reports; only what changed since its last report. */
export interface HostStatus {
  facts?: import("./records.ts").HostFacts;
  /** The revision of the view that the data plane has in force. */
  revision: number;
  /** How soon the next report comes in any case: the host is a gateway, and missed at once. */
  beat_ms?: number;
  /** Its own, and as far as it has them in force the ends of routers. */
  ports: Record<Id, PortReport>;
  /** Those that are this host's work. */
  floatingips?: Record<Id, FloatingIpState>;
  /** Ports that have said they hold addresses which are not their own. */
  holds?: HoldReport[];
}

/** ERROR: its host cannot do it. */
export type FloatingIpState = "ACTIVE" | "DOWN" | "ERROR";

/** By ARP or neighbour discovery: of its address pairs, or any if port security is off. */
export interface HoldReport {
  port_id: Id;
  ip: Ip;
  mac: Mac;
  /** For how long it has been so when it is told. */
  since_ms: number;
}

/** `mirrors`: the tap flows and mirrors of the port that are in force. */
export type PortReport = { up: true; device: string; mirrors?: Id[] } | { up: false; reason: string };

/** The names of the pair by which a host itself is on a network: its own end, and the data plane's. */
export function hostDevices(portId: Id): { own: string; far: string } {
  const short = portId.slice(0, 8);
  return { own: `${HOST_DEVICE_PREFIX}${short}`, far: `cable-p${short}` };
}

/** Begins the names of all devices by which a host itself is on a network. */
export const HOST_DEVICE_PREFIX = "cable-n";

/** The name of a virtual machine's TAP device: what Nova gives it (the first 14 characters of "tap" + port id). */
export function tapName(portId: Id): string {
  return `tap${portId}`.slice(0, 14);
}
