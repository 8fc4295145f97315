/** What routers and floating addresses mean for the ports that they use, when somebody changes or deletes those. */
import type { Caller } from "../../../api/mod.ts";
import { fault, ipFamily, type PortRecord } from "../../../model/mod.ts";
import { isRouterInterface } from "../../ipam/mod.ts";
import { isElevated } from "../access.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { touched } from "../standard.ts";
import { FREE, moveUses } from "./association.ts";
import { dropForwarding } from "./forwarding.ts";
import { dropAssociation } from "./local-association.ts";
import {
  ASSOCIATIONS_BY_PORT,
  FLOATINGIP_OWNER,
  floatingIpsOfPort,
  forwardingsOfPort,
  LOCAL_IPS_BY_PORT,
  PROXIES_BY_PORT,
} from "./lookups.ts";
import { dropProxy } from "./ndp-proxy.ts";

/** Ports of routers and floating addresses go by other calls (l3_db.py prevent_l3_port_deletion). @throws Fault ServicePortInUse */
export function checkPortRemoval(draft: Draft, port: PortRecord): void {
  const { device_owner: owner, device_id: device } = port;
  if (draft.select(LOCAL_IPS_BY_PORT, port.id).length > 0) {
    throw fault("ServicePortInUse", { port_id: port.id, reason: "still referenced by Local IPs" });
  }
  const isHeld =
    port.router_port !== undefined || (owner === FLOATINGIP_OWNER && draft.get("floatingip", device) !== undefined);
  if (isHeld) throw fault("ServicePortInUse", { port_id: port.id, reason: `has device owner ${owner}` });
}

/** Stages what follows from a port's end (l3_db.py disassociate_floatingips). @throws Fault FipAssociated */
export function releasePort(env: Env, draft: Draft, caller: Caller, port: PortRecord): void {
  draft.sameUsers("port", port.id);
  for (const floating of floatingIpsOfPort(draft, port.id)) {
    // An administrator's own address on the port is for an administrator to take away.
    if (!isElevated(caller) && floating.project_id !== caller.projectId) {
      throw fault("FipAssociated", { port_id: port.id });
    }
    moveUses(draft, floating.id, floating, FREE);
    draft.replace("floatingip", floating.id, touched(env, { ...floating, ...FREE, status: "DOWN" }));
  }
  for (const forwarding of forwardingsOfPort(draft, port.id)) dropForwarding(env, draft, forwarding);
  for (const proxy of draft.select(PROXIES_BY_PORT, port.id)) dropProxy(draft, proxy);
  for (const association of draft.select(ASSOCIATIONS_BY_PORT, port.id)) dropAssociation(draft, association);
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

const addressesOf = (port: PortRecord) => new Set(port.fixed_ips.map(({ ip_address }) => ip_address));

/** l3_db.py prevent_internal_ip_change_for_fip, ipam_pluggable_backend.py _update_ips_for_port. */
function checkReaddressing(env: Env, draft: Draft, before: PortRecord, after: PortRecord): void {
  const [old, now] = [addressesOf(before), addressesOf(after)];
  const changed = [...old, ...now].filter((address) => !(old.has(address) && now.has(address)));
  if (changed.length === 0) return;
  draft.sameUsers("port", before.id);
  for (const { fixed_ip_address: fixed } of floatingIpsOfPort(draft, before.id)) {
    if (fixed === null || now.has(fixed)) continue;
    const why = "because its original fixed_ip has been associated to a floating ip";
    throw fault("BadRequest", {
      resource: "port",
      msg: `Cannot update the fixed_ips of the port ${before.id}, ${why}`,
    });
  }
  for (const forwarding of forwardingsOfPort(draft, before.id)) {
    if (!now.has(forwarding.internal_ip_address)) dropForwarding(env, draft, forwarding);
  }
  for (const proxy of draft.select(PROXIES_BY_PORT, before.id)) {
    if (!now.has(proxy.ip_address)) dropProxy(draft, proxy);
  }
  if (before.router_port?.type !== "interface" || !changed.some((address) => ipFamily(address) === 4)) return;
  throw fault("BadRequest", { resource: "ports", msg: `IP updates for port ${before.id} are not allowed` });
}

/** Refuses what a port must not become, and stages what follows. @throws Fault BadRequest, DeviceIDNotOwnedByTenant */
export function checkPortChange(env: Env, draft: Draft, caller: Caller, before: PortRecord, after: PortRecord): void {
  if (before.device_id !== after.device_id || before.device_owner !== after.device_owner) {
    checkRouterDevice(draft, caller, { ...after, device_id: after.device_id || before.device_id });
  }
  checkReaddressing(env, draft, before, after);
}
