/** GET of a collection: filters, order, page and JSON. */
import type { ListHint } from "../../api/mod.ts";
import type { Row } from "./attribute.ts";
import { type Call, hiddenFrom, keyOf, requireParent, targetsOf } from "./call.ts";
import { links, page } from "./page.ts";
import { compileFilters, parseQuery, type Query } from "./query.ts";
import { renderer, renderList } from "./render.ts";
import { policyName, type Resource } from "./resource.ts";

/** `url`: the request's own address without its query, for links. @throws Fault; also when the marker is not there, as Neutron does. */
export async function list(call: Call, url: string): Promise<Buffer> {
  const { networking, caller, resource, params } = call;
  const query = parseQuery(resource, params);
  requireParent(call);
  const test = compileFilters(resource, query.filters);
  const marker = await markerOf(call, query);
  const all = (await networking.list(caller, resource.kind, hintOf(call, query.filters))) as unknown as Row[];
  let wanted = permitted(call, all);
  if (test) wanted = wanted.filter(test);
  const rows = page(resource, wanted, query, marker);
  const render = renderer(resource, hiddenFrom(call), query.fields);
  return renderList(resource.collection, render, rows, links(url, params, query, rows));
}

/** The rows that the policy lets the caller get. For most callers it decides once for all of them. */
function permitted(call: Call, rows: Row[]): Row[] {
  const verdict = call.policy.check(`get_${policyName(call.resource)}`);
  if (verdict === true) return rows;
  const target = targetsOf(call);
  return verdict === false ? [] : rows.filter((row) => verdict(target(row)));
}

/** Filters that say "equal to one of these", for the control node's indexes; what it narrows is filtered here all the same. */
export function hintOf(
  { resource, parentId }: Pick<Call, "resource" | "parentId">,
  filters: Query["filters"],
): ListHint {
  const hint: Record<string, readonly string[]> = {};
  for (const [name, values] of filters) {
    if (isPlain(resource, name)) hint[name === "tenant_id" ? "project_id" : name] = values;
  }
  if (resource.parent && parentId !== undefined) hint[resource.parent.field] = [parentId];
  return hint;
}

const isPlain = (resource: Resource, name: string) =>
  resource.attributes[name]?.match === undefined &&
  (resource.attributes[name]?.read === undefined || name === "tenant_id");

async function markerOf(call: Call, query: Query): Promise<Row | undefined> {
  if (query.limit === 0 || !query.marker) return undefined;
  return (await call.networking.get(call.caller, call.resource.kind, keyOf(call, query.marker))) as unknown as Row;
}
