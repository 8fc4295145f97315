/**
 * Routers: neutron/db/l3_db.py with what l3_gwmode_db.py, extraroute_db.py, l3_dvr_db.py, l3_hamode_db.py and
 * l3_gateway_ip_qos.py add to it. Interfaces, gateways and routes are guarded by the router's own record, which each of
 * their changes rewrites; who leans on the router without changing it is marked as its user.
 */
import type { Attributes, Caller, DerivedRow, NetworkingTypes } from "../../../api/mod.ts";
import { fault, type RouterRecord } from "../../../model/mod.ts";
import { isElevated, projectOf } from "../access.ts";
import { checkZones, zonesOfRouters } from "../agents/mod.ts";
import { attribute, given, isFlag, isObject, isText, listOf, orNull } from "../attributes.ts";
import { removeBalancersOf } from "../balancers/mod.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { useFlavor } from "../flavors/mod.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import { changeQosPolicy } from "../qos/mod.ts";
import type { Reader } from "../reader.ts";
import { newStandard, revised, standardChanges, touched } from "../standard.ts";
import { dropHelper } from "./conntrack-helper.ts";
import { readGateway, setGateway, shownGateway, unmakeGateway } from "./gateway.ts";
import { removeInterface } from "./interface-removal.ts";
import { addInterface } from "./interfaces.ts";
import { helpersOf, interfaceOwner, interfacesOf, portsOf } from "./lookups.ts";
import { addGateways, removeGateways, updateGateways } from "./multihoming.ts";
import { changedProxying, checkGatewayUnproxied, checkNewProxying } from "./ndp-rules.ts";
import { refuseRouter } from "./router-subnets.ts";
import { newRoutes, type Route, readRoutes, without } from "./routes.ts";

const isMaybeFlag = orNull(isFlag);

const gatewayInfo = (env: Env, body: Attributes) => {
  const info = given(body, "external_gateway_info", orNull(isObject));
  return info === undefined ? "as it is" : readGateway(env, info);
};

function createRouter(env: Env, draft: Draft, caller: Caller, body: Attributes): RouterRecord {
  const flag = (name: string) => given(body, name, isMaybeFlag) ?? false;
  const router: RouterRecord = {
    ...newStandard(env, projectOf(caller, body), body),
    admin_state_up: attribute(body, "admin_state_up", isFlag, true),
    status: "ACTIVE",
    distributed: flag("distributed"),
    ha: flag("ha"),
    availability_zone_hints: attribute(body, "availability_zone_hints", listOf(isText), []),
    flavor_id: given(body, "flavor_id", orNull(isText)) ?? null,
    service_type_id: null,
    routes: [],
    gateways: [],
    enable_ndp_proxy: flag("enable_ndp_proxy"),
    enable_default_route_bfd: flag("enable_default_route_bfd"),
    enable_default_route_ecmp: flag("enable_default_route_ecmp"),
  };
  if (router.flavor_id !== null) useFlavor(draft, router.flavor_id);
  checkZones(env, router.availability_zone_hints);
  draft.create("router", router.id, router);
  const info = gatewayInfo(env, body);
  const after = info === undefined || info === "as it is" ? router : setGateway(env, draft, caller, router, info);
  checkNewProxying(draft, after);
  if (after === router) return router;
  draft.stage("router", router.id, after);
  return after;
}

/** l3_dvr_db.py _validate_router_migration, l3_hamode_db.py _validate_migration. */
function checkMigration(before: RouterRecord, after: RouterRecord): void {
  const refuse = (what: string) =>
    refuseRouter(
      `Cannot change ${what} attribute of active routers. Please set router admin_state_up to False prior to upgrade`,
    );
  // router-admin-state-down-before-update: it has to be down already, and to stay so.
  if (before.distributed !== after.distributed && (before.admin_state_up || after.admin_state_up)) {
    throw refuse("the 'distributed'");
  }
  if (before.ha !== after.ha && after.admin_state_up) throw refuse("HA");
}

/** The interfaces of a router that becomes distributed, or ceases to be, have another owner. */
function migrateInterfaces(env: Env, draft: Draft, before: RouterRecord, after: RouterRecord): void {
  const owner = interfaceOwner(after);
  if (owner === interfaceOwner(before)) return;
  for (const port of interfacesOf(draft, before.id)) {
    draft.replace("port", port.id, touched(env, { ...port, device_owner: owner }));
  }
}

