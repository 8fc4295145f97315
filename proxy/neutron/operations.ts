/** The operations on one resource: create (one or many), show, update, delete, and its own actions. Each gives JSON. */
import type { Row } from "./attribute.ts";
import { prepareChange, prepareNew } from "./body.ts";
import {
  type Call,
  changedAttributes,
  enforceNew,
  enforceOn,
  hiddenFrom,
  keyOf,
  requireParent,
  setAttributes,
} from "./call.ts";
import { parseQuery } from "./query.ts";
import { renderer, renderList } from "./render.ts";
import type { Action } from "./resource.ts";
import type { Json } from "./validators.ts";

const fieldsOf = (params: URLSearchParams) => params.getAll("fields").filter((field) => field !== "");

function render(call: Call, row: Row): string {
  return renderer(call.resource, hiddenFrom(call), fieldsOf(call.params))(row);
}

const renderOne = (call: Call, row: Row): string => `{"${call.resource.name}":${render(call, row)}}`;

const rowOf = async (call: Call, id: string): Promise<Row> => {
  requireParent(call);
  return (await call.networking.get(call.caller, call.resource.kind, keyOf(call, id))) as unknown as Row;
};

/** @throws Fault */
export async function create(call: Call, body: Json | undefined): Promise<string | Buffer> {
  const { networking, caller, resource, parentId } = call;
  const { isBulk, bodies } = prepareNew(resource, caller, body);
  for (const target of bodies) {
    if (resource.parent) target[resource.parent.field] = parentId;
    enforceNew(call, target, setAttributes(resource, target));
  }
  const rows = (await networking.create(caller, resource.kind, bodies)) as unknown as Row[];
  if (!isBulk) return renderOne(call, rows[0] as Row);
  return renderList(resource.collection, renderer(resource, hiddenFrom(call), fieldsOf(call.params)), rows, []);
}

/** @throws Fault */
export async function show(call: Call, id: string): Promise<string> {
  parseQuery(call.resource, call.params);
  const row = await rowOf(call, id);
  enforceOn(call, "get", row);
  return renderOne(call, row);
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
  enforceOn(call, "update", await rowOf(call, id), changes, changedAttributes(resource, changes));
  const row = await networking.update(caller, resource.kind, keyOf(call, id), changes, ifRevision);
  return renderOne(call, row as unknown as Row);
}

/** @throws Fault */
export async function remove(call: Call, id: string, ifRevision: number | undefined): Promise<void> {
  const { networking, caller, resource } = call;
  enforceOn(call, "delete", await rowOf(call, id));
  await networking.delete(caller, resource.kind, keyOf(call, id), ifRevision);
}

/** @throws Fault */
export async function act(call: Call, action: Action, id: string, body: Json | undefined): Promise<string> {
  const { networking, caller, resource } = call;
  const given = action.prepare(body);
  enforceOn(
    call,
    { action: action.policy ?? action.name },
    await rowOf(call, id),
    given,
    changedAttributes(resource, given),
  );
  const result = await networking.act(caller, resource.kind, keyOf(call, id), action.name, given);
  if (action.answer === "result") return JSON.stringify(result);
  const row = await rowOf(call, id);
  return action.answer === "resource" ? render(call, row) : renderOne(call, row);
}
