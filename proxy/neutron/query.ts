/** The query string of a GET, checked as neutron/api/api_common.py and the extension filter-validation do. */
import { fault } from "../../model/mod.ts";
import { type Row, readerOf } from "./attribute.ts";
import { pyRepr } from "./python.ts";
import type { Resource } from "./resource.ts";

export interface SortKey {
  name: string;
  isAscending: boolean;
}

export interface Query {
  /** Attribute name to the values of which one must hold; converted, as text. */
  filters: Map<string, string[]>;
  fields: string[];
  sorts: SortKey[];
  /** 0: no limit. */
  limit: number;
  marker: string | null;
  isReverse: boolean;
}

const CONTROLS = new Set(["fields", "sort_key", "sort_dir", "limit", "marker", "page_reverse"]);

const bad = (msg: string) => fault("HTTPBadRequest", { msg });

/** @throws Fault */
export function parseQuery(resource: Resource, params: URLSearchParams): Query {
  return {
    filters: parseFilters(resource, params),
    fields: params.getAll("fields").filter((field) => field !== ""),
    sorts: parseSorts(resource, params),
    limit: parseLimit(params.get("limit") ?? "0"),
    marker: params.get("marker"),
    isReverse: params.get("page_reverse")?.toLowerCase() === "true",
  };
}

function parseFilters(resource: Resource, params: URLSearchParams): Map<string, string[]> {
  const filters = new Map<string, string[]>();
  const invalid: string[] = [];
  for (const name of new Set(params.keys())) {
    if (CONTROLS.has(name)) continue;
    const attribute = Object.hasOwn(resource.attributes, name) ? resource.attributes[name] : undefined;
    if (!attribute?.isFilter) invalid.push(name);
    else
      filters.set(
        name,
        params.getAll(name).map((text) => String(attribute.convert ? attribute.convert(text) : text)),
      );
  }
  if (invalid.length > 0) throw bad(`${pyRepr(invalid)} is invalid attribute for filtering`);
  return filters;
}

function parseSorts(resource: Resource, params: URLSearchParams): SortKey[] {
  const keys = params.getAll("sort_key").filter((key) => key !== "");
  const dirs = params.getAll("sort_dir").filter((dir) => dir !== "");
  if (keys.length !== dirs.length) throw bad("The number of sort_keys and sort_dirs must be same");
  const absent = keys.filter((key) => !Object.hasOwn(resource.attributes, key) || !resource.attributes[key]?.isSortKey);
  if (absent.length > 0) throw bad(`${pyRepr(absent)} is invalid attribute for sort_keys`);
  const wrong = dirs.filter((dir) => dir !== "asc" && dir !== "desc");
  if (wrong.length > 0) {
    throw bad(`${pyRepr(wrong)} is invalid value for sort_dirs, valid value is 'asc' and 'desc'`);
  }
  return keys.map((name, index) => ({ name, isAscending: dirs[index] === "asc" }));
}

function parseLimit(text: string): number {
  const limit = /^\s*\+?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(limit)) return limit;
  throw fault("BadRequest", { resource: "limit", msg: `Limit must be an integer 0 or greater and not '${text}'` });
}

/** One test of a row for all filters together, or undefined when there are none. */
export function compileFilters(resource: Resource, filters: Query["filters"]): ((row: Row) => boolean) | undefined {
  const tests = [...filters].map(([name, values]) => compileFilter(resource, name, values));
  if (tests.length < 2) return tests[0];
  return (row) => tests.every((test) => test(row));
}

function compileFilter(resource: Resource, name: string, values: string[]): (row: Row) => boolean {
  const attribute = resource.attributes[name];
  if (attribute?.match) return attribute.match(values);
  const wanted = new Set(values);
  const isWanted = (value: unknown) => value !== null && value !== undefined && wanted.has(String(value));
  const read = readerOf(resource.attributes, name);
  return (row) => {
    const value = read(row);
    return Array.isArray(value) ? value.some(isWanted) : isWanted(value);
  };
}
