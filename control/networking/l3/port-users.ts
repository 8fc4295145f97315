/** What translates to a port's addresses, when the port goes or gets others, by whosever request. */
import type { Caller } from "../../../api/mod.ts";
import { fault, type Ip, type PortRecord } from "../../../model/mod.ts";
import type { FixedIpRequest } from "../../ipam/mod.ts";
import { isElevated } from "../access.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { readdress, removePort } from "../port-life.ts";
import { touched } from "../standard.ts";
import { FREE, moveUses } from "./association.ts";
import { dropForwarding } from "./forwarding.ts";
import { dropAssociation } from "./local-association.ts";
import {
  ASSOCIATIONS_BY_PORT,
  floatingIpsOfPort,
  forwardingsOfPort,
  LOCAL_IPS_BY_PORT,
  PROXIES_BY_PORT,
} from "./lookups.ts";
import { dropProxy } from "./ndp-proxy.ts";

/** Whoever ends the port (local_ip_db.py _prevent_local_port_delete_callback). @throws Fault ServicePortInUse */
export function checkNoLocalIp(draft: Draft, port: PortRecord): void {
  if (draft.select(LOCAL_IPS_BY_PORT, port.id).length === 0) return;
  throw fault("ServicePortInUse", { port_id: port.id, reason: "still referenced by Local IPs" });
}

/**
 * Stages what follows from a port's end (l3_db.py disassociate_floatingips). `caller`: whose floating IPs may be taken
 * from it; without, all. @throws Fault FipAssociated, ServicePortInUse
 */
export function releasePort(env: Env, draft: Draft, caller: Caller | undefined, port: PortRecord): void {
  draft.sameUsers("port", port.id);
  checkNoLocalIp(draft, port);
  for (const floating of floatingIpsOfPort(draft, port.id)) {
    // An administrator's own address on the port is for an administrator to take away.
    if (caller !== undefined && !isElevated(caller) && floating.project_id !== caller.projectId) {
      throw fault("FipAssociated", { port_id: port.id });
    }
    moveUses(draft, floating.id, floating, FREE);
    draft.replace("floatingip", floating.id, touched(env, { ...floating, ...FREE, status: "DOWN" }));
  }
  for (const forwarding of forwardingsOfPort(draft, port.id)) dropForwarding(env, draft, forwarding);
  for (const proxy of draft.select(PROXIES_BY_PORT, port.id)) dropProxy(draft, proxy);
  for (const association of draft.select(ASSOCIATIONS_BY_PORT, port.id)) dropAssociation(draft, association);
}

/** Stages the end of a router's port, which is not for its project's own request. */
export function removeRouterPort(env: Env, draft: Draft, caller: Caller | undefined, port: PortRecord): void {
  releasePort(env, draft, caller, port);
  removePort(draft, port);
}

const addressesOf = (port: PortRecord) => new Set(port.fixed_ips.map(({ ip_address }) => ip_address));

/** The addresses that only one of the two has. */
export function changedAddresses(before: PortRecord, after: PortRecord): Ip[] {
  const [old, now] = [addressesOf(before), addressesOf(after)];
  return [...old, ...now].filter((address) => !(old.has(address) && now.has(address)));
}

/** A floating IP keeps the address it is for (l3_db.py prevent_internal_ip_change_for_fip), the others go with theirs. */
export function followAddresses(env: Env, draft: Draft, before: PortRecord, after: PortRecord): void {
  if (changedAddresses(before, after).length === 0) return;
  const now = addressesOf(after);
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
}

/** Stages other addresses for a router's port. */
export function moveRouterPort(
  env: Env,
  draft: Draft,
  port: PortRecord,
  requests: readonly FixedIpRequest[],
): PortRecord {
  const after = readdress(env, draft, port, requests);
  followAddresses(env, draft, port, after);
  return after;
}
