/**
 * Routes between the subnets of a routed network, which hosts are told by DHCP: each subnet's gateway leads to the
 * subnets on other segments (neutron/services/segments/plugin.py SegmentHostRoutes).
 */
import { type Ip, type Prefix, prefix, prefixesOverlap, type SubnetRecord } from "../../../model/mod.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { touched } from "../standard.ts";

type Route = SubnetRecord["host_routes"][number];

const isSame = (a: Route, b: Route) => a.destination === b.destination && a.nexthop === b.nexthop;
const covers = (outer: Prefix, inner: Prefix) => outer.length <= inner.length && prefixesOverlap(outer, inner);
const without = (routes: readonly Route[], gone: Route) => routes.filter((route) => !isSame(route, gone));

function differ(a: readonly Route[], b: readonly Route[]): boolean {
  return a.length !== b.length || a.some((route) => !b.some((other) => isSame(route, other)));
}

/** The subnet's routes with those to its peers; none where a route of its own leads there already. */
function withPeers(subnet: SubnetRecord, peers: readonly SubnetRecord[], formerGateway: Ip | null = null): Route[] {
  let routes = [...subnet.host_routes];
  for (const { id, segment_id, ip_version, cidr } of peers) {
    if (id === subnet.id || segment_id === subnet.segment_id || ip_version !== subnet.ip_version) continue;
    if (formerGateway !== null) routes = without(routes, { destination: cidr, nexthop: formerGateway });
    if (subnet.gateway_ip === null) continue;
    const target = prefix(cidr);
    if (routes.some(({ destination }) => covers(prefix(destination), target))) continue;
    routes.push({ destination: cidr, nexthop: subnet.gateway_ip });
  }
  return routes;
}

function replaceRoutes(env: Env, draft: Draft, subnet: SubnetRecord, routes: Route[]): void {
  if (!differ(subnet.host_routes, routes)) return;
  draft.replace("subnet", subnet.id, touched(env, { ...subnet, host_routes: routes }));
}

/** Tells the peers of a new subnet of it, and returns its routes to them. `subnet` is not staged yet. */
export function joinPeers(env: Env, draft: Draft, subnet: SubnetRecord): Route[] {
  if (subnet.segment_id === null) return subnet.host_routes;
  const others = draft.subnetsOf(subnet.network_id);
  for (const other of others) replaceRoutes(env, draft, other, withPeers(other, [...others, subnet]));
  return withPeers(subnet, others);
}

/** The routes of a subnet whose gateway or own routes changed. */
export function changedRoutes(draft: Draft, before: SubnetRecord, after: SubnetRecord): Route[] {
  const isMoved = before.gateway_ip !== after.gateway_ip;
  if (after.segment_id === null || !(isMoved || differ(before.host_routes, after.host_routes)))
    return after.host_routes;
  return withPeers(after, draft.subnetsOf(after.network_id), isMoved ? before.gateway_ip : null);
}

/** The peers of a subnet that goes lose their routes to it. */
export function leavePeers(env: Env, draft: Draft, subnet: SubnetRecord): void {
  if (subnet.segment_id === null) return;
  const others = draft.subnetsOf(subnet.network_id).filter(({ id }) => id !== subnet.id);
  for (const other of others) {
    const left = other.gateway_ip
      ? without(other.host_routes, { destination: subnet.cidr, nexthop: other.gateway_ip })
      : other.host_routes;
    replaceRoutes(env, draft, other, withPeers({ ...other, host_routes: left }, others));
  }
}
