/** Generated from bpf/shared.h and bpf/maps.h by tools/gen-layout.ts. Do not edit. */
import type { Ip, Mac } from "../model/mod.ts";
import { array, be16, be32, branded, ip, mac, u8, u16, u32, u64, record, scalar, type Table } from "../wire/table.ts";

/** A hash of all that follows: two sides that differ in it do not understand each other's maps. */
export const LAYOUT_HASH = "a7c6fa1898278013";

/** C's net_t: see shared.h for how a VNI or a VLAN becomes one. */
export type NetNumber = number & { readonly brand: "net_t" };
/** C's vif_t: a local port's number on its host, from 1; 0 is no port. */
export type VifNumber = number & { readonly brand: "vif_t" };
/** C's set_t: a set of security groups, from 1; 0 is none. */
export type SetNumber = number & { readonly brand: "set_t" };
/** C's router_t: a router's number on this host, from 1. */
export type RouterNumber = number & { readonly brand: "router_t" };

export const CABLE_LAYOUT = 3;
export const NET_LOCAL = 0x01000000;
export const PAIR_FIXED_BITS = 32;
export const REMOTE_ANY = 1;
export const REMOTE_SET = 0x40000000;
export const REMOTE_CLASS = 0x80000000;
export const RULE_IP6 = 4;
export const RULE_FIXED_BITS = 72;
export const CLASS_FIXED_BITS = 64;
export const ROUTE_FIXED_BITS = 32;
export const WAYS_MAX = 32;
export const FORWARD_FIXED_BITS = 80;
export const MIRROR_MARK_SHIFT = 16;
export const MIRRORS_MAX = 8;
export const MEMBER_REMOTE = 0x8000;
export const SOURCE_FIXED_BITS = 96;
export const SERVICE_CLIENTS4 = 0xa9fe4000;
export const SERVICE_CLIENT_MASK = 0x3fff;
export const SERVICE_SOCKET4 = 0xa9fe7ffe;
export const SERVICE_NET6 = 0xfdcab1e0;
export const SERVICE_METADATA_PORT = 18775;
export const SERVICE_DNS_PORT = 18053;
export const FLOW_VIF = 0x40000000;
export const FLOW_TUNNEL = 0x80000000;
export const FLOW_WIRE = 0xc0000000;
export const FRAGMENT_SLOTS = 64;
export const FLOW_SENDERS = 4096;
export const FLOW_BUCKETS = 4096;
export const TRACE_STEPS = 96;

export const DropReason = {
  NONE: 0,
  TRUNCATED: 1,
  MALFORMED: 2,
  CHECKSUM: 3,
  SOURCE_ROUTE: 4,
  MARTIAN: 5,
  TCP_FLAGS: 6,
  FRAGMENT_SHORT: 7,
  FRAGMENT_OVERLAP: 8,
  FRAGMENT_ALONE: 9,
  VIF_UNKNOWN: 10,
  VIF_DOWN: 11,
  SPOOFED_MAC: 12,
  SPOOFED_IP: 13,
  SPOOFED_ARP: 14,
  SPOOFED_ND: 15,
  ETHERTYPE: 16,
  VLAN_TAG: 17,
  DHCP_SERVER: 18,
  ROUTER_ADVERT: 19,
  NETWORK_UNKNOWN: 20,
  TUNNEL_STRANGER: 21,
  TUNNEL_HEADER: 22,
  DST_UNKNOWN: 23,
  ARP_UNKNOWN: 24,
  ND_UNKNOWN: 25,
  HAIRPIN: 26,
  REMOTE_TO_REMOTE: 27,
  TOO_BIG: 28,
  TTL: 29,
  POLICY_EGRESS: 30,
  POLICY_INGRESS: 31,
  NO_ROUTE: 32,
  HOST_UNKNOWN: 33,
  ROUTER_DOWN: 34,
  TO_ROUTER: 35,
  NO_GATEWAY: 36,
  NO_PROXY: 37,
  NEIGHBOUR_UNKNOWN: 38,
  NO_BACKEND: 39,
  NAT_PORTS: 40,
  COPY: 41,
  RATE_EGRESS: 42,
  RATE_INGRESS: 43,
  PACKET_RATE_EGRESS: 44,
  PACKET_RATE_INGRESS: 45,
  FLOW_TABLE_FULL: 46,
  FLOW_QUOTA: 47,
  MEMBERS_FULL: 48,
  TRAP_LIMIT: 49,
  SERVICE_LIMIT: 50,
  REDIRECT: 51,
  INTERNAL: 52,
} as const;
export type DropReason = (typeof DropReason)[keyof typeof DropReason];
/** Names by value, in lower case. */
export const dropReasonNames: Readonly<Record<number, string>> = {
  0: "none",
  1: "truncated",
  2: "malformed",
  3: "checksum",
  4: "source_route",
  5: "martian",
  6: "tcp_flags",
  7: "fragment_short",
  8: "fragment_overlap",
  9: "fragment_alone",
  10: "vif_unknown",
  11: "vif_down",
  12: "spoofed_mac",
  13: "spoofed_ip",
  14: "spoofed_arp",
  15: "spoofed_nd",
  16: "ethertype",
  17: "vlan_tag",
  18: "dhcp_server",
  19: "router_advert",
  20: "network_unknown",
  21: "tunnel_stranger",
  22: "tunnel_header",
  23: "dst_unknown",
  24: "arp_unknown",
  25: "nd_unknown",
  26: "hairpin",
  27: "remote_to_remote",
  28: "too_big",
  29: "ttl",
  30: "policy_egress",
  31: "policy_ingress",
  32: "no_route",
  33: "host_unknown",
  34: "router_down",
  35: "to_router",
  36: "no_gateway",
  37: "no_proxy",
  38: "neighbour_unknown",
  39: "no_backend",
  40: "nat_ports",
  41: "copy",
  42: "rate_egress",
  43: "rate_ingress",
  44: "packet_rate_egress",
  45: "packet_rate_ingress",
  46: "flow_table_full",
  47: "flow_quota",
  48: "members_full",
  49: "trap_limit",
  50: "service_limit",
  51: "redirect",
  52: "internal",
};

