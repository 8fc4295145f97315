/** Ports: created, changed, moved between hosts and deleted, each with its MAC, addresses and place in one transaction. */
import type { Attributes, Caller } from "../../api/mod.ts";
import {
  DEFAULT_DNS_DOMAIN,
  dnsAssignment,
  fault,
  type Id,
  type NetworkRecord,
  type PortRecord,
} from "../../model/mod.ts";
import { keys } from "../../store/mod.ts";
import type { FixedIpRequest } from "../ipam/mod.ts";
import { notFound, projectOf, seesNetwork, seesPort } from "./access.ts";
import { attribute, isFlag, isText } from "./attributes.ts";
import { bind, isSameWish, isUnplugged, moveAttachment, wishOf } from "./binding.ts";
import { changedDhcpOptions } from "./dhcp-options.ts";
import type { Draft } from "./draft.ts";
import type { Env } from "./env.ts";
import { changeGroups, joinGroups, PORTS_OF_GROUP } from "./groups/mod.ts";
import { checkPortChange, checkPortRemoval, checkRouterDevice, releasePort } from "./l3/mod.ts";
import type { Removal, ResourcePlan } from "./plan.ts";
import {
  changedAddresses,
  checkHostFits,
  claimMac,
  newAddresses,
  type PlacedPort,
  readFixedIps,
  readMac,
} from "./port-addresses.ts";
import { changedExtras, checkDnsName } from "./port-extras.ts";
import { newPort, removePort } from "./port-life.ts";
import { changedSecurity } from "./port-security.ts";
import { changedQosPolicy, newQosPolicy, withQos } from "./qos/mod.ts";
import { union } from "./select.ts";
import { revised, standardChanges } from "./standard.ts";
import { followParent, withTrunk } from "./trunks/mod.ts";

function createPort(env: Env, draft: Draft, caller: Caller, body: Attributes): PortRecord {
  const networkId = attribute(body, "network_id", isText, "");
  const network = draft.get("network", networkId);
  if (network === undefined || !seesNetwork(caller, network, draft)) throw notFound("network", networkId);
  const projectId = projectOf(caller, body);
  const qos = newQosPolicy(draft, caller, "port", projectId, body);
  const port = { ...newPort(env, draft, network, projectId, body), ...qos };
  if (qos.qos_policy_id) draft.create("port", port.id, port);
  checkRouterDevice(draft, caller, port);
  return joinGroups(env, draft, caller, port, body.security_groups !== undefined);
}

/** Only an unplugged port changes its MAC, and never one of the network's own (ml2/plugin.py, db_base_plugin_v2.py). */
function changedMac(env: Env, draft: Draft, current: PortRecord, deviceOwner: string, body: Attributes) {
  const mac = readMac(body);
  if (mac === undefined || mac === current.mac_address) return current.mac_address;
  if (!isUnplugged(current)) {
    const facts = { vif_type: current["binding:vif_type"], old_mac: current.mac_address, new_mac: mac };
    throw fault("PortBound", { port_id: current.id, ...facts });
  }
  if (deviceOwner.startsWith("network:")) {
    const facts = { op: "mac address update", port_id: current.id, device_owner: deviceOwner };
    throw fault("UnsupportedPortDeviceOwner", facts);
  }
  draft.release(keys.mac(current.network_id, current.mac_address));
  return claimMac(env, draft, { id: current.id, networkId: current.network_id }, mac);
}

/** The binding after an update: anew when the wish changed, and when it failed before and the host may have mended. */
function changedBinding(draft: Draft, network: NetworkRecord, current: PortRecord, body: Attributes) {
  const wish = wishOf(current, body);
  const isSame = isSameWish(current, wish);
  if (wish["binding:vnic_type"] !== current["binding:vnic_type"] && current["binding:vif_type"] !== "unbound") {
    const facts = { port_id: current.id, net_id: current.network_id, device_id: current.device_id };
    throw fault("PortInUse", facts);
  }
  if (isSame && !(isUnplugged(current) && wish["binding:host_id"] !== "")) return {};
  const bound = bind(draft, network, wish);
  const isStill = isSame && bound["binding:vif_type"] === current["binding:vif_type"];
  if (isStill) return {};
  // What was prepared for a migration to this host is what it is now.
  const others = current.inactive_bindings?.filter(({ host }) => host !== wish["binding:host_id"]);
  return { ...wish, ...bound, status: "DOWN" as const, ...(others && { inactive_bindings: others }) };
}

