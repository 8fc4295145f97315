/** What is around every request: who asks, and for what. */
import type { Attributes, Caller } from "../../api/mod.ts";
import { fault } from "../../model/mod.ts";

export interface Envelope {
  /** For whom the server in front asks. */
  caller: Caller;
  operation: string;
  id: string | undefined;
  resource: Attributes | undefined;
  filters: Attributes;
  fields: string[];
}

type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const bad = (resource: string, msg: string) => fault("BadRequest", { resource, msg });

const isText = (value: unknown): value is string => typeof value === "string";
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter(isText) : []);

/** A project's id may come with the dashes of a UUID; Keystone's have none. */
const DASHED = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
export const projectId = (text: string): string => (DASHED.test(text) ? text.replaceAll("-", "") : text);

/** `tenant` and `tenant_id` stand for each other. @throws Fault BadRequest when they differ */
function projectOf({ tenant, tenant_id: tenantId }: Json): string {
  if (tenant && tenantId && tenant !== tenantId) throw bad("context", "tenant and tenant_id differ");
  const named = tenantId || tenant;
  return isText(named) ? projectId(named) : "";
}

/** Who asks, as the server in front says. It has asked its own policy, so any project may be named. */
function callerOf(context: Json, requestId: string): Caller {
  const { user_id: userId, is_admin: isAdmin, request_id: theirs } = context;
  return {
    requestId: isText(theirs) && /^req-[0-9a-f-]{36}$/.test(theirs) ? theirs : requestId,
    userId: isText(userId) ? userId : null,
    projectId: projectOf(context),
    roles: texts(context.roles),
    isAdmin: isAdmin === true,
    mayNameProject: true,
  };
}

/** `project_id` counts as `tenant_id`, under whatever name it came. */
function withProject(resource: Json): Json {
  const { tenant_id: tenant, project_id: project, ...rest } = resource;
  const named = project ?? tenant;
  return isText(named) ? { ...rest, project_id: projectId(named), tenant_id: projectId(named) } : rest;
}

/** Some calls wrap the resource in another one, under its type or `resource`. */
function unwrapped(resource: unknown, type: string): Json | undefined {
  if (!isObject(resource)) return undefined;
  const names = Object.keys(resource);
  const [name = ""] = names;
  const inner = resource[name];
  const isWrapped = names.length === 1 && (name === "resource" || name === type) && isObject(inner);
  return isWrapped ? inner : resource;
}

/** @throws Fault BadRequest */
export function parseEnvelope(type: string, bytes: Buffer | undefined, requestId: string): Envelope {
  const { context, data } = parseJson(type, bytes);
  if (!isObject(context)) throw bad(type, "the body has no context");
  if (!isText(context.operation)) throw bad(type, "the context names no operation");
  const { id, resource, filters, fields } = isObject(data) ? data : ({} as Json);
  const inner = unwrapped(resource, type);
  return {
    caller: callerOf(context, requestId),
    operation: context.operation,
    id: isText(id) ? id : undefined,
    resource: inner && withProject(inner),
    filters: isObject(filters) ? filters : {},
    fields: texts(fields),
  };
}

/** Bodies are flat; deeper ones only try to exhaust the stack of whoever walks them. */
const MAX_DEPTH = 32;

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isShallow(member, depth - 1));
}

function parseJson(type: string, bytes: Buffer | undefined): Json {
  try {
    const value: unknown = JSON.parse((bytes ?? Buffer.alloc(0)).toString("utf8"));
    if (isObject(value) && isShallow(value, MAX_DEPTH)) return value;
  } catch {
    // Not JSON: the same answer as for JSON that is no object.
  }
  throw bad(type, "the body is no JSON object");
}