export const FlowFlag = {
  FIN: 1,
  CLOSED: 2,
  REWRITE: 4,
  ANSWER_OUT: 8,
  ANSWER_IN: 16,
  OPENING: 32,
  RESET: 64,
  REFUSED: 128,
  TO_BACKEND: 256,
  FROM_BACKEND: 512,
} as const;
export type FlowFlag = (typeof FlowFlag)[keyof typeof FlowFlag];
/** Names by value, in lower case. */
export const flowFlagNames: Readonly<Record<number, string>> = {
  1: "fin",
  2: "closed",
  4: "rewrite",
  8: "answer_out",
  16: "answer_in",
  32: "opening",
  64: "reset",
  128: "refused",
  256: "to_backend",
  512: "from_backend",
};

export const GatewayFlag = {
  HERE: 1,
  SNAT: 2,
  OWN: 4,
  PROXIED: 8,
} as const;
export type GatewayFlag = (typeof GatewayFlag)[keyof typeof GatewayFlag];
/** Names by value, in lower case. */
export const gatewayFlagNames: Readonly<Record<number, string>> = {
  1: "here",
  2: "snat",
  4: "own",
  8: "proxied",
};

export const IpFlag = {
  ANSWERED: 1,
  LEASED: 2,
  HELD: 4,
} as const;
export type IpFlag = (typeof IpFlag)[keyof typeof IpFlag];
/** Names by value, in lower case. */
export const ipFlagNames: Readonly<Record<number, string>> = {
  1: "answered",
  2: "leased",
  4: "held",
};

export const MirrorDirection = {
  IN: 1,
  OUT: 2,
} as const;
export type MirrorDirection = (typeof MirrorDirection)[keyof typeof MirrorDirection];
/** Names by value, in lower case. */
export const mirrorDirectionNames: Readonly<Record<number, string>> = {
  1: "in",
  2: "out",
};

export const MirrorKind = {
  LOCAL: 1,
  VXLAN: 2,
} as const;
export type MirrorKind = (typeof MirrorKind)[keyof typeof MirrorKind];
/** Names by value, in lower case. */
export const mirrorKindNames: Readonly<Record<number, string>> = {
  1: "local",
  2: "vxlan",
};

export const NetFlag = {
  PROVIDER: 1,
  MOVABLE: 2,
} as const;
export type NetFlag = (typeof NetFlag)[keyof typeof NetFlag];
/** Names by value, in lower case. */
export const netFlagNames: Readonly<Record<number, string>> = {
  1: "provider",
  2: "movable",
};

export const PrefixFlag = {
  IP6: 1,
} as const;
export type PrefixFlag = (typeof PrefixFlag)[keyof typeof PrefixFlag];
/** Names by value, in lower case. */
export const prefixFlagNames: Readonly<Record<number, string>> = {
  1: "ip6",
};

export const Rewrite = {
  MACS: 1,
  TTL: 2,
  SRC: 4,
  DST: 8,
} as const;
export type Rewrite = (typeof Rewrite)[keyof typeof Rewrite];
/** Names by value, in lower case. */
export const rewriteNames: Readonly<Record<number, string>> = {
  1: "macs",
  2: "ttl",
  4: "src",
  8: "dst",
};

export const RouteKind = {
  CONNECTED: 1,
  VIA: 2,
  OUTSIDE: 3,
  SHARED: 4,
} as const;
export type RouteKind = (typeof RouteKind)[keyof typeof RouteKind];
/** Names by value, in lower case. */
export const routeKindNames: Readonly<Record<number, string>> = {
  1: "connected",
  2: "via",
  3: "outside",
  4: "shared",
};

export const RouterFlag = {
  UP: 1,
} as const;
export type RouterFlag = (typeof RouterFlag)[keyof typeof RouterFlag];
/** Names by value, in lower case. */
export const routerFlagNames: Readonly<Record<number, string>> = {
  1: "up",
};

export const RuleDirection = {
  INGRESS: 1,
  EGRESS: 2,
} as const;
export type RuleDirection = (typeof RuleDirection)[keyof typeof RuleDirection];
/** Names by value, in lower case. */
export const ruleDirectionNames: Readonly<Record<number, string>> = {
  1: "ingress",
  2: "egress",
};

