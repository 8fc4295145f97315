/** What routers and floating addresses mean for the ports that they use, when somebody changes or deletes those. */
import type { Caller } from "../../../api/mod.ts";
import { fault, ipFamily, type PortRecord } from "../../../model/mod.ts";
import { isRouterInterface } from "../../ipam/mod.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { FLOATINGIPS_BY_OWN_PORT } from "./lookups.ts";
import { changedAddresses, checkNoLocalIp, followAddresses } from "./port-users.ts";

/** Ports of routers and floating addresses go by other calls (l3_db.py prevent_l3_port_deletion). @throws Fault ServicePortInUse */
export function checkPortRemoval(draft: Draft, port: PortRecord): void {
  checkNoLocalIp(draft, port);
  if (port.router_port === undefined && draft.select(FLOATINGIPS_BY_OWN_PORT, port.id).length === 0) return;
  throw fault("ServicePortInUse", { port_id: port.id, reason: `has device owner ${port.device_owner}` });
}

/** A router's port is for the router's project to make (_enforce_device_owner_not_router_intf_or_device_id). */
export function checkRouterDevice(
  draft: Draft,
  caller: Caller,
  port: Pick<PortRecord, "device_owner" | "device_id" | "project_id">,
): void {
  if (!isRouterInterface(port.device_owner) || caller.isAdmin) return;
  const router = draft.get("router", port.device_id);
  if (router === undefined || router.project_id === port.project_id) return;
  throw fault("DeviceIDNotOwnedByTenant", { device_id: port.device_id });
}

/** Refuses what a port must not become, and stages what follows. @throws Fault BadRequest, DeviceIDNotOwnedByTenant */
export function checkPortChange(env: Env, draft: Draft, caller: Caller, before: PortRecord, after: PortRecord): void {
  if (before.device_id !== after.device_id || before.device_owner !== after.device_owner) {
    checkRouterDevice(draft, caller, { ...after, device_id: after.device_id || before.device_id });
  }
  const isFixed =
    before.router_port?.type === "interface" || draft.select(FLOATINGIPS_BY_OWN_PORT, before.id).length > 0;
  if (isFixed && changedAddresses(before, after).some((ip) => ipFamily(ip) === 4)) {
    // l3-port-ip-change-not-allowed (ipam_pluggable_backend.py _update_ips_for_port). Neutron lets an administrator take
    // a floating IP's address from its port, and goes on to show it.
    throw fault("BadRequest", { resource: "ports", msg: `IP updates for port ${before.id} are not allowed` });
  }
  followAddresses(env, draft, before, after);
}
