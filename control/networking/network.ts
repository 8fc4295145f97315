/** Networks: their attributes, segment and MTU; what keeps one from being changed or deleted. */
import type { Attributes, Caller, NetworkingTypes } from "../../api/mod.ts";
import { fault, type NetworkRecord, type SegmentRecord } from "../../model/mod.ts";
import { keys } from "../../store/mod.ts";
import { notFound, projectOf, seesNetwork } from "./access.ts";
import { checkZones, zonesOfNetwork } from "./agents/mod.ts";
import { attribute, given, isFlag, isText, isWhole, listOf, orNull } from "./attributes.ts";
import { isUnplugged } from "./binding.ts";
import type { Draft } from "./draft.ts";
import type { Env } from "./env.ts";
import { releaseDefault, settleDefault } from "./external-default.ts";
import { ensureDefaultGroup } from "./groups/mod.ts";
import { dropIdleFloating, isIdleFloating, releasePort } from "./l3/mod.ts";
import { checkMtuFor, chosenMtu } from "./mtu.ts";
import type { Removal, ResourcePlan } from "./plan.ts";
import { releaseRange, scopesOf } from "./pools/mod.ts";
import { removePort } from "./port-life.ts";
import { changedQosPolicy, newQosPolicy } from "./qos/mod.ts";
import { addPolicy, removePolicies, removePolicy } from "./rbac/mod.ts";
import type { Reader } from "./reader.ts";
import {
  moveVlan,
  newSegments,
  PROVIDER,
  type Provider,
  removeSegments,
  segmentsInNetwork,
  segmentsOf,
  shownSegments,
} from "./segments/mod.ts";
import {
  EVERYBODY,
  EXTERNAL,
  policiesOn,
  policyFor,
  type RbacAction,
  SHARED,
  visibleIds,
  withShared,
} from "./sharing.ts";
import { newStandard, revised, standardChanges, touched } from "./standard.ts";
import { forgetTopology } from "./topology/mod.ts";

/** Ports that go with their network (neutron/common/_constants.py AUTO_DELETE_PORT_OWNERS). */
export const AUTO_DELETE_OWNERS = new Set(["network:dhcp", "network:distributed", "network:floatingip_agent_gateway"]);

/** How many ports go with their network in one transaction; the rest follows in the next. */
const PORTS_AT_A_TIME = 500;

/** How many of the ports in the way an error names. */
const NAMED_PORTS = 20;

function createNetwork(env: Env, draft: Draft, caller: Caller, body: Attributes): NetworkRecord {
  const projectId = projectOf(caller, body);
  ensureDefaultGroup(env, draft, caller, projectId);
  const standard = newStandard(env, projectId, body);
  const zones = attribute(body, "availability_zone_hints", listOf(isText), []);
  if (body.vlan_transparent === true) throw fault("VlanTransparencyDriverError");
  const segments = newSegments(draft, env, standard, body);
  checkZones(env, zones);
  const record = settleDefault(draft, undefined, {
    ...standard,
    admin_state_up: attribute(body, "admin_state_up", isFlag, true),
    status: "ACTIVE",
    mtu: chosenMtu(env, segments.map(typeOf), given(body, "mtu", orNull(isWhole)) ?? null),
    port_security_enabled: attribute(body, "port_security_enabled", isFlag, true),
    dns_domain: attribute(body, "dns_domain", isText, ""),
    availability_zone_hints: zones,
    vlan_transparent: given(body, "vlan_transparent", orNull(isFlag)) ?? null,
    is_default: attribute(body, "is_default", isFlag, false),
    "router:external": attribute(body, "router:external", isFlag, false),
    ...segmentsInNetwork(segments),
    ...newQosPolicy(draft, caller, "network", projectId, body),
  });
  draft.create("network", record.id, record);
  if (attribute(body, "shared", isFlag, false)) shareWithAll(env, draft, record, SHARED);
  if (record["router:external"]) shareWithAll(env, draft, record, EXTERNAL);
  return record;
}

const typeOf = ({ network_type }: SegmentRecord) => network_type;

