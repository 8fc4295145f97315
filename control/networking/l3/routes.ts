/** Extra routes of a router (neutron/db/extraroute_db.py). */
import type { Attributes } from "../../../api/mod.ts";
import {
  type Cidr,
  fault,
  type Id,
  type Ip,
  type PortRecord,
  prefix,
  prefixContains,
  type RouterRecord,
} from "../../../model/mod.ts";
import { given, isCidr, isIp, isObject, listOf, orNull } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { portsOf } from "./lookups.ts";

export type Route = RouterRecord["routes"][number];

const isRoute = (value: unknown): Route | undefined => {
  const route = isObject(value);
  const destination = isCidr(route?.destination);
  const nexthop = isIp(route?.nexthop);
  return destination === undefined || nexthop === undefined ? undefined : { destination, nexthop };
};

export function readRoutes(body: Attributes): Route[] | undefined {
  const routes = given(body, "routes", orNull(listOf(isRoute)));
  return routes === undefined ? undefined : (routes ?? []);
}

/** As Python prints them. */
const textOf = (routes: readonly Route[]) =>
  `[${routes.map((route) => `{'destination': '${route.destination}', 'nexthop': '${route.nexthop}'}`).join(", ")}]`;

/** What a router reaches directly. */
export interface Reach {
  cidrs: Cidr[];
  addresses: Set<Ip>;
}

export function reachOf(draft: Draft, ports: readonly PortRecord[]): Reach {
  const entries = ports.flatMap((port) => port.fixed_ips);
  return {
    cidrs: entries.flatMap(({ subnet_id }) => draft.get("subnet", subnet_id)?.cidr ?? []),
    addresses: new Set(entries.map(({ ip_address }) => ip_address)),
  };
}

/** @throws Fault InvalidRoutes */
export function checkRoutes(routes: readonly Route[], { cidrs, addresses }: Reach): void {
  for (const { nexthop } of routes) {
    const isConnected = cidrs.some((cidr) => prefixContains(prefix(cidr), nexthop));
    const refuse = (reason: string) => fault("InvalidRoutes", { routes: textOf(routes), reason });
    if (!isConnected) throw refuse("the nexthop is not connected with router");
    if (addresses.has(nexthop)) throw refuse("the nexthop is used by router");
  }
}

const isSame = (a: Route) => (b: Route) => a.destination === b.destination && a.nexthop === b.nexthop;

/** The routes after they were set to `wanted`: those that stay keep their place. */
export function newRoutes(env: Env, draft: Draft, router: RouterRecord, wanted: readonly Route[]): Route[] {
  checkRoutes(wanted, reachOf(draft, portsOf(draft, router.id)));
  const quota = env.options.maxRoutes;
  if (wanted.length > quota) throw fault("RoutesExhausted", { router_id: router.id, quota });
  return without([...router.routes.filter((old) => wanted.some(isSame(old))), ...wanted], []);
}

/** Each of `routes` once, but those of `gone`. */
export function without(routes: readonly Route[], gone: readonly Route[]): Route[] {
  const left: Route[] = [];
  for (const route of routes) if (!gone.some(isSame(route)) && !left.some(isSame(route))) left.push(route);
  return left;
}

/** An interface stays while a route goes through its subnet. @throws Fault RouterInterfaceInUseByRoute */
export function checkNoRouteThrough(router: RouterRecord, subnet: { id: Id; cidr: Cidr }): void {
  if (!router.routes.some(({ nexthop }) => prefixContains(prefix(subnet.cidr), nexthop))) return;
  throw fault("RouterInterfaceInUseByRoute", { router_id: router.id, subnet_id: subnet.id });
}
