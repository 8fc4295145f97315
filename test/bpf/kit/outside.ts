/** A router of the world with a gateway on its VLAN network, and what is out there. */
import {
  FORWARD_FIXED_BITS,
  GatewayFlag,
  IpFlag,
  type MAPS,
  type NetNumber,
  ROUTE_FIXED_BITS,
  RouteKind,
  RouterFlag,
  type RouterNumber,
  TargetKind,
  type VifNumber,
} from "../../../bpf/layout.gen.ts";
import { type Ip, ip, ipBytes16, mac } from "../../../model/mod.ts";
import type { Plane } from "./plane.ts";
import { MTU, NO_SET, OTHER, OVERLAY, VLAN40 } from "./world.ts";

export const ROUTER = 1 as RouterNumber;
const NO_IP = ip("::");

export interface End {
  mac: string;
  ip4: string;
  ip6: string;
}

/** The router's own ends. */
export const INNER: Record<"overlay" | "other", End> = {
  overlay: { mac: "02:11:00:00:00:01", ip4: "10.1.0.254", ip6: "fd00:1::254" },
  other: { mac: "02:11:00:00:00:02", ip4: "10.2.0.254", ip6: "fd00:2::254" },
};
export const GATEWAY: End = { mac: "02:11:00:00:00:40", ip4: "10.4.0.50", ip6: "fd00:4::50" };
/** The next hop outside, and somebody beyond it. */
export const NEXT_HOP: End = { mac: "02:99:00:00:00:01", ip4: "10.4.0.1", ip6: "fd00:4::1" };
export const FAR: End = { mac: NEXT_HOP.mac, ip4: "203.0.113.9", ip6: "2001:db8:99::9" };
export const FLOATING = { a: "10.4.0.61", other: "10.4.0.66", remote: "10.4.0.71", second: "10.4.0.72" } as const;
export const floatingMac = (address: string) => `02:22:00:00:00:${address.split(".").at(-1)}`;

/** IPv4 as the maps have it. */
export const number4 = (address: string) => Buffer.from(ipBytes16(ip(address)).subarray(12)).readUInt32BE(0);

const routerTarget = { kind: TargetKind.ROUTER, vif: ROUTER as number as VifNumber, remote: NO_IP };

function address(plane: Plane, net: NetNumber, at: string, of: string, flags = 0): void {
  plane.put("ips", { net, ip: ip(at) }, { target: routerTarget, mac: mac(of), flags, set: NO_SET });
  plane.put("macs", { net, mac: mac(of) }, routerTarget);
}

const length = (cidr: string) => Number(cidr.split("/")[1]) + (cidr.includes(":") ? 0 : 96);

export function addRoute(plane: Plane, cidr: string, kind: number, net: NetNumber, nextHop: Ip = NO_IP): void {
  const key = { prefixLength: ROUTE_FIXED_BITS + length(cidr), router: ROUTER, ip: ip(cidr.split("/")[0] as string) };
  plane.put("routes", key, { kind, net, nextHop, ways: 0, prefixLength: 0 });
}

/** Where the gateway is: here, or at another host. */
export function placeGateway(plane: Plane, flags: number, remote: Ip = NO_IP, net: NetNumber = VLAN40): void {
  const { mac: of, ip4, ip6 } = GATEWAY;
  plane.put("gateways", ROUTER, { flags, net, remote, mac: mac(of), ip4: number4(ip4), ip6: ip(ip6), mtu: MTU });
}

export function learn(plane: Plane, at: End = NEXT_HOP): void {
  for (const each of [at.ip4, at.ip6])
    plane.put("neighbours", { net: VLAN40, ip: ip(each) }, { mac: mac(at.mac), askedNs: 0n, heardNs: 1n });
}

/** An address outside that is this host's work. */
export const addAnswered = (plane: Plane, at: string): void =>
  address(plane, VLAN40, at, floatingMac(at), IpFlag.ANSWERED);

export function addFloating(plane: Plane, floating: string, fixed: string): void {
  const of = floatingMac(floating);
  plane.put("floatings", { net: VLAN40, ip: ip(floating) }, { router: ROUTER, fixed: number4(fixed) });
  plane.put("fixeds", { router: ROUTER, ip: number4(fixed) }, { ip: number4(floating), mac: mac(of) });
  addAnswered(plane, floating);
}

export function addForward(
  plane: Plane,
  at: { ip: string; proto: number; port: number; bits?: number },
  to: { ip: string; first: number; external: number },
): void {
  const key = { prefixLength: FORWARD_FIXED_BITS + (at.bits ?? 16), net: VLAN40, ip: number4(at.ip), proto: at.proto };
  plane.put(
    "forwards",
    { ...key, port: at.port },
    { router: ROUTER, ip: number4(to.ip), first: to.first, external: to.external },
  );
}

/** The router between OVERLAY, OTHER and the outside; its gateway is here, with SNAT. */
export function addOutside(plane: Plane): void {
  plane.put("routers", ROUTER, { flags: RouterFlag.UP, id: [1, 0, 0, 0] });
  for (const [net, end] of [
    [OVERLAY, INNER.overlay],
    [OTHER, INNER.other],
  ] as const) {
    plane.put("router_ports", { router: ROUTER, net }, { mac: mac(end.mac), ip4: number4(end.ip4), ip6: ip(end.ip6) });
    for (const each of [end.ip4, end.ip6]) address(plane, net, each, end.mac);
  }
  addRoute(plane, "10.1.0.0/24", RouteKind.CONNECTED, OVERLAY);
  addRoute(plane, "fd00:1::/64", RouteKind.CONNECTED, OVERLAY);
  addRoute(plane, "10.2.0.0/24", RouteKind.CONNECTED, OTHER);
  addRoute(plane, "fd00:2::/64", RouteKind.CONNECTED, OTHER);
  addRoute(plane, "10.4.0.0/24", RouteKind.OUTSIDE, VLAN40);
  addRoute(plane, "fd00:4::/64", RouteKind.OUTSIDE, VLAN40);
  addRoute(plane, "0.0.0.0/0", RouteKind.OUTSIDE, VLAN40, ip(NEXT_HOP.ip4));
  addRoute(plane, "::/0", RouteKind.OUTSIDE, VLAN40, ip(NEXT_HOP.ip6));
  for (const each of [GATEWAY.ip4, GATEWAY.ip6]) address(plane, VLAN40, each, GATEWAY.mac, IpFlag.ANSWERED);
  placeGateway(plane, GatewayFlag.HERE | GatewayFlag.SNAT);
}

/** As after a change of rules or routes: every flow is decided again. */
export function nextGeneration(plane: Plane): void {
  const settings = plane.get("settings", 0) as (typeof MAPS)["settings"]["value"] extends { decode(b: Buffer): infer S }
    ? S
    : never;
  plane.put("settings", 0, { ...settings, generation: settings.generation + 1 });
}
