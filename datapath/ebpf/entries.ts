/** Wanted objects as map entries: what the data plane knows of a network, a vif and an endpoint. Pure. */
import {
  IpFlag,
  MEMBER_REMOTE,
  NET_LOCAL,
  NetFlag,
  type NetNumber,
  type SetNumber,
  SOURCE_FIXED_BITS,
  type Target,
  TargetKind,
  UplinkFlag,
  VifFlag,
  VifKind,
  type VifNumber,
} from "../../bpf/layout.gen.ts";
import {
  type Ip,
  linkLocalAddress,
  type Mac,
  type Prefix,
  prefix,
  SERVICE_IP4,
  SERVICE_IP6,
  SERVICE_MAC,
  type Segment,
} from "../../model/mod.ts";
import type { WantedEndpoint, WantedNetwork, WantedVif } from "../datapath.ts";
import { BORROWED, type Entry, entry, HELD, prefixFlags, prefixKey } from "./entry.ts";
import { limitEntries, ofVif, qosFlags } from "./limits.ts";
import { mirrorFlags } from "./mirrors.ts";
import { NO_SET } from "./sets.ts";

const NO_IP = "::" as Ip;
const NO_VIF = 0 as VifNumber;
const NO_TARGET: Target = { kind: 0, vif: NO_VIF, remote: NO_IP };

/** A network card that provider networks or physical machines hang on. */
export interface Card {
  ifindex: number;
  /** Of its physical network among all of this host; part of the network's number. */
  slot: number;
}

/** @throws RangeError for a VNI beyond 24 bits, which would look like a local network */
export function netNumber(segment: Segment, card: Card | undefined): NetNumber {
  if (segment.kind === "vxlan") {
    if (segment.vni <= 0 || segment.vni >= NET_LOCAL) throw new RangeError(`VNI ${segment.vni} is not in 1..2^24-1`);
    return segment.vni as NetNumber;
  }
  if (card === undefined) throw new RangeError(`no card for physical network ${segment.physicalNetwork}`);
  return (NET_LOCAL | (card.slot << 12) | wireVlan(segment)) as NetNumber;
}

function wireVlan(segment: Segment): number {
  return segment.kind === "vlan" ? segment.vlan : 0;
}

/** Who is in a network: ports of this host, other hosts. In the order of their place in `members`. */
export interface Membership {
  locals: readonly VifNumber[];
  remotes: readonly Ip[];
  /** Some endpoint may hold addresses that are not its own. */
  movable: boolean;
}

export function networkEntries(
  network: WantedNetwork,
  net: NetNumber,
  card: Card | undefined,
  members: Membership,
  /** Hosts that may send into it; by routers more than have a port in it. */
  peers: readonly Ip[] = members.remotes,
): Entry[] {
  const provider = network.segment.kind !== "vxlan";
  const flags = (provider ? NetFlag.PROVIDER : 0) | (members.movable ? NetFlag.MOVABLE : 0);
  const { locals, remotes } = members;
  const value = {
    flags,
    mtu: network.mtuBytes,
    ifindex: provider ? (card?.ifindex ?? 0) : 0,
    vlan: wireVlan(network.segment),
    locals: locals.length,
    remotes: remotes.length,
  };
  return [
    entry("nets", net, value),
    ...locals.map((vif, index) => entry("members", { net, index }, { vif, remote: NO_IP })),
    ...remotes.map((remote, i) => entry("members", { net, index: MEMBER_REMOTE + i }, { vif: NO_VIF, remote })),
    ...peers.map((ip) => entry("peers", { net, ip }, { flags: 0 })),
    // Every host answers for the service's addresses itself, so they have a MAC and no place.
    ...[SERVICE_IP4, SERVICE_IP6].map((ip) =>
      entry("ips", { net, ip }, { target: NO_TARGET, mac: SERVICE_MAC, flags: 0, set: NO_SET }),
    ),
  ];
}

const KINDS = { tap: VifKind.TAP, veth: VifKind.VETH, physical: VifKind.PHYSICAL, subport: VifKind.SUBPORT } as const;

