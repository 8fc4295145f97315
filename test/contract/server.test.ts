/** The control node's HTTP side on a socket: clients that are slow, greedy, wrong or rude, and what the log says of all. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { tokenAuth } from "../../control/auth/mod.ts";
import { OPERATOR, startServer, type TestServer } from "./control-server.ts";

const TOKEN = "token-of-alice-of-project-one";
const REQUEST_ID = /^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LIMITS = {
  headersMs: 300,
  requestMs: 600,
  bodyBytes: 10_000,
  headerBytes: 8_192,
  keepAliveMs: 400,
  stalledMs: 1_000,
};

/** On a busy machine; without these limits it would take half a minute or more. */
const SLACK_MS = 8_000;

let server: TestServer;
before(async () => {
  server = await startServer(
    tokenAuth(JSON.stringify([{ token: TOKEN, user: "alice", project: "one", roles: ["member"] }])),
    LIMITS,
  );
});
after(() => server.close());

const AUTH = `X-Auth-Token: ${TOKEN}`;
const get = (path: string, ...headers: string[]) =>
  `GET ${path} HTTP/1.1\r\n${["Host: x", ...headers].join("\r\n")}\r\n\r\n`;

/** Sends pieces as they come, and gives all that is answered until the connection ends. */
async function converse(...pieces: (string | number)[]): Promise<{ text: string; ms: number }> {
  const socket = connect(server.port, "127.0.0.1");
  const began = Date.now();
  let text = "";
  socket.setEncoding("utf8").on("data", (part) => {
    text += part;
  });
  socket.on("error", () => {});
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  for (const piece of pieces) {
    if (typeof piece === "number") await sleep(piece);
    else if (socket.writable) socket.write(piece);
  }
  await ended;
  return { text, ms: Date.now() - began };
}

const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));

/** A request that goes well, for as long as another one does not end. */
async function servedMeanwhile<T>(other: Promise<T>): Promise<T> {
  let isOver = false;
  const done = other.finally(() => {
    isOver = true;
  });
  let count = 0;
  while (!isOver) {
    const reply = await fetch(`${server.url}/v2.0/networks`, { headers: { "x-auth-token": TOKEN } });
    assert.equal(reply.status, 200);
    await reply.text();
    count++;
    await sleep(10);
  }
  assert.ok(count > 3, "nobody else was served");
  return done;
}

describe("a slow client is cut off, and others are served", () => {
  test("who sends a header a letter at a time", async () => {
    const drip = [..."GET /v2.0/networks HTTP/1.1\r\nHost: slow-slow-slow-slow"].flatMap((letter) => [letter, 40]);
    const { text, ms } = await servedMeanwhile(converse(...drip));
    assert.deepEqual(statuses(text), [408]);
    assert.ok(ms >= LIMITS.headersMs, `${ms}`);
  });
  test("who promises a body and does not send it", async () => {
    const head = `POST /v2.0/networks HTTP/1.1\r\nHost: x\r\n${AUTH}\r\nContent-Length: 100\r\n\r\n{"network`;
    const { text, ms } = await servedMeanwhile(converse(head));
    assert.deepEqual(statuses(text), [408]);
    assert.ok(ms >= LIMITS.requestMs && ms < LIMITS.requestMs + SLACK_MS, `${ms}`);
  });
  test("who says nothing at all", async () => {
    const { ms } = await servedMeanwhile(converse());
    assert.ok(ms < LIMITS.headersMs + SLACK_MS, `${ms}`);
  });
  test("who keeps an idle connection", async () => {
    const { text, ms } = await converse(get("/", AUTH));
    assert.deepEqual(statuses(text), [300 - 100]);
    assert.ok(ms >= LIMITS.keepAliveMs && ms < LIMITS.keepAliveMs + SLACK_MS, `${ms}`);
  });
  test("who does not read what it has asked for", async () => {
    const socket = connect(server.port, "127.0.0.1").pause();
    socket.on("error", () => {});
    const before = server.lines.length;
    socket.write(get("/v2.0/openapi.json").repeat(60));
    const isCut = () => server.lines.slice(before).some(({ isCutOff }) => isCutOff === true);
    const until = Date.now() + LIMITS.stalledMs + SLACK_MS;
    while (!isCut() && Date.now() < until) await sleep(20);
    socket.destroy();
    assert.ok(isCut(), "it was waited for");
  });
  test("a hundred of them at once", async () => {
    const all = Array.from({ length: 100 }, () => converse("GET / HTTP/1.1\r\nHo"));
    for (const { text } of await servedMeanwhile(Promise.all(all))) assert.deepEqual(statuses(text), [408]);
  });
});

