/** Networks (neutron_lib/exceptions/{__init__,external_net,multiprovidernet,vlantransparent,vlanqinq}.py). */
import { type FaultRow, row } from "./row.ts";

export const NETWORK = {
  NetworkNotFound: row(404, "Network %(net_id)s could not be found."),
  NetworkInUse: row(409, "Unable to complete operation on network %(net_id)s. %(reason)s.", {
    reason: "There are one or more ports still in use on the network",
  }),
  InvalidSharedSetting: row(
    409,
    "Unable to reconfigure sharing settings for network %(network)s. Multiple projects are using it.",
  ),
  NetworkMTUSubnetConflict: row(409, "MTU of %(net_id)s is not valid, subnet requires a minimum of %(mtu)s"),

  // Segments of providers
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
  SegmentsContainDuplicateEntry: row(400, "Duplicate segment entry in request."),
  SegmentsSetInConjunctionWithProviders: row(400, "Segments and provider values cannot both be set."),
  VlanTransparencyDriverError: row(400, "Backend does not support VLAN Transparency."),
  VlanQinqDriverError: row(400, "Backend does not support VLAN QinQ."),

  // External networks
  ExternalNetworkInUse: row(
    409,
    "External network %(net_id)s cannot be updated to be made non-external, since it has existing gateway ports.",
  ),
  ExternalIpAddressExhausted: row(400, "Unable to find any IP address on external network %(net_id)s."),

  // auto-allocated-topology (neutron/services/auto_allocate/exceptions.py)
  AutoAllocationFailure: row(409, "Deployment error: %(reason)s."),
  DefaultExternalNetworkExists: row(409, "A default external network already exists: %(net_id)s."),

  // network-segment-range
  NetworkSegmentRangeNotFound: row(404, "Network Segment Range %(range_id)s could not be found."),
  NetworkSegmentRangeOverlaps: row(409, "Network segment range overlaps with range(s) with id %(range_id)s"),
  NetworkSegmentRangeReferencedByProject: row(
    409,
    "Network Segment Range %(range_id)s is referenced by one or more project networks.",
  ),
  NetworkSegmentRangeDefaultReadOnly: row(
    400,
    "Network Segment Range %(range_id)s is a default segment range which could not be updated or deleted.",
  ),
  // A failure (500) in Neutron, but the caller's all the same.
  NetworkVlanRangeError: row(400, "Invalid network VLAN range: '%(vlan_range)s' - '%(error)s'."),
  NetworkTunnelRangeError: row(400, "Invalid network tunnel range: '%(tunnel_range)s' - %(error)s."),
  NetworkSegmentRangeNetTypeNotSupported: row(400, "Network type %(type)s does not support network segment ranges."),
} as const satisfies Record<string, FaultRow>;
