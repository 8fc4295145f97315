/** What a router can do besides: its interfaces, extra routes and gateways (neutron/extensions/{l3,extraroute_atomic}.py). */
import { fault } from "../../model/mod.ts";
import type { Attribute } from "./attribute.ts";
import { type Schema, schemaOf } from "./json-schema.ts";
import type { Action } from "./resource.ts";
import { externalGateways, ROUTER } from "./tables/router.ts";
import { isObject, type Json, uuid } from "./validators.ts";

const bad = (msg: string) => fault("HTTPBadRequest", { msg });

/** The body as it is: its members are the plugin's to check, with messages of its own. */
const asGiven = (body: Json | undefined): Json => body ?? {};

type Rules = Pick<Attribute, "validate" | "normalise">;

/** {"router": {NAME: [...]}}. Neutron trips over a body of another form; here it is a bad request. */
const listOf =
  (name: string, { validate, normalise }: Rules) =>
  (body: Json | undefined): Json => {
    const router = body?.router;
    if (!isObject(router)) throw bad("Unable to find 'router' in request body");
    if (!Array.isArray(router[name])) throw bad(`Failed to parse request. Required attribute '${name}' not specified`);
    const reason = validate?.(router[name]);
    if (reason !== undefined) throw bad(`Invalid input for ${name}. Reason: ${reason}.`);
    return { [name]: normalise?.(router[name]) ?? router[name] };
  };

const put = (name: string, rest: Omit<Action, "name" | "method">): Action => ({ name, method: "PUT", ...rest });

const bodyOf = (name: string, { validate }: Rules): Schema => {
  const router: Schema = { type: "object", properties: { [name]: schemaOf(validate) }, required: [name] };
  return { type: "object", properties: { router }, required: ["router"] };
};

const changeOf = (name: string, rules: Rules) =>
  ({ prepare: listOf(name, rules), body: bodyOf(name, rules), answer: "wrapped resource" }) as const;

const routes = changeOf("routes", ROUTER.routes ?? {});
const gateways = changeOf("external_gateways", externalGateways);

/** One of the two. */
const INTERFACE: Schema = {
  type: "object",
  properties: { subnet_id: schemaOf(uuid), port_id: schemaOf(uuid) },
};
const attached = { prepare: asGiven, body: INTERFACE, answer: "result" } as const;

export const ROUTER_ACTIONS: readonly Action[] = [
  put("add_router_interface", attached),
  put("remove_router_interface", attached),
  put("add_extraroutes", routes),
  put("remove_extraroutes", routes),
  put("add_external_gateways", gateways),
  put("update_external_gateways", gateways),
  put("remove_external_gateways", gateways),
];
