/**
 * Every way a request can fail, as facts: a code and its facts, mapped once to Neutron's type, status and message.
 * The codes are the names of Neutron's exception classes and the facts their keyword arguments, so that both the
 * Neutron API and the Contrail protocol can render them (sources: neutron_lib/exceptions, neutron/exceptions).
 */

interface FaultRow {
  status: number;
  /** Neutron's message template; %(name)s is replaced by the fact of that name. */
  message: string;
}

const row = (status: number, message: string): FaultRow => ({ status, message });

export const FAULTS = {
  BadRequest: row(400, "Bad %(resource)s request: %(msg)s."),
  HTTPBadRequest: row(400, "%(msg)s"),
  InvalidInput: row(400, "Invalid input for operation: %(error_message)s."),
  InvalidAllocationPool: row(400, "The allocation pool %(pool)s is not valid."),
  InvalidIpForSubnet: row(400, "IP address %(ip_address)s is not a valid IP for the specified subnet."),
  InvalidIpForNetwork: row(400, "IP address %(ip_address)s is not a valid IP for any of the subnets on the specified network."),
  Unauthorized: row(401, "%(msg)s"),
  AdminRequired: row(403, "User does not have admin privileges: %(reason)s."),
  PolicyNotAuthorized: row(403, "(rule:%(action)s) is disallowed by policy"),
  NotFound: row(404, "%(msg)s"),
  HTTPNotFound: row(404, "The resource could not be found."),
  NetworkNotFound: row(404, "Network %(net_id)s could not be found."),
  SubnetNotFound: row(404, "Subnet %(subnet_id)s could not be found."),
  PortNotFound: row(404, "Port %(port_id)s could not be found."),
  HostNotFound: row(404, "Host %(host)s could not be found."),
  MethodNotAllowed: row(405, "The method is not allowed for this resource."),
  Conflict: row(409, "%(msg)s"),
  NetworkInUse: row(409, "Unable to complete operation on network %(net_id)s. There are one or more ports still in use on the network."),
  SubnetInUse: row(409, "Unable to complete operation on subnet %(subnet_id)s: %(reason)s."),
  GatewayConflictWithAllocationPools: row(409, "Gateway ip %(ip_address)s conflicts with allocation pool %(pool)s."),
  OverlappingAllocationPools: row(409, "Found overlapping allocation pools: %(pool_1)s %(pool_2)s for subnet %(subnet_cidr)s."),
  OutOfBoundsAllocationPool: row(400, "The allocation pool %(pool)s spans beyond the subnet cidr %(subnet_cidr)s."),
  MacAddressInUse: row(409, "Unable to complete operation for network %(net_id)s. The mac address %(mac)s is in use."),
  IpAddressInUse: row(409, "Unable to complete operation for network %(net_id)s. The IP address %(ip_address)s is in use."),
  IpAddressAlreadyAllocated: row(409, "IP address %(ip)s already allocated in subnet %(subnet_id)s"),
  IpAddressGenerationFailure: row(409, "No more IP addresses available on network %(net_id)s."),
  NoNetworkAvailable: row(503, "Unable to create the network. No available network found in maximum allowed attempts."),
  VlanIdInUse: row(409, "Unable to create the network. The VLAN %(vlan_id)s on physical network %(physical_network)s is in use."),
  TunnelIdInUse: row(409, "Unable to create the network. The tunnel ID %(tunnel_id)s is in use."),
  FlatNetworkInUse: row(409, "Unable to create the flat network. Physical network %(physical_network)s is in use."),
  RevisionNumberConstraintFailed: row(412, "Constrained to %(expected)s, but current revision is %(current)s"),
  RequestTooLarge: row(413, "The request body is larger than %(limit)s bytes."),
  ServiceUnavailable: row(503, "%(msg)s"),
} as const satisfies Record<string, FaultRow>;

export type FaultCode = keyof typeof FAULTS;
export type Facts = Record<string, string | number | boolean | null>;

/** The one error class of the API: a code of {@link FAULTS} and its facts. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly facts: Facts;
  constructor(code: FaultCode, facts: Facts) {
    super(FAULTS[code].message.replace(/%\((\w+)\)s/g, (_, name: string) => String(facts[name])));
    this.name = "Fault";
    this.code = code;
    this.facts = facts;
  }
  get status(): number {
    return FAULTS[this.code].status;
  }
}

/** `throw fault("NetworkNotFound", { net_id })`. */
export function fault(code: FaultCode, facts: Facts = {}): Fault {
  return new Fault(code, facts);
}
