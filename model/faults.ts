/**
 * Every way a request can fail, as facts: a code and its facts, mapped once to Neutron's type, status and message.
 * The codes are the names of Neutron's exception classes and the facts their keyword arguments, so that both the
 * Neutron API and the Contrail protocol can render them (sources: neutron_lib/exceptions, neutron/exceptions).
 */

interface FaultRow {
  status: number;
  /** Neutron's message template; %(name)s is replaced by the fact of that name. */
  message: string;
  /** Facts that the thrower may leave out, with what Neutron then says; templates as well. */
  defaults?: Record<string, string>;
}

const row = (status: number, message: string, defaults?: Record<string, string>): FaultRow =>
  defaults ? { status, message, defaults } : { status, message };

/** Status by Neutron's base classes (neutron_lib/api/faults.py): InUse and Conflict are 409, ServiceUnavailable is 503. */
export const FAULTS = {
  // Any resource
  BadRequest: row(400, "Bad %(resource)s request: %(msg)s."),
  HTTPBadRequest: row(400, "%(msg)s"),
  InvalidInput: row(400, "Invalid input for operation: %(error_message)s."),
  MalformedRequestBody: row(400, "Malformed request body: %(reason)s."),
  Unauthorized: row(401, "%(msg)s"),
  NotAuthorized: row(403, "%(msg)s", { msg: "Not authorized." }),
  AdminRequired: row(403, "User does not have admin privileges: %(reason)s."),
  PolicyNotAuthorized: row(403, "%(rule)s is disallowed by policy", { rule: "rule:%(action)s" }),
  NotFound: row(404, "%(msg)s"),
  HTTPNotFound: row(404, "%(msg)s", { msg: "The resource could not be found." }),
  ObjectNotFound: row(404, "Object %(id)s not found."),
  HostNotFound: row(404, "Host %(host)s could not be found."),
  HTTPMethodNotAllowed: row(405, "The method is not allowed for this resource."),
  Conflict: row(409, "%(msg)s"),
  InUse: row(409, "%(msg)s", { msg: "The resource is in use." }),
  OverQuota: row(409, "Quota exceeded for resources: %(overs)s."),
  RevisionNumberConstraintFailed: row(412, "Constrained to %(expected)s, but current revision is %(current)s"),
  HTTPRequestEntityTooLarge: row(413, "Request is too large: the body may have %(limit)s bytes."),
  ServiceUnavailable: row(503, "%(msg)s", { msg: "The service is unavailable." }),

  // Networks
  NetworkNotFound: row(404, "Network %(net_id)s could not be found."),
  NetworkInUse: row(409, "Unable to complete operation on network %(net_id)s. %(reason)s.", {
    reason: "There are one or more ports still in use on the network",
  }),
  InvalidSharedSetting: row(
    409,
    "Unable to reconfigure sharing settings for network %(network)s. Multiple projects are using it.",
  ),
  NetworkMTUSubnetConflict: row(409, "MTU of %(net_id)s is not valid, subnet requires a minimum of %(mtu)s"),
  NoNetworkAvailable: row(503, "Unable to create the network. No project network is available for allocation."),
  NoNetworkFoundInMaximumAllowedAttempts: row(
    503,
    "Unable to create the network. No available network found in maximum allowed attempts.",
  ),
  VlanIdInUse: row(
    409,
    "Unable to create the network. The VLAN %(vlan_id)s on physical network %(physical_network)s is in use.",
  ),
  TunnelIdInUse: row(409, "Unable to create the network. The tunnel ID %(tunnel_id)s is in use."),
  FlatNetworkInUse: row(409, "Unable to create the flat network. Physical network %(physical_network)s is in use."),
  VlanTransparencyDriverError: row(400, "Backend does not support VLAN Transparency."),

  // Subnets
  SubnetNotFound: row(404, "Subnet %(subnet_id)s could not be found."),
  SubnetInUse: row(409, "Unable to complete operation on subnet %(subnet_id)s: %(reason)s.", {
    reason: "One or more ports have an IP allocation from this subnet",
  }),
  SubnetPoolNotFound: row(404, "Subnet pool %(subnetpool_id)s could not be found."),
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
  NetworkSubnetPoolAffinityError: row(
    400,
    "Subnets hosted on the same network must be allocated from the same subnet pool.",
  ),

  // Ports and their addresses
  PortNotFound: row(404, "Port %(port_id)s could not be found."),
  PortNotFoundOnNetwork: row(404, "Port %(port_id)s could not be found on network %(net_id)s."),
  PortInUse: row(
    409,
    "Unable to complete operation on port %(port_id)s for network %(net_id)s. Port already has an attached device %(device_id)s.",
  ),
  PortBound: row(
    409,
    "Unable to complete operation on port %(port_id)s, port is already bound, port type: %(vif_type)s, old_mac %(old_mac)s, new_mac %(new_mac)s.",
  ),
  ServicePortInUse: row(409, "Port %(port_id)s cannot be deleted directly via the port API: %(reason)s."),
  UnsupportedPortDeviceOwner: row(
    409,
    "Operation %(op)s is not supported for device_owner %(device_owner)s on port %(port_id)s.",
  ),
  DeviceIDNotOwnedByProject: row(
    409,
    "The following device_id %(device_id)s is not owned by your project or matches another project router.",
  ),
  PortBindingNotFound: row(404, "Binding for port %(port_id)s for host %(host)s could not be found."),
  PortBindingAlreadyActive: row(409, "Binding for port %(port_id)s on host %(host)s is already active."),
  PortBindingAlreadyExists: row(409, "Binding for port %(port_id)s on host %(host)s already exists."),
  PortBindingError: row(500, "Binding for port %(port_id)s on host %(host)s could not be created or updated."),
  MacAddressInUse: row(409, "Unable to complete operation for network %(net_id)s. The mac address %(mac)s is in use."),
  NetworkMacAddressGenerationFailure: row(503, "Unable to generate unique mac on network %(net_id)s."),
  IpAddressInUse: row(
    409,
    "Unable to complete operation for network %(net_id)s. The IP address %(ip_address)s is in use.",
  ),
  IpAddressAlreadyAllocated: row(409, "IP address %(ip)s already allocated in subnet %(subnet_id)s"),
  IpAddressGenerationFailure: row(409, "No more IP addresses available on network %(net_id)s."),
  IpAddressGenerationFailureNoMatchingSubnet: row(
    409,
    "No valid service subnet for the given device owner, network %(network_id)s, service type %(service_type)s.",
  ),
  InvalidIpForSubnet: row(400, "IP address %(ip_address)s is not a valid IP for the specified subnet."),
  InvalidIpForNetwork: row(
    400,
    "IP address %(ip_address)s is not a valid IP for any of the subnets on the specified network.",
  ),
  SubnetMismatchForPort: row(400, "Subnet on port %(port_id)s does not match the requested subnet %(subnet_id)s."),
  AllocationOnAutoAddressSubnet: row(
    400,
    "IPv6 address %(ip)s cannot be directly assigned to a port on subnet %(subnet_id)s as the subnet is configured for automatic addresses",
  ),
  AllowedAddressPairsMissingIP: row(400, "AllowedAddressPair must contain ip_address"),
  DuplicateAddressPairInRequest: row(
    400,
    "Request contains duplicate address pair: mac_address %(mac_address)s ip_address %(ip_address)s.",
  ),
  AllowedAddressPairExhausted: row(400, "The number of allowed address pair exceeds the maximum %(quota)s."),
  AddressPairAndPortSecurityRequired: row(
    409,
    "Port Security must be enabled in order to have allowed address pairs on a port.",
  ),
  PortSecurityPortHasSecurityGroup: row(
    409,
    "Port has security group associated. Cannot disable port security or IP address until security group is removed.",
  ),
  PortSecurityAndIPRequiredForSecurityGroups: row(
    400,
    "Port security must be enabled and port must have an IP address in order to use security groups.",
  ),
  SecurityGroupNotFound: row(404, "Security group %(id)s does not exist"),

  // Tags and extensions
  TagResourceNotFound: row(404, "Resource %(resource)s %(resource_id)s could not be found."),
  TagNotFound: row(404, "Tag %(tag)s could not be found."),
  ExtensionsNotFound: row(404, "Extensions not found: %(extensions)s."),
} as const satisfies Record<string, FaultRow>;

export type FaultCode = keyof typeof FAULTS;
export type Facts = Record<string, string | number | boolean | null>;

/** The one error class of the API: a code of {@link FAULTS} and its facts. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly facts: Facts;
  constructor(code: FaultCode, facts: Facts) {
    const { message, defaults }: FaultRow = FAULTS[code];
    const all: Facts = { ...facts };
    const fill = (text: string) => text.replace(/%\((\w+)\)s/g, (_, name: string) => String(all[name]));
    for (const [name, text] of Object.entries(defaults ?? {})) all[name] ??= fill(text);
    super(fill(message));
    this.name = "Fault";
    this.code = code;
    this.facts = all;
  }
  get status(): number {
    return FAULTS[this.code].status;
  }
}

/** `throw fault("NetworkNotFound", { net_id })`. */
export function fault(code: FaultCode, facts: Facts = {}): Fault {
  return new Fault(code, facts);
}
