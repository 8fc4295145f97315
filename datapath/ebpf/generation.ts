/** Whether a change of a map entry can make a decision wrong that a flow entry keeps. Pure. */
import { MAPS, type MapName, NET_LOCAL } from "../../bpf/layout.gen.ts";

const netOf = MAPS.macs.key.reader("net");

/** Nothing is kept of `members`, which is looked up for each broadcast, nor of `sets`, which only gives names. */
export function isKeptInFlows(map: MapName): boolean {
  return map !== "members" && map !== "sets";
}

/**
 * What only grows harms nobody: a flow that was refused has no entry. An exception: in a provider network an unknown
 * MAC was sent out to the wire, and is now known to be here.
 */
export function invalidates(map: MapName, key: Buffer, before: Buffer | undefined, after: Buffer | undefined): boolean {
  switch (map) {
    case "vifs":
    case "ifaces":
    case "attachments":
    case "sources":
    case "peers":
    case "uplinks":
    case "ips":
    case "rules":
    case "routers":
    case "gateways":
    case "router_ports":
      return before !== undefined;
    // A longer prefix takes over from a shorter one.
    case "classes":
    case "pairs":
    case "routes":
    case "ways":
    // Who had a shared address has one of his own now.
    case "fixeds":
    case "floatings":
    case "forwards":
      return true;
    case "macs":
      return before !== undefined || (netOf(key) & NET_LOCAL) !== 0;
    case "nets":
      return before !== undefined && !sameForwarding(before, after);
    default:
      return false;
  }
}

function sameForwarding(before: Buffer, after: Buffer | undefined): boolean {
  if (after === undefined) return false;
  const a = MAPS.nets.value.decode(before);
  const b = MAPS.nets.value.decode(after);
  return a.flags === b.flags && a.mtu === b.mtu && a.ifindex === b.ifindex && a.vlan === b.vlan;
}
