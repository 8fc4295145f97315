/**
 * Subnets: gateway and pools by default, changes while ports have addresses, and removal.
 * Every change to a network's subnets rewrites the network's record, whose revision counts it. So a request that rests
 * on a network's subnets guards that one record: two overlapping subnets cannot both win, and a port is given addresses
 * of exactly the subnets there are.
 */
import type { Attributes, Caller } from "../../api/mod.ts";
import {
  type AllocationPool,
  fault,
  type Id,
  type Ip,
  type NetworkRecord,
  type PortRecord,
  type Prefix,
  prefix,
  type SubnetRecord,
} from "../../model/mod.ts";
import { keys } from "../../store/mod.ts";
import {
  checkGatewayOutside,
  checkPools,
  defaultPools,
  isAutoAddress,
  isRouterInterface,
  isRouterSide,
} from "../ipam/mod.ts";
import { notFound, projectOf, seesNetwork, seesSubnet } from "./access.ts";
import {
  attribute,
  given,
  isCidr,
  isFlag,
  isIp,
  isObject,
  isText,
  isWhole,
  listOf,
  oneOf,
  orNull,
} from "./attributes.ts";
import { followAutoAddress } from "./auto-address.ts";
import type { Draft } from "./draft.ts";
import type { Env } from "./env.ts";
import { followGateways } from "./l3/mod.ts";
import { checkMtuFor } from "./mtu.ts";
import { AUTO_DELETE_OWNERS } from "./network.ts";
import type { Removal, ResourcePlan } from "./plan.ts";
import { checkAffinity, releaseRange } from "./pools/mod.ts";
import {
  changedRoutes,
  checkChangedSubnetSegment,
  checkNewSubnetSegment,
  joinPeers,
  leavePeers,
} from "./segments/mod.ts";
import { union } from "./select.ts";
import { isShared, visibleIds } from "./sharing.ts";
import { newStandard, revised, standardChanges, touched } from "./standard.ts";
import { isUnspecified, placeOf } from "./subnet-place.ts";
import { checkChangedSubnet, checkNewSubnet, checkOverlap } from "./subnet-rules.ts";

const isMode = orNull(oneOf("slaac", "dhcpv6-stateful", "dhcpv6-stateless"));

const isRoute = (value: unknown) => {
  const route = isObject(value);
  const destination = isCidr(route?.destination);
  const nexthop = isIp(route?.nexthop);
  return destination === undefined || nexthop === undefined ? undefined : { destination, nexthop };
};

const isPool = (value: unknown): AllocationPool | undefined => {
  const pool = isObject(value);
  const start = isIp(pool?.start);
  const end = isIp(pool?.end);
  return start === undefined || end === undefined ? undefined : { start, end };
};

/** Each once. @throws Fault NeutronDbObjectDuplicateEntry */
function serviceTypesOf(subnetId: Id, body: Attributes): string[] | undefined {
  const types = given(body, "service_types", orNull(listOf(isText))) ?? undefined;
  const twice = types?.find((type, at) => types.indexOf(type) !== at);
  if (twice === undefined) return types;
  const facts = { object_type: "SubnetServiceType", attributes: "['PRIMARY']", values: `${subnetId}-${twice}` };
  throw fault("NeutronDbObjectDuplicateEntry", facts);
}

function poolsOf(body: Attributes, cidr: Prefix, gateway: Ip | null): AllocationPool[] {
  const wanted = given(body, "allocation_pools", orNull(listOf(isPool))) ?? [];
  // None at all is no wish here, only in a change.
  if (wanted.length === 0) return defaultPools(cidr, gateway);
  checkPools(wanted, cidr);
  if (gateway !== null) checkGatewayOutside(gateway, wanted);
  return wanted;
}

/** The network of a subnet that is being made or changed, with this change counted in it. */
function reviseNetwork(env: Env, draft: Draft, network: NetworkRecord): void {
  draft.replace("network", network.id, touched(env, network));
}

