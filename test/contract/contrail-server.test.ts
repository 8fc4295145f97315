/** The Contrail door on an address of its own, beside the control node's others. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { noAuth } from "../../control/auth/mod.ts";
import { MemoryCache } from "../../control/memory-cache.ts";
import { Metrics } from "../../control/metrics.ts";
import { makeNetworking } from "../../control/networking/mod.ts";
import { ControlServer } from "../../control/server.ts";
import { contrailDoor } from "../../proxy/contrail/mod.ts";
import { neutronDoor } from "../../proxy/neutron/mod.ts";
import { MemoryStore } from "../../store/memory-store.ts";

const lines: Record<string, unknown>[] = [];
const note = (line: unknown) => void lines.push(line as Record<string, unknown>);
const nothing = () => {};
const log = { debug: nothing, info: note, warn: nothing, error: note } as unknown as Logger;

let server: ControlServer;
let memory: MemoryCache;
let contrail: string;
let neutron: string;

before(async () => {
  const store = new MemoryStore();
  memory = await MemoryCache.start(store, log);
  const networking = makeNetworking({ store, memory, log });
  const parts = { store, memory, networking, log, authenticator: noAuth(), adminToken: undefined };
  server = new ControlServer({ ...parts, metrics: new Metrics(), doors: [neutronDoor] });
  const anywhere = [{ host: "127.0.0.1", port: 0 }];
  const [own] = await server.openDoor(anywhere, contrailDoor);
  const [usual] = await server.open(anywhere);
  contrail = `http://127.0.0.1:${own?.port}`;
  neutron = `http://127.0.0.1:${usual?.port}`;
});
after(async () => {
  await server.close();
  await memory.close();
});

async function create(context: object): Promise<Response> {
  const body = {
    context: { operation: "CREATE", type: "network", user_id: "u", is_admin: false, ...context },
    data: { resource: { name: "n", tenant_id: "p" }, filters: null, fields: null },
  };
  return fetch(`${contrail}/neutron/network`, { method: "POST", body: JSON.stringify(body) });
}

test("what comes in on one address is seen on the other, and neither answers for the other", async () => {
  const made = (await (await create({ tenant_id: "p" })).json()) as { id: string };
  const shown = await fetch(`${neutron}/v2.0/networks/${made.id}`);
  assert.equal(shown.status, 200);
  assert.equal((await fetch(`${contrail}/v2.0/networks`)).status, 404);
  assert.equal((await fetch(`${neutron}/neutron/network`, { method: "POST", body: "{}" })).status, 404);
  assert.deepEqual(await (await fetch(`${contrail}/aaa-mode`)).json(), { "aaa-mode": "no-auth" });
});

test("the access log has for whom the server in front asked, and the id that it knows the request by", async () => {
  const theirs = "req-01234567-89ab-cdef-0123-456789abcdef";
  const reply = await create({ tenant_id: "p", request_id: theirs });
  const own = reply.headers.get("x-openstack-request-id");
  await reply.body?.cancel();
  const line = lines.findLast(({ requestId }) => requestId === own);
  const { user, project, contrail_operation, their_request_id, status } = line ?? {};
  assert.deepEqual([user, project, contrail_operation, their_request_id, status], ["u", "p", "CREATE", theirs, 200]);
});

test("what is no fault of the caller's is in the log, with its request", async () => {
  const broken = async (app: FastifyInstance) => void app.get("/", () => Promise.reject(new Error("a bug")));
  const [at] = await server.openDoor([{ host: "127.0.0.1", port: 0 }], broken);
  const reply = await fetch(`http://127.0.0.1:${at?.port}/`);
  await reply.body?.cancel();
  const told = lines.filter(({ err }) => err instanceof Error).map(({ err, requestId }) => [String(err), requestId]);
  assert.deepEqual(told, [["Error: a bug", reply.headers.get("x-openstack-request-id")]]);
});

test("a body over the limit, and one that breaks off, get JSON", async () => {
  const reply = await fetch(`${contrail}/neutron/port`, { method: "POST", body: "x".repeat(2 ** 21) });
  assert.equal(reply.status, 400);
  assert.equal(((await reply.json()) as { exception: string }).exception, "BadRequest");
});
