/**
 * Floating IPs (neutron/db/l3_db.py, l3_fip_qos.py, dns_db.py, l3_fip_port_details.py). The address is that of a port
 * of no project on the external network, so the store's keys for addresses make it one floating IP's only.
 */
import type { Attributes, Caller, NetworkingTypes } from "../../../api/mod.ts";
import {
  type FloatingIpRecord,
  fault,
  type Id,
  ipFamily,
  type NetworkRecord,
  type PortRecord,
} from "../../../model/mod.ts";
import { isElevated, notFound, projectOf, seesNetwork } from "../access.ts";
import { attribute, given, isIp, isText, orNull } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import { newPort, removePort } from "../port-life.ts";
import { changeQosPolicy } from "../qos/mod.ts";
import type { Reader } from "../reader.ts";
import { newStandard, revised, standardChanges } from "../standard.ts";
import { associationWith, FREE, moveUses, statusOf } from "./association.ts";
import { briefForwarding } from "./forwarding.ts";
import {
  FLOATINGIP_OWNER,
  FLOATINGIPS_BY_ADDRESS,
  FLOATINGIPS_BY_NETWORK,
  FLOATINGIPS_BY_PORT,
  FLOATINGIPS_BY_ROUTER,
  forwardingsOf,
  forwardingsOfPort,
} from "./lookups.ts";

const refuse = (msg: string) => fault("BadRequest", { resource: "floatingip", msg });

function floatingNetwork(draft: Draft, caller: Caller, id: Id): NetworkRecord {
  const network = draft.get("network", id);
  if (network === undefined || !seesNetwork(caller, network, draft)) throw notFound("network", id);
  if (!network["router:external"]) throw refuse(`Network ${id} is not a valid external network`);
  if (!draft.subnetsOf(id).some(({ ip_version }) => ip_version === 4)) {
    throw refuse(`Network ${id} does not contain any IPv4 subnet`);
  }
  return network;
}

/** The port that holds the address; Neutron has no state for it. */
function floatingPort(env: Env, draft: Draft, network: NetworkRecord, floatingId: Id, body: Attributes): PortRecord {
  const subnet_id = given(body, "subnet_id", orNull(isText)) ?? undefined;
  const ip_address = given(body, "floating_ip_address", orNull(isIp)) ?? undefined;
  const fixed_ips = subnet_id || ip_address ? [{ subnet_id, ip_address }] : undefined;
  const device = { device_id: floatingId, device_owner: FLOATINGIP_OWNER };
  const port: PortRecord = {
    ...newPort(env, draft, network, "", { ...device, ...(fixed_ips && { fixed_ips }) }),
    status: "N/A",
  };
  draft.stage("port", port.id, port);
  return port;
}

/** dns_db.py _validate_floatingip_dns. */
function dnsOf(body: Attributes): Pick<FloatingIpRecord, "dns_name" | "dns_domain"> {
  const [dns_name, dns_domain] = [attribute(body, "dns_name", isText, ""), attribute(body, "dns_domain", isText, "")];
  if (dns_domain !== "" && dns_name === "") throw refuse("dns_domain cannot be specified without a dns_name");
  if (dns_name !== "" && dns_domain === "") throw refuse("dns_name cannot be specified without a dns_domain");
  return { dns_name, dns_domain };
}

/** A distributed router cannot give a port both an address and forwardings (pf_plugin.py _check_port_has_port_forwarding). */
function checkForwardedPort(draft: Draft, body: Attributes): void {
  const portId = given(body, "port_id", orNull(isText));
  const [forwarding] = portId ? forwardingsOfPort(draft, portId) : [];
  const routerId = forwarding && draft.get("floatingip", forwarding.floatingip_id)?.router_id;
  if (!portId || !routerId || !draft.get("router", routerId)?.distributed) return;
  throw fault("PortHasPortForwarding", { port_id: portId });
}

function createFloatingIp(env: Env, draft: Draft, caller: Caller, body: Attributes): FloatingIpRecord {
  checkForwardedPort(draft, body);
  const standard = newStandard(env, projectOf(caller, body), body);
  const network = floatingNetwork(draft, caller, attribute(body, "floating_network_id", isText, ""));
  const port = floatingPort(env, draft, network, standard.id, body);
  const address = port.fixed_ips.find(({ ip_address }) => ipFamily(ip_address) === 4)?.ip_address;
  if (address === undefined) throw fault("ExternalIpAddressExhausted", { net_id: network.id });
  const unbound: FloatingIpRecord = {
    ...standard,
    floating_network_id: network.id,
    floating_ip_address: address,
    floating_port_id: port.id,
    ...FREE,
    status: "DOWN",
    ...dnsOf(body),
    qos_policy_id: given(body, "qos_policy_id", orNull(isText)) ?? null,
  };
  const association = associationAsked(draft, caller, unbound, body) ?? FREE;
  const record: FloatingIpRecord = { ...unbound, ...association };
  changeQosPolicy(draft, caller, record.id, null, record.qos_policy_id);
  moveUses(draft, record.id, FREE, record);
  draft.create("floatingip", record.id, record);
  return record;
}

