/** Where a workload sends a packet to first, going by what DHCP and router advertisements told it. Pure. */
import {
  type Ip,
  ipBytes16,
  ipFamily,
  type Mac,
  mac,
  prefix,
  prefixContains,
  type ViewSubnet,
} from "../../model/mod.ts";

export type NextHop = { mac: Mac } | { ip: Ip };

/** On the link without a route: RFC 3927, RFC 4291 section 2.5.6. The service's own addresses are there too. */
const LINK_LOCAL = ["169.254.0.0/16", "fe80::/10"].map(prefix);
const MULTICAST = ["224.0.0.0/4", "ff00::/8"].map(prefix);

/** Undefined: the workload has no route there. `subnets`: those of the port's fixed IPs. */
export function nextHop(to: Ip, subnets: readonly ViewSubnet[]): NextHop | undefined {
  const group = groupMac(to, subnets);
  if (group !== undefined) return { mac: group };
  const family = ipFamily(to);
  const own = subnets.filter(({ cidr }) => ipFamily(cidr) === family);
  if ([...LINK_LOCAL, ...own.map(({ cidr }) => prefix(cidr))].some((each) => prefixContains(each, to)))
    return { ip: to };
  const routes = own.flatMap(({ routes: all, gateway }) => [
    ...all.map(({ destination, nextHop: via }) => ({ to: prefix(destination), via })),
    ...(gateway === null ? [] : [{ to: prefix(family === 4 ? "0.0.0.0/0" : "::/0"), via: gateway }]),
  ]);
  const best = routes
    .filter((route) => prefixContains(route.to, to))
    .sort((a, b) => b.to.length - a.to.length)
    .at(0);
  return best && { ip: best.via };
}

/** RFC 1112 section 6.4, RFC 2464 section 7, and broadcast. */
function groupMac(to: Ip, subnets: readonly ViewSubnet[]): Mac | undefined {
  const bytes = ipBytes16(to);
  const hex = (values: Uint8Array | number[]) =>
    [...values].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
  const isBroadcast = to === "255.255.255.255" || subnets.some(({ cidr }) => ipFamily(cidr) === 4 && isLast(to, cidr));
  if (isBroadcast) return mac("ff:ff:ff:ff:ff:ff");
  if (!MULTICAST.some((each) => prefixContains(each, to))) return undefined;
  return ipFamily(to) === 6
    ? mac(`33:33:${hex(bytes.subarray(12))}`)
    : mac(`01:00:5e:${hex([(bytes[13] as number) & 0x7f, ...bytes.subarray(14)])}`);
}

function isLast(to: Ip, cidr: ViewSubnet["cidr"]): boolean {
  const { last, length } = prefix(cidr);
  return length < 31 && Buffer.from(ipBytes16(to)).readUInt32BE(12) === Number(last & 0xffffffffn);
}
