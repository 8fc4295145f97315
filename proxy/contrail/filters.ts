/** Filters of READALL and READCOUNT: lists of values by name, of which one must hold. */
import type { Attributes } from "../../api/mod.ts";
import type { Resource } from "../neutron/mod.ts";
import { bad, isObject, projectId } from "./envelope.ts";

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/** `fixed_ips` comes as {"subnet_id": [...]}, as neutron-server has it, or as ["subnet_id=..."]. */
const pairs = (value: unknown): unknown[] =>
  isObject(value)
    ? Object.entries(value).flatMap(([name, values]) => listOf(values).map((each) => `${name}=${each}`))
    : listOf(value);

function textOf(resource: Resource, name: string, value: unknown): string {
  const attribute = resource.attributes[name];
  if (name === "tenant_id" || name === "project_id") return projectId(String(value));
  return String(attribute?.convert ? attribute.convert(value) : value);
}

/** @throws Fault BadRequest for a name that the type does not have: to leave it out would be to list too much */
export function readFilters(resource: Resource, type: string, given: Attributes): Map<string, string[]> {
  const filters = new Map<string, string[]>();
  for (const [name, value] of Object.entries(given)) {
    if (value === null) continue;
    if (!Object.hasOwn(resource.attributes, name)) throw bad(type, `there is no filter '${name}'`);
    filters.set(
      name,
      pairs(value).map((each) => textOf(resource, name, each)),
    );
  }
  return filters;
}
