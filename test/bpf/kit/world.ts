/**
 * One host in the middle of things: ports on four networks, a card, a VXLAN device and pkt0, all as TAP devices, so that
 * every frame that goes in or comes out passes through the test's hands, in order and without waiting.
 */
import assert from "node:assert/strict";
import {
  FLOW_TUNNEL,
  FLOW_VIF,
  NET_LOCAL,
  NetFlag,
  type NetNumber,
  type SetNumber,
  type Target,
  TargetKind,
  UplinkFlag,
  VifFlag,
  VifKind,
  type VifNumber,
} from "../../../bpf/layout.gen.ts";
import type { TraceRun } from "../../../datapath/ebpf/trace-run.ts";
import {
  type Ip,
  ip,
  ipFromBytes16,
  linkLocalAddress,
  mac,
  SERVICE_IP4,
  SERVICE_IP6,
  SERVICE_MAC,
} from "../../../model/mod.ts";
import { eth, ip4, ip6, udp, vxlan } from "./frames.ts";
import { type Moved, makePlane, type Plane } from "./plane.ts";
import { ifindexOf, run } from "./privacy.ts";
import { type TestTap, testTap } from "./tap.ts";
import { sendTraced } from "./traced.ts";

const vif = (number: number) => number as VifNumber;
export const net = (number: number) => number as NetNumber;

export const OVERLAY = net(100);
export const OTHER = net(200);
export const VLAN40 = net(NET_LOCAL | 40);
export const FLAT = net(NET_LOCAL | (1 << 12));
export const MTU = 1450;
export const NO_IP = ip("::");
export const NO_SET = 0 as SetNumber;

export interface Port {
  number: VifNumber;
  net: NetNumber;
  mac: string;
  ip4: string;
  ip6: string;
}

const port = (number: number, on: NetNumber, subnet: string): Port => ({
  number: vif(number),
  net: on,
  mac: `02:00:00:00:00:0${number}`,
  ip4: `10.${subnet}.0.${number}`,
  ip6: `fd00:${subnet}::${number}`,
});

/** The host's ports. `open` has no port security, `down` is administratively down, `machine` is behind tag 30 of the card. */
export const PORTS = {
  a: port(1, OVERLAY, "1"),
  b: port(2, OVERLAY, "1"),
  open: port(3, OVERLAY, "1"),
  down: port(4, OVERLAY, "1"),
  machine: port(5, OVERLAY, "1"),
  other: port(6, OTHER, "2"),
  vlan: port(7, VLAN40, "4"),
  flat: port(8, FLAT, "5"),
} as const;

/** Endpoints elsewhere. */
export const REMOTE = { mac: "02:00:00:00:01:01", ip4: "10.1.0.101", ip6: "fd00:1::101", host: "192.0.2.2" };
export const REMOTE6 = { mac: "02:00:00:00:01:02", ip4: "10.1.0.102", ip6: "fd00:1::102", host: "2001:db8::2" };
export const WIRE = { mac: "02:00:00:00:01:03", ip4: "10.4.0.103", ip6: "fd00:4::103" };
export const HOST = { mac: "02:ee:00:00:00:01", ip4: "192.0.2.1", ip6: "2001:db8::1" };
export const ROUTER_MAC = "02:ee:00:00:00:02";
export const MACHINE_VLAN = 30;

export type Place = "a" | "b" | "open" | "down" | "other" | "vlan" | "flat" | "nic" | "nic2" | "pkt0" | "sockets";

export interface Step {
  name: string;
  from: Place;
  frame: Uint8Array;
  moved: Moved;
  /** Frames that come out, by place; nothing may come out anywhere else. */
  out?: Partial<Record<Place, Uint8Array[]>>;
  /** Done again and again, so that however slow the machine is, hardly any time has passed since. */
  justBefore?: () => void;
}

export interface World {
  plane: Plane;
  taps: Record<Place, TestTap>;
  vxlanIfindex: number;
  /** Sends one frame; fails unless exactly those counters moved and exactly those frames came out. */
  step(step: Step): void;
  /** Sends many frames, none of them traced, and says how many came out at a place. */
  flood(from: Place, to: Place, frames: Iterable<Uint8Array>): number;
  /** Sends one frame and returns what came out at each place. */
  send(from: Place, frame: Uint8Array): Record<Place, Buffer[]>;
  close(): void;
}

