/** What the maps hold of ports and routers: read when asked, a page at a time, since a map can have many entries. */
import { setImmediate } from "node:timers/promises";
import {
  GatewayFlag,
  MAPS,
  type MapKey,
  type MapName,
  type MapValue,
  ROUTE_FIXED_BITS,
  type Route,
  RouteKind,
  RouterFlag,
  type RouterNumber,
  SOURCE_FIXED_BITS,
  type Vif,
  VifFlag,
  VifKind,
  type VifNumber,
  vifFlagNames,
  vifKindNames,
} from "../../bpf/layout.gen.ts";
import type { BpfMap } from "../../host/mod.ts";
import { type Cidr, type Id, type Ip, ipFamily, type RouterFacts, type VifFacts } from "../../model/mod.ts";
import type { Table } from "../../wire/table.ts";
import { limitKeys, qosOf } from "./limits.ts";
import type { Maps } from "./maps.ts";
import type { Names } from "./names.ts";
import { ip4Text } from "./partner.ts";
import { NO_SET } from "./sets.ts";

/** Entries between two turns of the event loop: about a millisecond, with what is made of them. */
const PAGE_LENGTH = 64;

/** A map's raw entries in pages; whoever walks lets others have their turn after each. */
export async function* pages(map: BpfMap): AsyncIterableIterator<[Buffer, Buffer][]> {
  let page: [Buffer, Buffer][] = [];
  for (const entry of map.entries()) {
    page.push(entry);
    if (page.length < PAGE_LENGTH) continue;
    yield page;
    page = [];
    await setImmediate();
  }
  yield page;
}

/** The decoded entries that `picks`. */
async function collect<N extends MapName>(
  maps: Maps,
  name: N,
  picks: (key: MapKey<N>) => boolean,
): Promise<[MapKey<N>, MapValue<N>][]> {
  const { key, value } = MAPS[name] as unknown as { key: Table<MapKey<N>>; value: Table<MapValue<N>> };
  const found: [MapKey<N>, MapValue<N>][] = [];
  for await (const page of pages(maps.get(name)))
    for (const [k, v] of page) {
      const decoded = key.decode(k);
      if (picks(decoded)) found.push([decoded, value.decode(v)]);
    }
  return found;
}

const cidrOf = (ip: Ip, bits: number) => `${ip}/${ipFamily(ip) === 4 ? bits - 96 : bits}` as Cidr;

/** The names of the bits that are set. */
const flagsOf = (flags: number, names: Readonly<Record<number, string>>) =>
  Object.entries(names).flatMap(([bit, name]) => (flags & Number(bit) ? [name] : []));

export function vifOf(maps: Maps, number: VifNumber): Vif | undefined {
  const bytes = maps.get("vifs").lookup(MAPS.vifs.key.encode(number));
  const vif = bytes && MAPS.vifs.value.decode(bytes);
  return vif?.ifindex ? vif : undefined;
}

function limitsOf(maps: Maps, number: VifNumber): Parameters<typeof qosOf>[1] {
  const found = limitKeys(number).map(([name, key]) => {
    const bytes = maps.get("limits").lookup(MAPS.limits.key.encode(key));
    return bytes === undefined ? {} : { [name]: MAPS.limits.value.decode(bytes) };
  });
  return Object.assign({}, ...found);
}

/** Those of the ports that the data plane has. `rulesOf`: how many a group has. */
export async function vifFacts(
  maps: Maps,
  names: Names,
  numbers: readonly VifNumber[],
  rulesOf: (group: Id) => number,
): Promise<VifFacts[]> {
  const wanted = new Set(numbers);
  const sources = Map.groupBy(await collect(maps, "sources", ({ vif }) => wanted.has(vif)), ([{ vif }]) => vif);
  return numbers.flatMap((number): VifFacts[] => {
    const vif = vifOf(maps, number);
    if (vif === undefined) return [];
    const isChecked = (vif.flags & VifFlag.PORT_SECURITY) !== 0;
    const groups = names.groups(vif.policy);
    const qos = qosOf(vif, limitsOf(maps, number));
    return [
      {
        port: names.port(number),
        network: names.network(vif.net),
        device: deviceOf(vif),
        mac: vif.mac,
        flags: flagsOf(vif.flags, vifFlagNames),
        sources: isChecked ? (sources.get(number) ?? []).map(([key]) => sourceOf(key)) : null,
        policy:
          vif.policy === NO_SET
            ? null
            : { set: vif.policy, groups, rules: groups.reduce((sum, group) => sum + rulesOf(group), 0) },
        ...(qos && { qos }),
        number,
      },
    ];
  });
}

