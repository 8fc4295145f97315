import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { type AddressInfo, connect, createServer as createRawServer } from "node:net";
import { afterEach, test } from "node:test";
import type { Ip, ViewPort } from "../../model/mod.ts";
import { startMetadata } from "./proxy.ts";

const PORT = { id: "p", deviceId: "server-1", projectId: "project", fixedIps: [{ ip: "10.0.0.5", subnetId: "s" }] };
const nothing = () => {};
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function listening(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(async () => server.closeAllConnections() ?? server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A port that was free just now; the proxy is told its sockets. */
async function freePort(): Promise<number> {
  const url = await listening(() => {});
  await open.pop()?.();
  return Number(new URL(url).port);
}

async function proxyTo(url: string, known = true) {
  const port = await freePort();
  const metadata = await startMetadata({
    url,
    secret: "secret",
    sockets: [{ ip: "127.0.0.1" as Ip, port }],
    clientOf: (address) => (address === "127.0.0.1" ? "p" : undefined),
    portOf: () => (known ? (PORT as unknown as ViewPort) : undefined),
    log: log as never,
  });
  open.push(() => metadata.close());
  return { url: `http://127.0.0.1:${port}`, outcomes: metadata.outcomes };
}

test("method, path, query and body go to Nova in the port's name, and its answer comes back", async () => {
  const seen: IncomingMessage[] = [];
  const bodies: string[] = [];
  const nova = await listening(async (request, response) => {
    seen.push(request);
    bodies.push((await request.toArray()).join(""));
    response.writeHead(200, { "content-type": "text/x" }).end("ami-id\n");
  });
  const { url } = await proxyTo(nova);
  const reply = await fetch(`${url}/latest/meta-data/?a=b`, {
    method: "POST",
    body: "hello",
    headers: { "X-Instance-ID": "forged" },
  });
  assert.deepEqual([reply.status, reply.headers.get("content-type"), await reply.text()], [200, "text/x", "ami-id\n"]);
  const [request] = seen;
  assert.deepEqual([request?.method, request?.url, bodies[0]], ["POST", "/latest/meta-data/?a=b", "hello"]);
  assert.equal(request?.headers["x-instance-id"], "server-1");
  assert.equal(request?.headers["x-forwarded-for"], "10.0.0.5");
});

const statuses: [nova: number, guest: number][] = [
  [404, 404],
  [403, 403],
  [502, 502],
  [418, 500],
  [301, 500],
];
for (const [status, expected] of statuses) {
  test(`Nova's ${status} is the guest's ${expected}`, async () => {
    const nova = await listening((_request, response) => void response.writeHead(status).end("x"));
    assert.equal((await fetch(`${(await proxyTo(nova)).url}/`)).status, expected);
  });
}

test("a guest that nobody knows gets 404, and Nova is not asked", async () => {
  let asked = 0;
  const nova = await listening((_request, response) => {
    asked++;
    response.end();
  });
  const { url, outcomes } = await proxyTo(nova, false);
  assert.equal((await fetch(url)).status, 404);
  assert.deepEqual([asked, [...outcomes]], [0, [["unknown guest", 1]]]);
});

test("a Nova that is away gives 503, a body of more than 64 KiB 413", async () => {
  assert.equal((await fetch((await proxyTo("http://127.0.0.1:1")).url)).status, 503);
  const nova = await listening((_request, response) => void response.end());
  const { url } = await proxyTo(nova);
  assert.equal((await fetch(url, { method: "POST", body: Buffer.alloc(65 * 1024) })).status, 413);
  assert.equal((await fetch(url, { method: "POST", body: Buffer.alloc(64 * 1024) })).status, 200);
});

test("a thousand guests at once are all answered", async () => {
  const nova = await listening((_request, response) => void response.end("ok"));
  const { url } = await proxyTo(nova);
  const replies = await Promise.all(Array.from({ length: 1000 }, () => fetch(url).then((reply) => reply.text())));
  assert.deepEqual(new Set(replies), new Set(["ok"]));
});

/** One request as it is written, which fetch would put right; the answer's first line. */
async function say(url: string, head: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(`${head}\r\nHost: x\r\nConnection: close\r\n\r\n`);
  return (await socket.toArray()).join("").split("\r\n")[0] ?? "";
}

for (const [what, target, expected] of [
  ["begins with two slashes", "//127.0.0.2/x", "//127.0.0.2/x"],
  ["is a whole URL", "http://127.0.0.2:1/x?y", "/x?y"],
  ["is a URL without a path", "http://127.0.0.2:1", "/"],
] as const) {
  test(`a target that ${what} goes to Nova, nowhere else`, async () => {
    const seen: (string | undefined)[] = [];
    const nova = await listening((request, response) => {
      seen.push(request.url, request.headers.host);
      response.end();
    });
    assert.match(await say((await proxyTo(nova)).url, `GET ${target} HTTP/1.1`), / 200 /);
    assert.deepEqual(seen, [expected, new URL(nova).host]);
  });
}

test("a target that is no path is refused", async () => {
  const nova = await listening((_request, response) => void response.end());
  assert.match(await say((await proxyTo(nova)).url, "OPTIONS * HTTP/1.1"), / 400 /);
});

test("the length of Nova's answer is the guest's, over one connection for several requests", async () => {
  const nova = await listening((_request, response) => void response.setHeader("content-length", 3).end("abc"));
  const { url } = await proxyTo(nova);
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  for (const last of ["", "Connection: close\r\n"]) socket.write(`GET / HTTP/1.1\r\nHost: x\r\n${last}\r\n`);
  const answers = (await socket.toArray()).join("").split(/(?=HTTP\/1\.1)/);
  assert.equal(answers.length, 2);
  for (const answer of answers)
    assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*content-length: 3\r\n[\s\S]*\r\n\r\nabc$/i);
});

test("bodies of 64 KiB pass whole, both ways, in chunks too", async () => {
  const nova = await listening(async (request, response) => {
    response.end(Buffer.concat(await request.toArray()));
  });
  const { url } = await proxyTo(nova);
  const body = randomBytes(64 * 1024);
  const chunked = new ReadableStream({
    start(controller) {
      for (let at = 0; at < body.length; at += 5000) controller.enqueue(body.subarray(at, at + 5000));
      controller.close();
    },
  });
  for (const each of [body, chunked]) {
    const reply = await fetch(url, { method: "POST", body: each, duplex: "half" } as RequestInit);
    assert.deepEqual(Buffer.from(await reply.arrayBuffer()), body);
  }
});

test("a kept connection that Nova closes under a request is not the guest's trouble", async () => {
  let connections = 0;
  const nova = createRawServer((socket) => {
    connections++;
    let requests = 0;
    socket.on("error", () => {});
    socket.on("data", () => {
      // The second request on a connection meets its end, as when Nova's own timeout strikes.
      if (++requests === 2) socket.resetAndDestroy();
      else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    });
  });
  await new Promise<void>((resolve) => nova.listen(0, "127.0.0.1", resolve));
  open.push(async () => nova.close());
  const { url } = await proxyTo(`http://127.0.0.1:${(nova.address() as AddressInfo).port}`);
  for (let i = 0; i < 3; i++) assert.equal((await fetch(url)).status, 200);
  assert.ok(connections > 1, "the first connection was kept");
});
