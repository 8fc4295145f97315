/** The operations on one resource: create (one or many), show, update, delete. Each gives JSON. */
import type { Caller, Networking } from "../../api/mod.ts";
import { fault } from "../../model/mod.ts";
import type { Row } from "./attribute.ts";
import { prepareChange, prepareNew } from "./body.ts";
import { changedAttributes, enforce, hiddenFrom, networkOf, setAttributes } from "./policy.ts";
import { parseQuery } from "./query.ts";
import { renderer, renderList } from "./render.ts";
import type { Resource } from "./resource.ts";
import type { Json } from "./validators.ts";

/** A request for a resource, as far as an operation needs it. */
export interface Call {
  networking: Networking;
  caller: Caller;
  resource: Resource;
  params: URLSearchParams;
}

function renderOne({ caller, resource, params }: Call, row: Row): string {
  const render = renderer(resource, hiddenFrom(caller, resource), fieldsOf(params));
  return `{"${resource.kind}":${render(row)}}`;
}

const fieldsOf = (params: URLSearchParams) => params.getAll("fields").filter((field) => field !== "");

/** @throws Fault */
export async function create(call: Call, body: Json | undefined): Promise<string | Buffer> {
  const { networking, caller, resource } = call;
  const { isBulk, bodies } = prepareNew(resource, caller, body);
  for (const target of caller.isAdmin ? [] : bodies) {
    const network = await networkOf(networking, caller, resource, target);
    if (resource.kind !== "network" && network === undefined) {
      throw fault("NetworkNotFound", { net_id: String(target.network_id) });
    }
    enforce("create", resource, { caller, target, network }, setAttributes(resource, target));
  }
  const rows = (await networking.create(caller, resource.kind, bodies)) as unknown as Row[];
  if (!isBulk) return renderOne(call, rows[0] as Row);
  const render = renderer(resource, hiddenFrom(caller, resource), fieldsOf(call.params));
  return renderList(resource.collection, render, rows, []);
}

/** @throws Fault */
export async function show(call: Call, id: string): Promise<string> {
  const { networking, caller, resource } = call;
  parseQuery(resource, call.params);
  return renderOne(call, (await networking.get(caller, resource.kind, id)) as unknown as Row);
}

/** @throws Fault */
export async function update(
  call: Call,
  id: string,
  body: Json | undefined,
  ifRevision: number | undefined,
): Promise<string> {
  const { networking, caller, resource } = call;
  const changes = prepareChange(resource, caller, body);
  if (!caller.isAdmin) {
    const row = (await networking.get(caller, resource.kind, id)) as unknown as Row;
    const network = await networkOf(networking, caller, resource, row);
    const target = { ...row, ...changes };
    enforce("update", resource, { caller, target, network }, changedAttributes(resource, changes));
  }
  return renderOne(call, (await networking.update(caller, resource.kind, id, changes, ifRevision)) as unknown as Row);
}

/** @throws Fault */
export async function remove(call: Call, id: string, ifRevision: number | undefined): Promise<void> {
  const { networking, caller, resource } = call;
  if (!caller.isAdmin) {
    const target = (await networking.get(caller, resource.kind, id)) as unknown as Row;
    const network = await networkOf(networking, caller, resource, target);
    enforce("delete", resource, { caller, target, network });
  }
  await networking.delete(caller, resource.kind, id, ifRevision);
}
