/** The attributes of a subnet. */
import { type AllocationPool, fault, ipFamily, ipToBigInt, parseCidr, parseIp } from "../../model/mod.ts";
import { type Attributes, attribute, UNSET } from "./attribute.ts";
import { cidrToCanonical, ipToCanonical, noneToEmptyList, poolsToCanonical, toBoolean, toInt } from "./converters.ts";
import { pyRepr } from "./python.ts";
import { IDENTITY, PROJECT, STANDARD } from "./standard.ts";
import { canonicalRoutes } from "./tables/canonical.ts";
import { SUBNET_EXTENSIONS } from "./tables/network-extensions.ts";
import { offered } from "./tables/offered.ts";
import { nonNegative, orNone, subnetpoolIdOrNone, uuid, values } from "./validators.ts";
import { hostRoutes, ipAddress, ipPools, nameservers, subnet, subnetServiceTypes } from "./validators-ip.ts";

export const IPV6_MODES = ["dhcpv6-stateful", "dhcpv6-stateless", "slaac"] as const;

const mode = attribute(["post", "filter", "sort"], { default: UNSET, validate: values(IPV6_MODES) });

/** Neutron shows a pool that is no range as it was given (ipam_backend_mixin.py pools_to_ip_range). */
function orderedPools(value: unknown): unknown {
  for (const pool of value as AllocationPool[]) {
    const { start, end } = pool;
    if (ipFamily(start) === ipFamily(end) && ipToBigInt(start) <= ipToBigInt(end)) continue;
    throw fault("InvalidAllocationPool", { pool: pyRepr(pool) });
  }
  return value;
}

const OWN: Attributes = {
  ...IDENTITY,
  ip_version: attribute(["post", "filter", "sort"], { convert: toInt, validate: values([4, 6]) }),
  network_id: attribute(["post", "filter", "sort"], { validate: uuid }),
  subnetpool_id: attribute(["post", "filter", "sort"], { default: UNSET, validate: subnetpoolIdOrNone }),
  prefixlen: attribute(["post", "hidden"], { default: UNSET, convert: toInt, validate: nonNegative }),
  cidr: attribute(["post", "filter", "sort"], {
    default: UNSET,
    convert: cidrToCanonical,
    validate: subnet,
    // Host bits are taken off.
    normalise: (value) => parseCidr(String(value)),
  }),
  gateway_ip: attribute(["post", "put", "filter", "sort"], {
    default: UNSET,
    convert: ipToCanonical,
    validate: orNone(ipAddress),
  }),
  allocation_pools: attribute(["post", "put"], {
    default: UNSET,
    convert: poolsToCanonical,
    validate: ipPools,
    normalise: orderedPools,
  }),
  dns_nameservers: attribute(["post", "put"], {
    default: UNSET,
    convert: noneToEmptyList,
    validate: nameservers,
    // Neutron takes anything it can iterate: of an object the keys.
    normalise: (value) => (Array.isArray(value) ? value : Object.keys(value as object)).map((host) => parseIp(host)),
  }),
  host_routes: attribute(["post", "put"], {
    default: UNSET,
    convert: noneToEmptyList,
    validate: hostRoutes,
    normalise: canonicalRoutes,
  }),
  ...PROJECT,
  enable_dhcp: attribute(["post", "put", "filter", "sort"], { default: true, convert: toBoolean }),
  ipv6_ra_mode: mode,
  ipv6_address_mode: mode,
  // Of the subnet's network.
  shared: attribute(["hidden", "filter", "policy"], { convert: toBoolean }),
  // subnet_allocation
  use_default_subnetpool: attribute(["post", "hidden"], { default: false, convert: toBoolean }),
  // subnet-service-types
  service_types: attribute(["post", "put"], {
    default: UNSET,
    validate: subnetServiceTypes,
    normalise: (value) => value || [],
  }),
  // subnet-dns-publish-fixed-ip
  dns_publish_fixed_ip: attribute(["post", "put"], { default: false, convert: toBoolean }),
  ...STANDARD,
};

export const SUBNET: Attributes = offered(OWN, SUBNET_EXTENSIONS);
