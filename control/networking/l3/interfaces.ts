/**
 * Interfaces of a router: ports whose device it is (neutron/db/l3_db.py add_router_interface, remove_router_interface).
 * Every change of them rewrites the router's record, so two requests cannot both find room for overlapping subnets.
 */
import type { Attributes, Caller, DerivedRow } from "../../../api/mod.ts";
import {
  fault,
  type Id,
  ipFamily,
  ipToBigInt,
  type PortRecord,
  type RouterRecord,
  type SubnetRecord,
} from "../../../model/mod.ts";
import { notFound, seesPort, seesSubnet } from "../access.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { newPort, readdress } from "../port-life.ts";
import { policyFor, SHARED } from "../sharing.ts";
import { touched } from "../standard.ts";
import { attach, interfaceOwner, interfacesOf } from "./lookups.ts";
import { checkAddressMode, checkNewSubnets, refuseRouter } from "./router-subnets.ts";

const UUID = /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i;

export interface InterfaceInfo {
  portId: Id | undefined;
  subnetId: Id | undefined;
}

/** _validate_interface_info. @throws Fault BadRequest */
export function readInterface(body: Attributes, forRemoval: boolean): InterfaceInfo {
  const { port_id, subnet_id } = body;
  if (port_id === undefined && subnet_id === undefined) {
    throw refuseRouter("Either subnet_id or port_id must be specified");
  }
  const read = (value: unknown): Id | undefined => {
    if (value === undefined) return undefined;
    if (typeof value === "string" && UUID.test(value)) return value;
    const text = typeof value === "string" ? value : JSON.stringify(value).replace(/^null$/, "None");
    throw refuseRouter(`'${text}' is not a valid UUID`);
  };
  const info = { portId: read(port_id), subnetId: read(subnet_id) };
  if (!forRemoval && info.portId !== undefined && info.subnetId !== undefined) {
    throw refuseRouter("Cannot specify both subnet-id and port-id");
  }
  return info;
}

export function subnetsOfPort(draft: Draft, port: PortRecord): SubnetRecord[] {
  return port.fixed_ips.flatMap(({ subnet_id }) => draft.get("subnet", subnet_id) ?? []);
}

const hasIpv6 = (port: PortRecord) => port.fixed_ips.some(({ ip_address }) => ipFamily(ip_address) === 6);

/** _validate_one_router_ipv6_port_per_network; distributed interfaces are let through, as there. */
function checkOneIpv6Port(draft: Draft, router: RouterRecord, port: PortRecord): void {
  if (!hasIpv6(port) || router.distributed) return;
  for (const other of interfacesOf(draft, router.id)) {
    if (other.id === port.id || other.network_id !== port.network_id || !hasIpv6(other)) continue;
    throw refuseRouter(
      `Router already contains IPv6 port ${other.id} belonging to network id ${other.network_id}. ` +
        "Only one IPv6 port from the same network subnet can be connected to a router.",
    );
  }
}

/** _validate_port_in_range_or_admin: an address outside of the pools is the subnet's owner's to give. */
function checkInPools(caller: Caller, port: PortRecord, subnets: readonly SubnetRecord[]): void {
  if (caller.isAdmin) return;
  for (const { ip_address, subnet_id } of port.fixed_ips) {
    const subnet = subnets.find(({ id }) => id === subnet_id);
    if (subnet === undefined || subnet.project_id === caller.projectId) continue;
    const value = ipToBigInt(ip_address);
    const isIn = subnet.allocation_pools.some((p) => value >= ipToBigInt(p.start) && value <= ipToBigInt(p.end));
    if (isIn) continue;
    throw refuseRouter(
      `Cannot add interface to router because specified port ${port.id} has an IP address out of the allocation ` +
        `pool of subnet ${subnet_id}, which is not owned by the project making the request`,
    );
  }
}

interface Added {
  port: PortRecord;
  subnets: SubnetRecord[];
}

