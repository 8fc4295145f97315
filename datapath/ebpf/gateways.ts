/** A router's way outside as entries: the gateway, floating IPs, forwarded ports, and what the wire's questions are answered for. Pure. */
import {
  FORWARD_FIXED_BITS,
  GatewayFlag,
  IpFlag,
  type NetNumber,
  type RouterNumber,
  type Target,
  TargetKind,
  type VifNumber,
} from "../../bpf/layout.gen.ts";
import { type Ip, ipFamily, linkLocalAddress, type Mac, type ViewQos } from "../../model/mod.ts";
import type { WantedGateway } from "../datapath.ts";
import { type Entry, entry } from "./entry.ts";
import { limitEntries, ofAddress } from "./limits.ts";
import { portPrefixes } from "./rules.ts";
import { NO_SET } from "./sets.ts";

const NO_IP = "::" as Ip;
const NO_NET = 0 as NetNumber;

export const ip4Number = (ip: Ip): number => ip.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);

/** Whose address outside is this host's work. */
export interface Answered {
  ip: Ip;
  mac: Mac;
  leased: boolean;
}

/** The addresses outside that this host answers for. */
export function answeredOf(gateway: WantedGateway): Answered[] {
  const own = [...gateway.ips, linkLocalAddress(gateway.mac), ...gateway.proxies];
  return [
    ...(gateway.here ? own.map((ip) => ({ ip, mac: gateway.mac, leased: gateway.leased })) : []),
    ...gateway.floatings.map(({ ip, mac, leased }) => ({ ip, mac, leased })),
    ...gateway.forwards.map(({ ip, mac, leased }) => ({ ip, mac, leased })),
  ];
}

/** The limits of addresses outside, once for each. */
function limitedOf({ ips, qos, floatings, forwards }: WantedGateway): Map<Ip, ViewQos | undefined> {
  const own = ips.filter((ip) => ipFamily(ip) === 4).map((ip) => ({ ip, qos }));
  return new Map([...own, ...floatings, ...forwards].map((each) => [each.ip, each.qos]));
}

/** `net`: the external network's number, if it has one here. */
export function gatewayEntries(gateway: WantedGateway, router: RouterNumber, net: NetNumber | undefined): Entry[] {
  const target: Target = { kind: TargetKind.ROUTER, vif: router as number as VifNumber, remote: NO_IP };
  const entries = [gatewayEntry(gateway, router, net)];
  if (net === undefined) return entries;
  for (const { ip, mac, leased } of answeredOf(gateway)) {
    const flags = IpFlag.ANSWERED | (leased ? IpFlag.LEASED : 0);
    entries.push(entry("ips", { net, ip }, { target, mac, flags, set: NO_SET }));
    entries.push(entry("macs", { net, mac }, target));
  }
  for (const [ip, qos] of limitedOf(gateway)) entries.push(...limitEntries(qos, ofAddress(net, ip4Number(ip))));
  for (const { ip, mac, fixedIp } of gateway.floatings) {
    const fixed = ip4Number(fixedIp);
    entries.push(entry("floatings", { net, ip }, { router, fixed }));
    entries.push(entry("fixeds", { router, ip: fixed }, { ip: ip4Number(ip), mac }));
  }
  return [...entries, ...gateway.forwards.flatMap((forward) => forwardEntries(forward, router, net))];
}

function gatewayEntry(gateway: WantedGateway, router: RouterNumber, net: NetNumber | undefined): Entry {
  const { here, snat, remote, mac, ips, mtuBytes } = gateway;
  const isHere = here && net !== undefined;
  const own = isHere || net === undefined || !snat ? null : gateway.own;
  const ip4 = own?.ip ?? ips.find((ip) => ipFamily(ip) === 4);
  return entry("gateways", router, {
    flags:
      (isHere ? GatewayFlag.HERE : 0) |
      (own === null ? 0 : GatewayFlag.OWN) |
      (gateway.isProxied ? GatewayFlag.PROXIED : 0) |
      (snat && ip4 !== undefined ? GatewayFlag.SNAT : 0),
    net: net ?? NO_NET,
    remote: remote ?? NO_IP,
    mac: own?.mac ?? mac,
    ip4: ip4 === undefined ? 0 : ip4Number(ip4),
    ip6: ips.find((ip) => ipFamily(ip) === 6) ?? linkLocalAddress(mac),
    mtu: mtuBytes,
  });
}

function forwardEntries(forward: WantedGateway["forwards"][number], router: RouterNumber, net: NetNumber): Entry[] {
  const { ip, protocol: proto, external, internal, fixedIp } = forward;
  const isOne = internal[0] === internal[1];
  const value = { router, ip: ip4Number(fixedIp), first: internal[0], external: isOne ? 0 : external[0] };
  return portPrefixes(...external).map(({ port, bits }) =>
    entry("forwards", { prefixLength: FORWARD_FIXED_BITS + bits, net, ip: ip4Number(ip), proto, port }, value),
  );
}
