/** What a port is told by router advertisement: its network's prefixes, MTU and DNS servers (RFC 4861, 4862, 8106). */
import { type Ip, ipFamily, type Mac, SERVICE_IP6, SERVICE_MAC, type ViewNetwork } from "../../model/mod.ts";
import { encodeRouterAdvertisement } from "../../wire/mod.ts";

/** Neutron's radvd settings (neutron/agent/linux/ra.py): prefixes live a day, are preferred for four hours. */
const VALID_SECONDS = 86400;
const PREFERRED_SECONDS = 14400;

/** How often an unsolicited advertisement goes to each port: well within the prefixes' life. */
export const ADVERTISEMENT_INTERVAL_SECONDS = 600;

const ALL_NODES = { ip: "ff02::1" as Ip, mac: "33:33:00:00:00:01" as Mac };

export interface AdvertisementQuestion {
  network: ViewNetwork;
  /** The solicitor; without it the frame goes to all nodes (of the one port it is sent to). */
  to?: { mac: Mac; ip: Ip };
}

/** The frame to send to a port, or undefined when none of its network's subnets is advertised (ipv6_ra_mode is unset). */
export function routerAdvertisement({ network, to = ALL_NODES }: AdvertisementQuestion): Uint8Array | undefined {
  const subnets = network.subnets.filter((subnet) => ipFamily(subnet.cidr) === 6 && subnet.raMode !== null);
  if (subnets.length === 0) return undefined;
  const stateful = subnets.some((subnet) => subnet.raMode === "dhcpv6-stateful");
  return encodeRouterAdvertisement({
    sourceMac: SERVICE_MAC,
    destinationMac: to.mac,
    source: SERVICE_IP6,
    destination: to.ip,
    managed: stateful,
    otherConfig: stateful || subnets.some((subnet) => subnet.raMode === "dhcpv6-stateless"),
    // A network has no router of its own: hosts learn prefixes here, and no default route.
    routerLifetimeSeconds: 0,
    mtuBytes: network.mtu,
    prefixes: subnets.map((subnet) => ({
      cidr: subnet.cidr,
      autonomous: subnet.raMode !== "dhcpv6-stateful",
      validSeconds: VALID_SECONDS,
      preferredSeconds: PREFERRED_SECONDS,
    })),
    dnsServers: [...new Set(subnets.flatMap((subnet) => subnet.dnsServers))].filter((server) => ipFamily(server) === 6),
    dnsSearch: network.dnsDomain === "" ? [] : [network.dnsDomain],
    dnsLifetimeSeconds: 3 * ADVERTISEMENT_INTERVAL_SECONDS,
  });
}