describe("a request that is too large", () => {
  const post = (...headers: string[]) =>
    `POST /v2.0/networks HTTP/1.1\r\nHost: x\r\n${AUTH}\r\n${headers.join("\r\n")}\r\n\r\n`;
  const chunk = `1000\r\n${"a".repeat(0x1000)}\r\n`;
  test("by its Content-Length gets 413 before it is sent", async () => {
    const { text } = await converse(post("Content-Length: 10001", "Connection: close"));
    assert.deepEqual(statuses(text), [413]);
    assert.match(text, /"type":"HTTPRequestEntityTooLarge"/);
  });
  test("in chunks gets 413 once it is over the limit", async () => {
    const { text } = await converse(post("Transfer-Encoding: chunked", "Connection: close"), chunk, chunk, chunk);
    assert.deepEqual(statuses(text), [413]);
    assert.match(text, /"type":"HTTPRequestEntityTooLarge"/);
  });
  test("of the very limit is read", async () => {
    const body = JSON.stringify({ network: { name: "a" } }).padEnd(LIMITS.bodyBytes);
    const { text } = await converse(post(`Content-Length: ${body.length}`, "Connection: close") + body);
    assert.deepEqual(statuses(text), [201]);
  });
  test("in its headers gets 431", async () => {
    assert.deepEqual(statuses((await converse(get("/", `X-Long: ${"a".repeat(9_000)}`))).text), [431]);
  });
  test("of the native API, too", async () => {
    const body = JSON.stringify({ name: "h".repeat(10_001) });
    const reply = await fetch(`${server.url}/v1/hosts`, {
      method: "POST",
      headers: { authorization: `Bearer ${OPERATOR}`, "content-type": "application/json" },
      body,
    });
    assert.equal(reply.status, 413);
    assert.ok(((await reply.json()) as { error: { message: string } }).error.message);
  });
});

describe("odd HTTP", () => {
  const CLOSE = "Connection: close";
  const rows: [what: string, sent: string, statuses: number[]][] = [
    ["requests in a row, unasked", get("/v2.0/networks", AUTH) + get("/v2.0/ports", AUTH, CLOSE), [200, 200]],
    ["two Content-Lengths", get("/", "Content-Length: 1", "Content-Length: 2"), [400]],
    ["a Content-Length and chunks", get("/", "Content-Length: 5", "Transfer-Encoding: chunked"), [400]],
    ["a Content-Length that is no number", get("/", "Content-Length: x"), [400]],
    ["no Host", "GET /v2.0/networks HTTP/1.1\r\n\r\n", [400]],
    ["no HTTP", "hello\r\n\r\n", [400]],
    ["a header with a line feed in it", get("/", "X-A: b\nX-C: d\u0000"), [400]],
    ["HEAD, as Neutron", get("/v2.0/networks", AUTH, CLOSE).replace("GET", "HEAD"), [405]],
    ["a method that nobody has", get("/v2.0/networks", AUTH, CLOSE).replace("GET", "PROPFIND"), [404]],
    ["an unknown path", get("/foo", AUTH, CLOSE), [404]],
    ["a path that cannot be decoded", get("/v2.0/networks/%ff", AUTH, CLOSE), [404]],
    ["a whole URL, as for a proxy", get("http://x/v2.0/networks", AUTH, CLOSE), [404]],
    ["the asterisk", get("*", AUTH, CLOSE).replace("GET", "OPTIONS"), [405]],
  ];
  for (const [what, sent, expected] of rows) {
    test(`${what}: ${expected}`, async () => assert.deepEqual(statuses((await converse(sent)).text), expected));
  }
  test("a Content-Length below the body's: what is left over is no second request", async () => {
    const head = `POST /v2.0/networks HTTP/1.1\r\nHost: x\r\n${AUTH}\r\nContent-Length: 2\r\n\r\n`;
    const { text } = await converse(`${head}{}${"x".repeat(20)}\r\n\r\n`);
    assert.deepEqual(new Set(statuses(text)), new Set([400]));
  });
  test("such a path is not found in Neutron's words", async () => {
    const reply = await fetch(`${server.url}/v2.0/networks/%zz`, { headers: { "x-auth-token": TOKEN } });
    const { NeutronError } = (await reply.json()) as { NeutronError: object };
    const message = "Network %zz could not be found.";
    assert.deepEqual(NeutronError, { type: "NetworkNotFound", message, detail: "" });
  });
  test("no other site's page may ask: nothing is allowed to any origin", async () => {
    for (const method of ["OPTIONS", "GET"]) {
      const headers = { origin: "http://evil", "access-control-request-method": "POST", "x-auth-token": TOKEN };
      const reply = await fetch(`${server.url}/v2.0/networks`, { method, headers });
      assert.deepEqual(
        [...reply.headers.keys()].filter((name) => name.startsWith("access-control")),
        [],
      );
    }
  });
});

