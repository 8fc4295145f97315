/**
 * Port forwardings of a floating IP (neutron/services/portforwarding/pf_plugin.py). Each is marked as a user of its
 * floating IP, its port and its router, again with every change: who compares ranges demands that no mark is younger.
 */
import type { Attributes, Caller, NetworkingTypes } from "../../../api/mod.ts";
import {
  type FixedIp,
  type FloatingIpRecord,
  fault,
  type Id,
  type Ip,
  ipFamily,
  type PortForwardingRecord,
  type PortRecord,
} from "../../../model/mod.ts";
import { isElevated, notFound, seesPort } from "../access.ts";
import { attribute, given, isIp, isText, orNull } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import { newStandard, revised, standardChanges, touched } from "../standard.ts";
import { routerBetween, statusOf } from "./association.ts";
import { FORWARDINGS_BY_FLOATING, floatingIpsOfPort, forwardingsOf, forwardingsOfPort } from "./lookups.ts";
import { checkApart, checkRelation, type PortRange, portsOf, rangeText, refuseForwarding } from "./port-ranges.ts";

/** As Python prints a port's addresses. */
const addressesText = (fixedIps: readonly FixedIp[]) =>
  `[${fixedIps.map(({ subnet_id, ip_address }) => `{'subnet_id': '${subnet_id}', 'ip_address': '${ip_address}'}`).join(", ")}]`;

function floatingOf(draft: Draft, id: Id): FloatingIpRecord {
  const floating = draft.get("floatingip", id);
  if (floating === undefined) throw fault("FloatingIPNotFound", { floatingip_id: id });
  return floating;
}

/** One floating IP of its own, or forwardings: a port has not both (_check_port_has_binding_floating_ip). */
function checkUnbound(draft: Draft, portId: Id, fixed_ip: Ip | null): void {
  const [bound] = floatingIpsOfPort(draft, portId);
  if (bound === undefined) return;
  const { floating_ip_address, id: fip_id } = bound;
  throw fault("PortHasBindingFloatingIP", { floating_ip_address, fip_id, port_id: portId, fixed_ip });
}

/** The address inside and the router to it (_find_a_router_for_fip_port_forwarding, _check_router_match). */
function wayTo(draft: Draft, floating: FloatingIpRecord, port: PortRecord, wanted: Ip | null) {
  const fixedIps = port.fixed_ips.filter(({ ip_address }) => ipFamily(ip_address) === 4);
  if (fixedIps.length === 0) {
    throw refuseForwarding(`Requested internal port ${port.id} must allocate an IPv4 address at least.`);
  }
  const entry = wanted === null ? fixedIps[0] : fixedIps.find(({ ip_address }) => ip_address === wanted);
  if (entry === undefined) {
    throw refuseForwarding(
      `Requested internal IP address ${wanted} is not suitable for internal neutron port ${port.id}, ` +
        `as its fixed_ips are ${addressesText(fixedIps)}`,
    );
  }
  const router = routerBetween(draft, entry.subnet_id, floating.floating_network_id);
  if (router === undefined) {
    throw refuseForwarding(
      `External network ${floating.floating_network_id} is not reachable from subnet ${entry.subnet_id}. ` +
        `Cannot set Port forwarding for port ${port.id} with Floating IP ${floating.id}`,
    );
  }
  if (floating.router_id !== null && floating.router_id !== router.id) {
    throw refuseForwarding(
      `The Floating IP ${floating.id} had been set on router ${floating.router_id}, ` +
        `the internal Neutron port ${port.id} can not reach it`,
    );
  }
  return { address: entry.ip_address, routerId: router.id };
}

function internalPort(draft: Draft, caller: Caller, id: Id): PortRecord {
  const port = draft.get("port", id);
  if (port === undefined || !seesPort(caller, port, draft)) throw notFound("port", id);
  return port;
}

type Ranges = { internal: PortRange | undefined; external: PortRange | undefined };

