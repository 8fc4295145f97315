import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pyRepr, pySet, pyStr } from "./python.ts";

/** Value, repr() and str() as CPython 3.11 prints them. */
const ROWS: [value: unknown, repr: string, str?: string][] = [
  [null, "None"],
  [true, "True"],
  [1.5, "1.5"],
  [Number.POSITIVE_INFINITY, "inf"],
  ["a", "'a'", "a"],
  ["it's", '"it\'s"', "it's"],
  ['it\'s "x"', "'it\\'s \"x\"'", 'it\'s "x"'],
  ["a\n\\\u0001é", "'a\\n\\\\\\x01é'", "a\n\\\u0001é"],
  ["\u2028😀".slice(1), "'😀'", "😀"],
  [[1, "a", [null]], "[1, 'a', [None]]"],
  [{ a: 1, "b'": { c: false } }, "{'a': 1, \"b'\": {'c': False}}"],
  [{}, "{}"],
];

describe("values are printed as Python prints them:", () => {
  for (const [value, repr, str = repr] of ROWS) {
    test(repr, () => assert.deepEqual([pyRepr(value), pyStr(value)], [repr, str]));
  }

  test("an empty set is no dictionary", () => assert.deepEqual([pySet([]), pySet(["a"])], ["set()", "{'a'}"]));
});
