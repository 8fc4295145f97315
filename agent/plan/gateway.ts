import type { WantedGateway, WantedRouter } from "../../datapath/mod.ts";
import {
  type Cidr,
  type Id,
  type Ip,
  ipFamily,
  type Mac,
  prefix,
  prefixContains,
  type ViewGateway,
  type ViewNetwork,
  type ViewPort,
  type ViewRouter,
} from "../../model/mod.ts";
import { type Here, planNetwork } from "./vif.ts";

/** Addresses that an administrator gave this host, by external network: ports of vif.ts's SNAT_OWNER that are bound to it. */
export type HostAddresses = ReadonlyMap<Id, { mac: Mac; ip: Ip }>;

const ANYWHERE = { 4: "0.0.0.0/0" as Cidr, 6: "::/0" as Cidr };

/**
 * A router's way outside as this host has it: the way itself if it is its gateway, else where that is; and the floating
 * IPs that are its work. Undefined until the external network has reached this host. `taken`: destinations that the router's
 * own routes lead to elsewhere.
 */
export function planGateway(
  router: ViewRouter,
  network: (id: string) => ViewNetwork | undefined,
  here: Here,
  own: HostAddresses,
  taken: ReadonlySet<Cidr> = new Set(),
): WantedGateway | undefined {
  const gateway = router.gateway;
  const outer = gateway === null ? undefined : network(gateway.networkId);
  if (gateway === null || outer === undefined) return undefined;
  const outside = planNetwork(outer, here);
  const isOnWire = !("reason" in outside) && outside.segment.kind !== "vxlan";
  const isHere = isOnWire && gateway.host === here.host;
  const mine = ({ host }: { host: string | null }) => isOnWire && host === here.host;
  const leased = (isByGateway: boolean) => isByGateway && gateway.hasStandby;
  return {
    networkId: gateway.networkId,
    mac: gateway.mac,
    ips: gateway.ips,
    mtuBytes: outer.mtu,
    snat: gateway.snat,
    here: isHere,
    leased: isHere && gateway.hasStandby,
    remote: gateway.host === here.host ? null : gateway.tunnelIp,
    own: isOnWire && !isHere && gateway.snat ? ownAddress(own.get(gateway.networkId)) : null,
    routes: withExtra(routesOf(gateway, outer), extraRoutes(router, outer), taken),
    floatings: gateway.floatings.filter(mine).map(({ ip, mac, fixedIp, isByGateway, qos }) => ({
      ...{ ip, mac, fixedIp, leased: leased(isByGateway) },
      ...(qos && { qos }),
    })),
    forwards: gateway.forwards.filter(mine).map(({ id: _, floatingId: __, host: ___, isByGateway, ...forward }) => ({
      ...forward,
      leased: leased(isByGateway),
    })),
    proxies: isHere ? gateway.proxies : [],
    ...(gateway.isProxied && { isProxied: true }),
    ...(isHere && gateway.qos && { qos: gateway.qos }),
  };
}

const ownAddress = (own: { mac: Mac; ip: Ip } | undefined) => (own === undefined ? null : { mac: own.mac, ip: own.ip });

/** Such an address as the data plane has it: like a gateway that leads to nothing but to who asked from behind it. */
export function planHostAddress(
  port: ViewPort,
  network: ViewNetwork | undefined,
  here: Here,
): WantedRouter | undefined {
  if (network === undefined || network.segment.kind === "vxlan" || "reason" in planNetwork(network, here))
    return undefined;
  const gateway: WantedGateway = {
    networkId: network.id,
    mac: port.mac,
    ips: port.fixedIps.map(({ ip }) => ip),
    mtuBytes: network.mtu,
    snat: false,
    here: true,
    leased: false,
    remote: null,
    own: null,
    routes: [],
    floatings: [],
    forwards: [],
    proxies: [],
  };
  return { id: port.id, adminUp: port.adminUp && network.adminUp, interfaces: [], gateway, routes: [] };
}

/** On the network are all its subnets; beyond it is what its own gateways lead to, of the subnets that the router has part in. */
function routesOf(gateway: ViewGateway, { subnets }: ViewNetwork): WantedGateway["routes"] {
  const onLink = subnets.map(({ cidr }) => ({ destination: cidr, nextHop: null }));
  const families = new Map<4 | 6, Ip>();
  for (const { cidr, gateway: nextHop } of subnets) {
    if (nextHop === null || !gateway.ips.some((ip) => prefixContains(prefix(cidr), ip))) continue;
    const family = ipFamily(nextHop);
    if (!families.has(family)) families.set(family, nextHop);
  }
  return [...onLink, ...[...families].map(([family, nextHop]) => ({ destination: ANYWHERE[family], nextHop }))];
}

/** Routes of the router's own whose next hop is out there. */
function extraRoutes({ routes }: ViewRouter, { subnets }: ViewNetwork): WantedGateway["routes"] {
  return routes.filter(({ nextHop }) => subnets.some(({ cidr }) => prefixContains(prefix(cidr), nextHop)));
}

/** Of one destination the router's own routes go before; `taken`: those that lead inside. */
function withExtra(
  own: WantedGateway["routes"],
  extra: WantedGateway["routes"],
  taken: ReadonlySet<Cidr>,
): WantedGateway["routes"] {
  const others = new Set([...taken, ...extra.map(({ destination }) => destination)]);
  return [...own.filter(({ destination }) => !others.has(destination)), ...extra];
}
