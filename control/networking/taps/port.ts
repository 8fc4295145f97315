/** What a port's end means for its mirrors (handle_delete_port of both plugins): they go with it. */
import type { Id } from "../../../model/mod.ts";
import type { Draft } from "../draft.ts";
import { FLOWS_OF_PORT, removeFlow } from "./flow-end.ts";
import { MIRRORS_OF_PORT, removeMirror } from "./mirror.ts";
import { removeService, SERVICES_OF_PORT } from "./service.ts";

/** Whoever removes the port demands that it gets no users meanwhile. */
export function removeTapsOfPort(draft: Draft, portId: Id): void {
  for (const service of draft.select(SERVICES_OF_PORT, portId)) removeService(draft, service);
  for (const flow of draft.select(FLOWS_OF_PORT, portId)) removeFlow(draft, flow);
  for (const mirror of draft.select(MIRRORS_OF_PORT, portId)) removeMirror(draft, mirror);
}
