/** The description is valid OpenAPI 3.1, and says of every route what a client needs to know. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { PORT } from "../port.ts";
import { resource } from "../resource.ts";
import { apiDescription, ROUTES } from "../routes.ts";
import { answerSchema, newSchema } from "./mod.ts";
import { templateOf } from "./parameters.ts";
import { changeSchema } from "./schemas.ts";

// biome-ignore lint/suspicious/noExplicitAny: the document is looked into everywhere
const document: any = JSON.parse(apiDescription());
const operationOf = (path: string, method: string) => document.paths[path]?.[method];

test("it is valid by the schema of OpenAPI 3.1", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(JSON.parse(apiDescription()));
  assert.ok(valid, JSON.stringify(errors)?.slice(0, 2000));
  assert.equal(validator.version, "3.1");
});

test("every reference leads somewhere", () => {
  for (const [, reference = ""] of apiDescription().matchAll(/"\$ref":"([^"]+)"/g)) {
    const found = reference
      .slice(2)
      .split("/")
      .reduce((value, part) => value?.[part], document);
    assert.ok(found, reference);
  }
});

test("every route is there with its summary, its success and its errors", () => {
  for (const route of ROUTES) {
    const operation = operationOf(templateOf(route), route.method.toLowerCase());
    const what = `${route.method} ${route.path}`;
    assert.ok(operation?.summary, what);
    const statuses = Object.keys(operation.responses);
    assert.ok(
      ["401", "503"].every((status) => statuses.includes(status)),
      what,
    );
    assert.ok(route.form, `${what} does not say what goes in and comes out`);
  }
});

test("operations have names of their own", () => {
  const names = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods as Record<string, { operationId: string }>).map(({ operationId }) => operationId),
  );
  const twice = names.filter((name, at) => names.indexOf(name) !== at);
  assert.deepEqual(twice, []);
});

describe("a list", () => {
  const { parameters } = operationOf("/v2.0/ports", "get");
  const named = (name: string) => parameters.find((parameter: { name?: string }) => parameter.name === name);
  test("names what may be filtered, with its type", () => {
    assert.deepEqual(named("admin_state_up").schema, { type: "array", items: { type: "boolean" } });
    assert.equal(named("binding:vif_type"), undefined);
  });
  test("names what may be sorted and which fields there are", () => {
    const keys = (name: string): string[] => named(name).schema.items.enum;
    assert.ok(keys("sort_key").includes("name") && !keys("sort_key").includes("fixed_ips"));
    assert.ok(keys("fields").includes("binding:vif_type") && !keys("fields").includes("not-tags"));
  });
});

test("the parts of a path are named, those of a parent by its field", () => {
  const parent = { kind: "router", name: "router", path: "routers", field: "router_id" } as const;
  const helper = resource({ kind: "conntrack_helper", attributes: {}, parent });
  assert.equal(
    templateOf({ path: "routers/:parent/conntrack_helpers/:id", resource: helper }),
    "/v2.0/routers/{router_id}/conntrack_helpers/{id}",
  );
});

describe("a resource", () => {
  const port = resource({ kind: "port", attributes: PORT });
  const made = newSchema(port);
  test("must be given what has no default, with its limits", () => {
    assert.deepEqual(made.required, ["network_id"]);
    assert.deepEqual(made.properties?.network_id, { type: "string", format: "uuid" });
    assert.deepEqual(made.properties?.name, { type: "string", maxLength: 255, default: "" });
    assert.deepEqual(made.properties?.mac_address, { type: ["null", "string"], format: "mac" });
    assert.equal(made.properties?.fixed_ips?.items?.properties?.ip_address?.format, "ip");
  });
  test("is changed in what may be changed only, and has no default then", () => {
    const { properties = {} } = changeSchema(port);
    assert.equal(properties.network_id, undefined);
    assert.deepEqual(properties.admin_state_up, { type: "boolean" });
  });
  test("is shown without what is hidden, and without limits", () => {
    const { properties = {} } = answerSchema(port);
    assert.equal(properties["not-tags"], undefined);
    assert.deepEqual(properties.device_id, { type: "string" });
  });
});

test("nearly every attribute has a type", () => {
  const untyped: string[] = [];
  let count = 0;
  for (const [name, { properties }] of Object.entries<{ properties: Record<string, object> }>(
    document.components.schemas,
  )) {
    for (const [attribute, schema] of Object.entries(properties ?? {})) {
      count++;
      if (!("type" in schema || "enum" in schema)) untyped.push(`${name}.${attribute}`);
    }
  }
  assert.ok(untyped.length < count / 20, `${untyped.length} of ${count} have none: ${untyped.join(" ")}`);
});