const deviceOf = ({ ifindex, kind, vlan }: Vif) => ({
  ifindex,
  kind: vifKindNames[kind] ?? String(kind),
  vlan: kind === VifKind.PHYSICAL || kind === VifKind.SUBPORT ? vlan : null,
});

const sourceOf = ({ mac, ip, prefixLength }: MapKey<"sources">) => ({
  mac,
  cidr: cidrOf(ip, prefixLength - SOURCE_FIXED_BITS),
});

type RouteFacts = RouterFacts["routes"][number];
const ROUTES = { [RouteKind.CONNECTED]: "connected", [RouteKind.VIA]: "via", [RouteKind.OUTSIDE]: "outside" } as const;

/** Every router that the data plane has. */
export async function routerFacts(maps: Maps, names: Names): Promise<RouterFacts[]> {
  const routers = await collect(maps, "routers", () => true);
  const here = routers.filter(([, { id }]) => id.some((word) => word !== 0));
  const by = <K extends { router: RouterNumber }, V>(entries: [K, V][]) =>
    Map.groupBy(entries, ([{ router }]) => router);
  const ports = by(await collect(maps, "router_ports", () => true));
  const routes = by(await collect(maps, "routes", () => true));
  const fixeds = by(await collect(maps, "fixeds", () => true));
  return here.map(([number, { flags }]) => ({
    router: names.router(number),
    number,
    adminUp: (flags & RouterFlag.UP) !== 0,
    ports: (ports.get(number) ?? []).map(([{ net }, { mac, ip4, ip6 }]) => ({
      network: names.network(net),
      mac,
      ips: [...(ip4 === 0 ? [] : [ip4Text(ip4)]), ...(ip6 === "::" ? [] : [ip6])],
    })),
    routes: (routes.get(number) ?? []).flatMap(([key, route]) => waysOf(maps, names, key, route)),
    gateway: gatewayFacts(maps, names, number),
    floatings: (fixeds.get(number) ?? []).map(([{ ip }, fixed]) => ({ ip: ip4Text(fixed.ip), fixedIp: ip4Text(ip) })),
  }));
}

/** One, or those that share the traffic. */
function waysOf(maps: Maps, names: Names, key: MapKey<"routes">, route: Route): RouteFacts[] {
  const destination = cidrOf(key.ip, key.prefixLength - ROUTE_FIXED_BITS);
  const kind = ROUTES[route.kind as keyof typeof ROUTES];
  if (kind !== undefined) {
    const nextHop = route.nextHop === "::" ? null : route.nextHop;
    return [{ destination, kind, network: names.network(route.net), nextHop }];
  }
  return Array.from({ length: route.ways }, (_, index) => index).flatMap((index) => {
    const way = maps.get("ways").lookup(MAPS.ways.key.encode({ ...key, index }));
    return way === undefined ? [] : waysOf(maps, names, key, MAPS.ways.value.decode(way));
  });
}

function gatewayFacts(maps: Maps, names: Names, router: RouterNumber): RouterFacts["gateway"] {
  const bytes = maps.get("gateways").lookup(MAPS.gateways.key.encode(router));
  if (bytes === undefined) return null;
  const { flags, net, remote, mac, ip4, ip6, mtu } = MAPS.gateways.value.decode(bytes);
  return {
    network: names.network(net),
    mac,
    ips: [...(ip4 === 0 ? [] : [ip4Text(ip4)]), ...(ip6 === "::" ? [] : [ip6])],
    here: (flags & GatewayFlag.HERE) !== 0,
    snat: (flags & GatewayFlag.SNAT) !== 0,
    own: (flags & GatewayFlag.OWN) !== 0,
    host: remote === "::" ? null : remote,
    mtu,
  };
}
