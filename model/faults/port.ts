/** Ports and their addresses (neutron_lib/exceptions/{__init__,allowedaddresspairs,port_security,dns}.py, neutron/ipam/exceptions.py). */
import { type FaultRow, row } from "./row.ts";

export const PORT = {
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
  PortBoundNUMAAffinityPolicy: row(
    409,
    "Unable to complete operation on port %(port_id)s, port is already bound to host %(host_id)s, numa_affinity_policy value given %(numa_affinity_policy)s.",
  ),
  StateInvalid: row(400, "Unsupported port state: %(port_state)s."),
  ServicePortInUse: row(409, "Port %(port_id)s cannot be deleted directly via the port API: %(reason)s."),
  DhcpPortInUse: row(409, "Port %(port_id)s is already acquired by another DHCP agent"),
  UnsupportedPortDeviceOwner: row(
    409,
    "Operation %(op)s is not supported for device_owner %(device_owner)s on port %(port_id)s.",
  ),
  DeviceIDNotOwnedByProject: row(
    409,
    "The following device_id %(device_id)s is not owned by your project or matches another project router.",
  ),
  DeviceIDNotOwnedByTenant: row(
    409,
    "The following device_id %(device_id)s is not owned by your project or matches another project router.",
  ),
  PortBindingNotFound: row(404, "Binding for port %(port_id)s for host %(host)s could not be found."),
  PortBindingAlreadyActive: row(409, "Binding for port %(port_id)s on host %(host)s is already active."),
  PortBindingAlreadyExists: row(409, "Binding for port %(port_id)s on host %(host)s already exists."),
  // A failure (500) in Neutron, although it is the host that cannot do what was asked.
  PortBindingError: row(409, "Binding for port %(port_id)s on host %(host)s could not be created or updated."),

  // Addresses
  MacAddressInUse: row(409, "Unable to complete operation for network %(net_id)s. The mac address %(mac)s is in use."),
  NetworkMacAddressGenerationFailure: row(503, "Unable to generate unique mac on network %(net_id)s."),
  HostMacAddressGenerationFailure: row(503, "Unable to generate unique mac for host %(host)s."),
  IpAddressInUse: row(
    409,
    "Unable to complete operation for network %(net_id)s. The IP address %(ip_address)s is in use.",
  ),
  IpAddressAlreadyAllocated: row(409, "IP address %(ip)s already allocated in subnet %(subnet_id)s"),
  IpAddressGenerationFailure: row(409, "No more IP addresses available on network %(net_id)s."),
  IpAddressGenerationFailureAllSubnets: row(409, "No more IP addresses available."),
  IpAddressGenerationFailureNoMatchingSubnet: row(
    409,
    "No valid service subnet for the given device owner, network %(network_id)s, service type %(service_type)s.",
  ),
  IPAddressChangeNotAllowed: row(400, "IP updates for port %(port_id)s are not allowed"),
  IpamValueInvalid: row(409, "%(msg)s"),
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
  InvalidAddressRequest: row(400, "The address allocation request could not be satisfied because: %(reason)s"),

  // allowed-address-pairs, port-security
  AllowedAddressPairsMissingIP: row(400, "AllowedAddressPair must contain ip_address"),
  DuplicateAddressPairInRequest: row(
    400,
    "Request contains duplicate address pair: mac_address %(mac_address)s ip_address %(ip_address)s.",
  ),
  AllowedAddressPairExhausted: row(400, "The number of allowed address pair exceeds the maximum %(quota)s."),
  InvalidVirtualMACAddress: row(
    400,
    "Virtual MAC address %(mac_address)s in allowed address pair does not belong to the RFC 5798 VRRP virtual MAC ranges (00:00:5e:00:01:XX for IPv4 or 00:00:5e:00:02:XX for IPv6).",
  ),
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

  // dns-integration with an external service
  DNSDomainNotFound: row(404, "Domain %(dns_domain)s not found in the external DNS service"),
  DuplicateRecordSet: row(409, "Name %(dns_name)s is duplicated in the external DNS service"),
  ExternalDNSDriverNotFound: row(404, "External DNS driver %(driver)s could not be found."),
  ExternalDNSOverQuota: row(409, "External DNS Quota exceeded for resources: %(resource)s."),
  InvalidPTRZoneConfiguration: row(
    409,
    "Value of %(parameter)s has to be multiple of %(number)s, with maximum value of %(maximum)s and minimum value of %(minimum)s",
  ),

  // pvlan (neutron/services/pvlan/exceptions.py)
  PVLANNotEnabledOnNetwork: row(400, "PVLAN is not enabled on network %(network_id)s."),
  PVLANNetworkPortSecurityDisabled: row(
    400,
    "Port security is disabled on network %(network_id)s, cannot enable PVLAN.",
  ),
  PVLANPortSecurityDisabled: row(400, "Port security is disabled for port %(port_id)s, cannot set PVLAN."),
  PVLANUnsupportedType: row(400, "Unsupported PVLAN type %(pvlan_type)s for port %(port_id)s."),
  PVLANCommunityNameRequired: row(
    400,
    'Community name is required for ports with PVLAN type "community": %(port_id)s.',
  ),
  PVLANCannotSetCommunityName: row(
    400,
    'PVLAN community name cannot be set if port type is not "community" for this port: %(port_id)s.',
  ),
} as const satisfies Record<string, FaultRow>;
