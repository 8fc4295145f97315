import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { JsonHttp, KeystoneUnavailable } from "../auth/mod.ts";
import { novaAt } from "./nova.ts";

const seen: { path: string | undefined; token: unknown; body: unknown }[] = [];
let answer: { status: number; body: unknown } = { status: 200, body: {} };
const server = createServer(async (request, response) => {
  const body = JSON.parse((await request.toArray()).join(""));
  seen.push({ path: request.url, token: request.headers["x-auth-token"], body });
  response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const http = new JsonHttp({});
after(() => {
  http.close();
  server.close();
});
const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2.1/`;
const dropped: string[] = [];
const keystone = { token: async () => "secret", dropToken: (token: string) => void dropped.push(token) };
const event = { name: "network-vif-plugged", status: "completed", server_uuid: "s", tag: "p" } as const;

const rows: [status: number, what: "sent" | "later", why: string][] = [
  [200, "sent", "it took all"],
  [207, "sent", "it took some"],
  [404, "sent", "no server is there any more"],
  [400, "sent", "it will never take them"],
  [401, "later", "our token is good no more"],
  [500, "later", "it has trouble"],
  [503, "later", "it is busy"],
];
for (const [status, what, why] of rows) {
  test(`${status}: ${what}, as ${why}`, async () => {
    answer = { status, body: { events: [{ ...event, code: status }] } };
    assert.equal((await novaAt(url(), keystone, http).send([event])).what, what);
  });
}

test("events go where Nova takes them, with our token; a refused token is dropped", async () => {
  assert.deepEqual(seen[0], { path: "/v2.1/os-server-external-events", token: "secret", body: { events: [event] } });
  assert.deepEqual(dropped, ["secret"]);
});

test("a Nova or Keystone that is away is no end of it", async () => {
  assert.equal((await novaAt("http://127.0.0.1:1/v2.1", keystone, http).send([event])).what, "later");
  const away = { ...keystone, token: () => Promise.reject(new KeystoneUnavailable("away")) };
  assert.deepEqual(await novaAt(url(), away, http).send([event]), { what: "later", detail: "away" });
});
