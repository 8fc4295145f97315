/**
 * The calls for quotas, which Neutron answers by code of their own (neutron/extensions/quotasv2.py, quotasv2_detail.py):
 * every project has one, a caller sees its own whatever its roles, and the policy decides about those of others.
 */
import { isQuotaResource, QUOTA_RESOURCES, type ResourceKind } from "../../api/mod.ts";
import { fault } from "../../model/mod.ts";
import type { Row } from "./attribute.ts";
import { prepareChange } from "./body.ts";
import type { Schema } from "./json-schema.ts";
import { resource } from "./resource.ts";
import { type Answer, type Asked, NONE, okJson, type Route } from "./route.ts";
import { quotaOf } from "./tables/quota.ts";
import { isObject, type Json } from "./validators.ts";

const QUOTA = resource({ kind: "quota", attributes: quotaOf(QUOTA_RESOURCES) });

/** Without the project, which Neutron shows in lists only. */
const limitsOf = (row: Row) => Object.fromEntries(Object.entries(row).filter(([name]) => isQuotaResource(name)));

function require(asked: Asked, rule: string, projectId: string): void {
  asked.call.policy.enforce(rule, { row: { project_id: projectId }, related: () => undefined });
}

const projectOf = ({ params: [projectId = ""] }: Asked) => projectId;

function requireRead(asked: Asked): void {
  const projectId = projectOf(asked);
  if (projectId !== asked.call.caller.projectId) require(asked, "get_quota", projectId);
}

async function shown(asked: Asked, kind: ResourceKind): Promise<Answer> {
  const row = await asked.call.networking.get(asked.call.caller, kind, projectOf(asked));
  return okJson({ quota: limitsOf(row as unknown as Row) });
}

const show = (kind: ResourceKind) => async (asked: Asked) => {
  requireRead(asked);
  return shown(asked, kind);
};

async function details(asked: Asked): Promise<Answer> {
  const { caller } = asked.call;
  if (projectOf(asked) !== caller.projectId && !caller.isAdmin) {
    throw fault("AdminRequired", { reason: "Only admin is authorized to access quotas for another project" });
  }
  return shown(asked, "quota_detail");
}

async function list(asked: Asked): Promise<Answer> {
  const { caller, networking } = asked.call;
  require(asked, "get_quota", caller.projectId);
  if (!caller.isAdmin) throw fault("AdminRequired", { reason: "Only admin can view or configure quota" });
  const rows = (await networking.list(caller, "quota", {})) as unknown as Row[];
  const full = (row: Row) => ({ ...limitsOf(row), project_id: row.project_id, tenant_id: row.project_id });
  return okJson({ quotas: rows.map(full) });
}

/** What is no limit, but says how to take the limits. */
function splitOrders(body: Json | undefined): { limits: Json | undefined; isForced: boolean } {
  const given = body && isObject(body.quota) ? body.quota : undefined;
  if (given === undefined) return { limits: body, isForced: false };
  const { force, check_limit: _checkIsTheDefault, ...limits } = given;
  return { limits: { ...body, quota: limits }, isForced: force === true };
}

async function update(asked: Asked): Promise<Answer> {
  const { caller, networking } = asked.call;
  require(asked, "update_quota", projectOf(asked));
  const { limits, isForced } = splitOrders(asked.body());
  const changes = prepareChange(QUOTA, caller, limits);
  const row = await networking.update(caller, "quota", projectOf(asked), { ...changes, force: isForced });
  return okJson({ quota: limitsOf(row as unknown as Row) });
}

async function remove(asked: Asked): Promise<Answer> {
  require(asked, "delete_quota", projectOf(asked));
  await asked.call.networking.delete(asked.call.caller, "quota", projectOf(asked));
  return NONE;
}

/** "Who am I", for clients that cannot read their own token. */
function whoAmI(name: "tenant" | "project"): Route {
  const handle = ({ call }: Asked): Answer => {
    if (!call.caller.projectId) throw fault("QuotaMissingTenant");
    return okJson({ [name]: { [`${name}_id`]: call.caller.projectId } });
  };
  const form = { answer: [{ type: "object", required: [name] }] };
  return { method: "GET", path: `quotas/${name}`, name: `show ${name}`, form, handle };
}

function refuseNew(): never {
  throw fault("HTTPNotImplemented", { msg: "POST requests are not supported on this resource." });
}

/** The limits, each of them `limit`, as one object. */
const limitsForm = (limit: Schema): Schema => ({
  type: "object",
  properties: Object.fromEntries(QUOTA_RESOURCES.map((name) => [name, limit])),
});
const LIMIT: Schema = { type: "integer", minimum: -1 };
const LIMITS: Schema = limitsForm(LIMIT);
const wrapped = (name: string, schema: Schema): Schema => ({
  type: "object",
  properties: { [name]: schema },
  required: [name],
});
const COUNTS: Schema = {
  type: "object",
  properties: { limit: LIMIT, used: { type: "integer" }, reserved: { type: "integer" } },
};

const quotas = (path: string): Pick<Route, "path"> => ({ path: `quotas${path}` });

export const QUOTA_ROUTES: readonly Route[] = [
  {
    ...quotas(""),
    method: "GET",
    name: "list quotas",
    form: { answer: [wrapped("quotas", { type: "array", items: LIMITS })] },
    handle: list,
  },
  { ...quotas(""), method: "POST", name: "refuse quotas", form: { status: 501 }, handle: refuseNew },
  whoAmI("tenant"),
  whoAmI("project"),
  {
    ...quotas("/:id"),
    method: "GET",
    name: "show quota",
    form: { answer: [wrapped("quota", LIMITS)] },
    handle: show("quota"),
  },
  {
    ...quotas("/:id"),
    method: "PUT",
    name: "update quota",
    form: { body: [wrapped("quota", LIMITS)], answer: [wrapped("quota", LIMITS)] },
    handle: update,
  },
  { ...quotas("/:id"), method: "DELETE", name: "delete quota", form: { status: 204 }, handle: remove },
  {
    ...quotas("/:id/default"),
    method: "GET",
    name: "show default quota",
    form: { answer: [wrapped("quota", LIMITS)] },
    handle: show("quota_default"),
  },
  {
    ...quotas("/:id/details"),
    method: "GET",
    name: "show quota details",
    form: { answer: [wrapped("quota", limitsForm(COUNTS))] },
    handle: details,
  },
];