function addByPort(env: Env, draft: Draft, caller: Caller, router: RouterRecord, portId: Id): Added {
  const port = draft.get("port", portId);
  if (port === undefined || !seesPort(caller, port, draft)) throw notFound("port", portId);
  const present = port.router_port?.router_id ?? router.id;
  const device = port.device_id === "" && present !== router.id ? present : port.device_id;
  if (device !== "") throw fault("PortInUse", { net_id: port.network_id, port_id: port.id, device_id: device });
  if (port.fixed_ips.length === 0) throw refuseRouter("Router port must have at least one fixed IP");
  const subnets = subnetsOfPort(draft, port);
  for (const subnet of subnets) checkAddressMode(subnet);
  checkOneIpv6Port(draft, router, port);
  checkNewSubnets(draft, router, subnets, false);
  if (subnets.filter(({ ip_version }) => ip_version === 4).length > 1) {
    throw refuseRouter("Cannot have multiple IPv4 subnets on router port");
  }
  checkInPools(caller, port, subnets);
  const after = touched(env, { ...port, device_id: router.id, device_owner: interfaceOwner(router) });
  draft.replace("port", port.id, after);
  return { port: attach(draft, after, router.id, "interface"), subnets };
}

/** A subnet of another project only if its network is shared with just this project, not with everybody. */
function checkMayAdd(draft: Draft, caller: Caller, subnet: SubnetRecord): void {
  if (subnet.project_id === caller.projectId || caller.isAdmin) return;
  const policy = policyFor(draft, subnet.network_id, SHARED, caller.projectId);
  if (policy === undefined) {
    const msg = `Cannot add interface to router because subnet ${subnet.id} is not owned by project making the request`;
    throw refuseRouter(msg);
  }
  draft.present("rbac_policy", policy.id);
}

function addBySubnet(env: Env, draft: Draft, caller: Caller, router: RouterRecord, subnetId: Id): Added {
  const subnet = draft.get("subnet", subnetId);
  const network = subnet && draft.get("network", subnet.network_id);
  if (subnet === undefined || network === undefined || !seesSubnet(caller, subnet, draft)) {
    throw notFound("subnet", subnetId);
  }
  if (subnet.gateway_ip === null) throw refuseRouter("Subnet for router interface must have a gateway IP");
  checkMayAdd(draft, caller, subnet);
  checkAddressMode(subnet);
  checkNewSubnets(draft, router, [subnet], false);
  const fixedIp = { ip_address: subnet.gateway_ip, subnet_id: subnet.id };
  if (subnet.ip_version === 6) {
    // Further IPv6 prefixes of a network go on the port that the router has there.
    const present = interfacesOf(draft, router.id).find((port) => port.network_id === network.id && hasIpv6(port));
    if (present !== undefined) {
      return { port: readdress(env, draft, present, [...present.fixed_ips, fixedIp]), subnets: [subnet] };
    }
  }
  const device = { device_id: router.id, device_owner: interfaceOwner(router) };
  const port = newPort(env, draft, network, router.project_id, { fixed_ips: [fixedIp], ...device });
  return { port: attach(draft, port, router.id, "interface"), subnets: [subnet] };
}

export function interfaceResult(router: RouterRecord, port: PortRecord, subnets: readonly Id[], main: Id): DerivedRow {
  const { project_id, id: port_id, network_id } = port;
  const whose = { tenant_id: project_id, project_id };
  return { id: router.id, ...whose, port_id, network_id, subnet_id: main, subnet_ids: subnets };
}

export function addInterface(env: Env, draft: Draft, caller: Caller, router: RouterRecord, body: Attributes) {
  const { portId, subnetId } = readInterface(body, false);
  const { port, subnets } =
    portId === undefined
      ? addBySubnet(env, draft, caller, router, subnetId as Id)
      : addByPort(env, draft, caller, router, portId);
  draft.replace("router", router.id, touched(env, router));
  const ids = subnets.map(({ id }) => id);
  return interfaceResult(router, port, ids, ids.at(-1) as Id);
}
