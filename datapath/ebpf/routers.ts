/** Routers as entries: their ends in networks, and where they send what. Pure. */
import {
  type NetNumber,
  RouterFlag,
  type RouterNumber,
  type Target,
  TargetKind,
  type VifNumber,
} from "../../bpf/layout.gen.ts";
import { type Id, type Ip, ipFamily, linkLocalAddress } from "../../model/mod.ts";
import type { WantedRouter } from "../datapath.ts";
import { type Entry, entry } from "./entry.ts";
import { gatewayEntries, ip4Number } from "./gateways.ts";
import { routeEntries } from "./routes.ts";
import { NO_SET } from "./sets.ts";

const NO_IP = "::" as Ip;

/** A UUID as the four words by which `routers` knows it. */
export function routerWords(id: Id): number[] {
  const bytes = Buffer.from(id.replaceAll("-", ""), "hex");
  return [0, 4, 8, 12].map((at) => (bytes.length === 16 ? bytes.readUInt32LE(at) : 0));
}

/** `numberOf`: the networks that are here. */
export function routerEntries(
  router: WantedRouter,
  number: RouterNumber,
  numberOf: (networkId: Id) => NetNumber | undefined,
): Entry[] {
  // A target's `vif` is, of a router, its number.
  const target: Target = { kind: TargetKind.ROUTER, vif: number as number as VifNumber, remote: NO_IP };
  const entries = [entry("routers", number, { flags: router.adminUp ? RouterFlag.UP : 0, id: routerWords(router.id) })];
  if (router.gateway !== null)
    entries.push(...gatewayEntries(router.gateway, number, numberOf(router.gateway.networkId)));
  const seen = new Set<NetNumber>();
  for (const { networkId, mac, ips } of router.interfaces) {
    const net = numberOf(networkId);
    if (net === undefined) continue;
    entries.push(entry("macs", { net, mac }, target));
    for (const ip of [...ips, linkLocalAddress(mac)])
      entries.push(entry("ips", { net, ip }, { target, mac, flags: 0, set: NO_SET }));
    // Of several interfaces in one network, one speaks for the router.
    if (seen.has(net)) continue;
    seen.add(net);
    const all = router.interfaces.filter((each) => each.networkId === networkId).flatMap((each) => each.ips);
    const ip4 = all.find((ip) => ipFamily(ip) === 4);
    const ip6 = all.find((ip) => ipFamily(ip) === 6) ?? linkLocalAddress(mac);
    entries.push(
      entry("router_ports", { router: number, net }, { mac, ip4: ip4 === undefined ? 0 : ip4Number(ip4), ip6 }),
    );
  }
  entries.push(...routeEntries(router, number, numberOf));
  return entries;
}