/** `policy`: the set whose rules hold. */
export function vifEntries(vif: WantedVif, number: VifNumber, net: NetNumber, policy: SetNumber = NO_SET): Entry[] {
  const { ifindex, kind } = vif.device;
  const vlan = vif.device.vlan ?? 0;
  const flags =
    (vif.adminUp ? VifFlag.ADMIN_UP : 0) |
    (vif.allowed === null ? 0 : VifFlag.PORT_SECURITY) |
    (vif.dhcp ? VifFlag.DHCP4 : 0) |
    (vif.dhcp6 ? VifFlag.DHCP6 : 0) |
    mirrorFlags(vif) |
    (vif.isHost ? VifFlag.HOST : 0) |
    (vif.ra ? VifFlag.RA : 0) |
    qosFlags(vif.qos);
  return [
    entry("vifs", number, {
      net,
      ifindex,
      flags,
      kind: KINDS[kind],
      vlan,
      mac: vif.mac,
      dscp: vif.qos?.dscp ?? 0,
      policy,
    }),
    deviceEntry(vif, number),
    ...sourceEntries(vif, number),
    ...limitEntries(vif.qos, ofVif(number)),
  ];
}

function deviceEntry({ device: { ifindex, kind, vlan }, mac }: WantedVif, number: VifNumber): Entry {
  if (kind === "physical") return entry("attachments", { ifindex, vlan: vlan ?? 0, mac }, number);
  if (kind === "subport") return entry("subports", { ifindex, vlan: vlan ?? 0 }, number);
  return entry("ifaces", { ifindex }, number);
}

/** What the port may send from: its own addresses, its address pairs, and the link-local address of each MAC. */
function sourceEntries(vif: WantedVif, number: VifNumber): Entry[] {
  if (vif.allowed === null) return [];
  const macs = new Set<Mac>([vif.mac, ...vif.allowed.map((pair) => pair.mac)]);
  return [
    ...vif.ips.map((ip) => sourceEntry(number, vif.mac, prefix(ip))),
    ...vif.allowed.map((pair) => sourceEntry(number, pair.mac, prefix(pair.cidr))),
    ...[...macs].map((mac) => sourceEntry(number, mac, prefix(linkLocalAddress(mac)))),
  ];
}

function sourceEntry(vif: VifNumber, mac: Mac, from: Prefix): Entry {
  return entry("sources", { vif, mac, ...prefixKey(from, SOURCE_FIXED_BITS) }, { flags: prefixFlags(from) });
}

/** `vif` is the number of the local port it is; nothing is known of a local endpoint without one. */
export function endpointEntries(
  endpoint: WantedEndpoint,
  net: NetNumber,
  vif: VifNumber | undefined,
  set: SetNumber = NO_SET,
): Entry[] {
  const target = targetOf(endpoint, vif);
  if (target === undefined) return [];
  const { mac } = endpoint;
  const ips = new Set<Ip>([...endpoint.ips, linkLocalAddress(mac)]);
  return [
    entry("macs", { net, mac }, target),
    ...endpoint.moreMacs.map((more) => entry("macs", { net, mac: more }, target, BORROWED)),
    ...[...ips].map((ip) => entry("ips", { net, ip }, { target, mac, flags: 0, set })),
    ...(endpoint.held ?? []).flatMap(({ ip, mac: at }) => [
      entry("ips", { net, ip }, { target, mac: at, flags: IpFlag.HELD, set: NO_SET }, HELD),
      ...(at === mac ? [] : [entry("macs", { net, mac: at }, target, HELD)]),
    ]),
  ];
}

function targetOf({ location }: WantedEndpoint, vif: VifNumber | undefined): Target | undefined {
  switch (location.kind) {
    case "local":
      return vif === undefined ? undefined : { kind: TargetKind.LOCAL, vif, remote: NO_IP };
    case "remote":
      return { kind: TargetKind.REMOTE, vif: NO_VIF, remote: location.tunnelIp };
    case "wire":
      return { kind: TargetKind.WIRE, vif: NO_VIF, remote: NO_IP };
  }
}

/** A tag on a card and the network it leads to. */
export interface Wire {
  ifindex: number;
  vlan: number;
  net: NetNumber;
  kind: "provider" | "machines";
}

export function providerWire(segment: Segment, net: NetNumber, card: Card): Wire {
  return { ifindex: card.ifindex, vlan: wireVlan(segment), net, kind: "provider" };
}

/** The tags in use on this host's cards. Wires of one tag must be of one network. */
export function uplinkEntries(wires: Iterable<Wire>): Entry[] {
  const byTag = new Map<string, { ifindex: number; vlan: number; net: NetNumber; flags: number }>();
  for (const { ifindex, vlan, net, kind } of wires) {
    const key = `${ifindex}/${vlan}`;
    const uplink = byTag.get(key) ?? { ifindex, vlan, net, flags: 0 };
    uplink.flags |= kind === "provider" ? UplinkFlag.PROVIDER : UplinkFlag.MACHINES;
    byTag.set(key, uplink);
  }
  return [...byTag.values()].map(({ ifindex, vlan, net, flags }) =>
    entry("uplinks", { ifindex, vlan }, { net, flags }),
  );
}