/** @throws Fault InvalidInput: of its segment only the VLAN can change (ml2/plugin.py _update_provider_network_attributes) */
function checkFixed(current: Provider, isSingle: boolean, changes: Attributes): void {
  const [type, physicalNetwork] = PROVIDER;
  for (const name of [type, physicalNetwork] as const) {
    const value = changes[name];
    // With several segments a network has no provider attributes of its own, and nothing equals them.
    if (value === undefined || value === null || (isSingle && value === current[name])) continue;
    const error_message = `Plugin does not support updating the following provider network attributes: ${type}, ${physicalNetwork}`;
    throw fault("InvalidInput", { error_message });
  }
}

/** The VLAN changes only while no port uses it (_update_segmentation_id). */
function changeSegment(env: Env, draft: Draft, current: NetworkRecord, changes: Attributes): Partial<Provider> {
  const count = segmentsOf(draft, current.id).length;
  checkFixed(current, count < 2, changes);
  const wanted = given(changes, "provider:segmentation_id", orNull(isWhole));
  if (!wanted) return {};
  if (count > 1) {
    const error_message = "Provider network attributes can be updated only in provider networks with a single segment.";
    throw fault("InvalidInput", { error_message });
  }
  for (const id of draft.memory.portsOfNetwork(current.id)) {
    const port = draft.get("port", id);
    if (port === undefined || isUnplugged(port)) continue;
    const error_message =
      "Provider network attribute provider:segmentation_id cannot be updated if any port in the network has not " +
      "the following binding:vif_type: unbound, binding_failed";
    throw fault("InvalidInput", { error_message });
  }
  if (wanted === current["provider:segmentation_id"] && current["provider:network_type"] === "vlan") return {};
  return moveVlan(env, draft, current, wanted);
}

/** A network that others use stays shared (db_base_plugin_v2.py _validate_shared_update). */
function checkUnshare(draft: Draft, network: NetworkRecord): void {
  const users = new Set<string>();
  draft.quietUnder(keys.macsOf(network.id));
  for (const id of draft.memory.portsOfNetwork(network.id)) {
    const port = draft.get("port", id);
    if (port !== undefined && !port.device_owner.startsWith("network:")) users.add(port.project_id);
  }
  for (const subnet of draft.subnetsOf(network.id)) users.add(subnet.project_id);
  users.delete(network.project_id);
  for (const policy of policiesOn(draft, network.id)) if (policy.action === SHARED) users.delete(policy.target_project);
  if (users.size > 0) throw fault("InvalidSharedSetting", { network: network.name });
}

/** `shared` among the changes: the policy for everybody. True when there was something to do. */
function changeSharing(env: Env, draft: Draft, network: NetworkRecord, changes: Attributes): boolean {
  const wanted = given(changes, "shared", isFlag);
  const before = policyFor(draft, network.id, SHARED, EVERYBODY);
  if (wanted === undefined || wanted === (before !== undefined)) return false;
  if (before === undefined) shareWithAll(env, draft, network, SHARED);
  else {
    checkUnshare(draft, network);
    removePolicy(draft, before);
  }
  return true;
}

/** A network that routers have their way out through stays external (external_net_db.py _process_l3_update). */
function changeExternal(env: Env, draft: Draft, network: NetworkRecord, changes: Attributes): boolean {
  const wanted = attribute(changes, "router:external", isFlag, network["router:external"]);
  if (wanted === network["router:external"]) return wanted;
  if (wanted) shareWithAll(env, draft, network, EXTERNAL);
  else {
    draft.quietUnder(keys.macsOf(network.id));
    const hasGateway = [...draft.memory.portsOfNetwork(network.id)].some(
      (id) => draft.get("port", id)?.device_owner === "network:router_gateway",
    );
    if (hasGateway) throw fault("ExternalNetworkInUse", { net_id: network.id });
    removePolicies(draft, network.id, EXTERNAL);
  }
  return wanted;
}

function shareWithAll(env: Env, draft: Draft, network: NetworkRecord, action: RbacAction): void {
  const grant = { object_type: "network", object_id: network.id, action, target_project: EVERYBODY } as const;
  addPolicy(env, draft, network.project_id, grant);
}