/** _check_and_get_fip_assoc; undefined when the association stays. */
function associationAsked(draft: Draft, caller: Caller, floating: FloatingIpRecord, body: Attributes) {
  const portId = given(body, "port_id", orNull(isText));
  const fixed = given(body, "fixed_ip_address", orNull(isIp)) ?? null;
  if (fixed !== null && !portId) throw refuse("fixed_ip_address cannot be specified without a port_id");
  if (portId === undefined) return undefined;
  if (!portId) return FREE;
  return associationWith(draft, caller, floating, portId, fixed);
}

function updateFloatingIp(env: Env, draft: Draft, caller: Caller, current: FloatingIpRecord, changes: Attributes) {
  checkForwardedPort(draft, changes);
  // Neutron takes an update without anything for the wish to be free, and clients came to rely on that.
  const asked = Object.keys(changes).length === 0 ? FREE : associationAsked(draft, caller, current, changes);
  if (changes.port_id) checkNoForwardings(draft, current);
  // On a router for its forwardings, it stays there.
  const association = asked === undefined || (asked === FREE && current.port_id === null) ? current : asked;
  const policy = given(changes, "qos_policy_id", orNull(isText));
  const record: FloatingIpRecord = {
    ...current,
    ...standardChanges(current, changes),
    port_id: association.port_id,
    fixed_ip_address: association.fixed_ip_address,
    router_id: association.router_id,
    status: statusOf(current, association),
    qos_policy_id: policy === undefined ? current.qos_policy_id : policy,
  };
  changeQosPolicy(draft, caller, current.id, current.qos_policy_id, record.qos_policy_id);
  moveUses(draft, current.id, current, record);
  const after = revised(env, current, record);
  if (after !== current) draft.replace("floatingip", current.id, after);
  return after;
}

/** Stages the end of a floating IP and of the port that holds its address. */
export function dropFloatingIp(draft: Draft, caller: Caller, floating: FloatingIpRecord): void {
  const port = draft.get("port", floating.floating_port_id);
  if (port !== undefined) removePort(draft, port);
  moveUses(draft, floating.id, floating, FREE);
  changeQosPolicy(draft, caller, floating.id, floating.qos_policy_id, null);
  draft.remove("floatingip", floating.id);
}

/** @throws Fault FipInUseByPortForwarding */
function checkNoForwardings(draft: Draft, floating: FloatingIpRecord): void {
  draft.sameUsers("floatingip", floating.id);
  if (forwardingsOf(draft, floating.id).length > 0) throw fault("FipInUseByPortForwarding", { id: floating.id });
}

function removeFloatingIp(draft: Draft, caller: Caller, floating: FloatingIpRecord): Removal {
  checkNoForwardings(draft, floating);
  dropFloatingIp(draft, caller, floating);
  return "done";
}

/** l3_fip_port_details.py. */
function portDetails(reader: Reader, id: Id | null): object | null {
  const port = id === null ? undefined : reader.get("port", id);
  if (port === undefined) return null;
  const { name, network_id, mac_address, admin_state_up, status, device_id, device_owner } = port;
  return { name, network_id, mac_address, admin_state_up, status, device_id, device_owner };
}

function show(floating: FloatingIpRecord, reader: Reader): NetworkingTypes["floatingip"] {
  return {
    ...floating,
    qos_network_policy_id: reader.get("network", floating.floating_network_id)?.qos_policy_id ?? null,
    port_details: portDetails(reader, floating.port_id),
    port_forwardings: forwardingsOf(reader, floating.id).map(briefForwarding),
  };
}

export function floatingIpPlan(env: Env): ResourcePlan<"floatingip"> {
  return {
    create: (draft, caller, body) => createFloatingIp(env, draft, caller, body),
    sees: (caller, floating) => isElevated(caller) || floating.project_id === caller.projectId,
    notFound: (floatingip_id) => fault("FloatingIPNotFound", { floatingip_id }),
    show: (floating, _caller, reader) => show(floating, reader),
    update: (draft, caller, current, changes) => updateFloatingIp(env, draft, caller, current, changes),
    remove: removeFloatingIp,
    indexes: {
      port_id: FLOATINGIPS_BY_PORT,
      router_id: FLOATINGIPS_BY_ROUTER,
      floating_network_id: FLOATINGIPS_BY_NETWORK,
      floating_ip_address: FLOATINGIPS_BY_ADDRESS,
    },
  };
}
