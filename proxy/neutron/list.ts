/** GET of a collection: filters, order, page and JSON. */
import type { Caller, ListHint, Networking } from "../../api/mod.ts";
import type { SubnetRecord } from "../../model/mod.ts";
import type { Row } from "./attribute.ts";
import { links, page } from "./page.ts";
import { hiddenFrom } from "./policy.ts";
import { compileFilters, parseQuery, type Query } from "./query.ts";
import { renderer, renderList } from "./render.ts";
import type { Resource } from "./resource.ts";

/** The filters for which the control node has indexes; what it narrows by them is filtered here all the same. */
const HINTS = ["id", "network_id", "device_id", "project_id", "binding:host_id"] as const;

export interface ListRequest {
  networking: Networking;
  caller: Caller;
  resource: Resource;
  params: URLSearchParams;
  /** The request's own address without its query, for links. */
  url: string;
}

/** @throws Fault; also when the marker is not there, as Neutron does. */
export async function list({ networking, caller, resource, params, url }: ListRequest): Promise<Buffer> {
  const query = parseQuery(resource, params);
  const isShared = await sharedTest(networking, caller, resource, query);
  const test = compileFilters(resource, query.filters);
  const marker = await markerOf(networking, caller, resource, query);
  const all: Row[] = (await networking.list(caller, resource.kind, hintOf(query))) as unknown as Row[];
  const shared = isShared ? all.filter(isShared) : all;
  const rows = page(resource, test ? shared.filter(test) : shared, query, marker);
  const render = renderer(resource, hiddenFrom(caller, resource), query.fields);
  return renderList(resource.collection, render, rows, links(url, params, query, rows));
}

function hintOf(query: Query): ListHint {
  const hint: Record<string, string[]> = {};
  for (const name of HINTS) {
    const values = query.filters.get(name) ?? (name === "project_id" ? query.filters.get("tenant_id") : undefined);
    if (values !== undefined) hint[name] = values;
  }
  return hint;
}

async function markerOf(networking: Networking, caller: Caller, resource: Resource, query: Query) {
  if (query.limit === 0 || !query.marker) return undefined;
  return (await networking.get(caller, resource.kind, query.marker)) as unknown as Row;
}

/** A subnet is shared when its network is; that filter is taken out of the query, as rows do not tell it. */
async function sharedTest(networking: Networking, caller: Caller, resource: Resource, query: Query) {
  const wanted = resource.kind === "subnet" ? query.filters.get("shared") : undefined;
  if (wanted === undefined) return undefined;
  query.filters.delete("shared");
  const networks = await networking.list(caller, "network", {});
  const shared = new Set(networks.filter((network) => network.shared).map((network) => network.id));
  return (row: Row) => wanted.includes(String(shared.has((row as unknown as SubnetRecord).network_id)));
}
