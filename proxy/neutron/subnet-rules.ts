/**
 * What makes a subnet's attributes fit each other, as far as the request alone tells: the checks of Neutron's
 * _create_subnet_precommit, _validate_subnet (neutron/db/db_base_plugin_v2.py) and of its allocation pools
 * (neutron/db/ipam_backend_mixin.py), in Neutron's order. What needs other records is checked behind the door.
 */

import type { Ipv6Mode, SubnetRecord } from "../../model/mod.ts";
import {
  type Cidr,
  fault,
  type Ip,
  ipFamily,
  ipFromBigInt,
  ipToBigInt,
  type Prefix,
  prefix,
  prefixContains,
} from "../../model/mod.ts";
import { checkPools, type Pool } from "./pool-rules.ts";
import { isLoopback, isMulticast } from "./validators-ip.ts";

/** A subnet's body after conversion: what was given, with defaults. */
export type SubnetBody = Partial<Omit<SubnetRecord, "allocation_pools">> & {
  allocation_pools?: Pool[];
  prefixlen?: number;
  use_default_subnetpool?: boolean;
};

/** Neutron's options max_dns_nameservers and max_subnet_host_routes. */
const MAX_NAMESERVERS = 5;
const MAX_HOST_ROUTES = 20;

const invalid = (error_message: string) => fault("InvalidInput", { error_message });
const badRequest = (msg: string) => fault("BadRequest", { resource: "subnets", msg });

/** Checks a new subnet, and leaves its cidr without host bits. @throws Fault */
export function checkNewSubnet(body: Record<string, unknown>): void {
  const subnet = body as SubnetBody;
  checkPoolRequest(subnet);
  const cidr = prefix(subnet.cidr as string);
  subnet.cidr = cidr.cidr;
  delete body.use_default_subnetpool;
  checkSubnet(subnet, cidr, false);
  if (cidr.length === 0) throw invalid("0 is not allowed as CIDR prefix length");
  if (subnet.allocation_pools) checkPools(subnet.allocation_pools, cidr, gatewayOf(subnet, cidr));
}

/** Subnet pools are not offered; the errors are those of a Neutron without any pool. */
function checkPoolRequest(subnet: SubnetBody): void {
  const { cidr, prefixlen, subnetpool_id, use_default_subnetpool } = subnet;
  if (cidr !== undefined && prefixlen !== undefined) {
    throw badRequest("cidr and prefixlen must not be supplied together");
  }
  if (subnetpool_id && use_default_subnetpool) {
    throw badRequest("subnetpool_id and use_default_subnetpool cannot both be specified");
  }
  if (subnetpool_id) throw fault("SubnetPoolNotFound", { subnetpool_id });
  if (use_default_subnetpool) {
    throw badRequest(`No default subnetpool found for IPv${cidr ? ipFamily(cidr) : subnet.ip_version}`);
  }
  if (cidr === undefined) throw badRequest("a subnetpool must be specified in the absence of a cidr");
}

/** Checks an update against what the subnet is. @throws Fault */
export function checkSubnetChange(changes: Record<string, unknown>, record: SubnetRecord): void {
  const subnet = changes as SubnetBody;
  const cidr = prefix(record.cidr);
  checkSubnet({ ...subnet, ip_version: record.ip_version }, cidr, record.enable_dhcp);
  if (subnet.enable_dhcp === false && (record.ipv6_ra_mode || record.ipv6_address_mode)) {
    throw invalid("Cannot disable enable_dhcp with ipv6 attributes set");
  }
  if (subnet.allocation_pools) {
    const gateway = subnet.gateway_ip === undefined ? record.gateway_ip : subnet.gateway_ip;
    checkPools(subnet.allocation_pools, cidr, gateway);
  }
}

