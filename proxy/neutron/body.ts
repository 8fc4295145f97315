/**
 * From a request's body to what the networking interface takes: neutron/api/v2/base.py prepare_request_body and
 * neutron_lib/api/attributes.py AttributeInfo, with their messages and in their order.
 */
import type { Caller } from "../../api/mod.ts";
import { fault } from "../../model/mod.ts";
import { type Attribute, rowsOf, UNSET } from "./attribute.ts";
import type { Resource } from "./resource.ts";
import { isObject, type Json } from "./validators.ts";

export interface Prepared {
  isBulk: boolean;
  bodies: Json[];
}

const bad = (msg: string) => fault("HTTPBadRequest", { msg });

/** No attribute is nested nearly as deep; deeper bodies only try to exhaust the stack of whoever walks them. */
const MAX_DEPTH = 32;

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isShallow(member, depth - 1));
}

/** The JSON object of a body; undefined when there is no body. @throws Fault HTTPBadRequest */
export function parseBody(bytes: Buffer | undefined): Json | undefined {
  if (bytes === undefined || bytes.length === 0) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    if (isObject(value) && isShallow(value, MAX_DEPTH)) return value;
  } catch {
    // Not JSON: the same answer as for JSON that is no object.
  }
  throw bad("Body contains invalid data");
}

/** One resource or a list of them, checked, converted and with defaults. @throws Fault */
export function prepareNew(resource: Resource, caller: Caller, body: Json | undefined): Prepared {
  if (body === undefined || !Object.hasOwn(body, resource.collection)) {
    return { isBulk: false, bodies: [newBody(resource, caller, itemOf(resource, body))] };
  }
  if (!resource.hasBulk) throw bad("Bulk operation not supported");
  const list = body[resource.collection];
  if (!list || (typeof list === "object" && Object.keys(list).length === 0)) throw bad("Resources required");
  if (!Array.isArray(list)) throw bad("Body contains invalid data");
  return {
    isBulk: true,
    bodies: list.map((item) => newBody(resource, caller, itemOf(resource, wrap(resource, item)))),
  };
}

/** An update's changes, checked and converted. @throws Fault */
export function prepareChange(resource: Resource, caller: Caller, body: Json | undefined): Json {
  if (body !== undefined && Object.hasOwn(body, resource.collection)) throw bad("Bulk operation not supported");
  const given = itemOf(resource, body);
  checkNames(resource, caller, given);
  for (const [name, attribute] of rowsOf(resource.attributes)) {
    if (Object.hasOwn(given, name) && !attribute.allowPut) throw bad(`Cannot update read-only attribute ${name}`);
  }
  return convert(resource, given);
}

/** Items of a bulk request come with or without the resource's name around them. */
function wrap(resource: Resource, item: unknown): Json {
  if (item === null || typeof item === "number" || typeof item === "boolean") throw bad("Body contains invalid data");
  return isObject(item) && Object.hasOwn(item, resource.name) ? item : { [resource.name]: item };
}

function itemOf(resource: Resource, body: Json | undefined): Json {
  // What has no bulk comes by another way there, with words of its own for an empty body.
  if (!resource.hasBulk && Object.keys(body ?? {}).length === 0) throw bad("Resource body required");
  const item = body !== undefined && Object.hasOwn(body, resource.name) ? body[resource.name] : undefined;
  if (item === undefined || item === null) throw bad(`Unable to find '${resource.name}' in request body`);
  if (!isObject(item)) throw bad(`Object '${resource.name}' contains invalid data`);
  return item;
}

function newBody(resource: Resource, caller: Caller, given: Json): Json {
  checkNames(resource, caller, given);
  if (!Object.hasOwn(given, "project_id")) {
    if (!caller.projectId) throw bad("Running without keystone AuthN requires that project_id is specified");
    given.project_id = caller.projectId;
    given.tenant_id = caller.projectId;
  }
  fillDefaults(resource, given);
  return convert(resource, given);
}

/** Names that the resource has, and a project that the caller may name; `tenant_id` alone becomes `project_id`. */
function checkNames(resource: Resource, caller: Caller, given: Json): void {
  const hasTenant = Object.hasOwn(given, "tenant_id");
  const hasProject = Object.hasOwn(given, "project_id");
  if (hasTenant && hasProject && given.tenant_id !== given.project_id) {
    throw bad("'project_id' and 'tenant_id' do not match");
  }
  if (hasTenant && !hasProject) given.project_id = given.tenant_id;
  if (hasProject && !hasTenant) given.tenant_id = given.project_id;
  const mayName = caller.isAdmin || caller.mayNameProject === true;
  if (Object.hasOwn(given, "project_id") && given.project_id !== caller.projectId && !mayName) {
    throw bad(
      "Specifying 'project_id' other than the authenticated project in request is not allowed for the current user.",
    );
  }
  // What belongs to no project may be told one all the same, which says nothing.
  const isKnown = (name: string) =>
    name === "project_id" || name === "tenant_id" || Object.hasOwn(resource.attributes, name);
  const unknown = Object.keys(given).filter((name) => !isKnown(name));
  if (unknown.length > 0) throw bad(`Unrecognized attribute(s) '${unknown.join(", ")}'`);
}

function fillDefaults(resource: Resource, given: Json): void {
  for (const [name, attribute] of rowsOf(resource.attributes)) {
    const isGiven = Object.hasOwn(given, name);
    if (!attribute.allowPost) {
      if (isGiven) throw bad(`Attribute '${name}' not allowed in POST`);
    } else if (!isGiven) {
      if (attribute.default === undefined) {
        throw bad(`Failed to parse request. Required attribute '${name}' not specified`);
      }
      given[name] = Array.isArray(attribute.default) ? [...attribute.default] : attribute.default;
    }
  }
}

/**
 * Of what another server has checked already: the attributes that the resource has and that can be set now, in the form
 * that the networking interface takes. @throws Fault
 */
export function convertKnown(resource: Resource, given: Json, may: "allowPost" | "allowPut"): Json {
  const known = Object.entries(given).filter(([name]) => resource.attributes[name]?.[may]);
  return convert(resource, Object.fromEntries(known));
}

/** The converted attributes, in the order of the table; what was not specified, and the old name of the project, left out. */
function convert(resource: Resource, given: Json): Json {
  const body: Json = {};
  for (const [name, attribute] of rowsOf(resource.attributes)) {
    if (!Object.hasOwn(given, name) || given[name] === UNSET) continue;
    const value = convertOne(name, attribute, given[name]);
    if (name !== "tenant_id") body[name] = value;
  }
  return body;
}

function convertOne(name: string, attribute: Attribute, given: unknown): unknown {
  const value = attribute.convert ? attribute.convert(given) : given;
  const reason = attribute.validate?.(value);
  if (reason !== undefined) throw bad(`Invalid input for ${name}. Reason: ${reason}.`);
  return attribute.normalise ? attribute.normalise(value) : value;
}
