/**
 * The native API by its own description: no failure, no crash, errors in its own form; and a host's token opens its own
 * paths only.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { describeNativeApi } from "../../api/mod.ts";
import type { Schema } from "../../proxy/neutron/json-schema.ts";
import { ADMIN } from "./callers.ts";
import { OPERATOR } from "./hosts.ts";
import { Pool } from "./pool.ts";
import { Random } from "./random.ts";
import { type Server, startServer } from "./server.ts";
import { type Setting, valueFor, wild } from "./values.ts";

const RUNS = Number(process.env.FUZZ_NATIVE_RUNS ?? 4_000);
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000_000);

interface Operation {
  operationId: string;
  tags: string[];
  requestBody?: { content: { "application/json": { schema: Schema } } };
  responses: Record<string, unknown>;
}
const document = describeNativeApi() as { paths: Record<string, Record<string, Operation>> };
// The view stream does not end: it has tests of its own.
const OPERATIONS = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([, { operationId }]) => operationId !== "watch")
    .map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

const HOSTS = ["h1", "h2", "h3", "nowhere", "a%2Fb", "%00", "..%2F", "é"];
const TOKENS = [OPERATOR, "token-of-host-h1-h1", "token-of-host-h2-h2", "wrong", ""];

async function step(server: Server, setting: Setting): Promise<number> {
  const { random, pool } = setting;
  const { path, method, operation } = random.pick(OPERATIONS);
  const host = random.pick(HOSTS);
  const token = random.pick(TOKENS);
  const id = pool.pick(random, "port", ADMIN)?.id ?? random.uuid();
  const schema = operation.requestBody?.content["application/json"].schema;
  const body = schema && (random.chance(0.05) ? wild(setting) : valueFor(setting, "", schema));
  const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
  const url = path.replace("{host}", host).replace("{id}", id);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const reply = await server.app.inject({ method: method as "GET", url, headers, ...payload });
  const { statusCode: status } = reply;
  const what = `${method} ${url} by ${token}: ${JSON.stringify(body)?.slice(0, 1000)} gives ${status} ${reply.payload}`;
  assert.ok(status < 500, what);
  if (status >= 400) {
    const { error } = reply.json();
    assert.ok(error.code && error.message && !/\[object/.test(error.message), what);
    assert.ok(status === 415 || Object.hasOwn(operation.responses, status), `${status} is not described: ${what}`);
  }
  const isOwn = operation.tags.includes("operator") ? token === OPERATOR : token === `token-of-host-${host}-${host}`;
  if (!isOwn) assert.ok([400, 401, 403, 404].includes(status), what);
  if (status === 201 && operation.operationId === "createPort") {
    pool.add("port", { id: reply.json().id, project: ADMIN.project, parentId: undefined });
  }
  return status;
}

test(`${RUNS} requests, FUZZ_SEED=${SEED}`, async () => {
  console.log(`fuzz: FUZZ_SEED=${SEED}`);
  const server = await startServer();
  try {
    const setting: Setting = { random: new Random(SEED), pool: new Pool(), asker: ADMIN, schemas: {} };
    const network = { network: { project_id: ADMIN.project } };
    const made = await server.ask({ asker: ADMIN, method: "POST", url: "/v2.0/networks", body: network, headers: {} });
    setting.pool.add("network", { id: made.body.network.id, project: ADMIN.project, parentId: undefined });
    const statuses = new Set<number>();
    for (let at = 0; at < RUNS; at++) statuses.add(await step(server, setting));
    const never = [200, 201, 204, 400, 401, 403, 404, 409].filter((status) => !statuses.has(status));
    assert.deepEqual(never, [], `of ${[...statuses]}`);
    assert.deepEqual(server.failures, []);
  } finally {
    await server.close();
  }
});
