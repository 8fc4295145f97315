/** Whether a change of a map entry can make a decision wrong that a flow entry keeps. Pure. */
import { MAPS, type MapName, NET_LOCAL, VifFlag } from "../../bpf/layout.gen.ts";

const netOf = MAPS.macs.key.reader("net");
const limitedNetOf = MAPS.limits.key.reader("net");

const backingOf = MAPS.backings.key.reader("of");
const UDP = 17;

const NOT_KEPT: ReadonlySet<MapName> = new Set(["members", "sets", "mirrors", "taps"]);

/** Nothing is kept of what is looked up for each packet that it concerns, nor of `sets`, which only gives names. */
export function isKeptInFlows(map: MapName): boolean {
  return !NOT_KEPT.has(map);
}

/**
 * What only grows harms nobody: a flow that was refused has no entry. An exception: in a provider network an unknown
 * MAC was sent out to the wire, and is now known to be here.
 */
export function invalidates(map: MapName, key: Buffer, before: Buffer | undefined, after: Buffer | undefined): boolean {
  switch (map) {
    case "vifs":
      return before !== undefined && !sameVif(before, after);
    case "ifaces":
    case "attachments":
    case "subports":
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
    // A port's are told by a flag of its own; flows know whether their address outside has some, not how much.
    case "limits":
      return limitedNetOf(key) !== 0 && (before === undefined || after === undefined);
    // What was to nobody's balancer went elsewhere.
    case "balancers":
      return before === undefined || after === undefined;
    // A connection stays with its backend to its end, and a new one asks again.
    case "backings":
      return after === undefined && backingOf(key).proto === UDP;
    case "nets":
      return before !== undefined && !sameForwarding(before, after);
    default:
      return false;
  }
}

const ASIDE = VifFlag.MIRROR_IN | VifFlag.MIRROR_OUT | VifFlag.METER_IN | VifFlag.METER_OUT | VifFlag.MARK;

/** But for what is looked at for each packet. */
function sameVif(before: Buffer, after: Buffer | undefined): boolean {
  if (after === undefined) return false;
  const plain = (bytes: Buffer) => {
    const vif = MAPS.vifs.value.decode(bytes);
    return MAPS.vifs.value.encode({ ...vif, dscp: 0, flags: vif.flags & ~ASIDE });
  };
  return plain(before).equals(plain(after));
}

function sameForwarding(before: Buffer, after: Buffer | undefined): boolean {
  if (after === undefined) return false;
  const a = MAPS.nets.value.decode(before);
  const b = MAPS.nets.value.decode(after);
  return a.flags === b.flags && a.mtu === b.mtu && a.ifindex === b.ifindex && a.vlan === b.vlan;
}