describe("a token that is not good", () => {
  const rows: [path: string, headers: Record<string, string>, challenge: RegExp][] = [
    ["/v2.0/networks", {}, /^Keystone/],
    ["/v2.0/networks", { "x-auth-token": "wrong-wrong-wrong" }, /^Keystone/],
    ["/v2.0/nothing", {}, /^Keystone/],
    ["/v1/hosts", {}, /^Bearer/],
    ["/v1/hosts", { authorization: "Basic eDp5" }, /^Bearer/],
    ["/v1/hosts/h/watch", { authorization: "Bearer wrong" }, /^Bearer/],
  ];
  for (const [path, headers, challenge] of rows) {
    test(`${path} with ${JSON.stringify(headers)} is 401 with WWW-Authenticate`, async () => {
      const reply = await fetch(server.url + path, { headers });
      assert.equal(reply.status, 401);
      assert.match(reply.headers.get("www-authenticate") ?? "", challenge);
    });
  }
  test("what is open is answered without", async () => {
    for (const path of ["/", "/healthz", "/metrics", "/v2.0/openapi.json", "/v1/openapi.json"]) {
      const reply = await fetch(server.url + path);
      assert.equal(reply.status, 200, path);
      await reply.text();
    }
  });
});

describe("the log", () => {
  const lineOf = async (requestId: string | null) => {
    for (let tries = 0; tries < 50; tries++) {
      const line = server.lines.find((each) => each.requestId === requestId);
      if (line) return line;
      await sleep(10);
    }
    return assert.fail(`no line of ${requestId}`);
  };
  const ask = (headers: Record<string, string>, path = "/v2.0/ports") =>
    fetch(server.url + path, { headers: { "x-auth-token": TOKEN, ...headers } });

  test("says who did what, without their token", async () => {
    const reply = await ask({});
    const line = await lineOf(reply.headers.get("x-openstack-request-id"));
    const { user, project, action, method, url, status, from } = line;
    assert.deepEqual(
      { user, project, action, method, url, status, from },
      {
        user: "alice",
        project: "one",
        action: "list port",
        method: "GET",
        url: "/v2.0/ports",
        status: 200,
        from: "127.0.0.1",
      },
    );
    assert.ok(!JSON.stringify(line).includes(TOKEN));
  });
  test("keeps the request id that the client hands on, and answers with its own", async () => {
    const theirs = "req-01234567-89ab-cdef-0123-456789abcdef";
    const reply = await ask({ "X-Openstack-Request-Id": theirs });
    const ours = reply.headers.get("x-openstack-request-id") ?? "";
    assert.match(ours, REQUEST_ID);
    assert.notEqual(ours, theirs);
    assert.equal((await lineOf(ours)).globalRequestId, theirs);
  });
  test("keeps no request id of another form", async () => {
    for (const wrong of ["x", "req-1", "req-01234567-89AB-cdef-0123-456789abcdef", `req-${"0".repeat(400)}`]) {
      const reply = await ask({ "X-Openstack-Request-Id": wrong });
      assert.equal((await lineOf(reply.headers.get("x-openstack-request-id"))).globalRequestId, undefined);
    }
  });
  test("has those who were refused, too", async () => {
    const reply = await ask({ "x-auth-token": "wrong-wrong-wrong" });
    const line = await lineOf(reply.headers.get("x-openstack-request-id"));
    assert.deepEqual([line.status, line.user], [401, undefined]);
  });
  test("has a request whose client did not wait, and says so", async () => {
    const before = server.lines.length;
    const head = `POST /v2.0/networks HTTP/1.1\r\nHost: x\r\n${AUTH}\r\nContent-Length: 100\r\n\r\n{`;
    const socket = connect(server.port, "127.0.0.1");
    socket.write(head);
    await sleep(50);
    socket.destroy();
    for (let tries = 0; tries < 50 && server.lines.length === before; tries++) await sleep(10);
    const line = server.lines[before] ?? assert.fail("no line");
    assert.deepEqual([line.isCutOff, line.user], [true, "alice"]);
  });
  test("has no line of our own failing", () => {
    assert.deepEqual(
      server.lines.filter(({ level }) => Number(level) >= 50),
      [],
    );
  });
});
