/**
 * Segments: what networks are on the wire, from where their numbers are chosen, and subnets on them.
 * Invariant: a segment is one network's, by a key of the store that is made and removed with its record; and the
 * network's record is rewritten with every change of its segments.
 */
export { changedRoutes, joinPeers, leavePeers } from "./host-routes.ts";
export {
  BY_NETWORK,
  checkOnePerPlace,
  moveVlan,
  newSegmentRecord,
  newSegments,
  PROVIDER,
  type Provider,
  providerOf,
  removeSegments,
  segmentsInNetwork,
  segmentsOf,
  shownSegments,
} from "./network-segments.ts";
export { segmentRangePlan } from "./ranges.ts";
export { checkChangedSubnetSegment, checkNewSubnetSegment } from "./subnets.ts";
export { checkWish, chooseSegment, refuse, releaseSegment, reserve } from "./types.ts";
