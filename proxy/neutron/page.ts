/**
 * Sorting and paging as Neutron's native helpers do them: by the keys asked for and then by id, so that the order is
 * total and a marker has one place in it, whether or not its row passes the filters.
 */
import { type Row, readerOf } from "./attribute.ts";
import type { Query, SortKey } from "./query.ts";
import type { Resource } from "./resource.ts";

type Compare = (a: Row, b: Row) => number;

/** Null before everything, as databases sort it; numbers as numbers, the rest as text. */
function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : 1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [one, two] = [String(a), String(b)];
  return one === two ? 0 : one < two ? -1 : 1;
}

/** The order of every list that asks for no other. */
const byId: Compare = (a, b) => ((a.id as string) < (b.id as string) ? -1 : a.id === b.id ? 0 : 1);

function compileOrder(resource: Resource, sorts: SortKey[]): Compare {
  if (sorts.length === 0) return byId;
  const last: SortKey[] = sorts.some((sort) => sort.name === "id") ? [] : [{ name: "id", isAscending: true }];
  const keys = [...sorts, ...last].map(({ name, isAscending }) => ({
    read: resource.attributes[name]?.order ?? readerOf(resource.attributes, name),
    sign: isAscending ? 1 : -1,
  }));
  return (a, b) => {
    for (const { read, sign } of keys) {
      const order = compareValues(read(a), read(b));
      if (order !== 0) return sign * order;
    }
    return 0;
  };
}

/** One page of `rows` in order; `marker` is the row after (in reverse: before) which the page is. */
export function page(resource: Resource, rows: Row[], query: Query, marker: Row | undefined): Row[] {
  const forwards = compileOrder(resource, query.sorts);
  if (query.limit === 0) return rows.toSorted(forwards);
  const compare: Compare = query.isReverse ? (a, b) => forwards(b, a) : forwards;
  const beyond = marker === undefined ? rows : rows.filter((row) => compare(row, marker) > 0);
  const found = smallest(beyond, query.limit, compare);
  return query.isReverse ? found.reverse() : found;
}

/** The first `count` rows in order. For a small part of the rows this is one pass, with no sort of them all. */
function smallest(rows: Row[], count: number, compare: Compare): Row[] {
  if (count > rows.length / 8) return rows.toSorted(compare).slice(0, count);
  const best: Row[] = [];
  for (const row of rows) {
    const last = best[count - 1];
    if (last !== undefined && compare(row, last) >= 0) continue;
    best.splice(placeIn(best, row, compare), 0, row);
    if (best.length > count) best.pop();
  }
  return best;
}

/** Where `row` belongs in sorted rows: behind its equals. */
function placeIn(rows: Row[], row: Row, compare: Compare): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(rows[middle] as Row, row) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

interface Link {
  rel: "next" | "previous";
  href: string;
}

/** Neutron's get_pagination_links: it offers "previous" also on the first page. */
export function links(url: string, params: URLSearchParams, query: Query, rows: Row[]): Link[] {
  if (query.limit === 0) return [];
  const isShort = rows.length < query.limit;
  const found: Link[] = [];
  if (!isShort || query.isReverse) found.push({ rel: "next", href: linkTo(url, params, rows.at(-1), false) });
  if (!isShort || !query.isReverse) found.push({ rel: "previous", href: linkTo(url, params, rows[0], true) });
  return found;
}

function linkTo(url: string, params: URLSearchParams, row: Row | undefined, isReverse: boolean): string {
  const next = new URLSearchParams(params);
  next.delete("marker");
  if (row !== undefined) next.set("marker", String(row.id));
  if (isReverse) next.set("page_reverse", "True");
  else next.delete("page_reverse");
  return `${url}?${next}`;
}