export const RuleFlag = {
  STATEFUL: 1,
  STATELESS: 2,
} as const;
export type RuleFlag = (typeof RuleFlag)[keyof typeof RuleFlag];
/** Names by value, in lower case. */
export const ruleFlagNames: Readonly<Record<number, string>> = {
  1: "stateful",
  2: "stateless",
};

export const TargetKind = {
  LOCAL: 1,
  REMOTE: 2,
  WIRE: 3,
  ROUTER: 4,
} as const;
export type TargetKind = (typeof TargetKind)[keyof typeof TargetKind];
/** Names by value, in lower case. */
export const targetKindNames: Readonly<Record<number, string>> = {
  1: "local",
  2: "remote",
  3: "wire",
  4: "router",
};

export const TraceChoice = {
  CHOICE_NEW: 0,
  CHOICE_KEPT: 1,
  CHOICE_AFFINITY: 2,
} as const;
export type TraceChoice = (typeof TraceChoice)[keyof typeof TraceChoice];
/** Names by value, in lower case. */
export const traceChoiceNames: Readonly<Record<number, string>> = {
  0: "choice_new",
  1: "choice_kept",
  2: "choice_affinity",
};

export const TraceFlow = {
  FLOW_NONE: 0,
  FLOW_CURRENT: 1,
  FLOW_OLD: 2,
  FLOW_UNDECIDED: 3,
  FLOW_OTHER: 4,
} as const;
export type TraceFlow = (typeof TraceFlow)[keyof typeof TraceFlow];
/** Names by value, in lower case. */
export const traceFlowNames: Readonly<Record<number, string>> = {
  0: "flow_none",
  1: "flow_current",
  2: "flow_old",
  3: "flow_undecided",
  4: "flow_other",
};

export const TraceKind = {
  PARSED: 1,
  FLOW: 2,
  SOURCE: 3,
  SWITCHED: 4,
  TO_ROUTER: 5,
  ROUTED: 6,
  BALANCED: 7,
  OUTSIDE: 8,
  GATEWAY: 9,
  POLICY: 10,
  CHANCE: 11,
  NAT: 12,
  KEPT: 13,
  TRAPPED: 14,
  SERVICE: 15,
  ANSWERED: 16,
  ECHOED: 17,
  RESET: 18,
  REFUSED: 19,
  ASKED: 20,
  METERED: 21,
  MARKED: 22,
  LOCAL: 23,
  WIRE: 24,
  ENCAPSULATED: 25,
  SENT: 26,
  COPIED: 27,
  DROPPED: 28,
} as const;
export type TraceKind = (typeof TraceKind)[keyof typeof TraceKind];
/** Names by value, in lower case. */
export const traceKindNames: Readonly<Record<number, string>> = {
  1: "parsed",
  2: "flow",
  3: "source",
  4: "switched",
  5: "to_router",
  6: "routed",
  7: "balanced",
  8: "outside",
  9: "gateway",
  10: "policy",
  11: "chance",
  12: "nat",
  13: "kept",
  14: "trapped",
  15: "service",
  16: "answered",
  17: "echoed",
  18: "reset",
  19: "refused",
  20: "asked",
  21: "metered",
  22: "marked",
  23: "local",
  24: "wire",
  25: "encapsulated",
  26: "sent",
  27: "copied",
  28: "dropped",
};

export const TracePolicy = {
  POLICY_NONE: 0,
  POLICY_RULE: 1,
  POLICY_NO_GROUPS: 2,
  POLICY_ALWAYS: 3,
  POLICY_RELATED: 4,
  POLICY_ANSWER: 5,
} as const;
export type TracePolicy = (typeof TracePolicy)[keyof typeof TracePolicy];
/** Names by value, in lower case. */
export const tracePolicyNames: Readonly<Record<number, string>> = {
  0: "policy_none",
  1: "policy_rule",
  2: "policy_no_groups",
  3: "policy_always",
  4: "policy_related",
  5: "policy_answer",
};

export const TrapReason = {
  DHCP4: 1,
  ROUTER_SOLICITATION: 2,
  DHCP6: 3,
  HOLDER: 4,
} as const;
export type TrapReason = (typeof TrapReason)[keyof typeof TrapReason];
/** Names by value, in lower case. */
export const trapReasonNames: Readonly<Record<number, string>> = {
  1: "dhcp4",
  2: "router_solicitation",
  3: "dhcp6",
  4: "holder",
};

export const UplinkFlag = {
  PROVIDER: 1,
  MACHINES: 2,
} as const;
export type UplinkFlag = (typeof UplinkFlag)[keyof typeof UplinkFlag];
/** Names by value, in lower case. */
export const uplinkFlagNames: Readonly<Record<number, string>> = {
  1: "provider",
  2: "machines",
};

export const VifFlag = {
  ADMIN_UP: 1,
  PORT_SECURITY: 2,
  DHCP4: 4,
  RA: 8,
  DHCP6: 16,
  METER_IN: 32,
  METER_OUT: 64,
  MIRROR_IN: 128,
  MIRROR_OUT: 256,
  MARK: 512,
  HOST: 1024,
} as const;
export type VifFlag = (typeof VifFlag)[keyof typeof VifFlag];
/** Names by value, in lower case. */
export const vifFlagNames: Readonly<Record<number, string>> = {
  1: "admin_up",
  2: "port_security",
  4: "dhcp4",
  8: "ra",
  16: "dhcp6",
  32: "meter_in",
  64: "meter_out",
  128: "mirror_in",
  256: "mirror_out",
  512: "mark",
  1024: "host",
};

