/** The description of the native API is valid, whole, and has what the CLI needs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describeNativeApi } from "./describe.ts";
import { HOST_ROUTES } from "./routes.ts";

// biome-ignore lint/suspicious/noExplicitAny: the document is looked into everywhere
const document: any = JSON.parse(JSON.stringify(describeNativeApi()));
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods as object));

test("it is valid by the schema of OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors)?.slice(0, 2000));
});

test("every route is there, with its summary and errors", () => {
  assert.deepEqual(operations.map(({ operationId }) => operationId).sort(), Object.keys(HOST_ROUTES).sort());
  for (const { summary, responses } of operations) assert.ok(summary && responses["401"], summary);
});

test("what the operator may call are commands, what an agent calls is none", () => {
  const commands = operations.map((operation) => [operation.tags[0], operation["x-command"]]);
  for (const [by, command] of commands) assert.equal(command !== undefined, by === "operator", command);
});

test("a new host is described as it is checked", () => {
  const { schema } = document.paths["/v1/hosts"].post.requestBody.content["application/json"];
  assert.deepEqual(schema.required, ["name"]);
  assert.equal(schema.properties.token.minLength, 16);
  assert.equal(schema.additionalProperties, false);
});