/** What comes out of the card towards another host, as {@link tunnelled} reads it. */
export const toHost = (host: string, on: NetNumber, inner: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`vni ${on} to ${host} `), inner]);

/** What comes in at the card from another host. */
export function fromHost(host: string, on: NetNumber, inner: Uint8Array): Uint8Array {
  const outer = udp(40_000, 4789, vxlan(on, inner));
  const v6 = host.includes(":");
  const packet = v6 ? ip6({ from: host, to: HOST.ip6 }, outer) : ip4({ from: host, to: HOST.ip4 }, outer);
  return eth({ to: HOST.mac, from: ROUTER_MAC }, packet);
}

/** A tunnelled frame in the form of {@link toHost}; any other as it is; undefined for the kernel's own chatter. */
function tunnelled(frame: Buffer): Buffer | undefined {
  const v6 = frame.readUInt16BE(12) === 0x86dd;
  if (frame.subarray(6, 12).toString("hex") !== HOST.mac.replaceAll(":", "")) return frame;
  const l4 = v6 ? 54 : 34;
  if (frame[v6 ? 20 : 23] !== 17 || frame.readUInt16BE(l4 + 2) !== 4789) return undefined;
  const bytes = frame.subarray(v6 ? 38 : 30, v6 ? 54 : 34);
  const host = v6 ? REMOTE6.host : bytes.join(".");
  return toHost(host, net(frame.readUInt32BE(l4 + 12) >>> 8), frame.subarray(l4 + 16));
}

export const local = (number: VifNumber): Target => ({ kind: TargetKind.LOCAL, vif: number, remote: NO_IP });
export const remote = (host: string): Target => ({ kind: TargetKind.REMOTE, vif: vif(0), remote: ip(host) });
export const WIRE_TARGET: Target = { kind: TargetKind.WIRE, vif: vif(0), remote: NO_IP };

/** Makes an endpoint known to the switch and to ARP and ND. */
export function addEndpoint(
  plane: Plane,
  on: NetNumber,
  at: { mac: string; ip4: string; ip6: string },
  target: Target,
): void {
  plane.put("macs", { net: on, mac: mac(at.mac) }, target);
  for (const address of [at.ip4, at.ip6, linkLocalAddress(mac(at.mac))]) {
    plane.put("ips", { net: on, ip: ip(address) }, { target, mac: mac(at.mac), flags: 0, set: NO_SET });
  }
}

/** Lets a port send from an address under a MAC. */
export function addSource(plane: Plane, number: VifNumber, from: string, address: Ip): void {
  plane.put("sources", { prefixLength: 224, vif: number, mac: mac(from), ip: address }, { flags: 0 });
}

function addPort(plane: Plane, at: Port, ifindex: number, flags: number, vlan?: number): void {
  const kind = vlan === undefined ? VifKind.TAP : VifKind.PHYSICAL;
  plane.put("vifs", at.number, {
    net: at.net,
    ifindex,
    flags,
    kind,
    vlan: vlan ?? 0,
    mac: mac(at.mac),
    dscp: 0,
    policy: NO_SET,
  });
  if (vlan === undefined) plane.put("ifaces", { ifindex }, at.number);
  else plane.put("attachments", { ifindex, vlan, mac: mac(at.mac) }, at.number);
  for (const address of [at.ip4, at.ip6, linkLocalAddress(mac(at.mac))])
    addSource(plane, at.number, at.mac, ip(address));
  addEndpoint(plane, at.net, at, local(at.number));
}

/** Members are the ports in PORTS of that network, in order, and then the hosts. */
function addNetwork(
  plane: Plane,
  on: NetNumber,
  options: { flags?: number; ifindex?: number; vlan?: number; hosts?: string[] },
): void {
  const ports = Object.values(PORTS).filter((at) => at.net === on);
  const hosts = options.hosts ?? [];
  for (const [index, at] of ports.entries())
    plane.put("members", { net: on, index }, { vif: at.number, remote: NO_IP });
  for (const [index, host] of hosts.entries()) {
    plane.put("members", { net: on, index: 0x8000 + index }, { vif: vif(0), remote: ip(host) });
    plane.put("peers", { net: on, ip: ip(host) }, { flags: 0 });
  }
  for (const address of [SERVICE_IP4, SERVICE_IP6]) {
    plane.put("ips", { net: on, ip: address }, { target: local(vif(0)), mac: SERVICE_MAC, flags: 0, set: NO_SET });
  }
  const { flags = 0, ifindex = 0, vlan = 0 } = options;
  plane.put("nets", on, { flags, mtu: MTU, ifindex, vlan, locals: ports.length, remotes: hosts.length });
}