export const VifKind = {
  TAP: 1,
  VETH: 2,
  PHYSICAL: 3,
  SUBPORT: 4,
} as const;
export type VifKind = (typeof VifKind)[keyof typeof VifKind];
/** Names by value, in lower case. */
export const vifKindNames: Readonly<Record<number, string>> = {
  1: "tap",
  2: "veth",
  3: "physical",
  4: "subport",
};

export interface BalancerKey {
  ip: Ip;
  router: RouterNumber;
  port: number;
  proto: number;
}
export const BalancerKey: Table<BalancerKey> = record("balancer_key", 24, {
  ip: [0, ip],
  router: [16, branded<RouterNumber>(u32)],
  port: [20, be16],
  proto: [22, u8],
});

export interface AffinityKey {
  of: BalancerKey;
  client: Ip;
}
export const AffinityKey: Table<AffinityKey> = record("affinity_key", 40, {
  of: [0, BalancerKey],
  client: [24, ip],
});

export interface Backend {
  ip: Ip;
  port: number;
}
export const Backend: Table<Backend> = record("backend", 20, {
  ip: [0, ip],
  port: [16, be16],
});

export interface Affinity {
  to: Backend;
  untilNs: bigint;
}
export const Affinity: Table<Affinity> = record("affinity", 32, {
  to: [0, Backend],
  untilNs: [24, u64],
});

export interface IpKey {
  net: NetNumber;
  ip: Ip;
}
export const IpKey: Table<IpKey> = record("ip_key", 20, {
  net: [0, branded<NetNumber>(u32)],
  ip: [4, ip],
});

export interface Asking {
  askedNs: bigint;
}
export const Asking: Table<Asking> = record("asking", 8, {
  askedNs: [0, u64],
});

export interface AttachmentKey {
  ifindex: number;
  vlan: number;
  mac: Mac;
}
export const AttachmentKey: Table<AttachmentKey> = record("attachment_key", 12, {
  ifindex: [0, u32],
  vlan: [4, u16],
  mac: [6, mac],
});

export interface BackendKey {
  of: BalancerKey;
  index: number;
}
export const BackendKey: Table<BackendKey> = record("backend_key", 28, {
  of: [0, BalancerKey],
  index: [24, u32],
});

export interface BackingKey {
  of: BalancerKey;
  ip: Ip;
  port: number;
}
export const BackingKey: Table<BackingKey> = record("backing_key", 44, {
  of: [0, BalancerKey],
  ip: [24, ip],
  port: [40, be16],
});

export interface Backing {
  flags: number;
}
export const Backing: Table<Backing> = record("backing", 4, {
  flags: [0, u32],
});

export interface Balancer {
  backends: number;
  affinitySeconds: number;
}
export const Balancer: Table<Balancer> = record("balancer", 8, {
  backends: [0, u32],
  affinitySeconds: [4, u32],
});

export interface ClassKey {
  prefixLength: number;
  policy: SetNumber;
  direction: number;
  ip: Ip;
}
export const ClassKey: Table<ClassKey> = record("class_key", 28, {
  prefixLength: [0, u32],
  policy: [4, branded<SetNumber>(u32)],
  direction: [8, u32],
  ip: [12, ip],
});

export interface ClassEntry {
  number: number;
}
export const ClassEntry: Table<ClassEntry> = record("class_entry", 4, {
  number: [0, u32],
});

export interface FixedKey {
  router: RouterNumber;
  ip: number;
}
export const FixedKey: Table<FixedKey> = record("fixed_key", 8, {
  router: [0, branded<RouterNumber>(u32)],
  ip: [4, be32],
});

export interface Fixed {
  ip: number;
  mac: Mac;
}
export const Fixed: Table<Fixed> = record("fixed", 12, {
  ip: [0, be32],
  mac: [4, mac],
});

export interface Floating {
  router: RouterNumber;
  fixed: number;
}
export const Floating: Table<Floating> = record("floating", 8, {
  router: [0, branded<RouterNumber>(u32)],
  fixed: [4, be32],
});

export interface FlowAged {
  entries: bigint;
}
export const FlowAged: Table<FlowAged> = record("flow_aged", 8, {
  entries: [0, u64],
});

export interface FlowCount {
  live: bigint;
  made: bigint;
}
export const FlowCount: Table<FlowCount> = record("flow_count", 16, {
  live: [0, u64],
  made: [8, u64],
});

export interface FlowKey {
  ingress: number;
  src: Ip;
  dst: Ip;
  srcPort: number;
  dstPort: number;
  proto: number;
}
export const FlowKey: Table<FlowKey> = record("flow_key", 44, {
  ingress: [0, u32],
  src: [4, ip],
  dst: [20, ip],
  srcPort: [36, be16],
  dstPort: [38, be16],
  proto: [40, u8],
});

