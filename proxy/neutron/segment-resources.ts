/** Segments of networks, and the ranges that they are chosen from. */
import { type Resource, resource } from "./resource.ts";
import { NETWORK_SEGMENT_RANGE, SEGMENT } from "./tables/segment.ts";

export const SEGMENT_RESOURCES: readonly Resource[] = [
  resource({ kind: "segment", attributes: SEGMENT }),
  resource({ kind: "network_segment_range", attributes: NETWORK_SEGMENT_RANGE, hasTags: true }),
];
