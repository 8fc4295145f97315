/** What kind of addresses a subnet gives, by Neutron's rules. */
import { type Ip, ipToBigInt, type Prefix, prefixContains, type SubnetRecord } from "../../model/mod.ts";

/** neutron_lib/constants.py ROUTER_INTERFACE_OWNERS. */
const ROUTER_INTERFACES = new Set([
  "network:router_interface",
  "network:ha_router_replicated_interface",
  "network:router_interface_distributed",
]);

export const isRouterInterface = (deviceOwner: string) => ROUTER_INTERFACES.has(deviceOwner);

/** ROUTER_INTERFACE_OWNERS_SNAT: ports that choose their IPv6 addresses themselves, also in a SLAAC subnet. */
export const isRouterSide = (deviceOwner: string) =>
  isRouterInterface(deviceOwner) || deviceOwner === "network:router_centralized_snat";

const isRouterPort = (deviceOwner: string) => isRouterSide(deviceOwner) || deviceOwner === "network:router_gateway";

/** DHCP servers' own ports take the first free address (neutron/ipam/requests.py AddressRequestFactory). */
export const prefersFirst = (deviceOwner: string) =>
  deviceOwner === "network:dhcp" || deviceOwner === "network:distributed";

/** True when every port of the network gets the address that it forms itself from its MAC. */
export function isAutoAddress(subnet: Pick<SubnetRecord, "ipv6_address_mode" | "ipv6_ra_mode">): boolean {
  return [subnet.ipv6_address_mode, subnet.ipv6_ra_mode].some(
    (mode) => mode === "slaac" || mode === "dhcpv6-stateless",
  );
}

/** neutron/ipam/utils.py check_subnet_ip: only routers may have IPv6's anycast address. */
export function isValidFor(subnet: Prefix, address: Ip, deviceOwner: string): boolean {
  if (!prefixContains(subnet, address)) return false;
  const value = ipToBigInt(address);
  if (subnet.family === 6) return value !== subnet.first || deviceOwner === "" || isRouterPort(deviceOwner);
  return value !== subnet.first && (subnet.length > 30 || value !== subnet.last);
}

/**
 * The subnets that a port may have addresses of: those without service types and those with its own one, which come
 * first (neutron/objects/subnet.py find_candidate_subnets); then by age, so that the choice is the same everywhere.
 */
export function candidateSubnets(subnets: readonly SubnetRecord[], deviceOwner: string): SubnetRecord[] {
  const fits = ({ service_types, enable_dhcp }: SubnetRecord) =>
    service_types.length === 0 ||
    service_types.includes(deviceOwner) ||
    (deviceOwner === "network:dhcp" && enable_dhcp);
  const rank = (subnet: SubnetRecord) => (subnet.service_types.length > 0 ? 0 : 1);
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return subnets
    .filter(fits)
    .sort((a, b) => rank(a) - rank(b) || order(a.created_at, b.created_at) || order(a.id, b.id));
}
