import type { WantedGateway } from "../../datapath/mod.ts";
import {
  type Cidr,
  type Ip,
  ipFamily,
  prefix,
  prefixContains,
  type ViewGateway,
  type ViewNetwork,
  type ViewRouter,
} from "../../model/mod.ts";
import { type Here, planNetwork } from "./vif.ts";

const ANYWHERE = { 4: "0.0.0.0/0" as Cidr, 6: "::/0" as Cidr };

/**
 * A router's way outside as this host has it: the way itself if it is its gateway, else where that is; and the floating
 * IPs that are its work. Undefined until the external network has reached this host.
 */
export function planGateway(
  router: ViewRouter,
  network: (id: string) => ViewNetwork | undefined,
  here: Here,
): WantedGateway | undefined {
  const gateway = router.gateway;
  const outer = gateway === null ? undefined : network(gateway.networkId);
  if (gateway === null || outer === undefined) return undefined;
  const outside = planNetwork(outer, here);
  const isOnWire = !("reason" in outside) && outside.segment.kind !== "vxlan";
  const isHere = isOnWire && gateway.host === here.host;
  const mine = ({ host }: { host: string | null }) => isOnWire && host === here.host;
  return {
    networkId: gateway.networkId,
    mac: gateway.mac,
    ips: gateway.ips,
    mtuBytes: outer.mtu,
    snat: gateway.snat,
    here: isHere,
    remote: gateway.host === here.host ? null : gateway.tunnelIp,
    routes: [...routesOf(gateway, outer), ...extraRoutes(router, outer)],
    floatings: gateway.floatings.filter(mine).map(({ ip, mac, fixedIp }) => ({ ip, mac, fixedIp })),
    forwards: gateway.forwards.filter(mine).map(({ id: _, host: __, ...forward }) => forward),
    proxies: isHere ? gateway.proxies : [],
  };
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

/** Routes of the router's own whose next hop is out there; of one destination they go before. */
function extraRoutes({ routes }: ViewRouter, { subnets }: ViewNetwork): WantedGateway["routes"] {
  return routes.filter(({ nextHop }) => subnets.some(({ cidr }) => prefixContains(prefix(cidr), nextHop)));
}
