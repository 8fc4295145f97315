/** The end of a router's interface, and what keeps one (neutron/db/l3_db.py remove_router_interface). */
import type { Attributes, Caller, DerivedRow } from "../../../api/mod.ts";
import {
  fault,
  type Id,
  type Ip,
  type PortRecord,
  prefix,
  prefixContains,
  type RouterRecord,
  type SubnetRecord,
} from "../../../model/mod.ts";
import { notFound, seesPort, seesSubnet } from "../access.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { touched } from "../standard.ts";
import { interfaceResult, readInterface, subnetsOfPort } from "./interfaces.ts";
import { floatingIpsOfRouter, forwardingsOf, interfacesOf } from "./lookups.ts";
import { checkInterfaceUnproxied } from "./ndp-rules.ts";
import { moveRouterPort, removeRouterPort } from "./port-users.ts";
import { checkNoRouteThrough } from "./routes.ts";

/** _check_router_interface_not_in_use, _confirm_router_interface_not_in_use. */
function checkUnused(draft: Draft, router: RouterRecord, subnet: SubnetRecord): void {
  draft.sameUsers("router", router.id);
  const isOnSubnet = (portId: Id | null, address: Ip | null) => {
    if (portId === null || address === null || !prefixContains(prefix(subnet.cidr), address)) return false;
    return draft.get("port", portId)?.fixed_ips.some(({ subnet_id }) => subnet_id === subnet.id) ?? false;
  };
  checkInterfaceUnproxied(draft, router, subnet);
  const floatings = floatingIpsOfRouter(draft, router.id);
  const targets = floatings.flatMap(({ id }) => forwardingsOf(draft, id));
  for (const [portId, address] of [
    ...targets.map((forwarding) => [forwarding.internal_port_id, forwarding.internal_ip_address] as const),
    ...floatings.map((floating) => [floating.port_id, floating.fixed_ip_address] as const),
  ]) {
    if (!isOnSubnet(portId, address)) continue;
    throw fault("RouterInterfaceInUseByFloatingIP", { router_id: router.id, subnet_id: subnet.id });
  }
  checkNoRouteThrough(router, subnet);
}

interface Removed {
  port: PortRecord;
  subnets: SubnetRecord[];
}

function removeByPort(
  env: Env,
  draft: Draft,
  caller: Caller,
  router: RouterRecord,
  portId: Id,
  subnetId: Id | undefined,
) {
  const port = interfacesOf(draft, router.id).find(({ id }) => id === portId);
  if (port === undefined || !seesPort(caller, port, draft)) {
    throw fault("RouterInterfaceNotFound", { router_id: router.id, port_id: portId });
  }
  if (subnetId !== undefined && !port.fixed_ips.some(({ subnet_id }) => subnet_id === subnetId)) {
    throw fault("SubnetMismatchForPort", { port_id: portId, subnet_id: subnetId });
  }
  const subnets = subnetsOfPort(draft, port);
  for (const subnet of subnets) checkUnused(draft, router, subnet);
  removeRouterPort(env, draft, caller, port);
  return { port, subnets };
}

function removeBySubnet(env: Env, draft: Draft, caller: Caller, router: RouterRecord, subnetId: Id): Removed {
  const subnet = draft.get("subnet", subnetId);
  if (subnet === undefined || !seesSubnet(caller, subnet, draft)) throw notFound("subnet", subnetId);
  const ports = interfacesOf(draft, router.id).filter(({ network_id }) => network_id === subnet.network_id);
  if (ports.length > 0) checkUnused(draft, router, subnet);
  const port = ports.find(({ fixed_ips }) => fixed_ips.some(({ subnet_id }) => subnet_id === subnetId));
  if (port === undefined) {
    throw fault("RouterInterfaceNotFoundForSubnet", { router_id: router.id, subnet_id: subnetId });
  }
  const others = port.fixed_ips.filter(({ subnet_id }) => subnet_id !== subnetId);
  if (others.length > 0) moveRouterPort(env, draft, port, others);
  else removeRouterPort(env, draft, caller, port);
  return { port, subnets: [subnet] };
}

export function removeInterface(
  env: Env,
  draft: Draft,
  caller: Caller,
  router: RouterRecord,
  body: Attributes,
): DerivedRow {
  const { portId, subnetId } = readInterface(body, true);
  const { port, subnets } =
    portId === undefined
      ? removeBySubnet(env, draft, caller, router, subnetId as Id)
      : removeByPort(env, draft, caller, router, portId, subnetId);
  draft.replace("router", router.id, touched(env, router));
  const ids = subnets.map(({ id }) => id);
  return interfaceResult(router, port, ids, ids[0] as Id);
}
