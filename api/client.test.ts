import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { afterEach, describe, it } from "node:test";
import type { ViewMessage } from "../model/mod.ts";
import { ControlFailure, HostClient } from "./client.ts";
import { lines } from "./lines.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

async function serve(handler: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  open.push({ close: () => void server.close().closeAllConnections() });
  return { server, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}` };
}
function clientOf(...urls: string[]): HostClient {
  const client = new HostClient({ urls, host: "h 1", token: "secret" });
  open.push(client);
  return client;
}
const never = new AbortController().signal;
const status = { revision: 1, ports: {} };
const bodyOf = async (request: IncomingMessage) => (await request.toArray()).join("");
const refuse = (code: number, message: string) => (_: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(code).end(JSON.stringify({ error: { code: "X", message } }));

describe("lines of a stream", () => {
  const rows: [string, (string | Buffer)[], string[]][] = [
    ["one a piece", ["a\n", "b\n"], ["a", "b"]],
    ["several a piece", ["a\nb\nc\n"], ["a", "b", "c"]],
    ["cut anywhere", ["a", "b\nc", "\n"], ["ab", "c"]],
    ["cut within a character", [Buffer.from("ü\n").subarray(0, 1), Buffer.from("ü\n").subarray(1)], ["ü"]],
    ["with an unfinished end", ["a\nrest"], ["a"]],
    ["none", [], []],
  ];
  for (const [name, pieces, expected] of rows) {
    it(name, async () => {
      const seen: string[] = [];
      const buffers = pieces.map((piece) => Buffer.from(piece));
      for await (const piece of lines(Readable.from(buffers, { objectMode: false }))) seen.push(...piece);
      assert.deepEqual(seen, expected);
    });
  }
});

describe("the agent's client", () => {
  it("sends token, path and query, and hands over each message", async () => {
    const asked: string[] = [];
    const { url } = await serve((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.write('{"type":"snapshot"}\n{"type":"syn');
      setTimeout(() => response.end('ced","revision":7}\n'), 10);
    });
    const seen: ViewMessage[] = [];
    assert.equal(await clientOf(url).watch(5, (message) => seen.push(message), never), "ended");
    assert.deepEqual(asked, ["GET /v1/hosts/h%201/watch?since=5 Bearer secret"]);
    assert.deepEqual(seen, [{ type: "snapshot" }, { type: "synced", revision: 7 }]);
  });

  it("410 is too old; another status is a failure with the control node's words", async () => {
    const old = await serve(refuse(410, "gone"));
    assert.equal(await clientOf(old.url).watch(5, () => {}, never), "too-old");
    const wrong = await serve(refuse(401, "who are you?"));
    await assert.rejects(
      clientOf(wrong.url).watch(5, () => {}, never),
      { status: 401, message: "who are you?" },
    );
  });

  it("a stream that is cut is a failure, and the next one goes to the next control node", async () => {
    const cut = await serve((_request, response) => {
      response.write('{"type":"snapshot"}\n');
      setTimeout(() => response.destroy(), 10);
    });
    const whole = await serve((_request, response) => void response.end('{"type":"synced","revision":1}\n'));
    const client = clientOf(cut.url, whole.url);
    const seen: ViewMessage[] = [];
    await assert.rejects(
      client.watch(undefined, (message) => seen.push(message), never),
      { status: 0 },
    );
    assert.equal(await client.watch(undefined, (message) => seen.push(message), never), "ended");
    assert.deepEqual(
      seen.map(({ type }) => type),
      ["snapshot", "synced"],
    );
  });

  it("an aborted watch ends without a failure", async () => {
    const { url } = await serve((_request, response) => void response.write('{"type":"snapshot"}\n'));
    const stop = new AbortController();
    assert.equal(await clientOf(url).watch(undefined, () => stop.abort(), stop.signal), "ended");
  });

  const failing: [string, RequestListener | undefined][] = [
    ["is not there", undefined],
    ["closes the connection", (request) => void request.socket.destroy()],
    ["cannot just now", refuse(503, "later")],
  ];
  for (const [what, handler] of failing) {
    it(`a request goes to the next control node when one ${what}, and stays there`, async () => {
      const first = await serve(handler ?? refuse(500, ""));
      if (handler === undefined) await new Promise((resolve) => first.server.close(resolve));
      const bodies: string[] = [];
      const second = await serve(async (request, response) => {
        bodies.push(`${request.method} ${request.url} ${await bodyOf(request)}`);
        response.writeHead(204).end();
      });
      const client = clientOf(first.url, second.url);
      await client.report(status);
      await client.report(status);
      assert.deepEqual(bodies, Array(2).fill(`PUT /v1/hosts/h%201/status ${JSON.stringify(status)}`));
    });
  }

  it("a node without a token, or with one that is not taken, gets another for its pod's, once for all calls", async () => {
    const asked: string[] = [];
    const kept: string[] = [];
    const good = new Set(["host-token-2"]);
    const { url } = await serve(async (request, response) => {
      const bearer = request.headers.authorization?.slice(7) ?? "";
      asked.push(`${request.method} ${bearer} ${await bodyOf(request)}`);
      const isRenewal = request.url?.endsWith("/token");
      if (isRenewal) response.end(JSON.stringify({ token: `host-token-${kept.length + 1}` }));
      else if (good.has(bearer)) response.writeHead(204).end();
      else refuse(401, "who are you?")(request, response);
    });
    const node = { serviceAccountToken: () => "pod's", cluster: "c", keep: (token: string) => void kept.push(token) };
    const client = new HostClient({ urls: [url], host: "n1", token: undefined, node });
    open.push(client);
    await Promise.all([client.report(status), client.report(status)]);
    assert.deepEqual(kept, ["host-token-1", "host-token-2"]);
    const renewals = asked.filter((line) => line.startsWith("POST"));
    assert.deepEqual(renewals, Array(2).fill(`POST pod's ${JSON.stringify({ kubernetes_cluster: "c" })}`));
    good.clear();
    await assert.rejects(client.report(status), { status: 401 });
    assert.equal(kept.length, 3, "one try for each refusal");
  });

  it("a refusal is not repeated", async () => {
    let asked = 0;
    const { url } = await serve((request, response) => {
      asked++;
      refuse(403, "no")(request, response);
    });
    await assert.rejects(clientOf(url, url).report(status), { status: 403, message: "no", isTemporary: false });
    assert.equal(asked, 1);
  });

  it("when none answers, the failure is temporary and says where", async () => {
    const { server, url } = await serve(() => {});
    await new Promise((resolve) => server.close(resolve));
    await assert.rejects(clientOf(url).report(status), (error: ControlFailure) => {
      assert.ok(error instanceof ControlFailure && error.isTemporary && error.message.includes(url));
      return true;
    });
  });

  it("uses a connection again, and survives its being closed while idle", async () => {
    const sockets = new Set<unknown>();
    const { url, server } = await serve(async (request, response) => {
      sockets.add(request.socket);
      await bodyOf(request);
      response.writeHead(204).end();
    });
    const client = clientOf(url);
    await client.report(status);
    await client.report(status);
    assert.equal(sockets.size, 1);
    server.closeAllConnections();
    await client.report(status);
    assert.equal(sockets.size, 2);
  });

  it("creates a container's port and deletes it; one that is gone is deleted", async () => {
    const { url } = await serve(async (request, response) => {
      if (request.method === "DELETE") return refuse(404, "gone")(request, response);
      response.writeHead(201).end(JSON.stringify({ id: "p", ...JSON.parse(await bodyOf(request)) }));
    });
    const wish = { network_id: "n", container_id: "c", interface_name: "eth0" };
    assert.deepEqual(await clientOf(url).createPort(wish), { id: "p", ...wish });
    await clientOf(url).deletePort("p");
  });

  it("asks for a base path too, and refuses what is no URL", async () => {
    const paths: (string | undefined)[] = [];
    const { url } = await serve((request, response) => {
      paths.push(request.url);
      response.writeHead(204).end();
    });
    await clientOf(`${url}/cable/`).report(status);
    assert.deepEqual(paths, ["/cable/v1/hosts/h%201/status"]);
    assert.throws(() => clientOf("no url"), TypeError);
    assert.throws(() => clientOf(), TypeError);
  });
});
