/**
 * A router's ways out: each a port on an external network that belongs to no project. The first is the one of
 * `external_gateway_info` (neutron/db/l3_db.py, l3_gwmode_db.py, l3_gateway_ip_qos.py).
 */
import type { Attributes, Caller } from "../../../api/mod.ts";
import {
  fault,
  type Id,
  type NetworkRecord,
  type PortRecord,
  type RouterGateway,
  type RouterRecord,
} from "../../../model/mod.ts";
import type { FixedIpRequest } from "../../ipam/mod.ts";
import { notFound, seesNetwork } from "../access.ts";
import { attribute, given, isFlag, isText, orNull } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { readFixedIps } from "../port-addresses.ts";
import { newPort } from "../port-life.ts";
import { changeQosPolicy } from "../qos/mod.ts";
import { attach, floatingIpsOfRouter, GATEWAY_OWNER, portsOf } from "./lookups.ts";
import { checkGatewaySix, checkGatewayUnproxied } from "./ndp-rules.ts";
import { moveRouterPort, removeRouterPort } from "./port-users.ts";
import { checkNewSubnets, refuseRouter } from "./router-subnets.ts";
import { checkRoutes, reachOf } from "./routes.ts";

export interface GatewayInfo {
  networkId: Id;
  fixedIps: FixedIpRequest[];
  enableSnat: boolean;
  /** Undefined: as it is. */
  qosPolicyId: Id | null | undefined;
}

/** Null and {} say that there is to be none. */
export function readGateway(env: Env, info: Attributes | null): GatewayInfo | undefined {
  if (info === null || Object.keys(info).length === 0) return undefined;
  return {
    networkId: attribute(info, "network_id", isText, ""),
    fixedIps: readFixedIps(env, { fixed_ips: info.external_fixed_ips }) ?? [],
    enableSnat: attribute(info, "enable_snat", isFlag, true),
    qosPolicyId: given(info, "qos_policy_id", orNull(isText)),
  };
}

/** Routes stay reachable with another gateway: by the other ports, or any subnet of the new one's network. */
function checkRoutesWith(draft: Draft, router: RouterRecord, network: NetworkRecord | undefined): void {
  if (router.routes.length === 0) return;
  const ports = portsOf(draft, router.id);
  const changing = router.gateways[0]?.port_id;
  const reach = reachOf(
    draft,
    ports.filter((port) => port.id !== changing),
  );
  if (network !== undefined) reach.cidrs.push(...draft.subnetsOf(network.id).map(({ cidr }) => cidr));
  checkRoutes(router.routes, reach.cidrs.length > 0 ? reach : reachOf(draft, ports));
}

/** _validate_gw_info. @throws Fault NetworkNotFound, BadRequest, InvalidRoutes */
export function checkGateway(
  draft: Draft,
  caller: Caller,
  router: RouterRecord,
  info: GatewayInfo | undefined,
): NetworkRecord | undefined {
  const network = info && draft.get("network", info.networkId);
  if (info !== undefined) {
    if (network === undefined || !seesNetwork(caller, network, draft)) throw notFound("network", info.networkId);
    if (!network["router:external"]) throw refuseRouter(`Network ${network.id} is not an external network`);
    const taken = new Set(draft.subnetsOf(network.id).map(({ gateway_ip }) => gateway_ip));
    for (const { ip_address: address } of info.fixedIps) {
      if (address !== undefined && taken.has(address)) {
        throw refuseRouter(`External IP ${address} is the same as the gateway IP`);
      }
    }
  }
  checkRoutesWith(draft, router, network);
  return network;
}