export interface Target {
  kind: number;
  vif: VifNumber;
  remote: Ip;
}
export const Target: Table<Target> = record("target", 24, {
  kind: [0, u32],
  vif: [4, branded<VifNumber>(u32)],
  remote: [8, ip],
});

export interface Nat {
  src: Ip;
  dst: Ip;
  srcPort: number;
  dstPort: number;
}
export const Nat: Table<Nat> = record("nat", 36, {
  src: [0, ip],
  dst: [16, ip],
  srcPort: [32, be16],
  dstPort: [34, be16],
});

export interface Flow {
  generation: number;
  flags: number;
  dstMac: Mac;
  srcMac: Mac;
  target: Target;
  vifIn: VifNumber;
  tunnelPeer: Ip;
  mtu: number;
  out: NetNumber;
  packets: bigint;
  bytes: bigint;
  lastSeenNs: bigint;
  newDstMac: Mac;
  newSrcMac: Mac;
  rewrite: number;
  hops: number;
  nat: Nat;
  natRouter: RouterNumber;
  owner: number;
  back: number;
  metered: NetNumber;
  balancer: RouterNumber;
}
export const Flow: Table<Flow> = record("flow", 168, {
  generation: [0, u32],
  flags: [4, u32],
  dstMac: [8, mac],
  srcMac: [14, mac],
  target: [20, Target],
  vifIn: [44, branded<VifNumber>(u32)],
  tunnelPeer: [48, ip],
  mtu: [64, u32],
  out: [68, branded<NetNumber>(u32)],
  packets: [72, u64],
  bytes: [80, u64],
  lastSeenNs: [88, u64],
  newDstMac: [96, mac],
  newSrcMac: [102, mac],
  rewrite: [108, u16],
  hops: [110, u16],
  nat: [112, Nat],
  natRouter: [148, branded<RouterNumber>(u32)],
  owner: [152, u32],
  back: [156, u32],
  metered: [160, branded<NetNumber>(u32)],
  balancer: [164, branded<RouterNumber>(u32)],
});

export interface ForwardKey {
  prefixLength: number;
  net: NetNumber;
  ip: number;
  proto: number;
  port: number;
}
export const ForwardKey: Table<ForwardKey> = record("forward_key", 16, {
  prefixLength: [0, u32],
  net: [4, branded<NetNumber>(u32)],
  ip: [8, be32],
  proto: [12, u8],
  port: [14, be16],
});

export interface Forward {
  router: RouterNumber;
  ip: number;
  first: number;
  external: number;
}
export const Forward: Table<Forward> = record("forward", 12, {
  router: [0, branded<RouterNumber>(u32)],
  ip: [4, be32],
  first: [8, u16],
  external: [10, u16],
});

export interface FragmentKey {
  owner: number;
  slot: number;
}
export const FragmentKey: Table<FragmentKey> = record("fragment_key", 8, {
  owner: [0, u32],
  slot: [4, u32],
});

export interface Fragment {
  src: Ip;
  dst: Ip;
  ingress: number;
  id: number;
  srcPort: number;
  dstPort: number;
  proto: number;
  icmpType: number;
  icmpCode: number;
  size: number;
  seenNs: bigint;
}
export const Fragment: Table<Fragment> = record("fragment", 64, {
  src: [0, ip],
  dst: [16, ip],
  ingress: [32, u32],
  id: [36, u32],
  srcPort: [40, be16],
  dstPort: [42, be16],
  proto: [44, u8],
  icmpType: [45, u8],
  icmpCode: [46, u8],
  size: [48, u32],
  seenNs: [56, u64],
});

export interface Gateway {
  flags: number;
  net: NetNumber;
  remote: Ip;
  mac: Mac;
  ip4: number;
  ip6: Ip;
  mtu: number;
}
export const Gateway: Table<Gateway> = record("gateway", 56, {
  flags: [0, u32],
  net: [4, branded<NetNumber>(u32)],
  remote: [8, ip],
  mac: [24, mac],
  ip4: [32, be32],
  ip6: [36, ip],
  mtu: [52, u32],
});

export interface IfaceKey {
  ifindex: number;
}
export const IfaceKey: Table<IfaceKey> = record("iface_key", 4, {
  ifindex: [0, u32],
});

export interface IpEntry {
  target: Target;
  mac: Mac;
  flags: number;
  set: SetNumber;
}
export const IpEntry: Table<IpEntry> = record("ip_entry", 36, {
  target: [0, Target],
  mac: [24, mac],
  flags: [30, u16],
  set: [32, branded<SetNumber>(u32)],
});

export interface Lease {
  untilNs: bigint;
}
export const Lease: Table<Lease> = record("lease", 8, {
  untilNs: [0, u64],
});

export interface MeterKey {
  net: NetNumber;
  ip: number;
  vif: VifNumber;
  direction: number;
}
export const MeterKey: Table<MeterKey> = record("meter_key", 16, {
  net: [0, branded<NetNumber>(u32)],
  ip: [4, be32],
  vif: [8, branded<VifNumber>(u32)],
  direction: [12, u32],
});

export interface Rate {
  cost: bigint;
  burstNs: bigint;
}
export const Rate: Table<Rate> = record("rate", 16, {
  cost: [0, u64],
  burstNs: [8, u64],
});

