/** The operations on resources. Each gives the JSON of its answer. */
import type { Attributes, DerivedRow, Networking } from "../../api/mod.ts";
import { fault } from "../../model/mod.ts";
import { compileFilters, convertKnown, hintOf, RESOURCES, type Resource, type Row, renderer } from "../neutron/mod.ts";
import { bad, type Envelope } from "./envelope.ts";
import { readFilters } from "./filters.ts";
import type { Operation, Type } from "./types.ts";

export interface Ask extends Envelope {
  networking: Networking;
  /** The name of the type. */
  type: string;
}

interface Asked extends Ask {
  row: Type;
  resourceRow: Resource;
}

/** @throws Fault BadRequest */
export function needId({ id, type }: Ask): string {
  if (id === undefined) throw bad(type, "data.id is missing");
  return id;
}

/** @throws Fault BadRequest */
export function needResource({ resource, type }: Ask): Attributes {
  if (resource === undefined) throw bad(type, "data.resource is missing");
  return resource;
}

function bodyOf(asked: Asked, may: "allowPost" | "allowPut"): Attributes {
  const given = needResource(asked);
  return convertKnown(asked.resourceRow, asked.row.prepare?.(given) ?? given, may);
}

/** Nothing is kept from the server in front: it shows its own callers what they may see. */
const NOTHING_HIDDEN = {
  always: new Set<string>(),
  perRow: new Map(),
  target: (row: Row) => ({ row, related: () => undefined }),
};

function writer({ row: { extra }, resourceRow, fields }: Asked): (row: Row) => string {
  const render = renderer(resourceRow, NOTHING_HIDDEN, fields);
  if (extra === undefined) return render;
  const isWanted = (name: string) => fields.length === 0 || fields.includes(name);
  return (row) => {
    const more = Object.entries(extra(row)).filter(([name]) => isWanted(name));
    return JSON.stringify({ ...JSON.parse(render(row)), ...Object.fromEntries(more) });
  };
}

const asRow = (row: unknown) => row as Row;

async function create(asked: Asked): Promise<string> {
  const body = bodyOf(asked, "allowPost");
  const [row] = await asked.networking.create(asked.caller, asked.row.kind, [body]);
  return writer(asked)(asRow(row));
}

async function read(asked: Asked): Promise<string> {
  return writer(asked)(asRow(await asked.networking.get(asked.caller, asked.row.kind, needId(asked))));
}

async function update(asked: Asked): Promise<string> {
  const changes = bodyOf(asked, "allowPut");
  return writer(asked)(asRow(await asked.networking.update(asked.caller, asked.row.kind, needId(asked), changes)));
}

async function remove(asked: Asked): Promise<string> {
  await asked.networking.delete(asked.caller, asked.row.kind, needId(asked));
  return "{}";
}

async function found(asked: Asked): Promise<Row[]> {
  const { networking, caller, row, resourceRow: resource, type } = asked;
  const filters = readFilters(resource, type, asked.filters);
  const test = compileFilters(resource, filters);
  const rows = (await networking.list(caller, row.kind, hintOf({ resource }, filters))) as unknown as Row[];
  return test ? rows.filter(test) : rows;
}

async function readAll(asked: Asked): Promise<string> {
  const write = writer(asked);
  return `[${(await found(asked)).map(write).join(",")}]`;
}

async function readCount(asked: Asked): Promise<string> {
  return JSON.stringify({ count: (await found(asked)).length });
}

/** The router's interface, by one of its port and its subnet or by both. */
function act(action: string, answer: (result: DerivedRow, asked: Asked) => string | Promise<string>) {
  return async (asked: Asked): Promise<string> => {
    const { project_id, tenant_id, ...body } = needResource(asked);
    return answer(await asked.networking.act(asked.caller, asked.row.kind, needId(asked), action, body), asked);
  };
}

const interfaceOf = ({ id, tenant_id, project_id, port_id, subnet_id }: DerivedRow) =>
  JSON.stringify({ id, tenant_id: tenant_id ?? project_id, port_id, subnet_id });

const HANDLERS: Readonly<Record<Operation, (asked: Asked) => Promise<string>>> = {
  CREATE: create,
  READ: read,
  UPDATE: update,
  DELETE: remove,
  READALL: readAll,
  READCOUNT: readCount,
  ADDINTERFACE: act("add_router_interface", interfaceOf),
  DELINTERFACE: act("remove_router_interface", interfaceOf),
  ADD_SUBPORTS: act("add_subports", (_result, asked) => read(asked)),
  REMOVE_SUBPORTS: act("remove_subports", (_result, asked) => read(asked)),
};

const RESOURCE_OF = new Map(RESOURCES.map((resource) => [resource.kind, resource]));

/** @throws Fault */
export async function operate(ask: Ask, row: Type): Promise<string> {
  const operation = row.operations.find((name) => name === ask.operation);
  const resourceRow = RESOURCE_OF.get(row.kind);
  if (resourceRow === undefined) throw fault("NotFound", { msg: `${ask.type} is not served here` });
  if (operation === undefined) throw bad(ask.type, `there is no operation '${ask.operation}' on it`);
  return HANDLERS[operation]({ ...ask, row, resourceRow });
}
