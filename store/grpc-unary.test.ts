import assert from "node:assert/strict";
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { GrpcUnary, UnaryError } from "./grpc-unary.ts";

const TIMES = { connectMs: 1000, requestMs: 5000 };
const PRINTABLE = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join("");

type Answer = (stream: ServerHttp2Stream, message: Buffer) => void;

function message(body: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

function reply(stream: ServerHttp2Stream, bytes: Buffer, trailers: Record<string, string> = { "grpc-status": "0" }) {
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.end(bytes);
}

/** What the server does, by path. */
const ANSWERS: Record<string, Answer> = {
  "/echo": (stream, bytes) => reply(stream, bytes),
  "/refuse": (stream) =>
    stream.respond(
      { ":status": 200, "grpc-status": "14", "grpc-message": encodeURIComponent(PRINTABLE) },
      { endStream: true },
    ),
  "/plain": (stream) =>
    stream.respond(
      { ":status": 200, "grpc-status": "3", "grpc-message": `${PRINTABLE.replace("%", "")}` },
      { endStream: true },
    ),
  "/late": (stream) => reply(stream, message(Buffer.from("then")), { "grpc-status": "8", "grpc-message": "too much" }),
  "/web": (stream) => stream.respond({ ":status": 404 }, { endStream: true }),
  "/reset": (stream) => stream.close(2),
  "/refused": (stream) => stream.close(7),
  "/silent": () => {},
  "/short": (stream) => reply(stream, Buffer.from([0, 0, 0, 0, 9, 1])),
  "/away": (stream, bytes) => {
    stream.session?.close();
    setTimeout(() => reply(stream, bytes), 20);
  },
  "/break": (stream) => stream.session?.destroy(),
};

let server: Http2Server;
let unary: GrpcUnary;
const sessions = new Set<ServerHttp2Session>();
let opened = 0;

before(async () => {
  server = createServer();
  server.on("session", (session) => {
    opened++;
    sessions.add(session);
    session.on("error", () => {});
  });
  server.on("stream", (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => ANSWERS[String(headers[":path"])]?.(stream, Buffer.concat(parts)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  unary = new GrpcUnary(`127.0.0.1:${(server.address() as AddressInfo).port}`);
});

after(() => {
  unary.close();
  for (const session of sessions) session.destroy();
  server.close();
});

const call = (path: string, text: Buffer | string = "", times = TIMES) => unary.call(path, Buffer.from(text), times);

for (const size of [0, 1, 16_384, 65_531, 65_536, 1_000_000, 5_000_000]) {
  test(`a message of ${size} bytes goes and comes back whole`, async () => {
    const bytes = Buffer.alloc(size, "0123456789");
    assert.ok((await call("/echo", bytes)).equals(bytes));
  });
}

test("calls at once share the connection and get their own replies, long and short", async () => {
  const calls = Array.from({ length: 150 }, (_, i) => Buffer.alloc((i % 7) * 30_000 + i, String(i)));
  const replies = await Promise.all(calls.map((bytes) => call("/echo", bytes)));
  for (const [i, bytes] of calls.entries()) assert.ok(replies[i]?.equals(bytes), String(i));
  assert.equal(opened, 1);
});

/** [path, code, details, whether the server may have begun] */
const failures: [string, number, string | RegExp, boolean][] = [
  ["/refuse", 14, PRINTABLE, true],
  ["/plain", 3, PRINTABLE.replace("%", ""), true],
  ["/late", 8, "too much", true],
  ["/web", 2, /status 404/, true],
  ["/reset", 14, /HTTP\/2 error 2/, true],
  ["/refused", 14, /HTTP\/2 error 7/, false],
  ["/short", 13, /cut/, true],
  ["/break", 14, /broke|gave/, true],
];
for (const [path, code, details, isSent] of failures) {
  test(`a call to ${path} fails with ${code}, and the next one goes well`, async () => {
    await assert.rejects(call(path), (error) => {
      assert.ok(error instanceof UnaryError);
      assert.deepEqual([error.code, error.isSent], [code, isSent]);
      if (typeof details === "string") assert.equal(error.details, details);
      else assert.match(error.details, details);
      return true;
    });
    assert.equal(String(await call("/echo", "again")), "again");
  });
}

test("a server that goes away finishes what it has begun; what comes next has a new connection", async () => {
  const before = opened;
  const last = call("/away", "last");
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(String(await call("/echo", "next")), "next");
  assert.equal(String(await last), "last");
  assert.equal(opened, before + 1);
});

test("a call without an answer ends at its deadline; others under way go on, later ones on a new connection", async () => {
  const [before, other] = [opened, call("/silent", "", { connectMs: 1000, requestMs: 400 })];
  await assert.rejects(call("/silent", "", { connectMs: 1000, requestMs: 100 }), { code: 4, isSent: true });
  assert.equal(String(await call("/echo", "next")), "next");
  await assert.rejects(other, { code: 4 });
  assert.equal(opened, before + 1);
});

test("without a server nothing is sent", async () => {
  const nobody = new GrpcUnary("127.0.0.1:1");
  await assert.rejects(nobody.call("/echo", Buffer.alloc(0), TIMES), { name: "UnaryError", code: 14, isSent: false });
  await assert.rejects(nobody.call("/echo", Buffer.alloc(0), TIMES), { isSent: false });
});
