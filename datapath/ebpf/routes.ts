/** Where a router sends what, as entries. Pure. */
import { type NetNumber, ROUTE_FIXED_BITS, RouteKind, type RouterNumber, WAYS_MAX } from "../../bpf/layout.gen.ts";
import { type Cidr, type Id, type Ip, prefix } from "../../model/mod.ts";
import type { WantedRouter } from "../datapath.ts";
import { type Entry, entry, prefixKey } from "./entry.ts";

const NO_IP = "::" as Ip;
const NO_NET = 0 as NetNumber;

interface Way {
  kind: RouteKind;
  net: NetNumber;
  nextHop: Ip;
}

/** `numberOf`: the networks that are here. What is connected goes before everything else of the same prefix. */
export function routeEntries(
  router: WantedRouter,
  number: RouterNumber,
  numberOf: (networkId: Id) => NetNumber | undefined,
): Entry[] {
  const ways = new Map<Cidr, Way[]>();
  const add = (destination: Cidr, way: Way) => {
    const { cidr } = prefix(destination);
    ways.set(cidr, [...(ways.get(cidr) ?? []), way]);
  };
  for (const { destination, networkId, nextHop } of router.routes) {
    const net = numberOf(networkId);
    if (net !== undefined) add(destination, { kind: RouteKind.VIA, net, nextHop });
  }
  if (router.gateway !== null) {
    const net = numberOf(router.gateway.networkId) ?? NO_NET;
    for (const { destination, nextHop } of router.gateway.routes)
      add(destination, { kind: RouteKind.OUTSIDE, net, nextHop: nextHop ?? NO_IP });
  }
  for (const { networkId, prefixes } of router.interfaces) {
    const net = numberOf(networkId);
    if (net === undefined) continue;
    for (const cidr of prefixes) ways.set(prefix(cidr).cidr, [{ kind: RouteKind.CONNECTED, net, nextHop: NO_IP }]);
  }
  return [...ways].flatMap(([destination, all]) => destinationEntries(number, destination, all));
}

/** One way is the route itself; several are in a table of their own, in an order that does not depend on how they came. */
function destinationEntries(router: RouterNumber, destination: Cidr, ways: readonly Way[]): Entry[] {
  const key = { router, ...prefixKey(prefix(destination), ROUTE_FIXED_BITS) };
  const sole = { ways: 0, prefixLength: 0 };
  const byText = new Map(ways.map((way) => [`${way.kind} ${way.net} ${way.nextHop}`, way]));
  const [first, ...more] = [...byText.keys()].sort().flatMap((text) => byText.get(text) ?? []);
  if (first === undefined) return [];
  if (more.length === 0) return [entry("routes", key, { ...first, ...sole })];
  const kept = [first, ...more].slice(0, WAYS_MAX);
  const shared = { kind: RouteKind.SHARED, net: NO_NET, nextHop: key.ip, ways: kept.length };
  return [
    ...kept.map((way, index) => entry("ways", { ...key, index }, { ...way, ...sole })),
    entry("routes", key, { ...shared, prefixLength: key.prefixLength }),
  ];
}