function createSubnet(env: Env, draft: Draft, caller: Caller, body: Attributes): SubnetRecord {
  const networkId = attribute(body, "network_id", isText, "");
  const network = draft.get("network", networkId);
  if (network === undefined || !seesNetwork(caller, network, draft)) throw notFound("network", networkId);
  const standard = newStandard(env, projectOf(caller, body), body);
  const { cidr, gateway, pool } = placeOf(env, draft, caller, standard, body);
  const record: SubnetRecord = {
    ...standard,
    network_id: networkId,
    ip_version: attribute(body, "ip_version", isWhole, cidr.family) === 6 ? 6 : 4,
    cidr: cidr.cidr,
    gateway_ip: gateway,
    enable_dhcp: attribute(body, "enable_dhcp", isFlag, true),
    allocation_pools: [],
    dns_nameservers: given(body, "dns_nameservers", orNull(listOf(isIp))) ?? [],
    host_routes: given(body, "host_routes", orNull(listOf(isRoute))) ?? [],
    ipv6_ra_mode: given(body, "ipv6_ra_mode", isMode) ?? null,
    ipv6_address_mode: given(body, "ipv6_address_mode", isMode) ?? null,
    subnetpool_id: pool?.id ?? null,
    segment_id: given(body, "segment_id", orNull(isText)) ?? null,
    service_types: serviceTypesOf(standard.id, body) ?? [],
    dns_publish_fixed_ip: attribute(body, "dns_publish_fixed_ip", isFlag, false),
  };
  checkNewSubnet(record, env.options);
  checkMtuFor(networkId, network.mtu, [record]);
  record.allocation_pools = poolsOf(body, cidr, gateway);
  const others = draft.subnetsOf(networkId);
  checkOverlap(record, others);
  checkAffinity(draft, others, record.ip_version, pool);
  checkNewSubnetSegment(draft, record);
  record.host_routes = joinPeers(env, draft, record);
  draft.create("subnet", record.id, record);
  reviseNetwork(env, draft, network);
  // Nearly always that is all, and nothing is left to a second transaction that a crash could prevent.
  if (isAutoAddress(record)) followAutoAddress(env, draft, record.id);
  return record;
}

/** A gateway that a router's port has in use stays (db_base_plugin_v2.py _validate_subnet). */
function checkGatewayFree(draft: Draft, subnet: SubnetRecord): void {
  if (subnet.gateway_ip === null) return;
  const portId = draft.memory.ipsOfSubnet(subnet.id).get(subnet.gateway_ip);
  // A router that joins the subnet meanwhile takes this very address.
  if (portId === undefined) draft.absent(keys.ip(subnet.id, subnet.gateway_ip));
  const port = portId === undefined ? undefined : draft.get("port", portId);
  if (port === undefined || !isRouterSide(port.device_owner)) return;
  throw fault("GatewayIpInUse", { ip_address: subnet.gateway_ip, port_id: port.id });
}

function updateSubnet(env: Env, draft: Draft, current: SubnetRecord, changes: Attributes) {
  const network = draft.get("network", current.network_id);
  const wantedGateway = given(changes, "gateway_ip", orNull(isIp));
  const gateway = wantedGateway === undefined ? current.gateway_ip : wantedGateway;
  const pools = given(changes, "allocation_pools", orNull(listOf(isPool))) ?? undefined;
  const record: SubnetRecord = {
    ...current,
    ...standardChanges(current, changes),
    gateway_ip: isUnspecified(gateway) ? null : gateway,
    enable_dhcp: attribute(changes, "enable_dhcp", isFlag, current.enable_dhcp),
    allocation_pools: pools ?? current.allocation_pools,
    dns_nameservers: given(changes, "dns_nameservers", orNull(listOf(isIp))) ?? current.dns_nameservers,
    host_routes: given(changes, "host_routes", orNull(listOf(isRoute))) ?? current.host_routes,
    segment_id:
      changes.segment_id === undefined ? current.segment_id : (given(changes, "segment_id", orNull(isText)) ?? null),
    service_types: serviceTypesOf(current.id, changes) ?? current.service_types,
    dns_publish_fixed_ip: attribute(changes, "dns_publish_fixed_ip", isFlag, current.dns_publish_fixed_ip),
  };
  checkChangedSubnet(current, record, env.options);
  checkChangedSubnetSegment(draft, current, record);
  const moved = record.gateway_ip !== current.gateway_ip;
  if (moved) checkGatewayFree(draft, current);
  if (pools !== undefined) checkPools(pools, prefix(current.cidr));
  if ((moved || pools !== undefined) && record.gateway_ip !== null) {
    checkGatewayOutside(record.gateway_ip, record.allocation_pools);
  }
  record.host_routes = changedRoutes(draft, current, record);
  const after = revised(env, current, record);
  if (after === current) return current;
  draft.replace("subnet", current.id, after);
  if (network !== undefined) reviseNetwork(env, draft, network);
  return after;
}