/** _check_port_collisions: inside among the forwardings of the port, outside among those of the floating IP. */
function checkCollisions(draft: Draft, record: PortForwardingRecord, { internal, external }: Ranges): void {
  checkRelation(internal, external);
  const others = (list: PortForwardingRecord[]) =>
    list.filter(({ id, protocol }) => id !== record.id && protocol === record.protocol);
  if (internal !== undefined) {
    const inside = others(forwardingsOfPort(draft, record.internal_port_id)).filter(
      ({ internal_ip_address: address }) => address === record.internal_ip_address,
    );
    checkApart(
      inside.map(({ internal_ports }) => internal_ports),
      internal,
      "internal",
    );
  }
  if (external !== undefined) {
    const outside = others(forwardingsOf(draft, record.floatingip_id));
    checkApart(
      outside.map(({ external_ports }) => external_ports),
      external,
      "external",
    );
  }
}

/** Stages the marks; the guards that what was compared is all there is. */
function mark(draft: Draft, { id, floatingip_id, internal_port_id }: PortForwardingRecord, routerId: Id): void {
  draft.sameUsers("floatingip", floatingip_id);
  draft.sameUsers("port", internal_port_id);
  draft.dependOn("port", internal_port_id);
  draft.dependOn("floatingip", floatingip_id);
  draft.dependOn("router", routerId);
  draft.use("floatingip", floatingip_id, id);
  draft.use("port", internal_port_id, id);
  draft.use("router", routerId, id);
}

function createForwarding(env: Env, draft: Draft, caller: Caller, body: Attributes): PortForwardingRecord {
  const floatingId = attribute(body, "floatingip_id", isText, "");
  const portId = attribute(body, "internal_port_id", isText, "");
  const wanted = given(body, "internal_ip_address", orNull(isIp)) ?? null;
  const ranges = { internal: portsOf(body, "internal"), external: portsOf(body, "external") };
  const { internal, external } = ranges;
  // Neutron trips over a body without them.
  if (internal === undefined || external === undefined) {
    throw refuseForwarding("Both an internal and an external port, or range of ports, must be specified");
  }
  const floating = floatingOf(draft, floatingId);
  const record: PortForwardingRecord = {
    ...newStandard(env, floating.project_id, body),
    floatingip_id: floatingId,
    protocol: attribute(body, "protocol", isText, "tcp"),
    internal_port_id: portId,
    internal_ip_address: wanted ?? floating.floating_ip_address,
    external_ports: external,
    internal_ports: internal,
  };
  checkCollisions(draft, record, ranges);
  checkUnbound(draft, portId, wanted);
  if (floating.port_id !== null) {
    const { floating_ip_address, floating_network_id: net_id, id: fip_id } = floating;
    const facts = { port_id: portId, fip_id, floating_ip_address, fixed_ip: wanted, net_id };
    throw fault("FloatingIPPortAlreadyAssociated", facts);
  }
  const { address, routerId } = wayTo(draft, floating, internalPort(draft, caller, portId), wanted);
  const made = { ...record, internal_ip_address: address };
  mark(draft, made, routerId);
  if (floating.router_id === null) setRouter(env, draft, floating, routerId);
  draft.create("port_forwarding", made.id, made);
  return made;
}

/** A floating IP with forwardings is on their router. */
function setRouter(env: Env, draft: Draft, floating: FloatingIpRecord, routerId: Id | null): void {
  if (floating.router_id !== null) draft.unuse("router", floating.router_id, floating.id);
  if (routerId !== null) draft.use("router", routerId, floating.id);
  const after = {
    ...floating,
    router_id: routerId,
    status: statusOf(floating, { ...floating, router_id: routerId }),
  } as const;
  draft.replace("floatingip", floating.id, touched(env, after));
}

