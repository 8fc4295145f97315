/** gRPC's unary calls to one server, on a connection that is made when needed and again when it broke. */
import { encodeHeaders } from "./hpack.ts";
import { CallBroken, Http2Connection, type Reply } from "./http2-connection.ts";

/** gRPC's status codes that this side gives by itself (grpc/grpc doc/statuscodes.md). */
const CODE = { unknown: 2, deadlineExceeded: 4, internal: 13, unavailable: 14 };
const MESSAGE_PREFIX = 5;

/** A call that failed: with the server's status, or with the one that its failing amounts to. */
export class UnaryError extends Error {
  override readonly name = "UnaryError";
  readonly code: number;
  readonly details: string;
  /** False when the server has certainly not begun with it. */
  readonly isSent: boolean;
  constructor(code: number, details: string, isSent: boolean) {
    super(`${code}: ${details}`);
    this.code = code;
    this.details = details;
    this.isSent = isSent;
  }
}

export class GrpcUnary {
  readonly #endpoint: string;
  readonly #host: string;
  readonly #port: number;
  readonly #headers = new Map<string, Buffer>();
  #connection: Http2Connection | undefined;

  /** `endpoint` is host:port, an IPv6 address in brackets. */
  constructor(endpoint: string) {
    const { hostname, port } = new URL(`http://${endpoint}`);
    this.#endpoint = endpoint;
    this.#host = hostname.replace(/^\[|\]$/g, "");
    this.#port = Number(port || 80);
  }

  /** The reply's message. @throws UnaryError */
  async call(path: string, message: Uint8Array, times: { connectMs: number; requestMs: number }): Promise<Buffer> {
    const connection = await this.#open(times.connectMs);
    const { reply, cancel } = connection.call(this.#headersOf(path), prefixed(message));
    const timer = setTimeout(() => {
      cancel();
      // Nothing is known of a server that does not answer: the next call finds out whether it takes a connection.
      if (this.#connection === connection) this.reset();
      late(new UnaryError(CODE.deadlineExceeded, `no answer within ${times.requestMs} ms`, true));
    }, times.requestMs);
    let late: (error: UnaryError) => void = () => {};
    const deadline = new Promise<never>((_, reject) => {
      late = reject;
    });
    try {
      return messageOf(await Promise.race([reply, deadline]));
    } catch (error) {
      if (!(error instanceof CallBroken)) throw error;
      throw new UnaryError(CODE.unavailable, error.message, error.isSent);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The next call makes a connection of its own; those under way go on. */
  reset(): void {
    this.#connection?.retire();
    this.#connection = undefined;
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #open(connectMs: number): Promise<Http2Connection> {
    let connection = this.#connection;
    if (connection === undefined || connection.isOver || connection.isFull) {
      connection?.retire();
      connection = new Http2Connection(this.#host, this.#port);
      this.#connection = connection;
    } else if (connection.isReady) return connection;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new CallBroken(`no connection within ${connectMs} ms`, false)), connectMs);
    try {
      await Promise.race([connection.ready, late]);
      return connection;
    } catch (error) {
      connection.close();
      throw new UnaryError(CODE.unavailable, (error as Error).message, false);
    } finally {
      clearTimeout(timer);
    }
  }

  #headersOf(path: string): Buffer {
    let headers = this.#headers.get(path);
    if (headers === undefined) {
      headers = encodeHeaders([
        [":method", "POST"],
        [":scheme", "http"],
        [":path", path],
        [":authority", this.#endpoint],
        ["content-type", "application/grpc"],
        ["te", "trailers"],
      ]);
      this.#headers.set(path, headers);
    }
    return headers;
  }
}

function prefixed(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(MESSAGE_PREFIX + message.length);
  bytes[0] = 0; // not compressed
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, MESSAGE_PREFIX);
  return bytes;
}

function messageOf({ headers, data }: Reply): Buffer {
  const status = headers.get("grpc-status");
  if (status === undefined) {
    const http = headers.get(":status") ?? "none";
    throw new UnaryError(CODE.unknown, `an answer that is not gRPC's, with the HTTP status ${http}`, true);
  }
  if (status !== "0") throw new UnaryError(Number(status), percentDecoded(headers.get("grpc-message") ?? ""), true);
  if (data.length < MESSAGE_PREFIX || data[0] !== 0 || data.readUInt32BE(1) !== data.length - MESSAGE_PREFIX) {
    throw new UnaryError(CODE.internal, "an answer that is cut, compressed or more than one", true);
  }
  return data.subarray(MESSAGE_PREFIX);
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
