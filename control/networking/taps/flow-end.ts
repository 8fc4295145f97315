/** How a tap flow ends: by itself, with its service or with its source. */
import type { TapFlowRecord } from "../../../model/mod.ts";
import type { Draft } from "../draft.ts";
import { index } from "../indexes.ts";

export const FLOWS_OF_SERVICE = index("tap_flow", ({ tap_service_id }) => [tap_service_id]);
export const FLOWS_OF_PORT = index("tap_flow", ({ source_port }) => [source_port]);

export function removeFlow(draft: Draft, { id, source_port }: TapFlowRecord): void {
  draft.unuse("port", source_port, id);
  draft.remove("tap_flow", id);
}