function updateForwarding(
  env: Env,
  draft: Draft,
  caller: Caller,
  current: PortForwardingRecord,
  changes: Attributes,
): PortForwardingRecord {
  const floating = floatingOf(draft, current.floatingip_id);
  const ranges = { internal: portsOf(changes, "internal"), external: portsOf(changes, "external") };
  const portId = attribute(changes, "internal_port_id", isText, current.internal_port_id);
  const wanted = given(changes, "internal_ip_address", orNull(isIp)) ?? null;
  const isMoved = portId !== current.internal_port_id;
  if (changes.internal_port_id) checkUnbound(draft, portId, wanted);
  const port = internalPort(draft, caller, portId);
  const address = isMoved ? wayTo(draft, floating, port, wanted).address : (wanted ?? current.internal_ip_address);
  const record: PortForwardingRecord = {
    ...current,
    ...standardChanges(current, changes),
    protocol: attribute(changes, "protocol", isText, current.protocol),
    internal_port_id: portId,
    internal_ip_address: address,
    external_ports: ranges.external ?? current.external_ports,
    internal_ports: ranges.internal ?? current.internal_ports,
  };
  if (!port.fixed_ips.some(({ ip_address }) => ip_address === address)) {
    throw refuseForwarding(
      "The internal IP does not correspond to an address on the internal port, " +
        `which has fixed_ips ${addressesText(port.fixed_ips)}`,
    );
  }
  checkRelation(ranges.internal, ranges.external);
  checkCollisions(draft, record, { internal: record.internal_ports, external: record.external_ports });
  const after = revised(env, current, record);
  if (after === current) return current;
  if (isMoved) draft.unuse("port", current.internal_port_id, current.id);
  mark(draft, after, floating.router_id as Id);
  draft.replace("port_forwarding", current.id, after);
  return after;
}

/** Stages the end of a forwarding; with its last, the floating IP leaves the router. */
export function dropForwarding(env: Env, draft: Draft, record: PortForwardingRecord): void {
  const floating = draft.get("floatingip", record.floatingip_id);
  draft.remove("port_forwarding", record.id);
  draft.unuse("floatingip", record.floatingip_id, record.id);
  draft.unuse("port", record.internal_port_id, record.id);
  if (floating?.router_id) draft.unuse("router", floating.router_id, record.id);
  const [other] = forwardingsOf(draft, record.floatingip_id);
  // One that is made meanwhile keeps the router, and removals must not each leave the end to the other.
  draft.sameUsers("floatingip", record.floatingip_id);
  if (other !== undefined) draft.dependOn("port_forwarding", other.id);
  else if (floating !== undefined) setRouter(env, draft, floating, null);
}

function removeForwarding(env: Env, draft: Draft, record: PortForwardingRecord): Removal {
  dropForwarding(env, draft, record);
  return "done";
}

const single = ([first, last]: PortRange) => (first === last ? first : null);

export function showForwarding(record: PortForwardingRecord): NetworkingTypes["port_forwarding"] {
  return {
    ...record,
    external_port: single(record.external_ports),
    internal_port: single(record.internal_ports),
    external_port_range: rangeText(record.external_ports),
    internal_port_range: rangeText(record.internal_ports),
  };
}

/** As floating IPs show them: a range has no port there. */
export function briefForwarding(record: PortForwardingRecord): object {
  const { id, protocol, internal_port_id, internal_ip_address } = record;
  const [external, internal] = [single(record.external_ports), single(record.internal_ports)];
  return {
    id,
    ...(external !== null && { external_port: external }),
    ...(internal !== null && { internal_port: internal }),
    internal_ip_address,
    internal_port_id,
    protocol,
  };
}

export function forwardingPlan(env: Env): ResourcePlan<"port_forwarding"> {
  return {
    parent: "floatingip_id",
    create: (draft, caller, body) => createForwarding(env, draft, caller, body),
    sees: (caller, record) => isElevated(caller) || record.project_id === caller.projectId,
    notFound: (id) => fault("PortForwardingNotFound", { id }),
    show: showForwarding,
    update: (draft, caller, current, changes) => updateForwarding(env, draft, caller, current, changes),
    remove: (draft, _caller, current) => removeForwarding(env, draft, current),
    indexes: { floatingip_id: FORWARDINGS_BY_FLOATING },
  };
}
