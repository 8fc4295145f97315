/** Calls against a server that answers in every way gRPC knows, and in some that it does not. */
import assert from "node:assert/strict";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { after, describe, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { CallFailure, UnaryCaller } from "./unary-call.ts";

const framed = (text: string, { compressed = 0, more = 0 } = {}) => {
  const head = Buffer.alloc(5);
  head[0] = compressed;
  head.writeUInt32BE(Buffer.byteLength(text) + more, 1);
  return Buffer.concat([head, Buffer.from(text)]);
};

/** Answers with these bytes, in parts, and closes with trailers. */
function answer(stream: ServerHttp2Stream, parts: Buffer[], trailers: Record<string, string>): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  for (const part of parts) stream.write(part);
  stream.end();
}
const fine = { "grpc-status": "0" };

const WAYS: Record<string, (stream: ServerHttp2Stream, asked: Buffer) => void> = {
  "/echo": (stream, asked) => answer(stream, [asked], fine),
  "/in-parts": (stream, asked) => answer(stream, [asked.subarray(0, 3), asked.subarray(3, 8), asked.subarray(8)], fine),
  "/refused": (stream) => {
    stream.respond({ ":status": 200, "grpc-status": "3", "grpc-message": "duplicate%20key" }, { endStream: true });
  },
  "/refused-late": (stream) => answer(stream, [], { "grpc-status": "14", "grpc-message": "no leader, 100%" }),
  "/no-grpc": (stream) => stream.respond({ ":status": 404 }, { endStream: true }),
  "/nothing": (stream) => answer(stream, [], fine),
  "/compressed": (stream) => answer(stream, [framed("x", { compressed: 1 })], fine),
  "/cut-short": (stream) => answer(stream, [framed("x", { more: 1 })], fine),
  "/reset": (stream) => stream.close(2),
  "/cut-off": (stream) => stream.session?.destroy(),
  "/silence": () => {},
};

describe("a unary call", async () => {
  let sessions = 0;
  const server = createServer();
  server.on("session", () => sessions++);
  server.on("stream", (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => WAYS[String(headers[":path"])]?.(stream, Buffer.concat(parts)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const caller = new UnaryCaller(endpoint);
  const call = async (path: string, timeoutMs = 20_000) =>
    (await caller.call(path, Buffer.from("question"), timeoutMs)).toString();
  after(() => {
    caller.close();
    server.close();
  });

  test("gets the message, whole or in parts, large or small, and many at once over one connection", async () => {
    assert.deepEqual(
      await Promise.all(["/echo", "/in-parts", "/echo"].map((path) => call(path))),
      Array(3).fill("question"),
    );
    const large = Buffer.alloc(300_000, "large");
    assert.ok(large.equals(await caller.call("/echo", large, 20_000)));
    assert.equal(sessions, 1);
  });

  const rows: [string, number, RegExp][] = [
    ["/refused", status.INVALID_ARGUMENT, /^duplicate key$/],
    ["/refused-late", status.UNAVAILABLE, /^no leader, 100%$/],
    ["/no-grpc", status.UNKNOWN, /404/],
    ["/nothing", status.INTERNAL, /not one plain message/],
    ["/compressed", status.INTERNAL, /not one plain message/],
    ["/cut-short", status.INTERNAL, /not one plain message/],
    ["/reset", status.UNAVAILABLE, /./],
    ["/cut-off", status.UNAVAILABLE, /./],
  ];
  for (const [path, code, details] of rows)
    test(`answered by ${path.slice(1)} fails with code ${code}, and the next one works`, async () => {
      await assert.rejects(call(path), (error) => {
        assert.ok(error instanceof CallFailure);
        assert.equal(error.code, code);
        assert.match(error.details, details);
        return true;
      });
      assert.equal(await call("/echo"), "question");
    });

  test("that is not answered in time fails, and the next one takes another connection", async () => {
    const before = sessions;
    await assert.rejects(call("/silence", 20), { code: status.DEADLINE_EXCEEDED });
    assert.equal(await call("/echo"), "question");
    assert.equal(sessions, before + 1);
  });

  test("to where nobody listens fails, and closing ends what is under way", async () => {
    await assert.rejects(new UnaryCaller("127.0.0.1:1").call("/echo", Buffer.alloc(0), 20_000), {
      code: status.UNAVAILABLE,
    });
    const other = new UnaryCaller(endpoint);
    const silent = other.call("/silence", Buffer.alloc(0), 20_000);
    other.close();
    await assert.rejects(silent, CallFailure);
  });
});