/** _check_for_external_ip_change. */
function isMoved(port: PortRecord, requests: readonly FixedIpRequest[]): boolean {
  if (requests.length === 0) return false;
  const differ = (a: Set<string>, b: Set<string>) => a.size !== b.size || [...a].some((one) => !b.has(one));
  const subnets = new Set(requests.flatMap(({ subnet_id }) => subnet_id ?? []));
  if (differ(subnets, new Set(port.fixed_ips.map(({ subnet_id }) => subnet_id)))) return true;
  const addresses = new Set<string>(requests.flatMap(({ ip_address }) => ip_address ?? []));
  return differ(addresses, new Set(port.fixed_ips.map(({ ip_address }) => ip_address)));
}

/** Stages the port of one more gateway. */
export function makeGateway(
  env: Env,
  draft: Draft,
  router: RouterRecord,
  network: NetworkRecord,
  info: GatewayInfo,
): RouterGateway {
  checkNewSubnets(draft, router, draft.subnetsOf(network.id), true);
  const port = newPort(env, draft, network, "", {
    device_id: router.id,
    device_owner: GATEWAY_OWNER,
    ...(info.fixedIps.length > 0 && { fixed_ips: info.fixedIps }),
  });
  attach(draft, port, router.id, "gateway");
  return { network_id: network.id, port_id: port.id, enable_snat: info.enableSnat, qos_policy_id: null };
}

/** Stages the end of a gateway, unless floating addresses need it. @throws Fault RouterExternalGatewayInUseByFloatingIp */
export function unmakeGateway(env: Env, draft: Draft, router: RouterRecord, gateway: RouterGateway): void {
  draft.sameUsers("router", router.id);
  const { network_id: net_id, port_id } = gateway;
  const another = router.gateways.some((other) => other.network_id === net_id && other.port_id !== port_id);
  const isNeeded = floatingIpsOfRouter(draft, router.id).some(({ floating_network_id: id }) => id === net_id);
  if (isNeeded && !another) throw fault("RouterExternalGatewayInUseByFloatingIp", { router_id: router.id, net_id });
  const port = draft.get("port", port_id);
  if (port !== undefined) removeRouterPort(env, draft, undefined, port);
}

/** The router with its first gateway as told; the others stay (_update_router_gw_info). */
export function setGateway(
  env: Env,
  draft: Draft,
  caller: Caller,
  router: RouterRecord,
  info: GatewayInfo | undefined,
): RouterRecord {
  const [current, ...others] = router.gateways;
  const network = checkGateway(draft, caller, router, info);
  let gateway = current;
  if (current !== undefined && current.network_id !== network?.id) {
    checkGatewayUnproxied(draft, router);
    unmakeGateway(env, draft, router, current);
    gateway = undefined;
  } else if (current !== undefined && info !== undefined) {
    const port = draft.get("port", current.port_id);
    if (port !== undefined && isMoved(port, info.fixedIps)) {
      checkGatewaySix(draft, router, info.fixedIps);
      moveRouterPort(env, draft, port, info.fixedIps);
    }
  }
  const rest = { ...router, gateways: others };
  if (network !== undefined && info !== undefined) gateway ??= makeGateway(env, draft, rest, network, info);
  // Of the router rather than of the gateway: it stays when the gateway moves to another network.
  const before = current?.qos_policy_id ?? null;
  const policy = gateway === undefined ? null : info?.qosPolicyId === undefined ? before : info.qosPolicyId;
  changeQosPolicy(draft, caller, router.id, before, policy);
  if (gateway === undefined || info === undefined) return rest;
  const set = { ...gateway, enable_snat: info.enableSnat, qos_policy_id: policy };
  return { ...rest, gateways: [set, ...others] };
}

/** `external_gateway_info` (l3_db.py _make_router_dict, l3_gwmode_db.py, l3_gateway_ip_qos.py). */
export function shownGateway(gateway: RouterGateway | undefined, port: PortRecord | undefined): object | null {
  if (gateway === undefined) return null;
  return {
    network_id: gateway.network_id,
    external_fixed_ips: port?.fixed_ips ?? [],
    enable_snat: gateway.enable_snat,
    ...(gateway.qos_policy_id !== null && { qos_policy_id: gateway.qos_policy_id }),
  };
}
