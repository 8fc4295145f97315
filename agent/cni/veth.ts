import { type Host, type Link, type Links, SystemError } from "../../host/mod.ts";
import { ipFamily } from "../../model/mod.ts";
import type { Log } from "../log.ts";
import { CniFailure } from "./failure.ts";
import type { Wiring } from "./result.ts";

/** One container interface and the device that is its other end. */
export interface Pair {
  device: string;
  netns: string;
  ifname: string;
}

/** Makes the pair and sets up the container's end; all of it, or nothing. @throws CniFailure */
export function makePair(host: Host, pair: Pair, wiring: Wiring, log: Log): Link {
  return inContainer(host, pair.netns, (links, netnsFd) => {
    if (links.byName(pair.ifname) !== undefined)
      throw new CniFailure(
        "badEnvironment",
        `the container has an interface ${pair.ifname} already: use another CNI_IFNAME`,
      );
    const peer = { name: pair.ifname, mac: wiring.mac, netnsFd };
    const link = host.links.createVeth({ name: pair.device, mtuBytes: wiring.mtuBytes, peer });
    try {
      host.links.set(link.index, { up: true });
      setUp(links, pair.ifname, wiring, log);
    } catch (error) {
      host.links.remove(link.index);
      throw error;
    }
    return link;
  });
}

function setUp(links: Links, ifname: string, wiring: Wiring, log: Log): void {
  const { index } = links.byName(ifname) as Link;
  if (wiring.addresses.some(({ ip }) => ipFamily(ip) === 6)) links.staticIpv6(ifname);
  links.set(index, { up: true });
  // The control node gives an address once only, so that waiting for duplicate address detection is a waste.
  for (const { ip, prefixLength } of wiring.addresses) links.addAddress(index, { ip, prefixLength, noDad: true });
  for (const route of wiring.routes) {
    try {
      links.addRoute({ ...route, index });
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      // A user's host route through an address that no subnet of the port has: one wrong route is no reason for no network.
      log.warn({ ...route, reason: error.message }, "the container's kernel refused a route of its subnet");
    }
  }
}

/** What differs in the container from what ADD made; undefined when nothing does. */
export function differenceIn(host: Host, pair: Pair, wiring: Wiring): string | undefined {
  return inContainer(host, pair.netns, (links) => {
    const link = links.byName(pair.ifname);
    if (link === undefined) return `interface ${pair.ifname} is gone`;
    if (link.mac !== wiring.mac) return `interface ${pair.ifname} has MAC ${link.mac} instead of ${wiring.mac}`;
    if (!link.up) return `interface ${pair.ifname} is down`;
    const present = new Set(links.addresses(link.index).map(({ ip, prefixLength }) => `${ip}/${prefixLength}`));
    const missing = wiring.addresses.find(({ ip, prefixLength }) => !present.has(`${ip}/${prefixLength}`));
    return missing && `address ${missing.ip}/${missing.prefixLength} is missing on ${pair.ifname}`;
  });
}

export function removeDevice(host: Host, device: string): void {
  const link = host.links.byName(device);
  if (link !== undefined) host.links.remove(link.index);
}

function inContainer<T>(host: Host, netns: string, work: (links: Links, netnsFd: number) => T): T {
  try {
    return host.inNamespace(netns, work);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (error.code === "ENOENT" && error.message.includes(netns))
      throw new CniFailure(
        "unknownContainer",
        `CNI_NETNS ${netns} is not there: the container has gone`,
        error.message,
      );
    throw new CniFailure("io", `the container's interface could not be made: ${error.message}`);
  }
}
