/** Commands from a description. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { commandsOf, type Description, readDescription } from "./description.ts";

const document: Description = {
  openapi: "3.1.0",
  paths: {
    "/v1/things/{id}": {
      put: {
        summary: "Change a thing",
        "x-command": "thing set",
        parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
        requestBody: {
          content: {
            "application/json": {
              schema: { properties: { size: { type: "integer" }, name: { type: "string" } }, required: ["name"] },
            },
          },
        },
      },
      get: { summary: "For machines" },
    },
  },
};

test("an operation with x-command is a command, with its parameters and the members of its body", () => {
  const [command, ...others] = commandsOf(document);
  assert.deepEqual(others, []);
  assert.deepEqual(command, {
    words: ["thing", "set"],
    summary: "Change a thing",
    method: "PUT",
    path: "/v1/things/{id}",
    fields: [
      { name: "id", in: "path", isRequired: true, schema: { type: "string" } },
      { name: "size", in: "body", isRequired: false, schema: { type: "integer" } },
      { name: "name", in: "body", isRequired: true, schema: { type: "string" } },
    ],
  });
});

test("what is no description is refused", () => {
  for (const value of [null, "x", {}, { openapi: "3.1.0" }]) assert.throws(() => readDescription(value), /describe/);
});
