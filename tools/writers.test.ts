import assert from "node:assert/strict";
import { test } from "node:test";
import { writersTable } from "./writers.ts";

test("each record's fields stand beside their writer", () => {
  const text = `export interface A extends B {
  id: Id; // control
  "binding:host_id": string; // user: says where
  /** Either. */
  mtu: number; // user or control
  status: "X" | "Y"; // agent (X), control (Y)
  unmarked: string;
}
`;
  assert.deepEqual(writersTable(text).split("\n").slice(2), [
    "| A | control | `id` |",
    "| A | user | `binding:host_id` |",
    "| A | user or control | `mtu` |",
    "| A | agent or control | `status` |",
    "",
  ]);
});
