/**
 * Unary gRPC calls over one HTTP/2 connection (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md), for the call that every write
 * waits for: grpc-js, which does the rest, takes 0.1 ms longer for each, a tenth of what the API takes for a small record.
 */

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { createConnection, type Socket } from "node:net";
import { status } from "@grpc/grpc-js";

/** Of a message: one byte that says whether it is compressed, four of its length. */
const PREFIX_LENGTH = 5;
const KEEPALIVE_MS = 7_000;

/** How a call failed; `code` is one of gRPC's. */
export class CallFailure extends Error {
  override readonly name = "CallFailure";
  readonly code: number;
  readonly details: string;

  constructor(code: number, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

export class UnaryCaller {
  readonly #authority: string;
  #session: ClientHttp2Session | undefined;

  /** `endpoint`: host and port; connected to with the first call. */
  constructor(endpoint: string) {
    this.#authority = `http://${endpoint}`;
  }

  /** Sends one message and returns the answer's. @throws CallFailure; what was asked for may have been done or not */
  call(path: string, message: Uint8Array, timeoutMs: number): Promise<Buffer> {
    const session = this.#connected();
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
    });
    const late = setTimeout(() => {
      stream.destroy(new CallFailure(status.DEADLINE_EXCEEDED, `no answer within ${timeoutMs} ms`));
      // Whoever does not answer may be gone without a word, and the next call would wait for him as long.
      this.#drop(session);
    }, timeoutMs);
    const prefix = Buffer.alloc(PREFIX_LENGTH);
    prefix.writeUInt32BE(message.length, 1);
    stream.end(Buffer.concat([prefix, message]));
    return answerOf(stream).finally(() => clearTimeout(late));
  }

  close(): void {
    this.#session?.destroy();
    this.#session = undefined;
  }

  #connected(): ClientHttp2Session {
    if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const session = connect(this.#authority, {
      createConnection: ({ hostname, port }) => open(hostname, Number(port)),
    });
    // Each call's stream is told of it, too; and one that is to go away takes no more of them.
    session.on("error", () => this.#drop(session));
    session.on("goaway", () => this.#drop(session));
    session.on("close", () => this.#drop(session));
    this.#session = session;
    return session;
  }

  #drop(session: ClientHttp2Session): void {
    if (this.#session === session) this.#session = undefined;
    session.close();
  }
}

/** Asks now and then whether the other side is still there: a connection may rest for hours between two writes. */
function open(hostname: string, port: number): Socket {
  const host = hostname.replace(/^\[|\]$/g, "");
  return createConnection({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS });
}

function answerOf(stream: ClientHttp2Stream): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let failure: CallFailure | undefined = new CallFailure(
      status.UNAVAILABLE,
      "the connection ended before the answer",
    );
    // Without a message, what would be in trailers is in the headers.
    const hear = (headers: Record<string, unknown>) => {
      const http = headers[constants.HTTP2_HEADER_STATUS];
      if (http !== undefined && http !== 200) failure = new CallFailure(status.UNKNOWN, `HTTP status ${http}`);
      const code = headers["grpc-status"];
      if (code === undefined) return;
      const details = decoded(String(headers["grpc-message"] ?? ""));
      failure = Number(code) === status.OK ? undefined : new CallFailure(Number(code), details);
    };
    stream.on("response", hear);
    stream.on("trailers", hear);
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("error", (error) => {
      failure = error instanceof CallFailure ? error : new CallFailure(status.UNAVAILABLE, error.message);
    });
    stream.on("close", () => {
      const message = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
      if (failure !== undefined) reject(failure);
      else if (isWhole(message)) resolve(message.subarray(PREFIX_LENGTH));
      else reject(new CallFailure(status.INTERNAL, "the answer is not one plain message"));
    });
  });
}

/** Percent-encoded; what is not is taken as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isWhole(message: Buffer): boolean {
  if (message.length < PREFIX_LENGTH || message[0] !== 0) return false;
  return message.length === PREFIX_LENGTH + message.readUInt32BE(1);
}
