/** Segments and routed networks (neutron/services/segments/exceptions.py). */
import { type FaultRow, row } from "./row.ts";

export const SEGMENTS = {
  SegmentNotFound: row(404, "Segment %(segment_id)s could not be found."),
  SegmentInUse: row(409, "Segment '%(segment_id)s' cannot be deleted: %(reason)s."),
  NetworkIdsDontMatch: row(
    400,
    "The subnet's network id, '%(subnet_network)s', doesn't match the network_id of segment '%(segment_id)s'",
  ),
  SubnetsNotAllAssociatedWithSegments: row(
    400,
    "All of the subnets on network '%(network_id)s' must either all be associated with segments or all not associated with any segment.",
  ),
  SubnetCantAssociateToDynamicSegment: row(400, "A subnet cannot be associated with a dynamic segment."),
  SubnetSegmentAssociationChangeNotAllowed: row(
    400,
    "A subnet that is already associated with a segment cannot have its segment association changed.",
  ),
  NoUpdateSubnetWhenMultipleSegmentsOnNetwork: row(
    400,
    "The network '%(network_id)s' has multiple segments, it is only possible to associate an existing subnet with a segment on networks with a single segment.",
  ),
  HostConnectedToMultipleSegments: row(
    409,
    "Host %(host)s is connected to multiple segments on routed provider network '%(network_id)s'.  It should be connected to one.",
  ),
  HostNotConnectedToAnySegment: row(
    409,
    "Host %(host)s is not connected to any segments on routed provider network '%(network_id)s'.  It should be connected to one.",
  ),
  HostNotCompatibleWithFixedIps: row(
    409,
    "Host %(host)s is not connected to a segment where the existing fixed_ips on port %(port_id)s will function given the routed network topology.",
  ),
  FixedIpsSubnetsNotOnSameSegment: row(400, "Cannot allocate addresses from different segments."),
} as const satisfies Record<string, FaultRow>;