export interface Limit {
  bytes: Rate;
  packets: Rate;
}
export const Limit: Table<Limit> = record("limit", 32, {
  bytes: [0, Rate],
  packets: [16, Rate],
});

export interface MacKey {
  net: NetNumber;
  mac: Mac;
}
export const MacKey: Table<MacKey> = record("mac_key", 12, {
  net: [0, branded<NetNumber>(u32)],
  mac: [4, mac],
});

export interface MemberKey {
  net: NetNumber;
  index: number;
}
export const MemberKey: Table<MemberKey> = record("member_key", 8, {
  net: [0, branded<NetNumber>(u32)],
  index: [4, u32],
});

export interface Member {
  vif: VifNumber;
  remote: Ip;
}
export const Member: Table<Member> = record("member", 20, {
  vif: [0, branded<VifNumber>(u32)],
  remote: [4, ip],
});

export interface Bucket {
  paidUntilNs: bigint;
  cost: bigint;
}
export const Bucket: Table<Bucket> = record("bucket", 16, {
  paidUntilNs: [0, u64],
  cost: [8, u64],
});

export interface Meter {
  bytes: Bucket;
  packets: Bucket;
}
export const Meter: Table<Meter> = record("meter", 32, {
  bytes: [0, Bucket],
  packets: [16, Bucket],
});

export interface MirrorKey {
  vif: VifNumber;
  direction: number;
  index: number;
}
export const MirrorKey: Table<MirrorKey> = record("mirror_key", 8, {
  vif: [0, branded<VifNumber>(u32)],
  direction: [4, u16],
  index: [6, u16],
});

export interface Mirror {
  kind: number;
  vif: VifNumber;
  tunnel: number;
  more: number;
  remote: Ip;
  tag: number;
}
export const Mirror: Table<Mirror> = record("mirror", 36, {
  kind: [0, u32],
  vif: [4, branded<VifNumber>(u32)],
  tunnel: [8, u32],
  more: [12, u32],
  remote: [16, ip],
  tag: [32, u32],
});

export interface Neighbour {
  mac: Mac;
  askedNs: bigint;
  heardNs: bigint;
}
export const Neighbour: Table<Neighbour> = record("neighbour", 32, {
  mac: [0, mac],
  askedNs: [16, u64],
  heardNs: [24, u64],
});

export interface Net {
  flags: number;
  mtu: number;
  ifindex: number;
  vlan: number;
  locals: number;
  remotes: number;
}
export const Net: Table<Net> = record("net", 24, {
  flags: [0, u32],
  mtu: [4, u32],
  ifindex: [8, u32],
  vlan: [12, u16],
  locals: [14, u16],
  remotes: [16, u16],
});

export interface PairKey {
  prefixLength: number;
  net: NetNumber;
  ip: Ip;
}
export const PairKey: Table<PairKey> = record("pair_key", 24, {
  prefixLength: [0, u32],
  net: [4, branded<NetNumber>(u32)],
  ip: [8, ip],
});

export interface Pair {
  set: SetNumber;
  flags: number;
}
export const Pair: Table<Pair> = record("pair", 8, {
  set: [0, branded<SetNumber>(u32)],
  flags: [4, u32],
});

export interface PeerKey {
  net: NetNumber;
  ip: Ip;
}
export const PeerKey: Table<PeerKey> = record("peer_key", 20, {
  net: [0, branded<NetNumber>(u32)],
  ip: [4, ip],
});

export interface Peer {
  flags: number;
}
export const Peer: Table<Peer> = record("peer", 4, {
  flags: [0, u32],
});

export interface RouterPortKey {
  router: RouterNumber;
  net: NetNumber;
}
export const RouterPortKey: Table<RouterPortKey> = record("router_port_key", 8, {
  router: [0, branded<RouterNumber>(u32)],
  net: [4, branded<NetNumber>(u32)],
});

export interface RouterPort {
  mac: Mac;
  ip4: number;
  ip6: Ip;
}
export const RouterPort: Table<RouterPort> = record("router_port", 28, {
  mac: [0, mac],
  ip4: [8, be32],
  ip6: [12, ip],
});

export interface Router {
  flags: number;
  id: number[];
}
export const Router: Table<Router> = record("router", 20, {
  flags: [0, u32],
  id: [4, array(u32, 4)],
});

export interface RouteKey {
  prefixLength: number;
  router: RouterNumber;
  ip: Ip;
}
export const RouteKey: Table<RouteKey> = record("route_key", 24, {
  prefixLength: [0, u32],
  router: [4, branded<RouterNumber>(u32)],
  ip: [8, ip],
});

export interface Route {
  kind: number;
  net: NetNumber;
  nextHop: Ip;
  ways: number;
  prefixLength: number;
}
export const Route: Table<Route> = record("route", 32, {
  kind: [0, u32],
  net: [4, branded<NetNumber>(u32)],
  nextHop: [8, ip],
  ways: [24, u32],
  prefixLength: [28, u32],
});

export interface RuleKey {
  prefixLength: number;
  policy: SetNumber;
  remote: number;
  direction: number;
  proto: number;
  port: number;
}
export const RuleKey: Table<RuleKey> = record("rule_key", 16, {
  prefixLength: [0, u32],
  policy: [4, branded<SetNumber>(u32)],
  remote: [8, u32],
  direction: [12, u8],
  proto: [13, u8],
  port: [14, be16],
});

