/** The parameters of a call: what its path leaves open, and what its query may say. */
import type { Attribute } from "../attribute.ts";
import { givenSchema, type Schema } from "../json-schema.ts";
import type { Resource } from "../resource.ts";
import type { Route } from "../route.ts";
import { SHOWN } from "./shown.ts";

export interface Parameter {
  readonly name?: string;
  readonly in?: "path" | "query" | "header";
  readonly required?: true;
  readonly description?: string;
  readonly schema?: Schema;
  readonly explode?: true;
  readonly $ref?: string;
}

/** Those that every list has. */
export const COMMON: Readonly<Record<string, Parameter>> = {
  sort_dir: {
    name: "sort_dir",
    in: "query",
    description: "As many as there are sort_keys.",
    schema: { type: "array", items: { enum: ["asc", "desc"] } },
    explode: true,
  },
  limit: {
    name: "limit",
    in: "query",
    description: "How many at most; 0: all.",
    schema: { type: "integer", minimum: 0 },
  },
  marker: {
    name: "marker",
    in: "query",
    description: "The id of the last one of the page before.",
    schema: { type: "string" },
  },
  page_reverse: {
    name: "page_reverse",
    in: "query",
    description: "The page before the marker.",
    schema: { type: "boolean" },
  },
  if_match: {
    name: "If-Match",
    in: "header",
    description: "revision_number=N: 412 unless the resource is at that revision.",
    schema: { type: "string", pattern: "^revision_number=[0-9]+$" },
  },
};

const common = (...names: string[]): Parameter[] => names.map((name) => ({ $ref: `#/components/parameters/${name}` }));

/** The names of the path's open parts: a parent's is that of the field which names it. */
export function openParts({ path, resource }: Pick<Route, "path" | "resource">): string[] {
  const parts = path.match(/:[a-z_]+/g) ?? [];
  return parts.map((part) => (part === ":parent" && resource?.parent ? resource.parent.field : part.slice(1)));
}

/** "/v2.0/routers/{id}/tags" */
export function templateOf(route: Pick<Route, "path" | "resource">): string {
  const names = openParts(route);
  let at = 0;
  return `/v2.0/${route.path.replace(/:[a-z_]+/g, () => `{${names[at++]}}`)}`;
}

const SCALARS = ["boolean", "integer", "string"];

/** One value of a filter: as the attribute is, where that is no list and no object. */
function filterItem(name: string, attribute: Attribute): Schema {
  const { type } = SHOWN[name] ?? givenSchema(attribute);
  const types = typeof type === "string" ? [type] : (type ?? []);
  return { type: types.find((candidate) => SCALARS.includes(candidate)) ?? "string" };
}

function filters({ attributes }: Resource): Parameter[] {
  return Object.entries(attributes)
    .filter(([, { isFilter }]) => isFilter)
    .map(([name, row]) => ({
      name,
      in: "query",
      schema: { type: "array", items: filterItem(name, row) },
      explode: true,
    }));
}

function fields({ attributes }: Resource): Parameter {
  const names = Object.keys(attributes).filter((name) => attributes[name]?.isVisible);
  return { name: "fields", in: "query", schema: { type: "array", items: { enum: names } }, explode: true };
}

function sortKeys({ attributes }: Resource): Parameter[] {
  const names = Object.keys(attributes).filter((name) => attributes[name]?.isSortKey);
  if (names.length === 0) return [];
  const schema: Schema = { type: "array", items: { enum: names } };
  return [{ name: "sort_key", in: "query", schema, explode: true }, ...common("sort_dir")];
}

export function parametersOf(route: Route): Parameter[] {
  const { resource, method, form } = route;
  const path: Parameter[] = openParts(route).map((name) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  if (resource === undefined) return path;
  if (form?.query === "fields") return [...path, fields(resource)];
  if (form?.query === "list") {
    return [
      ...path,
      fields(resource),
      ...sortKeys(resource),
      ...common("limit", "marker", "page_reverse"),
      ...filters(resource),
    ];
  }
  return form?.body === undefined && method !== "DELETE" ? path : [...path, ...common("if_match")];
}