function makeTaps(): Record<Place, TestTap> {
  const place = (name: Place) => [name, testTap(`cb1${name}`)] as const;
  const taps = Object.fromEntries(
    (["a", "b", "open", "down", "other", "vlan", "flat", "pkt0", "sockets"] as const).map(place),
  ) as Record<Place, TestTap>;
  taps.nic = testTap("cb1nic", `mtu 9000 address ${HOST.mac}`);
  taps.nic2 = testTap("cb1nic2");
  run(`
    ip addr add ${HOST.ip4}/24 dev cb1nic
    ip neigh add ${REMOTE.host} lladdr ${ROUTER_MAC} dev cb1nic nud permanent
    echo 0 > /proc/sys/net/ipv6/conf/cb1nic/disable_ipv6
    ip addr add ${HOST.ip6}/64 dev cb1nic nodad
    ip neigh add ${REMOTE6.host} lladdr ${ROUTER_MAC} dev cb1nic nud permanent
    ip link add cb1vx type vxlan external dstport 4789
    ip link set cb1vx mtu 8900 up
    ip link add cb1mir0 mtu 9216 type veth peer cb1mir1 mtu 9216
    ip link set cb1mir0 up
    ip link set cb1mir1 up`);
  return taps;
}

function fill(plane: Plane, taps: Record<Place, TestTap>, vxlanIfindex: number): void {
  const [nic, nic2] = [taps.nic.ifindex, taps.nic2.ifindex];
  const usual = VifFlag.ADMIN_UP | VifFlag.PORT_SECURITY | VifFlag.DHCP4 | VifFlag.DHCP6 | VifFlag.RA;
  plane.put("settings", 0, {
    generation: 1,
    vxlanIfindex,
    trapIfindex: taps.pkt0.ifindex,
    logLevel: 0,
    serviceMac: SERVICE_MAC,
    socketMac: mac("02:ca:b1:e0:00:02"),
    serviceIfindex: taps.sockets.ifindex,
    mirrorIfindex: ifindexOf("cb1mir0"),
    flowQuota: 1 << 20,
    flowShare: 1 << 20,
    flowRoom: 1 << 20,
  });
  addPort(plane, PORTS.a, taps.a.ifindex, usual);
  addPort(plane, PORTS.b, taps.b.ifindex, usual);
  addPort(plane, PORTS.open, taps.open.ifindex, VifFlag.ADMIN_UP);
  addPort(plane, PORTS.down, taps.down.ifindex, VifFlag.PORT_SECURITY);
  addPort(plane, PORTS.machine, nic, usual, MACHINE_VLAN);
  addPort(plane, PORTS.other, taps.other.ifindex, usual);
  addPort(plane, PORTS.vlan, taps.vlan.ifindex, VifFlag.ADMIN_UP | VifFlag.PORT_SECURITY);
  addPort(plane, PORTS.flat, taps.flat.ifindex, VifFlag.ADMIN_UP | VifFlag.PORT_SECURITY);
  addNetwork(plane, OVERLAY, { hosts: [REMOTE.host, REMOTE6.host] });
  addNetwork(plane, OTHER, { hosts: [] });
  addNetwork(plane, VLAN40, { flags: NetFlag.PROVIDER, ifindex: nic, vlan: 40 });
  addNetwork(plane, FLAT, { flags: NetFlag.PROVIDER, ifindex: nic2 });
  addEndpoint(plane, OVERLAY, REMOTE, remote(REMOTE.host));
  addEndpoint(plane, OVERLAY, REMOTE6, remote(REMOTE6.host));
  addEndpoint(plane, VLAN40, WIRE, WIRE_TARGET);
  plane.put("uplinks", { ifindex: nic, vlan: MACHINE_VLAN }, { net: OVERLAY, flags: UplinkFlag.MACHINES });
  plane.put("uplinks", { ifindex: nic, vlan: 40 }, { net: VLAN40, flags: UplinkFlag.PROVIDER });
  plane.put("uplinks", { ifindex: nic2, vlan: 0 }, { net: FLAT, flags: UplinkFlag.PROVIDER });
}

