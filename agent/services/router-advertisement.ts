/**
 * What the ports of a network are told by router advertisements: by each router what it joins the network with, and by
 * the service what no router speaks for (RFC 4861, 4862, 8106, 4191).
 */
import {
  type Cidr,
  type Ip,
  ipFamily,
  linkLocalAddress,
  type Mac,
  prefix,
  prefixContains,
  SERVICE_IP6,
  SERVICE_MAC,
  type ViewNetwork,
  type ViewRouter,
  type ViewSubnet,
} from "../../model/mod.ts";
import { encodeRouterAdvertisement } from "../../wire/mod.ts";
import { dnsServersOf } from "./port-name.ts";

/** Neutron's radvd settings (neutron/agent/linux/ra.py): prefixes live a day, are preferred for four hours. */
const VALID_SECONDS = 86400;
const PREFERRED_SECONDS = 14400;
/** How often an unsolicited advertisement goes to each port: well within the prefixes' life. */
export const ADVERTISEMENT_INTERVAL_SECONDS = 600;
/** The longest that RFC 4861 section 6.2.1 allows: a guest keeps its way out while its host's agent is away. */
const ROUTER_SECONDS = 9000;
const DNS_SECONDS = ROUTER_SECONDS;

/** All nodes; of the one port that the frame is sent to. */
const ALL_NODES = { ip: "ff02::1" as Ip, mac: "33:33:00:00:00:01" as Mac };

/** What one router, or the service, says in a network. */
export interface Advertised {
  /** Who says it; its link-local address is the next hop that guests take. */
  mac: Mac;
  ip: Ip;
  /** 0: no way out. */
  routerSeconds: number;
  managed: boolean;
  otherConfig: boolean;
  mtuBytes: number;
  prefixes: { cidr: Cidr; autonomous: boolean; validSeconds: number; preferredSeconds: number }[];
  routes: { destination: Cidr; seconds: number }[];
  dnsServers: Ip[];
  dnsSearch: string[];
  dnsSeconds: number;
}

interface Speaker {
  mac: Mac;
  ip: Ip;
  /** Its addresses in the network. */
  ips: readonly Ip[];
}

/** The routers' own ends in a network; one that is down has nothing to say. */
function speakersIn(network: ViewNetwork, routers: Iterable<ViewRouter>): Speaker[] {
  return [...routers].flatMap(({ adminUp, interfaces }) =>
    interfaces
      .filter(({ networkId }) => adminUp && networkId === network.id)
      .map(({ mac, ips }) => ({ mac, ip: linkLocalAddress(mac), ips: ips.filter((ip) => ipFamily(ip) === 6) })),
  );
}

/**
 * What is advertised in a network, by `ipv6_ra_mode` of its subnets (null: another's routers do that); nothing where no
 * subnet is. The order is that of the speakers' addresses, so that equal networks have equal values.
 */
export function advertisedIn(network: ViewNetwork, routers: Iterable<ViewRouter>): Advertised[] {
  const subnets = network.subnets.filter((subnet) => ipFamily(subnet.cidr) === 6 && subnet.raMode !== null);
  if (subnets.length === 0) return [];
  const stateful = subnets.some((subnet) => subnet.raMode === "dhcpv6-stateful");
  const common: Common = {
    // A host goes by the flags that it heard last, whoever they were of, so all say the same.
    managed: stateful,
    otherConfig: stateful || subnets.some((subnet) => subnet.raMode === "dhcpv6-stateless"),
    mtuBytes: network.mtu,
    dnsSearch: network.dnsDomain === "" ? [] : [network.dnsDomain],
    dnsSeconds: DNS_SECONDS,
  };
  const left = new Set(subnets);
  const said = speakersIn(network, routers).flatMap((speaker) => {
    const own = subnets.filter(({ cidr }) => speaker.ips.some((ip) => prefixContains(prefix(cidr), ip)));
    for (const subnet of own) left.delete(subnet);
    return own.length === 0 ? [] : [of(speaker, own, common)];
  });
  // Without a router guests learn prefixes here, and no default route.
  const service = { mac: SERVICE_MAC, ip: SERVICE_IP6, ips: [] };
  if (left.size > 0) said.push(of(service, [...left], common));
  return said.sort((a, b) => (a.ip < b.ip ? -1 : 1));
}

type Common = Pick<Advertised, "managed" | "otherConfig" | "mtuBytes" | "dnsSearch" | "dnsSeconds">;

function of({ mac, ip, ips }: Speaker, subnets: ViewSubnet[], common: Common): Advertised {
  const routes = subnets.flatMap((subnet) => subnet.routes.filter(({ nextHop }) => ips.includes(nextHop)));
  return {
    ...common,
    mac,
    ip,
    // Of several routers in a subnet its gateway is the way out.
    routerSeconds: subnets.some(({ gateway }) => gateway !== null && ips.includes(gateway)) ? ROUTER_SECONDS : 0,
    prefixes: subnets.map((subnet) => ({
      cidr: subnet.cidr,
      autonomous: subnet.raMode !== "dhcpv6-stateful",
      validSeconds: VALID_SECONDS,
      preferredSeconds: PREFERRED_SECONDS,
    })),
    routes: routes.map(({ destination }) => ({ destination, seconds: ROUTER_SECONDS })),
    dnsServers: [...new Set(subnets.flatMap(dnsServersOf))],
  };
}

/**
 * What was said before and no longer holds, with lifetimes of zero (RFC 4861 section 6.2.5, RFC 8106 section 5.1): to be
 * sent before what holds now.
 */
export function withdrawn(before: readonly Advertised[], after: readonly Advertised[]): Advertised[] {
  const cidrs = new Set(after.flatMap(({ prefixes }) => prefixes.map(({ cidr }) => cidr)));
  const dns = new Set(after.flatMap(({ dnsServers }) => dnsServers));
  const names = new Set(after.flatMap(({ dnsSearch }) => dnsSearch));
  return before.flatMap((old) => {
    const now = after.find(({ ip }) => ip === old.ip);
    const routes = new Set(now?.routes.map(({ destination }) => destination));
    const gone: Advertised = {
      ...old,
      routerSeconds: now?.routerSeconds ?? 0,
      prefixes: old.prefixes
        .filter(({ cidr }) => !cidrs.has(cidr))
        .map((each) => ({ ...each, validSeconds: 0, preferredSeconds: 0 })),
      routes: old.routes.filter(({ destination }) => !routes.has(destination)).map((each) => ({ ...each, seconds: 0 })),
      dnsServers: old.dnsServers.filter((server) => !dns.has(server)),
      dnsSearch: old.dnsSearch.filter((name) => !names.has(name)),
      dnsSeconds: 0,
    };
    const { prefixes, dnsServers, dnsSearch } = gone;
    const isEmpty = [prefixes, gone.routes, dnsServers, dnsSearch].every(({ length }) => length === 0);
    return now !== undefined && isEmpty ? [] : [gone];
  });
}

/** As a frame to a solicitor; without one to all nodes. */
export function advertisementFrame(advertised: Advertised, to: { mac: Mac; ip: Ip } = ALL_NODES): Uint8Array {
  const { mac, ip, routerSeconds, dnsSeconds, ...rest } = advertised;
  return encodeRouterAdvertisement({
    ...rest,
    sourceMac: mac,
    destinationMac: to.mac,
    source: ip,
    destination: to.ip,
    routerLifetimeSeconds: routerSeconds,
    dnsLifetimeSeconds: dnsSeconds,
  });
}