function checkSubnet(subnet: SubnetBody, cidr: Prefix, dhcpWasEnabled: boolean): void {
  const version = subnet.ip_version as 4 | 6;
  checkVersion(version, subnet.cidr ?? cidr.cidr, "cidr");
  if (version === 6 && cidr.first === 0n) throw invalid("IPv6 subnet '::' is not supported");
  if (subnet.enable_dhcp && !dhcpWasEnabled) checkDhcp(version, cidr);
  if (subnet.gateway_ip) checkGateway(version, cidr, subnet.gateway_ip);
  checkNameservers(version, subnet);
  checkRoutes(version, subnet);
  if (version === 6) checkModes(subnet, cidr);
  else if (subnet.ipv6_ra_mode) throw invalid("ipv6_ra_mode is not valid when ip_version is 4");
  else if (subnet.ipv6_address_mode) throw invalid("ipv6_address_mode is not valid when ip_version is 4");
}

function checkVersion(version: 4 | 6, address: Ip | Cidr, name: string): void {
  if (ipFamily(address) !== version) {
    throw invalid(`${name} '${address}' does not match the ip_version '${version}'`);
  }
}

function checkDhcp(version: 4 | 6, cidr: Prefix): void {
  if (cidr.length > (version === 4 ? 30 : 126)) {
    throw invalid("Subnet has a prefix length that is incompatible with DHCP service enabled");
  }
  if (isMulticast(cidr)) throw invalid("Multicast IP subnet is not supported if enable_dhcp is True");
  if (isLoopback(cidr)) throw invalid("Loopback IP subnet is not supported if enable_dhcp is True");
  if (version === 4 && cidr.first === 0n) {
    throw invalid("First IP '0.0.0.0' of network is not supported if enable_dhcp is True.");
  }
}

/** A gateway may lie outside of the subnet; inside, it must not be the network's or the broadcast address. */
function checkGateway(version: 4 | 6, cidr: Prefix, gateway: Ip): void {
  checkVersion(version, gateway, "gateway_ip");
  const value = ipToBigInt(gateway);
  if (version === 4 && prefixContains(cidr, gateway) && (value === cidr.first || value === cidr.last)) {
    throw invalid("Gateway is not valid on subnet");
  }
}

/** The gateway that the subnet will have: by default the first address, which in IPv6 is the subnet's own. */
function gatewayOf(subnet: SubnetBody, cidr: Prefix): Ip | null {
  if (subnet.gateway_ip !== undefined) return subnet.gateway_ip;
  return ipFromBigInt(cidr.family === 6 ? cidr.first : cidr.first + 1n, cidr.family);
}

function checkNameservers(version: 4 | 6, subnet: SubnetBody): void {
  const hosts = subnet.dns_nameservers ?? [];
  const subnet_id = subnet.id ?? "new subnet";
  if (hosts.length > MAX_NAMESERVERS) throw fault("DNSNameServersExhausted", { subnet_id, quota: MAX_NAMESERVERS });
  for (const host of hosts) checkVersion(version, host, "dns_nameserver");
}

function checkRoutes(version: 4 | 6, subnet: SubnetBody): void {
  const routes = subnet.host_routes ?? [];
  const subnet_id = subnet.id ?? "new subnet";
  if (routes.length > MAX_HOST_ROUTES) throw fault("HostRoutesExhausted", { subnet_id, quota: MAX_HOST_ROUTES });
  for (const route of routes) {
    checkVersion(version, route.nexthop, "nexthop");
    checkVersion(version, route.destination, "destination");
  }
}

function checkModes(subnet: SubnetBody, cidr: Prefix): void {
  const { ipv6_ra_mode: ra, ipv6_address_mode: address } = subnet;
  if (!ra && !address) return;
  if (subnet.enable_dhcp === false) {
    throw invalid("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False");
  }
  if (ra && address && ra !== address) {
    throw invalid(
      `ipv6_ra_mode set to '${ra}' with ipv6_address_mode set to '${address}' is not valid. ` +
        "If both attributes are set, they must be the same value",
    );
  }
  // RFC 4862 section 5.5.3: prefix and interface identifier (64 bits in EUI-64) make up the address.
  if ((isAuto(ra) || isAuto(address)) && cidr.length !== 64) {
    throw invalid(
      `Invalid CIDR ${cidr.cidr} for IPv6 address mode. OpenStack uses the EUI-64 address format, ` +
        "which requires the prefix to be /64",
    );
  }
}

const isAuto = (mode: Ipv6Mode | null | undefined) => mode === "slaac" || mode === "dhcpv6-stateless";