/** How a frame that is sent here is traced; undefined for what the agent and its sockets send. */
function traceRun(from: Place, ifindex: number, vxlanIfindex: number, frame: Uint8Array): TraceRun | undefined {
  if (from === "pkt0" || from === "sockets") return undefined;
  const inner = from === "nic" ? unwrapped(Buffer.from(frame)) : undefined;
  if (inner !== undefined) return { hook: "overlay", ifindex: vxlanIfindex, ...inner };
  return { hook: from === "nic" || from === "nic2" ? "uplink" : "workload", ifindex, frame };
}

/** What {@link fromHost} has wrapped. */
function unwrapped(frame: Buffer): Pick<TraceRun, "frame" | "tunnel"> | undefined {
  const v6 = frame.readUInt16BE(12) === 0x86dd;
  const l4 = v6 ? 54 : 34;
  const isToHost = frame.subarray(0, 6).toString("hex") === HOST.mac.replaceAll(":", "");
  if (!isToHost || frame.length < l4 + 16 || frame[v6 ? 20 : 23] !== 17 || frame.readUInt16BE(l4 + 2) !== 4789)
    return undefined;
  const bytes = v6 ? frame.subarray(22, 38) : frame.subarray(26, 30);
  const peer = v6 ? ipFromBytes16(bytes) : ip(bytes.join("."));
  return { tunnel: { net: net(frame.readUInt32BE(l4 + 12) >>> 8), peer }, frame: frame.subarray(l4 + 16) };
}

/** @param sizes of maps, as for {@link makePlane} */
export function makeWorld(sizes: Record<string, number> = {}): World {
  const taps = makeTaps();
  const plane = makePlane(sizes);
  const vxlanIfindex = ifindexOf("cb1vx");
  fill(plane, taps, vxlanIfindex);
  for (const place of ["a", "b", "open", "down", "other", "vlan", "flat"] as const)
    plane.attach(taps[place].ifindex, "workload");
  plane.attach(vxlanIfindex, "overlay");
  plane.attach(taps.nic.ifindex, "uplink");
  plane.attach(taps.nic2.ifindex, "uplink");
  plane.attach(taps.pkt0.ifindex, "trap");
  plane.attach(taps.sockets.ifindex, "unservice");
  plane.attach(ifindexOf("cb1mir1"), "mirror");
  const places = Object.keys(taps) as Place[];

  function received(): Record<Place, Buffer[]> {
    const frames = places.map((place) => [place, taps[place].received().flatMap((frame) => tunnelled(frame) ?? [])]);
    return Object.fromEntries(frames);
  }

  const mirrorIfindex = ifindexOf("cb1mir0");
  const placeOf = (ifindex: number) =>
    ifindex === mirrorIfindex
      ? "copies"
      : ifindex === vxlanIfindex
        ? "nic"
        : places.find((place) => taps[place].ifindex === ifindex);

  function reallySend(from: Place, frame: Uint8Array): Record<Place, Buffer[]> {
    received();
    taps[from].send(frame);
    return received();
  }

  function send(from: Place, frame: Uint8Array, justBefore?: () => void): Record<Place, Buffer[]> {
    const run = traceRun(from, taps[from].ifindex, vxlanIfindex, frame);
    if (run === undefined) return reallySend(from, frame);
    return sendTraced(plane, run, placeOf, () => reallySend(from, frame), justBefore);
  }

  function flood(from: Place, to: Place, frames: Iterable<Uint8Array>): number {
    let came = 0;
    for (const frame of frames) came += reallySend(from, frame)[to].length;
    return came;
  }

  return {
    plane,
    taps,
    flood,
    vxlanIfindex,
    send,
    step({ name, from, frame, moved, out = {}, justBefore }) {
      plane.expectMoved(moved, () => {
        const came = send(from, frame, justBefore);
        const hex = (frames: Uint8Array[] = []) => frames.map((bytes) => Buffer.from(bytes).toString("hex"));
        for (const place of places) assert.deepEqual(hex(came[place]), hex(out[place]), `${name}: out of ${place}`);
      });
    },
    close() {
      for (const place of places) taps[place].close();
      run("ip link del cb1vx; ip link del cb1mir0");
    },
  };
}

/** Key parts of flows, for looking them up. */
export const fromVif = (number: VifNumber) => (FLOW_VIF | number) >>> 0;
export const fromTunnel = (on: NetNumber) => (FLOW_TUNNEL | on) >>> 0;