export interface Rule {
  flags: number;
  tag: number;
}
export const Rule: Table<Rule> = record("rule", 8, {
  flags: [0, u32],
  tag: [4, u32],
});

export interface Budget {
  filledNs: bigint;
  tokens: bigint;
}
export const Budget: Table<Budget> = record("budget", 16, {
  filledNs: [0, u64],
  tokens: [8, u64],
});

export interface ServiceKey {
  vif: VifNumber;
  port: number;
  proto: number;
  is6: number;
}
export const ServiceKey: Table<ServiceKey> = record("service_key", 8, {
  vif: [0, branded<VifNumber>(u32)],
  port: [4, be16],
  proto: [6, u8],
  is6: [7, u8],
});

export interface ServiceClient {
  ip: Ip;
  service: Ip;
  mac: Mac;
}
export const ServiceClient: Table<ServiceClient> = record("service_client", 40, {
  ip: [0, ip],
  service: [16, ip],
  mac: [32, mac],
});

export interface SetKey {
  name: number[];
}
export const SetKey: Table<SetKey> = record("set_key", 16, {
  name: [0, array(u32, 4)],
});

export interface SetEntry {
  number: SetNumber;
}
export const SetEntry: Table<SetEntry> = record("set_entry", 4, {
  number: [0, branded<SetNumber>(u32)],
});

export interface Settings {
  generation: number;
  vxlanIfindex: number;
  trapIfindex: number;
  logLevel: number;
  serviceMac: Mac;
  socketMac: Mac;
  serviceIfindex: number;
  mirrorIfindex: number;
  flowQuota: number;
  flowShare: number;
  flowRoom: number;
}
export const Settings: Table<Settings> = record("settings", 48, {
  generation: [0, u32],
  vxlanIfindex: [4, u32],
  trapIfindex: [8, u32],
  logLevel: [12, u32],
  serviceMac: [16, mac],
  socketMac: [22, mac],
  serviceIfindex: [28, u32],
  mirrorIfindex: [32, u32],
  flowQuota: [36, u32],
  flowShare: [40, u32],
  flowRoom: [44, u32],
});

export interface SourceKey {
  prefixLength: number;
  vif: VifNumber;
  mac: Mac;
  ip: Ip;
}
export const SourceKey: Table<SourceKey> = record("source_key", 32, {
  prefixLength: [0, u32],
  vif: [4, branded<VifNumber>(u32)],
  mac: [8, mac],
  ip: [16, ip],
});

export interface Source {
  flags: number;
}
export const Source: Table<Source> = record("source", 4, {
  flags: [0, u32],
});

export interface VifStats {
  rxPackets: bigint;
  rxBytes: bigint;
  txPackets: bigint;
  txBytes: bigint;
  mirroredPackets: bigint;
  mirroredBytes: bigint;
  tappedPackets: bigint;
  tappedBytes: bigint;
  drops: bigint[];
}
export const VifStats: Table<VifStats> = record("vif_stats", 488, {
  rxPackets: [0, u64],
  rxBytes: [8, u64],
  txPackets: [16, u64],
  txBytes: [24, u64],
  mirroredPackets: [32, u64],
  mirroredBytes: [40, u64],
  tappedPackets: [48, u64],
  tappedBytes: [56, u64],
  drops: [64, array(u64, 53)],
});

export interface SubportKey {
  ifindex: number;
  vlan: number;
}
export const SubportKey: Table<SubportKey> = record("subport_key", 8, {
  ifindex: [0, u32],
  vlan: [4, u16],
});

export interface TapKey {
  vni: number;
}
export const TapKey: Table<TapKey> = record("tap_key", 4, {
  vni: [0, u32],
});

export interface Tap {
  vif: VifNumber;
}
export const Tap: Table<Tap> = record("tap", 4, {
  vif: [0, branded<VifNumber>(u32)],
});

export interface UplinkKey {
  ifindex: number;
  vlan: number;
}
export const UplinkKey: Table<UplinkKey> = record("uplink_key", 8, {
  ifindex: [0, u32],
  vlan: [4, u16],
});

export interface Uplink {
  net: NetNumber;
  flags: number;
}
export const Uplink: Table<Uplink> = record("uplink", 8, {
  net: [0, branded<NetNumber>(u32)],
  flags: [4, u32],
});

export interface Vif {
  net: NetNumber;
  ifindex: number;
  flags: number;
  kind: number;
  vlan: number;
  mac: Mac;
  dscp: number;
  policy: SetNumber;
}
export const Vif: Table<Vif> = record("vif", 28, {
  net: [0, branded<NetNumber>(u32)],
  ifindex: [4, u32],
  flags: [8, u32],
  kind: [12, u16],
  vlan: [14, u16],
  mac: [16, mac],
  dscp: [22, u8],
  policy: [24, branded<SetNumber>(u32)],
});

export interface WayKey {
  router: RouterNumber;
  prefixLength: number;
  ip: Ip;
  index: number;
}
export const WayKey: Table<WayKey> = record("way_key", 28, {
  router: [0, branded<RouterNumber>(u32)],
  prefixLength: [4, u32],
  ip: [8, ip],
  index: [24, u32],
});