/** How many ports lose an address of a subnet that goes in one transaction; the rest follows in the next. */
const PORTS_AT_A_TIME = 500;

/**
 * Automatic addresses go with their subnet, and so do those of ports that Cable itself made. The transaction that
 * removes the subnet demands that no address is left in it, whoever came in between.
 */
function removeSubnet(env: Env, draft: Draft, current: SubnetRecord): Removal {
  const network = draft.get("network", current.network_id);
  const holders = portsIn(draft, current.id);
  const stays = (port: PortRecord) =>
    isRouterInterface(port.device_owner) || !(isAutoAddress(current) || AUTO_DELETE_OWNERS.has(port.device_owner));
  if (holders.some(stays)) throw fault("SubnetInUse", { subnet_id: current.id });
  for (const port of holders.slice(0, PORTS_AT_A_TIME)) {
    const fixedIps = port.fixed_ips.filter((entry) => entry.subnet_id !== current.id);
    draft.replace("port", port.id, touched(env, { ...port, fixed_ips: fixedIps }));
    for (const entry of port.fixed_ips) {
      if (entry.subnet_id === current.id) draft.release(keys.ip(current.id, entry.ip_address));
    }
  }
  if (holders.length > 0) return "again";
  draft.emptyUnder(keys.ipsOf(current.id));
  releaseRange(draft, current);
  draft.remove("subnet", current.id);
  leavePeers(env, draft, current);
  if (network !== undefined) reviseNetwork(env, draft, network);
  return "done";
}

function portsIn(draft: Draft, subnetId: Id): PortRecord[] {
  const ids = new Set(draft.memory.ipsOfSubnet(subnetId).values());
  return [...ids].flatMap((id) => draft.get("port", id) ?? []);
}

/** Own ones, those on own networks, and those on networks that are shared with the caller. */
function visibleSubnets(env: Env, caller: Caller): Iterable<Id> {
  const networks = [...visibleIds(env, "network", caller)].map((id) => env.memory.subnetsOfNetwork(id));
  return union([env.indexes.ownedBy("subnet", caller.projectId), ...networks]);
}

/** Ports that get an address of a new subnet although nobody asked: all by SLAAC, gateways on an external network. */
function followSubnet(env: Env, { id, ...subnet }: SubnetRecord): ((draft: Draft) => "more" | "done") | undefined {
  const steps = [
    ...(isAutoAddress(subnet) ? [followAutoAddress] : []),
    ...(env.memory.get("network", subnet.network_id)?.record["router:external"] ? [followGateways] : []),
  ];
  if (steps.length === 0) return undefined;
  return (draft) => (steps.map((step) => step(env, draft, id)).includes("more") ? "more" : "done");
}

export function subnetPlan(env: Env): ResourcePlan<"subnet"> {
  return {
    create: (draft, caller, body) => createSubnet(env, draft, caller, body),
    sees: seesSubnet,
    show: (record, caller, reader) => ({
      ...record,
      shared: isShared(reader, record.network_id, caller.projectId),
      "router:external": reader.get("network", record.network_id)?.["router:external"] ?? false,
    }),
    notFound: (id) => notFound("subnet", id),
    visible: (caller) => visibleSubnets(env, caller),
    update: (draft, _caller, current, changes) => updateSubnet(env, draft, current, changes),
    remove: (draft, _caller, current) => removeSubnet(env, draft, current),
    follow: (record) => followSubnet(env, record),
  };
}
