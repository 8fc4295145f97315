import assert from "node:assert/strict";
import { test } from "node:test";
import { matches } from "./matches.ts";

/** What is there, what is asked for, and whether that is in it. */
const rows: [actual: unknown, expected: unknown, verdict: boolean][] = [
  [{ a: 1, b: 2 }, { a: 1 }, true],
  [{ a: 1 }, { a: 1, b: undefined }, true],
  [{ a: 1 }, { b: 2 }, false],
  [{ a: "1" }, { a: 1 }, false],
  [{ a: null }, { a: null }, true],
  [{}, { a: null }, false],
  [null, { a: 1 }, false],
  [{ a: { b: [1, 2] } }, { a: { b: [2] } }, true],
  [[{ n: 1 }, { n: 2, m: 3 }], [{ n: 2 }], true],
  [[{ n: 1 }, { n: 2 }], [{ n: 2 }, { n: 3 }], false],
  [[1], [], false],
  [[], [], true],
  [{}, [], false],
  ["req-12", /^req-\d+$/, true],
  [undefined, /^$/, false],
];
for (const [actual, expected, verdict] of rows) {
  const text = `${JSON.stringify(expected instanceof RegExp ? String(expected) : expected)}`;
  test(`${text} is ${verdict ? "" : "not "}in ${JSON.stringify(actual)}`, () => {
    assert.equal(matches(actual, expected), verdict);
  });
}
