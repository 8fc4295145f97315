import {
  type Cidr,
  type ContainerPlace,
  type Ip,
  ipFamily,
  type Mac,
  networkDomain,
  parsePrefix,
  SERVICE_IP4,
  SERVICE_IP6,
  type ViewNetwork,
  type ViewPort,
} from "../../model/mod.ts";
import { dnsServersOf } from "../services/mod.ts";
import type { CniVersion } from "./request.ts";

/** What a container's interface is given. */
export interface Wiring {
  mac: Mac;
  mtuBytes: number;
  addresses: { ip: Ip; prefixLength: number; gateway: Ip | null }[];
  /** In the order to add them: a next hop is reachable by what stands before it. No gateway means on link. */
  routes: { destination: Cidr; gateway: Ip | null }[];
  dns: { nameservers: Ip[]; domain: string };
}

const DEFAULT_ROUTE = { 4: "0.0.0.0/0" as Cidr, 6: "::/0" as Cidr };

/** From the port's addresses and their subnets. A subnet's own routes come before, and may replace, its gateway. */
export function planWiring(port: ViewPort, network: ViewNetwork): Wiring {
  const wiring: Wiring = {
    mac: port.mac,
    mtuBytes: network.mtu,
    addresses: [],
    routes: [],
    dns: { nameservers: [], domain: networkDomain(network) },
  };
  const destinations = new Set<Cidr>();
  const route = (destination: Cidr, gateway: Ip | null) => {
    if (destinations.has(destination)) return;
    destinations.add(destination);
    wiring.routes.push({ destination, gateway });
  };
  const { others, defaultRoute } = port.place.kind === "container" ? port.place : ({} as Partial<ContainerPlace>);
  // A further interface of a pod, which has the agent's services by its first one.
  const isFurther = defaultRoute !== undefined && others === undefined;
  for (const { ip, subnetId } of port.fixedIps) {
    const subnet = network.subnets.find(({ id }) => id === subnetId);
    const prefix = subnet && parsePrefix(subnet.cidr);
    if (subnet === undefined || prefix === undefined) continue;
    wiring.addresses.push({ ip, prefixLength: prefix.length, gateway: subnet.gateway });
    // A link-local server is none without the name of an interface, for which a result has no place.
    const servers = new Set([...wiring.dns.nameservers, ...dnsServersOf(subnet)]);
    wiring.dns.nameservers = [...servers].filter((server) => server !== SERVICE_IP6);
    if (prefix.family === 4 && !isFurther) route(`${SERVICE_IP4}/32` as Cidr, null);
    for (const { destination, nextHop } of subnet.routes) route(destination, isUnspecified(nextHop) ? null : nextHop);
    if (subnet.gateway === null || defaultRoute !== undefined) continue;
    const gateway = parsePrefix(subnet.gateway);
    const isOutside = gateway !== undefined && (gateway.first < prefix.first || gateway.last > prefix.last);
    // Neutron allows a gateway outside its subnet; it is then on link (RFC 3442 does the same with next hop 0.0.0.0).
    if (isOutside && !destinations.has(DEFAULT_ROUTE[prefix.family]) && !isLinkLocal(subnet.gateway))
      route(gateway.cidr, null);
    route(DEFAULT_ROUTE[prefix.family], subnet.gateway);
  }
  for (const gateway of defaultRoute ?? []) route(DEFAULT_ROUTE[ipFamily(gateway)], gateway);
  return wiring;
}

const isUnspecified = (ip: Ip) => ip === "0.0.0.0" || ip === "::";
const isLinkLocal = (ip: Ip) => ip.startsWith("fe80:");

export interface ResultBody {
  cniVersion: string;
  interfaces: object[];
  ips: { interface?: number }[];
  routes: object[];
  dns: Record<string, unknown>;
}

/**
 * After plugins that came before in the chain, what they made stands first, and is pointed to as before (CNI specification,
 * "Passing Results between plugins"); `dns` is what the configuration says of it.
 */
export function chained(
  own: ResultBody,
  previous: Readonly<Record<string, unknown>> | undefined,
  dns: Readonly<Record<string, unknown>>,
): ResultBody {
  const listOf = (name: string) => (Array.isArray(previous?.[name]) ? (previous[name] as object[]) : []);
  const interfaces = listOf("interfaces");
  const ips = own.ips.map((ip) => ({ ...ip, interface: (ip.interface ?? 0) + interfaces.length }));
  return {
    ...own,
    interfaces: [...interfaces, ...own.interfaces],
    ips: [...listOf("ips"), ...ips],
    routes: [...listOf("routes"), ...own.routes],
    dns: { ...(previous?.dns as object | undefined), ...own.dns, ...dns },
  };
}

/** The result of ADD in the form of `version`; the container's interface is the second. */
export function resultBody(
  version: CniVersion,
  wiring: Wiring,
  place: { device: string; deviceMac: Mac; ifname: string; netns: string },
): ResultBody {
  const modern = version === "1.0.0" || version === "1.1.0";
  const mtu = version === "1.1.0" ? { mtu: wiring.mtuBytes } : {};
  return {
    cniVersion: version,
    interfaces: [
      { name: place.device, mac: place.deviceMac, ...mtu, sandbox: "" },
      { name: place.ifname, mac: wiring.mac, ...mtu, sandbox: place.netns },
    ],
    ips: wiring.addresses.map(({ ip, prefixLength, gateway }) => ({
      // Before 1.0.0 an address tells its family (CNI specification 0.4.0, "Result").
      ...(modern ? {} : { version: String(ipFamily(ip)) }),
      address: `${ip}/${prefixLength}`,
      ...(gateway === null ? {} : { gateway }),
      interface: 1,
    })),
    routes: wiring.routes.map(({ destination, gateway }) => ({
      dst: destination,
      ...(gateway === null ? {} : { gw: gateway }),
    })),
    dns: {
      ...(wiring.dns.nameservers.length === 0 ? {} : { nameservers: wiring.dns.nameservers }),
      ...(wiring.dns.domain === "" ? {} : { domain: wiring.dns.domain }),
    },
  };
}