export interface TrapHeader {
  vif: VifNumber;
  reason: number;
  length: number;
  wire: NetNumber;
}
export const TrapHeader: Table<TrapHeader> = record("trap_header", 12, {
  vif: [0, branded<VifNumber>(u32)],
  reason: [4, u16],
  length: [6, u16],
  wire: [8, branded<NetNumber>(u32)],
});

export interface TraceStep {
  kind: number;
  vif: VifNumber;
  net: NetNumber;
  router: RouterNumber;
  src: Ip;
  dst: Ip;
  srcPort: number;
  dstPort: number;
  mac: Mac;
  proto: number;
  direction: number;
  number: number;
  tag: number;
  policy: SetNumber;
  remote: number;
}
export const TraceStep: Table<TraceStep> = record("trace_step", 76, {
  kind: [0, u32],
  vif: [4, branded<VifNumber>(u32)],
  net: [8, branded<NetNumber>(u32)],
  router: [12, branded<RouterNumber>(u32)],
  src: [16, ip],
  dst: [32, ip],
  srcPort: [48, be16],
  dstPort: [50, be16],
  mac: [52, mac],
  proto: [58, u8],
  direction: [59, u8],
  number: [60, u32],
  tag: [64, u32],
  policy: [68, branded<SetNumber>(u32)],
  remote: [72, u32],
});

export interface Trace {
  length: number;
  tunnelNet: NetNumber;
  tunnelPeer: Ip;
  newFlows: number;
  steps: TraceStep[];
}
export const Trace: Table<Trace> = record("trace", 7324, {
  length: [0, u32],
  tunnelNet: [4, branded<NetNumber>(u32)],
  tunnelPeer: [8, ip],
  newFlows: [24, u32],
  steps: [28, array(TraceStep, 96)],
});

/** Every map that the agent fills or reads: the tables of its key and value. */
export const MAPS = {
  affinities: { key: AffinityKey, value: Affinity },
  askings: { key: IpKey, value: Asking },
  attachments: { key: AttachmentKey, value: scalar<VifNumber>("vif_t", branded<VifNumber>(u32)) },
  backends: { key: BackendKey, value: Backend },
  backings: { key: BackingKey, value: Backing },
  balancers: { key: BalancerKey, value: Balancer },
  classes: { key: ClassKey, value: ClassEntry },
  fixeds: { key: FixedKey, value: Fixed },
  floatings: { key: IpKey, value: Floating },
  flow_aged: { key: scalar<number>("__u32", u32), value: FlowAged },
  flow_counts: { key: scalar<number>("__u32", u32), value: FlowCount },
  flows: { key: FlowKey, value: Flow },
  forwards: { key: ForwardKey, value: Forward },
  fragments: { key: FragmentKey, value: Fragment },
  gateways: { key: scalar<RouterNumber>("router_t", branded<RouterNumber>(u32)), value: Gateway },
  ifaces: { key: IfaceKey, value: scalar<VifNumber>("vif_t", branded<VifNumber>(u32)) },
  ips: { key: IpKey, value: IpEntry },
  leases: { key: scalar<number>("__u32", u32), value: Lease },
  limits: { key: MeterKey, value: Limit },
  macs: { key: MacKey, value: Target },
  members: { key: MemberKey, value: Member },
  meters: { key: MeterKey, value: Meter },
  mirrors: { key: MirrorKey, value: Mirror },
  neighbours: { key: IpKey, value: Neighbour },
  nets: { key: scalar<NetNumber>("net_t", branded<NetNumber>(u32)), value: Net },
  pairs: { key: PairKey, value: Pair },
  peers: { key: PeerKey, value: Peer },
  router_ports: { key: RouterPortKey, value: RouterPort },
  routers: { key: scalar<RouterNumber>("router_t", branded<RouterNumber>(u32)), value: Router },
  routes: { key: RouteKey, value: Route },
  rules: { key: RuleKey, value: Rule },
  service_budgets: { key: scalar<VifNumber>("vif_t", branded<VifNumber>(u32)), value: Budget },
  service_clients: { key: ServiceKey, value: ServiceClient },
  sets: { key: SetKey, value: SetEntry },
  settings: { key: scalar<number>("__u32", u32), value: Settings },
  sources: { key: SourceKey, value: Source },
  stats: { key: scalar<VifNumber>("vif_t", branded<VifNumber>(u32)), value: VifStats },
  subports: { key: SubportKey, value: scalar<VifNumber>("vif_t", branded<VifNumber>(u32)) },
  taps: { key: TapKey, value: Tap },
  trap_budgets: { key: scalar<VifNumber>("vif_t", branded<VifNumber>(u32)), value: Budget },
  uplinks: { key: UplinkKey, value: Uplink },
  vifs: { key: scalar<VifNumber>("vif_t", branded<VifNumber>(u32)), value: Vif },
  ways: { key: WayKey, value: Route },
} as const;
export type MapName = keyof typeof MAPS;
export type MapKey<N extends MapName> = (typeof MAPS)[N]["key"] extends Table<infer T> ? T : never;
export type MapValue<N extends MapName> = (typeof MAPS)[N]["value"] extends Table<infer T> ? T : never;