function updateRouter(env: Env, draft: Draft, caller: Caller, current: RouterRecord, changes: Attributes) {
  const flag = (name: string, before: boolean) => given(changes, name, isMaybeFlag) ?? before;
  const routes = readRoutes(changes);
  const wantsProxy = given(changes, "enable_ndp_proxy", isMaybeFlag) ?? undefined;
  let router: RouterRecord = {
    ...current,
    ...(routes !== undefined && { routes: newRoutes(env, draft, current, routes) }),
  };
  const info = gatewayInfo(env, changes);
  if (info !== "as it is") router = setGateway(env, draft, caller, router, info);
  router = {
    ...router,
    ...standardChanges(current, changes),
    admin_state_up: attribute(changes, "admin_state_up", isFlag, current.admin_state_up),
    distributed: flag("distributed", current.distributed),
    ha: flag("ha", current.ha),
    enable_ndp_proxy: changedProxying(draft, current, router, wantsProxy),
    enable_default_route_bfd: flag("enable_default_route_bfd", current.enable_default_route_bfd),
    enable_default_route_ecmp: flag("enable_default_route_ecmp", current.enable_default_route_ecmp),
  };
  checkMigration(current, router);
  migrateInterfaces(env, draft, current, router);
  const after = revised(env, current, router);
  if (after !== current) draft.replace("router", current.id, after);
  return after;
}

function removeRouter(env: Env, draft: Draft, caller: Caller, router: RouterRecord): Removal {
  const interfaces = interfacesOf(draft, router.id);
  if (interfaces.length > 0) {
    const reason = `has ports still attached: ${interfaces.map(({ id }) => id).join(", ")}`;
    throw fault("RouterInUse", { router_id: router.id, reason });
  }
  draft.sameUsers("router", router.id);
  if (router.gateways.length > 0) checkGatewayUnproxied(draft, router);
  for (const helper of helpersOf(draft, router.id)) dropHelper(draft, helper);
  for (const gateway of router.gateways) unmakeGateway(env, draft, { ...router, gateways: [gateway] }, gateway);
  changeQosPolicy(draft, caller, router.id, router.gateways[0]?.qos_policy_id ?? null, null);
  removeBalancersOf(draft, router.id);
  draft.remove("router", router.id);
  return "done";
}

/** extraroute_db.py add_extraroutes, remove_extraroutes: as an update with the routes that result. */
function changeRoutes(
  env: Env,
  draft: Draft,
  caller: Caller,
  router: RouterRecord,
  result: (given: Route[]) => Route[],
  body: Attributes,
): DerivedRow {
  const routes = result(readRoutes(body) ?? []);
  const after = updateRouter(env, draft, caller, router, { routes });
  return show(env, after, draft);
}

type ChangeGateways = typeof addGateways;

/** An action that gives the router other gateways, with what follows as for any update. */
const changeGateways =
  (env: Env, change: ChangeGateways) =>
  (draft: Draft, caller: Caller, current: RouterRecord, body: Attributes): DerivedRow => {
    const router = change(env, draft, caller, current, body);
    const changed = { ...router, enable_ndp_proxy: changedProxying(draft, current, router, undefined) };
    const after = revised(env, current, changed);
    if (after !== current) draft.replace("router", current.id, after);
    return show(env, after, draft);
  };

type Shown = NetworkingTypes["router"] & DerivedRow;

export function show(env: Env, router: RouterRecord, reader: Reader): Shown {
  const [first] = router.gateways;
  const gatewayPort = ({ port_id }: { port_id: string }) => reader.get("port", port_id);
  return {
    ...router,
    external_gateway_info: shownGateway(first, first && gatewayPort(first)),
    external_gateways: router.gateways.map((gateway) => ({
      network_id: gateway.network_id,
      external_fixed_ips: gatewayPort(gateway)?.fixed_ips ?? [],
    })),
    enable_snat: first?.enable_snat ?? true,
    availability_zones: portsOf(reader, router.id).length > 0 ? [...zonesOfRouters(env)] : [],
    conntrack_helpers: helpersOf(reader, router.id).map(({ protocol, port, helper }) => ({ protocol, port, helper })),
  };
}

export function routerPlan(env: Env): ResourcePlan<"router"> {
  const notFound = (router_id: string) => fault("RouterNotFound", { router_id });
  return {
    create: (draft, caller, body) => createRouter(env, draft, caller, body),
    sees: (caller, router) => isElevated(caller) || router.project_id === caller.projectId,
    notFound,
    show: (router, _caller, reader) => show(env, router, reader),
    update: (draft, caller, current, changes) => updateRouter(env, draft, caller, current, changes),
    remove: (draft, caller, router) => removeRouter(env, draft, caller, router),
    actions: {
      add_router_interface: (draft, caller, router, body) => addInterface(env, draft, caller, router, body),
      remove_router_interface: (draft, caller, router, body) => removeInterface(env, draft, caller, router, body),
      add_extraroutes: (draft, caller, router, body) =>
        changeRoutes(env, draft, caller, router, (routes) => [...router.routes, ...routes], body),
      remove_extraroutes: (draft, caller, router, body) =>
        changeRoutes(env, draft, caller, router, (routes) => without(router.routes, routes), body),
      add_external_gateways: changeGateways(env, addGateways),
      update_external_gateways: changeGateways(env, updateGateways),
      remove_external_gateways: changeGateways(env, removeGateways),
    },
  };
}
