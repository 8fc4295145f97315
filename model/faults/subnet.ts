/** Subnets (neutron_lib/exceptions/__init__.py, neutron/ipam/exceptions.py). */
import { type FaultRow, row } from "./row.ts";

export const SUBNET = {
  SubnetNotFound: row(404, "Subnet %(subnet_id)s could not be found."),
  SubnetInUse: row(409, "Unable to complete operation on subnet %(subnet_id)s: %(reason)s.", {
    reason: "One or more ports have an IP allocation from this subnet",
  }),
  InvalidCIDR: row(400, "Invalid CIDR %(input)s given as IP prefix."),
  InvalidAllocationPool: row(400, "The allocation pool %(pool)s is not valid."),
  OutOfBoundsAllocationPool: row(400, "The allocation pool %(pool)s spans beyond the subnet cidr %(subnet_cidr)s."),
  OverlappingAllocationPools: row(
    409,
    "Found overlapping allocation pools: %(pool_1)s %(pool_2)s for subnet %(subnet_cidr)s.",
  ),
  GatewayConflictWithAllocationPools: row(409, "Gateway ip %(ip_address)s conflicts with allocation pool %(pool)s."),
  GatewayIpInUse: row(409, "Current gateway ip %(ip_address)s already in use by port %(port_id)s. Unable to update."),
  DNSNameServersExhausted: row(
    400,
    "Unable to complete operation for %(subnet_id)s. The number of DNS nameservers exceeds the limit %(quota)s.",
  ),
  HostRoutesExhausted: row(
    400,
    "Unable to complete operation for %(subnet_id)s. The number of host routes exceeds the limit %(quota)s.",
  ),
  InvalidSubnetServiceType: row(
    400,
    "Subnet service type %(service_type)s does not correspond to a valid device owner.",
  ),
  InvalidInputSubnetServiceType: row(400, "Subnet service type %(service_type)s is not a string."),
  InvalidSubnetRequest: row(400, "The subnet request could not be satisfied because: %(reason)s"),
  InvalidSubnetRequestType: row(400, "Cannot handle subnet of type %(subnet_type)s"),
  NetworkSubnetPoolAffinityError: row(
    400,
    "Subnets hosted on the same network must be allocated from the same subnet pool.",
  ),
  NetworkAddressScopeAffinityError: row(
    400,
    "Subnets of the same address family hosted on the same network must all participate in the same address scope.",
  ),
} as const satisfies Record<string, FaultRow>;
