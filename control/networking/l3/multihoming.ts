/**
 * Several gateways of a router at once (neutron/db/l3_extra_gws_db.py). Callers name a gateway by its network and, where
 * there are several on it, by one of its addresses.
 */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type Id, type RouterGateway, type RouterRecord } from "../../../model/mod.ts";
import { given, isObject, listOf } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { checkGateway, type GatewayInfo, makeGateway, readGateway, setGateway, unmakeGateway } from "./gateway.ts";
import { moveRouterPort } from "./port-users.ts";

function readGateways(env: Env, body: Attributes): GatewayInfo[] {
  return (given(body, "external_gateways", listOf(isObject)) ?? []).flatMap((info) => readGateway(env, info) ?? []);
}

const unmatched = (router: RouterRecord, reason: string) =>
  fault("UnableToMatchGateways", { router_id: router.id, reason });

const addressesOf = ({ fixedIps }: GatewayInfo) => fixedIps.flatMap(({ ip_address }) => ip_address ?? []);

/** The gateway that `info` names; undefined when there is none (_match_requested_gateway_ports). */
function match(draft: Draft, router: RouterRecord, info: GatewayInfo, mustBe: boolean): RouterGateway | undefined {
  const there = router.gateways.filter(({ network_id }) => network_id === info.networkId);
  if (there.length === 0) return undefined;
  if (info.fixedIps.length === 0) {
    if (there.length === 1) return there[0];
    throw unmatched(
      router,
      `multiple gateway ports are attached to the same network ${info.networkId} but external_fixed_ips parameter ` +
        "is not specified in the request",
    );
  }
  const named = new Set<string>(addressesOf(info));
  const found = there.find(({ port_id }) =>
    draft.get("port", port_id)?.fixed_ips.some(({ ip_address }) => named.has(ip_address)),
  );
  if (found !== undefined || !mustBe) return found;
  throw unmatched(
    router,
    `could not match a gateway port attached to network ${info.networkId} based on the specified fixed IPs ` +
      [...named].join(", "),
  );
}

/** add_external_gateways: the first becomes that of `external_gateway_info` where there is none yet. */
export function addGateways(
  env: Env,
  draft: Draft,
  caller: Caller,
  router: RouterRecord,
  body: Attributes,
): RouterRecord {
  return withGateways(env, draft, caller, router, readGateways(env, body));
}

function withGateways(env: Env, draft: Draft, caller: Caller, router: RouterRecord, infos: readonly GatewayInfo[]) {
  let after = router;
  for (const info of infos) {
    if (after.gateways.length === 0) {
      after = setGateway(env, draft, caller, after, info);
      continue;
    }
    const network = checkGateway(draft, caller, after, info);
    if (network === undefined) continue;
    const gateway = makeGateway(env, draft, after, network, info);
    after = { ...after, gateways: [...after.gateways, gateway] };
  }
  return after;
}

/** remove_external_gateways. @throws Fault UnableToRemoveGateways, UnableToMatchGateways */
export function removeGateways(env: Env, draft: Draft, caller: Caller, router: RouterRecord, body: Attributes) {
  const infos = readGateways(env, body);
  if (infos.length === 0) return router;
  if (router.gateways.length === 0) {
    const reason = "the router does not have any external gateways";
    throw fault("UnableToRemoveGateways", { router_id: router.id, reason });
  }
  for (const info of infos) checkGateway(draft, caller, router, info);
  const named = infos.map((info) => match(draft, router, info, true));
  const missing = infos.filter((_, i) => named[i] === undefined).map(({ networkId }) => networkId);
  if (missing.length > 0) {
    const networks = missing.join(", ");
    throw unmatched(router, `could not match gateway port IDs for gateway info with networks ${networks}`);
  }
  return without(env, draft, caller, router, new Set(named.flatMap((gateway) => gateway?.port_id ?? [])));
}

/** The first goes last, and as an update does it, so that what needs it is looked at. */
function without(env: Env, draft: Draft, caller: Caller, router: RouterRecord, portIds: ReadonlySet<Id>) {
  const [first, ...others] = router.gateways;
  let after = router;
  for (const gateway of others) {
    if (!portIds.has(gateway.port_id)) continue;
    unmakeGateway(env, draft, after, gateway);
    after = { ...after, gateways: after.gateways.filter(({ port_id }) => port_id !== gateway.port_id) };
  }
  if (first === undefined || !portIds.has(first.port_id)) return after;
  after = setGateway(env, draft, caller, after, undefined);
  const [next, ...rest] = after.gateways;
  return next === undefined ? after : { ...after, gateways: [{ ...next, enable_snat: true }, ...rest] };
}

/** The gateway comes first; the QoS policy is the first one's, whichever that is. */
function promote(router: RouterRecord, portId: Id): RouterRecord {
  const qos_policy_id = router.gateways[0]?.qos_policy_id ?? null;
  const rest = router.gateways.filter(({ port_id }) => port_id !== portId);
  const first = router.gateways.find(({ port_id }) => port_id === portId);
  if (first === undefined) return router;
  return { ...router, gateways: [{ ...first, qos_policy_id }, ...rest.map((g) => ({ ...g, qos_policy_id: null }))] };
}

/** update_external_gateways: the list as it is to be; the first is that of `external_gateway_info`. */
export function updateGateways(env: Env, draft: Draft, caller: Caller, router: RouterRecord, body: Attributes) {
  const [compat, ...others] = readGateways(env, body);
  if (compat === undefined) {
    return without(env, draft, caller, router, new Set(router.gateways.map(({ port_id }) => port_id)));
  }
  for (const info of [compat, ...others]) checkGateway(draft, caller, router, info);
  const known = match(draft, router, compat, false);
  let after = setGateway(env, draft, caller, known ? promote(router, known.port_id) : router, compat);
  const missing: GatewayInfo[] = [];
  const kept = new Set(after.gateways.slice(0, 1).map(({ port_id }) => port_id));
  for (const info of others) {
    const gateway = match(draft, after, info, false);
    const port = gateway && draft.get("port", gateway.port_id);
    if (port === undefined) missing.push(info);
    else {
      kept.add(port.id);
      if (info.fixedIps.length > 0) moveRouterPort(env, draft, port, info.fixedIps);
    }
  }
  const surplus = new Set(after.gateways.map(({ port_id }) => port_id).filter((id) => !kept.has(id)));
  after = without(env, draft, caller, after, surplus);
  return withGateways(env, draft, caller, after, missing);
}
