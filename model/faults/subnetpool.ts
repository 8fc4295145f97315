/** Subnet pools and address scopes (neutron_lib/exceptions/{__init__,address_scope}.py). */
import { type FaultRow, row } from "./row.ts";

export const SUBNETPOOL = {
  SubnetPoolNotFound: row(404, "Subnet pool %(subnetpool_id)s could not be found."),
  SubnetPoolInUse: row(409, "Unable to complete operation on subnet pool %(subnet_pool_id)s. %(reason)s.", {
    reason: "Two or more concurrent subnets allocated",
  }),
  SubnetPoolDeleteError: row(400, "Unable to delete subnet pool: %(reason)s."),
  SubnetPoolQuotaExceeded: row(409, "Per-project subnet pool prefix quota exceeded."),
  // 500 in Neutron, where it has no base class; but it is the client's request that asks for too much.
  SubnetAllocationError: row(409, "Failed to allocate subnet: %(reason)s."),
  MinPrefixSubnetAllocationError: row(
    400,
    "Unable to allocate subnet with prefix length %(prefixlen)s, minimum allowed prefix is %(min_prefixlen)s.",
  ),
  MaxPrefixSubnetAllocationError: row(
    400,
    "Unable to allocate subnet with prefix length %(prefixlen)s, maximum allowed prefix is %(max_prefixlen)s.",
  ),
  EmptySubnetPoolPrefixList: row(400, "Empty subnet pool prefix list."),
  PrefixVersionMismatch: row(400, "Cannot mix IPv4 and IPv6 prefixes in a subnet pool."),
  UnsupportedMinSubnetPoolPrefix: row(400, "Prefix '%(prefix)s' not supported in IPv%(version)s pool."),
  IllegalSubnetPoolPrefixBounds: row(
    400,
    "Illegal prefix bounds: %(prefix_type)s=%(prefixlen)s, %(base_prefix_type)s=%(base_prefixlen)s.",
  ),
  IllegalSubnetPoolPrefixUpdate: row(400, "Illegal update to prefixes: %(msg)s."),
  IllegalSubnetPoolUpdate: row(400, "Illegal subnetpool update : %(reason)s."),

  // Address scopes
  AddressScopeNotFound: row(404, "Address scope %(address_scope_id)s could not be found."),
  AddressScopeInUse: row(
    409,
    "Unable to complete operation on address scope %(address_scope_id)s. There are one or more subnet pools in use on the address scope.",
  ),
  AddressScopeUpdateError: row(400, "Unable to update address scope %(address_scope_id)s : %(reason)s."),
  AddressScopePrefixConflict: row(
    409,
    "Failed to associate address scope: subnetpools within an address scope must have unique prefixes.",
  ),
  IllegalSubnetPoolAssociationToAddressScope: row(
    400,
    "Illegal subnetpool association: subnetpool %(subnetpool_id)s cannot be associated with address scope %(address_scope_id)s.",
  ),
  IllegalSubnetPoolIpVersionAssociationToAddressScope: row(
    400,
    "Illegal subnetpool association: subnetpool %(subnetpool_id)s cannot associate with address scope %(address_scope_id)s because subnetpool ip_version is not %(ip_version)s.",
  ),
} as const satisfies Record<string, FaultRow>;
