import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault } from "../../model/mod.ts";
import { parseEnvelope } from "./envelope.ts";

const HEX = "0123456789abcdef0123456789abcdef";
const DASHED = "01234567-89ab-cdef-0123-456789abcdef";
const REQUEST = "req-01234567-89ab-cdef-0123-456789abcdef";

const parse = (body: unknown, type = "port") =>
  parseEnvelope(type, Buffer.from(typeof body === "string" ? body : JSON.stringify(body)), "req-own");
const inContext = (context: object) => parse({ context: { operation: "READ", ...context }, data: {} });

describe("who asks", () => {
  test("is whom the server in front names", () => {
    const context = { user_id: "u", is_admin: true, tenant_id: HEX, request_id: REQUEST, roles: ["member", 5] };
    const { caller } = inContext(context);
    const expected = { userId: "u", isAdmin: true, projectId: HEX, requestId: REQUEST, roles: ["member"] };
    assert.deepEqual(caller, { ...expected, mayNameProject: true });
  });
  test("has no more rights than were said in so many words", () => {
    const { caller } = inContext({ is_admin: "true", user_id: null, tenant_id: null, roles: "admin" });
    assert.deepEqual([caller.isAdmin, caller.userId, caller.projectId, caller.roles], [false, null, "", []]);
    assert.equal(caller.requestId, "req-own");
  });
  const PROJECTS: [context: object, project: string][] = [
    [{ tenant: HEX }, HEX],
    [{ tenant: HEX, tenant_id: HEX }, HEX],
    [{ tenant_id: DASHED }, HEX],
    [{ tenant_id: "default" }, "default"],
  ];
  for (const [context, project] of PROJECTS) {
    test(`${JSON.stringify(context)} is project ${project}`, () =>
      assert.equal(inContext(context).caller.projectId, project));
  }
});

describe("what is asked for", () => {
  const dataOf = (data: unknown, type = "port") => parse({ context: { operation: "CREATE" }, data }, type);
  test("project_id and tenant_id are one", () => {
    assert.deepEqual(dataOf({ resource: { tenant_id: DASHED } }).resource, { project_id: HEX, tenant_id: HEX });
    assert.deepEqual(dataOf({ resource: { project_id: HEX } }).resource, { project_id: HEX, tenant_id: HEX });
    assert.deepEqual(dataOf({ resource: { name: "n" } }).resource, { name: "n" });
  });
  test("a resource in a resource is unwrapped", () => {
    assert.deepEqual(dataOf({ resource: { resource: { parent_id: "p" } } }, "tags").resource, { parent_id: "p" });
    assert.deepEqual(dataOf({ resource: { trunk: { name: "n" } } }, "trunk").resource, { name: "n" });
  });
  test("missing parts are empty", () => {
    const { id, resource, filters, fields } = dataOf(null);
    assert.deepEqual([id, resource, filters, fields], [undefined, undefined, {}, []]);
  });
});

const REFUSED: [what: string, body: unknown][] = [
  ["nothing", ""],
  ["no JSON", "<html>"],
  ["no object", [1]],
  ["no context", { data: {} }],
  ["no operation", { context: {}, data: {} }],
  ["two projects", { context: { operation: "READ", tenant: "a", tenant_id: "b" } }],
  ["what would exhaust the stack", `{"a":${"[".repeat(1000)}${"]".repeat(1000)}}`],
];
for (const [what, body] of REFUSED) {
  test(`refused: ${what}`, () => {
    assert.throws(
      () => parse(body),
      (error) => error instanceof Fault && error.code === "BadRequest" && error.status === 400,
    );
  });
}