/** What a host that is new means for addresses on routed networks (neutron/db/ipam_backend_mixin.py update_port). */
function addressesAt(
  env: Env,
  draft: Draft,
  current: PortRecord,
  placed: PlacedPort,
  requests: readonly FixedIpRequest[] | undefined,
) {
  const before = { id: current.id, mac: current.mac_address, fixedIps: current.fixed_ips };
  const isPlaced = placed.host !== "" && placed.host !== current["binding:host_id"];
  if (isPlaced && requests === undefined) {
    const isDeferred = current.ip_allocation === "deferred" && current["binding:host_id"] === "";
    if (isDeferred && current.fixed_ips.length === 0) {
      draft.dependOn("network", current.network_id);
      const chosen = newAddresses(env, draft, current.id, placed, undefined);
      return chosen === "deferred" ? [] : chosen;
    }
    checkHostFits(draft, current, placed.host);
  }
  return changedAddresses(env, draft, before, placed, requests);
}

function updatePort(env: Env, draft: Draft, caller: Caller, current: PortRecord, changes: Attributes): PortRecord {
  const network = draft.get("network", current.network_id);
  if (network === undefined) throw notFound("network", current.network_id);
  const deviceOwner = attribute(changes, "device_owner", isText, current.device_owner);
  const mac = changedMac(env, draft, current, deviceOwner, changes);
  const requests = readFixedIps(env, changes);
  if (requests !== undefined || mac !== current.mac_address) draft.dependOn("network", network.id);
  const security = changedSecurity(current, changes, mac, env.options.maxAddressPairs);
  checkDnsName(changes, env.options);
  const binding = changedBinding(draft, network, current, changes);
  const host = { ...current, ...binding }["binding:host_id"];
  const placed = { networkId: network.id, deviceOwner, mac, host };
  const record: PortRecord = {
    ...current,
    ...standardChanges(current, changes),
    admin_state_up: attribute(changes, "admin_state_up", isFlag, current.admin_state_up),
    mac_address: mac,
    fixed_ips: addressesAt(env, draft, current, placed, requests),
    device_id: attribute(changes, "device_id", isText, current.device_id),
    device_owner: deviceOwner,
    ...security,
    security_groups: changeGroups(env, draft, caller, current, security.security_groups),
    extra_dhcp_opts: changedDhcpOptions(current.extra_dhcp_opts, changes),
    dns_name: attribute(changes, "dns_name", isText, current.dns_name),
    dns_domain: attribute(changes, "dns_domain", isText, current.dns_domain),
    ...binding,
    ...changedExtras({ ...current, ...binding }, changes),
    ...changedQosPolicy(draft, caller, "port", current, changes),
  };
  const after = revised(env, current, record);
  if (after === current) return current;
  checkPortChange(env, draft, caller, current, after);
  moveAttachment(draft, current, after);
  draft.replace("port", current.id, after);
  followParent(env, draft, current, after);
  return after;
}

function deletePort(env: Env, draft: Draft, caller: Caller, current: PortRecord): Removal {
  checkPortRemoval(draft, current);
  releasePort(env, draft, caller, current);
  removePort(draft, current);
  return "done";
}

/** Own ones, and those on own networks. */
function visiblePorts({ indexes, memory }: Env, caller: Caller): Iterable<Id> {
  const networks = [...indexes.ownedBy("network", caller.projectId)];
  return union([indexes.ownedBy("port", caller.projectId), ...networks.map((id) => memory.portsOfNetwork(id))]);
}

/** With the operator's own domain; in Neutron's default one, the doors know the names themselves. */
function withOwnDomain<T extends PortRecord>(env: Env, port: T): T {
  const { dnsDomain } = env.options;
  if (dnsDomain === DEFAULT_DNS_DOMAIN) return port;
  return { ...port, dns_assignment: dnsAssignment(port.fixed_ips, port.dns_name, dnsDomain) };
}

export function portPlan(env: Env): ResourcePlan<"port"> {
  return {
    create: (draft, caller, body) => createPort(env, draft, caller, body),
    sees: seesPort,
    notFound: (id) => notFound("port", id),
    visible: (caller) => visiblePorts(env, caller),
    indexes: { security_groups: PORTS_OF_GROUP },
    show: (record, _caller, reader) => withTrunk(env, reader, withOwnDomain(env, withQos(record, reader))),
    update: (draft, caller, current, changes) => updatePort(env, draft, caller, current, changes),
    remove: (draft, caller, current) => deletePort(env, draft, caller, current),
  };
}
