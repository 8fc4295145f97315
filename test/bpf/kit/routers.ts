/** Routers in the data plane under test, as the driver makes entries of them. */
import type { MapName, NetNumber, RouterNumber } from "../../../bpf/layout.gen.ts";
import { routerEntries } from "../../../datapath/ebpf/routers.ts";
import { ip, mac, prefix } from "../../../model/mod.ts";
import type { Plane } from "./plane.ts";
import { bump } from "./security.ts";

/** A router's own end in a network. */
export interface RouterEnd {
  net: NetNumber;
  mac: string;
  ip4: string;
  ip6: string;
  prefixes: string[];
}

export interface TestRouter {
  number: number;
  adminUp?: boolean;
  ends: RouterEnd[];
  routes?: { destination: string; net: NetNumber; nextHop: string }[];
}

/** The router's end in network `n` of the world's numbering: 10.n.0.254 and fd00:n::254. */
export const routerEnd = (on: NetNumber, subnet: number, router = 1): RouterEnd => ({
  net: on,
  mac: `02:00:00:00:0${router}:f${subnet}`,
  ip4: `10.${subnet}.0.${255 - router}`,
  ip6: `fd00:${subnet}::${255 - router}`,
  prefixes: [`10.${subnet}.0.0/24`, `fd00:${subnet}::/64`],
});

/** Puts it in; what an earlier one of that number had and this one has not stays. */
export function setRouter(plane: Plane, { number, adminUp = true, ends, routes = [] }: TestRouter): void {
  const wanted = {
    id: `00000000-0000-4000-8000-00000000000${number}`,
    adminUp,
    interfaces: ends.map((end) => ({
      networkId: String(end.net),
      mac: mac(end.mac),
      ips: [ip(end.ip4), ip(end.ip6)],
      prefixes: end.prefixes.map((text) => prefix(text).cidr),
    })),
    gateway: null,
    routes: routes.map(({ destination, net, nextHop }) => ({
      destination: prefix(destination).cidr,
      networkId: String(net),
      nextHop: ip(nextHop),
    })),
  };
  const entries = routerEntries(wanted, number as RouterNumber, (id) => Number(id) as NetNumber);
  for (const { map, key, value } of entries) plane.put(map as MapName, key, value);
  bump(plane);
}