function changedMtu(env: Env, draft: Draft, current: NetworkRecord, changes: Attributes): number {
  if (changes.mtu === undefined) return current.mtu;
  const wanted = given(changes, "mtu", orNull(isWhole)) ?? null;
  if (wanted === current.mtu) return wanted;
  const mtu = chosenMtu(env, segmentsOf(draft, current.id).map(typeOf), wanted);
  checkMtuFor(current.id, mtu, draft.subnetsOf(current.id));
  return mtu;
}

function updateNetwork(env: Env, draft: Draft, caller: Caller, current: NetworkRecord, changes: Attributes) {
  const record = settleDefault(draft, current, {
    ...current,
    ...standardChanges(current, changes),
    admin_state_up: attribute(changes, "admin_state_up", isFlag, current.admin_state_up),
    mtu: changedMtu(env, draft, current, changes),
    port_security_enabled: attribute(changes, "port_security_enabled", isFlag, current.port_security_enabled),
    dns_domain: attribute(changes, "dns_domain", isText, current.dns_domain),
    is_default: attribute(changes, "is_default", isFlag, current.is_default),
    "router:external": changeExternal(env, draft, current, changes),
    ...changeSegment(env, draft, current, changes),
    ...changedQosPolicy(draft, caller, "network", current, changes),
  });
  const after = changeSharing(env, draft, current, changes) ? touched(env, record) : revised(env, current, record);
  if (after !== current) draft.replace("network", current.id, after);
  return after;
}

/**
 * Ports that go with the network are removed by a transaction of their own: the one that removes the network demands
 * that it has no port at all, so a port created meanwhile either stops it or finds no network.
 */
function removeNetwork(env: Env, draft: Draft, caller: Caller, current: NetworkRecord): Removal {
  const ports = [...draft.memory.portsOfNetwork(current.id)].flatMap((id) => draft.get("port", id) ?? []);
  const inUse = ports.filter((port) => !AUTO_DELETE_OWNERS.has(port.device_owner) && !isIdleFloating(draft, port));
  if (inUse.length > 0) {
    const ids = inUse
      .slice(0, NAMED_PORTS)
      .map((port) => port.id)
      .join(",");
    const reason = `There are one or more ports still in use on the network, id for these ports is: ${ids}`;
    throw fault("NetworkInUse", { net_id: current.id, reason });
  }
  if (ports.length > 0) {
    for (const port of ports.slice(0, PORTS_AT_A_TIME)) {
      if (isIdleFloating(draft, port)) dropIdleFloating(draft, caller, port);
      else {
        releasePort(env, draft, caller, port);
        removePort(draft, port);
      }
    }
    return "again";
  }
  draft.emptyUnder(keys.macsOf(current.id));
  for (const subnet of draft.subnetsOf(current.id)) {
    releaseRange(draft, subnet);
    draft.remove("subnet", subnet.id);
  }
  removeSegments(draft, current);
  removePolicies(draft, current.id);
  releaseDefault(draft, current);
  forgetTopology(draft, current.id);
  draft.remove("network", current.id);
  return "done";
}

function showNetwork(env: Env, record: NetworkRecord, caller: Caller, reader: Reader): NetworkingTypes["network"] {
  const ids = [...env.memory.subnetsOfNetwork(record.id)];
  const subnets = ids.flatMap((id) => reader.get("subnet", id) ?? []);
  const scopes = scopesOf(reader, subnets);
  return {
    ...withShared(record, caller, reader),
    ...shownSegments(record),
    // Its ports see each other by themselves, unless its subnets are on segments (services/segments/plugin.py).
    l2_adjacency: !subnets[0]?.segment_id,
    availability_zones: zonesOfNetwork(env, record),
    subnets: ids,
    ipv4_address_scope: scopes[4],
    ipv6_address_scope: scopes[6],
  };
}

export function networkPlan(env: Env): ResourcePlan<"network"> {
  return {
    create: (draft, caller, body) => createNetwork(env, draft, caller, body),
    sees: seesNetwork,
    notFound: (id) => notFound("network", id),
    show: (record, caller, reader) => showNetwork(env, record, caller, reader),
    visible: (caller) => visibleIds(env, "network", caller),
    update: (draft, caller, current, changes) => updateNetwork(env, draft, caller, current, changes),
    remove: (draft, caller, current) => removeNetwork(env, draft, caller, current),
  };
}
