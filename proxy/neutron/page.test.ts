import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Row } from "./attribute.ts";
import { page } from "./page.ts";
import type { Query } from "./query.ts";
import type { Resource } from "./resource.ts";
import { RESOURCES } from "./resources.ts";

const PORTS = RESOURCES.find(({ collection }) => collection === "ports") as Resource;
const query = (own: Partial<Query>): Query => ({
  filters: new Map(),
  fields: [],
  sorts: [],
  limit: 0,
  marker: null,
  isReverse: false,
  ...own,
});

/** Many rows with few names, so that the order is often decided by the id. */
const rows = fc.uniqueArray(
  fc.record({ id: fc.integer({ min: 100, max: 999 }).map(String), name: fc.constantFrom("a", "b", null) }),
  { selector: (row) => row.id, maxLength: 60 },
);

function walk(all: Row[], one: Query): Row[] {
  const met: Row[] = [];
  for (let marker: Row | undefined; ; ) {
    const found = page(PORTS, all, one, marker);
    assert.ok(found.length <= one.limit);
    if (found.length === 0) return met;
    if (one.isReverse) met.unshift(...found);
    else met.push(...found);
    marker = one.isReverse ? found[0] : found.at(-1);
  }
}

describe("pages put together are the whole list in order,", () => {
  for (const isReverse of [false, true]) {
    test(isReverse ? "backwards" : "forwards", () => {
      const property = fc.property(rows, fc.integer({ min: 1, max: 12 }), fc.boolean(), (all, limit, isAscending) => {
        const one = query({ sorts: [{ name: "name", isAscending }], limit, isReverse });
        assert.deepEqual(walk(all, one), page(PORTS, all, query({ sorts: one.sorts }), undefined));
      });
      fc.assert(property, { numRuns: 200 });
    });
  }

  test("null first, then by name, then by id", () => {
    const all = [
      { id: "3", name: "b" },
      { id: "2", name: "b" },
      { id: "1", name: null },
      { id: "4", name: "a" },
    ];
    const found = page(PORTS, all, query({ sorts: [{ name: "name", isAscending: true }] }), undefined);
    assert.deepEqual(
      found.map((row) => row.id),
      ["1", "4", "2", "3"],
    );
  });
});
