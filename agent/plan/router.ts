import type { WantedRouter } from "../../datapath/mod.ts";
import {
  type Cidr,
  type Ip,
  ipFamily,
  prefix,
  prefixContains,
  type ViewNetwork,
  type ViewRouter,
} from "../../model/mod.ts";
import { type HostAddresses, planGateway } from "./gateway.ts";
import type { Here } from "./vif.ts";

type Interface = WantedRouter["interfaces"][number];

/** A router as the data plane needs it: its ends in networks that have reached this host, and the routes through those. */
export function planRouter(
  router: ViewRouter,
  network: (id: string) => ViewNetwork | undefined,
  here: Here,
  own: HostAddresses,
  hosts: (networkId: string) => readonly Ip[] = () => [],
): WantedRouter {
  const interfaces = router.interfaces.flatMap(({ networkId, mac, ips }): Interface[] => {
    const subnets = network(networkId)?.subnets;
    if (subnets === undefined) return [];
    const cidrs = subnets.map(({ cidr }) => cidr);
    return [
      { networkId, mac, ips, prefixes: cidrs.filter((cidr) => ips.some((ip) => prefixContains(prefix(cidr), ip))) },
    ];
  });
  const routes = router.routes.flatMap(({ destination, nextHop }) => {
    const by = interfaces.find(({ prefixes }) => holds(prefixes, nextHop));
    return by === undefined ? [] : [{ destination, networkId: by.networkId, nextHop }];
  });
  const taken = new Set(routes.map(({ destination }) => destination));
  const gateway = planGateway(router, network, here, own, taken) ?? null;
  const rest = gateway === null ? byHost(interfaces, hosts, taken) : [];
  return { id: router.id, adminUp: router.adminUp, interfaces, gateway, routes: [...routes, ...rest] };
}

/** Without a way of its own to the outside: by the host itself, where that is on one of the router's networks. */
function byHost(
  interfaces: readonly Interface[],
  hosts: (networkId: string) => readonly Ip[],
  taken: ReadonlySet<Cidr>,
): WantedRouter["routes"] {
  const routes = interfaces.flatMap(({ networkId, prefixes }) =>
    hosts(networkId)
      .filter((ip) => holds(prefixes, ip))
      .map((nextHop) => ({ destination: DEFAULT_ROUTES[ipFamily(nextHop)], networkId, nextHop })),
  );
  const first = new Map(routes.toReversed().map((route) => [route.destination, route]));
  return [...first.values()].filter(({ destination }) => !taken.has(destination));
}

const DEFAULT_ROUTES = { 4: "0.0.0.0/0" as Cidr, 6: "::/0" as Cidr };

const holds = (prefixes: readonly Cidr[], ip: Ip) => prefixes.some((cidr) => prefixContains(prefix(cidr), ip));
