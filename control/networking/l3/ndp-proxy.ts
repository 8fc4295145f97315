/** ND proxies: IPv6 addresses inside that a router answers for outside (neutron/services/ndp_proxy/plugin.py). */
import type { Attributes, Caller } from "../../../api/mod.ts";
import {
  fault,
  type Id,
  type Ip,
  type NdpProxyRecord,
  type PortRecord,
  type RouterRecord,
} from "../../../model/mod.ts";
import { isElevated, notFound, projectOf, seesPort } from "../access.ts";
import { attribute, given, isIp, isText, orNull } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import { newStandard, revised, standardChanges } from "../standard.ts";
import { interfacesOf, PROXIES_BY_PORT, PROXIES_BY_ROUTER, proxiesOf } from "./lookups.ts";
import { scopeOf, sixOf } from "./ndp-rules.ts";

/** The address that is asked for, or the first that the router reaches (_check_port). */
function addressOf(port: PortRecord, routerPorts: readonly PortRecord[], routerId: Id, wanted: Ip | null): Ip {
  const own = sixOf(port);
  if (own.length === 0) {
    const msg = `Requested port ${port.id} must allocate one IPv6 address at least`;
    throw fault("BadRequest", { resource: "ndp_proxy", msg });
  }
  const subnets = new Set(routerPorts.flatMap(sixOf).map(({ subnet_id }) => subnet_id));
  if (wanted === null) {
    const found = own.find(({ subnet_id }) => subnets.has(subnet_id));
    if (found !== undefined) return found.ip_address;
    throw fault("PortUnreachableRouter", { port_id: port.id, router_id: routerId });
  }
  const entry = own.find(({ ip_address }) => ip_address === wanted);
  const refuse = (reason: string) => fault("InvalidAddress", { address: wanted, reason });
  if (entry === undefined) throw refuse(`This address not belong to the port ${port.id}`);
  if (!subnets.has(entry.subnet_id)) throw refuse(`This address cannot reach the router ${routerId}`);
  return wanted;
}

/** Both sides are of one address scope, or no packet would be routed. */
function checkScopes(draft: Draft, router: RouterRecord, port: PortRecord): void {
  const [outside, inside] = [scopeOf(draft, router.gateways[0]?.network_id ?? ""), scopeOf(draft, port.network_id)];
  if (outside === inside) return;
  const text = (scope: Id | null) => scope ?? "None";
  const facts = { ext_address_scope: text(outside), internal_address_scope: text(inside) };
  throw fault("AddressScopeConflict", facts);
}

function createProxy(env: Env, draft: Draft, caller: Caller, body: Attributes): NdpProxyRecord {
  const standard = newStandard(env, projectOf(caller, body), body);
  const router_id = attribute(body, "router_id", isText, "");
  const port_id = attribute(body, "port_id", isText, "");
  const port = draft.get("port", port_id);
  if (port === undefined || !seesPort(caller, port, draft)) throw notFound("port", port_id);
  const routerPorts = interfacesOf(draft, router_id).filter(({ network_id }) => network_id === port.network_id);
  const router = draft.get("router", router_id);
  if (routerPorts.length === 0 || router === undefined) throw fault("PortUnreachableRouter", { router_id, port_id });
  if (!seesRouter(caller, router)) throw fault("RouterNotFound", { router_id });
  if (!router.enable_ndp_proxy) throw fault("RouterNDPProxyNotEnable", { router_id });
  const wanted = given(body, "ip_address", orNull(isIp)) ?? null;
  const record: NdpProxyRecord = {
    ...standard,
    router_id,
    port_id,
    ip_address: addressOf(port, routerPorts, router_id, wanted),
  };
  checkScopes(draft, router, port);
  checkUnique(draft, record);
  draft.dependOn("port", port_id);
  draft.dependOn("router", router_id);
  draft.use("port", port_id, record.id);
  draft.use("router", router_id, record.id);
  draft.create("ndp_proxy", record.id, record);
  return record;
}

export const seesRouter = (caller: Caller, router: RouterRecord) =>
  isElevated(caller) || router.project_id === caller.projectId;

/** A router answers for an address once; who compares demands that no proxy is younger. */
function checkUnique(draft: Draft, { router_id, ip_address }: NdpProxyRecord): void {
  draft.sameUsers("router", router_id);
  if (!proxiesOf(draft, router_id).some((other) => other.ip_address === ip_address)) return;
  const facts = { attributes: "['router_id', 'ip_address']", values: `['${router_id}', '${ip_address}']` };
  throw fault("NeutronDbObjectDuplicateEntry", { object_type: "NDPProxy", ...facts });
}

function updateProxy(env: Env, draft: Draft, current: NdpProxyRecord, changes: Attributes): NdpProxyRecord {
  const after = revised(env, current, { ...current, ...standardChanges(current, changes) });
  if (after !== current) draft.replace("ndp_proxy", current.id, after);
  return after;
}

/** Stages the end of a proxy, by its own request or its port's. */
export function dropProxy(draft: Draft, record: NdpProxyRecord): void {
  draft.unuse("port", record.port_id, record.id);
  draft.unuse("router", record.router_id, record.id);
  draft.remove("ndp_proxy", record.id);
}

function removeProxy(draft: Draft, _caller: Caller, record: NdpProxyRecord): Removal {
  dropProxy(draft, record);
  return "done";
}

export function ndpProxyPlan(env: Env): ResourcePlan<"ndp_proxy"> {
  return {
    create: (draft, caller, body) => createProxy(env, draft, caller, body),
    sees: (caller, record) => isElevated(caller) || record.project_id === caller.projectId,
    notFound: (id) => fault("NDPProxyNotFound", { id }),
    update: (draft, _caller, current, changes) => updateProxy(env, draft, current, changes),
    remove: removeProxy,
    indexes: { router_id: PROXIES_BY_ROUTER, port_id: PROXIES_BY_PORT },
  };
}
