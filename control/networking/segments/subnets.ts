/** Subnets on segments: routed networks (neutron/db/ipam_backend_mixin.py _validate_segment). */
import { fault, type Id, type SubnetRecord } from "../../../model/mod.ts";
import type { Draft } from "../draft.ts";
import { segmentsOf } from "./network-segments.ts";

/** Subnets that a router reaches through others need no segment (neutron_lib/constants.py DEVICE_OWNER_ROUTED). */
const isRouted = ({ service_types: types }: SubnetRecord) => types.includes("network:routed");

const mixed = (network_id: Id) => fault("SubnetsNotAllAssociatedWithSegments", { network_id });

/** All subnets of the network, the new or changed one included, are on segments, or none is. */
function checkAllOrNone(networkId: Id, subnets: readonly SubnetRecord[]): void {
  const segments = new Set(subnets.map(({ segment_id }) => segment_id));
  if (segments.has(null) && segments.size > 1) throw mixed(networkId);
}

function checkSegment(draft: Draft, { network_id, segment_id }: SubnetRecord): void {
  if (segment_id === null) return;
  const segment = draft.get("segment", segment_id);
  if (segment === undefined) throw fault("SegmentNotFound", { segment_id });
  if (segment.network_id !== network_id) {
    throw fault("NetworkIdsDontMatch", { subnet_network: network_id, segment_id });
  }
}

/** Of a subnet that is not staged yet. */
export function checkNewSubnetSegment(draft: Draft, subnet: SubnetRecord): void {
  const { network_id, segment_id } = subnet;
  if (segment_id !== null && draft.get("segment", segment_id) === undefined) {
    throw fault("SegmentNotFound", { segment_id });
  }
  const others = draft.subnetsOf(network_id).filter((other) => !isRouted(other));
  checkAllOrNone(network_id, isRouted(subnet) ? others : [...others, subnet]);
  checkSegment(draft, subnet);
}

/** A subnet that is on none comes to be on the only segment of its network, if it is that network's only subnet. */
export function checkChangedSubnetSegment(draft: Draft, before: SubnetRecord, after: SubnetRecord): void {
  if (after.segment_id === before.segment_id) return;
  const { network_id } = after;
  const subnets = draft.subnetsOf(network_id).filter((other) => !isRouted(other));
  checkAllOrNone(network_id, subnets);
  if (subnets.length > 1) throw mixed(network_id);
  if (before.segment_id !== null) throw fault("SubnetSegmentAssociationChangeNotAllowed");
  if (segmentsOf(draft, network_id).length > 1) {
    throw fault("NoUpdateSubnetWhenMultipleSegmentsOnNetwork", { network_id });
  }
  checkSegment(draft, after);
}
