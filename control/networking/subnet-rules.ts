/** What a subnet must fulfil by itself: db_base_plugin_v2.py _validate_subnet, in its order and words. */
import {
  fault,
  type Ip,
  ipFamily,
  ipToBigInt,
  type Prefix,
  prefix,
  prefixContains,
  prefixesOverlap,
  type SubnetRecord,
} from "../../model/mod.ts";
import { isAutoAddress } from "../ipam/mod.ts";
import type { NetworkingOptions } from "./env.ts";

const refuse = (error_message: string) => fault("InvalidInput", { error_message });

const MULTICAST = [prefix("224.0.0.0/4"), prefix("ff00::/8")];
const LOOPBACK = [prefix("127.0.0.0/8"), prefix("::1/128")];
const within = (outer: Prefix[], inner: Prefix) =>
  outer.some((range) => prefixesOverlap(range, inner) && range.length <= inner.length);

function checkVersion(version: 4 | 6, address: string, name: string): void {
  if (ipFamily(address as Ip) === version) return;
  throw refuse(`${name} '${address}' does not match the ip_version '${version}'`);
}

/** DHCP needs room for a server and a client, and addresses that a host can have. */
function checkDhcp(cidr: Prefix): void {
  if (cidr.length > (cidr.family === 4 ? 30 : 126)) {
    throw refuse("Subnet has a prefix length that is incompatible with DHCP service enabled");
  }
  if (within(MULTICAST, cidr)) throw refuse("Multicast IP subnet is not supported if enable_dhcp is True");
  if (within(LOOPBACK, cidr)) throw refuse("Loopback IP subnet is not supported if enable_dhcp is True");
  if (cidr.family === 4 && cidr.first === 0n) {
    throw refuse("First IP '0.0.0.0' of network is not supported if enable_dhcp is True.");
  }
}

/** A gateway inside IPv4's subnet is not its network or broadcast address; one outside may be anything (on-link). */
function checkGateway(cidr: Prefix, gateway: Ip): void {
  checkVersion(cidr.family, gateway, "gateway_ip");
  if (cidr.family === 6 || !prefixContains(cidr, gateway)) return;
  const value = ipToBigInt(gateway);
  if (value === cidr.first || value === cidr.last) throw refuse("Gateway is not valid on subnet");
}

function checkLists(subnet: SubnetRecord, isNew: boolean, options: NetworkingOptions): void {
  const subnet_id = isNew ? "new subnet" : subnet.id;
  if (subnet.dns_nameservers.length > options.maxDnsNameservers) {
    throw fault("DNSNameServersExhausted", { subnet_id, quota: options.maxDnsNameservers });
  }
  for (const server of subnet.dns_nameservers) checkVersion(subnet.ip_version, server, "dns_nameserver");
  if (subnet.host_routes.length > options.maxHostRoutes) {
    throw fault("HostRoutesExhausted", { subnet_id, quota: options.maxHostRoutes });
  }
  for (const route of subnet.host_routes) {
    checkVersion(subnet.ip_version, route.nexthop, "nexthop");
    checkVersion(subnet.ip_version, route.destination, "destination");
  }
}

function checkModes(subnet: SubnetRecord, cidr: Prefix): void {
  const { ipv6_ra_mode: raMode, ipv6_address_mode: addressMode } = subnet;
  if (subnet.ip_version === 4) {
    if (raMode !== null) throw refuse("ipv6_ra_mode is not valid when ip_version is 4");
    if (addressMode !== null) throw refuse("ipv6_address_mode is not valid when ip_version is 4");
    return;
  }
  if ((raMode !== null || addressMode !== null) && !subnet.enable_dhcp) {
    throw refuse("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False");
  }
  if (raMode !== null && addressMode !== null && raMode !== addressMode) {
    const error =
      `ipv6_ra_mode set to '${raMode}' with ipv6_address_mode set to '${addressMode}' is not valid. ` +
      "If both attributes are set, they must be the same value";
    throw refuse(error);
  }
  // RFC 4862 section 5.5.3: prefix and interface identifier make 128 bits, and EUI-64 identifiers have 64.
  if (isAutoAddress(subnet) && cidr.length !== 64) {
    const error =
      `Invalid CIDR ${cidr.cidr} for IPv6 address mode. ` +
      "OpenStack uses the EUI-64 address format, which requires the prefix to be /64";
    throw refuse(error);
  }
}

/** @throws Fault InvalidInput, DNSNameServersExhausted, HostRoutesExhausted */
export function checkNewSubnet(subnet: SubnetRecord, options: NetworkingOptions): void {
  const cidr = prefix(subnet.cidr);
  checkVersion(subnet.ip_version, subnet.cidr, "cidr");
  if (cidr.family === 6 && cidr.first === 0n) throw refuse("IPv6 subnet '::' is not supported");
  if (subnet.enable_dhcp) checkDhcp(cidr);
  if (subnet.gateway_ip !== null) checkGateway(cidr, subnet.gateway_ip);
  checkLists(subnet, true, options);
  checkModes(subnet, cidr);
  if (cidr.length === 0) throw refuse("0 is not allowed as CIDR prefix length");
}

/** As {@link checkNewSubnet}, of a subnet that was `before` until now. */
export function checkChangedSubnet(before: SubnetRecord, subnet: SubnetRecord, options: NetworkingOptions): void {
  const cidr = prefix(subnet.cidr);
  if (subnet.enable_dhcp && !before.enable_dhcp) checkDhcp(cidr);
  if (subnet.gateway_ip !== null && subnet.gateway_ip !== before.gateway_ip) checkGateway(cidr, subnet.gateway_ip);
  checkLists(subnet, false, options);
  const hasModes = before.ipv6_ra_mode !== null || before.ipv6_address_mode !== null;
  if (hasModes && !subnet.enable_dhcp) throw refuse("Cannot disable enable_dhcp with ipv6 attributes set");
}

/** @throws Fault InvalidInput; the message tells nothing of the other subnet, which may be another project's. */
export function checkOverlap(subnet: SubnetRecord, others: Iterable<SubnetRecord>): void {
  const cidr = prefix(subnet.cidr);
  for (const other of others) {
    if (!prefixesOverlap(cidr, prefix(other.cidr))) continue;
    const { network_id: networkId } = subnet;
    throw refuse(`Requested subnet with cidr: ${subnet.cidr} for network: ${networkId} overlaps with another subnet`);
  }
}
