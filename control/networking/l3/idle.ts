/** Floating IPs that nobody uses go with their network (external_net_db.py _process_l3_delete). */
import type { Caller } from "../../../api/mod.ts";
import type { PortRecord } from "../../../model/mod.ts";
import type { Draft } from "../draft.ts";
import { dropFloatingIp } from "./floatingip.ts";
import { FLOATINGIPS_BY_OWN_PORT } from "./lookups.ts";

/** True when the port is that of a floating IP without association. */
export function isIdleFloating(draft: Draft, port: PortRecord): boolean {
  const [floating] = draft.select(FLOATINGIPS_BY_OWN_PORT, port.id);
  return floating !== undefined && floating.port_id === null && floating.router_id === null;
}

/** Stages the end of the floating IP whose port it is. */
export function dropIdleFloating(draft: Draft, caller: Caller, port: PortRecord): void {
  const [floating] = draft.select(FLOATINGIPS_BY_OWN_PORT, port.id);
  if (floating !== undefined) dropFloatingIp(draft, caller, floating);
}
