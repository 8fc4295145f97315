/** Which port, fixed address and router a floating address belongs to (neutron/db/l3_db.py _get_assoc_data and around). */
import type { Caller } from "../../../api/mod.ts";
import { type FloatingIpRecord, fault, type Id, type Ip, ipFamily, type PortRecord } from "../../../model/mod.ts";
import { notFound, seesPort } from "../access.ts";
import type { Draft } from "../draft.ts";
import { floatingIpsOfPort, INTERFACES_BY_SUBNET, inOrder } from "./lookups.ts";

export type Association = Pick<FloatingIpRecord, "port_id" | "fixed_ip_address" | "router_id">;

export const FREE: Association = { port_id: null, fixed_ip_address: null, router_id: null };

const refuse = (msg: string) => fault("BadRequest", { resource: "floatingip", msg });

/** Port VNIC types whose traffic passes the host's own switch (neutron_lib/plugins/utils.py). */
const SWITCHED = new Set(["normal", "smart-nic"]);

/**
 * The router that joins the subnet of a port with an external network: the one that is the subnet's gateway, or else the
 * first (get_router_for_floatingip).
 */
export function routerBetween(
  draft: Draft,
  subnetId: Id,
  externalId: Id,
): { id: Id; distributed: boolean } | undefined {
  const gateway = draft.get("subnet", subnetId)?.gateway_ip;
  let first: { id: Id; distributed: boolean } | undefined;
  for (const port of inOrder(draft.select(INTERFACES_BY_SUBNET, subnetId))) {
    const router = port.router_port && draft.get("router", port.router_port.router_id);
    if (router === undefined || !router.gateways.some(({ network_id }) => network_id === externalId)) continue;
    if (port.fixed_ips.some(({ ip_address, subnet_id }) => subnet_id === subnetId && ip_address === gateway)) {
      return router;
    }
    first ??= router;
  }
  return first;
}

/** The fixed address that is asked for, or the port's only one (_internal_fip_assoc_data). */
function fixedIpOf(port: PortRecord, wanted: Ip | null) {
  if (wanted !== null) {
    if (ipFamily(wanted) !== 4) {
      throw refuse(`Cannot process floating IP association with ${wanted}, since that is not an IPv4 address`);
    }
    const found = port.fixed_ips.find(({ ip_address }) => ip_address === wanted);
    if (found === undefined) throw refuse(`Port ${port.id} does not have fixed ip ${wanted}`);
    return found;
  }
  const [only, ...others] = port.fixed_ips.filter(({ ip_address }) => ipFamily(ip_address) === 4);
  if (only === undefined) {
    throw refuse(`Cannot add floating IP to port ${port.id} that has no fixed IPv4 addresses`);
  }
  if (others.length === 0) return only;
  throw refuse(
    `Port ${port.id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a floating IP`,
  );
}

type Floating = Pick<FloatingIpRecord, "id" | "project_id" | "floating_network_id" | "floating_ip_address">;

/** What the floating address becomes with a port. Nothing is staged yet but guards. @throws Fault */
export function associationWith(
  draft: Draft,
  caller: Caller,
  floating: Floating,
  portId: Id,
  wanted: Ip | null,
): Association {
  const port = draft.get("port", portId);
  if (port === undefined || !seesPort(caller, port, draft)) throw notFound("port", portId);
  if (port.project_id !== floating.project_id && !caller.isAdmin) {
    throw refuse(
      `Cannot process floating IP association with Port ${portId}, since that port is owned by a different project`,
    );
  }
  // The name in this message is never filled in, there as here.
  if (port.device_owner === "network:dhcp") throw refuse("Port %(id)s is unable to be assigned a floating IP");
  const { ip_address: fixed_ip, subnet_id } = fixedIpOf(port, wanted);
  const { floating_network_id: net_id } = floating;
  const router = routerBetween(draft, subnet_id, net_id);
  if (router === undefined) {
    const facts = { subnet_id, external_network_id: net_id, port_id: portId };
    throw fault("ExternalGatewayForFloatingIPNotFound", facts);
  }
  if (router.distributed && !SWITCHED.has(port["binding:vnic_type"])) {
    throw refuse("Port VNIC type is not valid to associate a FIP in DVR mode");
  }
  // The port keeps its address and the router its ways; and no other took the fixed address meanwhile.
  draft.dependOn("port", portId);
  draft.dependOn("router", router.id);
  draft.sameUsers("port", portId);
  for (const other of floatingIpsOfPort(draft, portId)) {
    if (other.id === floating.id || other.floating_network_id !== net_id || other.fixed_ip_address !== fixed_ip) {
      continue;
    }
    const { floating_ip_address, id: fip_id } = floating;
    const facts = { floating_ip_address, fip_id, port_id: portId, fixed_ip, net_id };
    throw fault("FloatingIPPortAlreadyAssociated", facts);
  }
  return { port_id: portId, fixed_ip_address: fixed_ip, router_id: router.id };
}

/** Stages whom the floating address leans on: who takes them away sees it. */
export function moveUses(draft: Draft, id: Id, before: Association, after: Association): void {
  if (before.port_id !== after.port_id) {
    if (before.port_id !== null) draft.unuse("port", before.port_id, id);
    if (after.port_id !== null) draft.use("port", after.port_id, id);
  }
  if (before.router_id !== after.router_id) {
    if (before.router_id !== null) draft.unuse("router", before.router_id, id);
    if (after.router_id !== null) draft.use("router", after.router_id, id);
  }
}

/** A floating address is down until the host whose work it is says that it works; as before while it leads to the same. */
export const statusOf = (before: FloatingIpRecord, after: Association) =>
  (["port_id", "fixed_ip_address", "router_id"] as const).every((key) => before[key] === after[key])
    ? before.status
    : "DOWN";
