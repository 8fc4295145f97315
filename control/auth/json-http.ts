/** JSON over HTTP to one server, on connections that are kept: a request costs no new one. */
import http, { type IncomingMessage } from "node:http";
import https from "node:https";

export interface TlsOptions {
  /** Certificates of authorities, PEM; the system's without. */
  ca?: string;
  /** Takes any certificate. */
  insecure?: boolean;
}

export interface JsonReply {
  status: number;
  /** Empty where there is none. */
  header(name: string): string;
  /** Undefined where the body is no JSON. */
  body: unknown;
}

export interface JsonRequest {
  method: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  body?: object;
}

const CONNECTIONS = 16;
const TIMEOUT_MS = 10_000;
const REPLY_LIMIT_BYTES = 1024 * 1024;

export class JsonHttp {
  readonly #agents: { http: http.Agent; https: https.Agent };

  constructor({ ca, insecure = false }: TlsOptions) {
    const kept = { keepAlive: true, maxSockets: CONNECTIONS };
    const tls = { rejectUnauthorized: !insecure, ...(ca === undefined ? {} : { ca }) };
    this.#agents = { http: new http.Agent(kept), https: new https.Agent({ ...kept, ...tls }) };
  }

  /** Breaks off what is under way. */
  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  /** @throws Error about the connection, in whose text is nothing of the request but the server's address */
  async request(request: JsonRequest): Promise<JsonReply> {
    try {
      return await this.#once(request);
    } catch (error) {
      // The server may close a kept connection at the very moment we use it: nothing is wrong with either.
      if (!(error instanceof StaleConnection)) throw error;
      return await this.#once(request);
    }
  }

  #once({ method, url, headers, body }: JsonRequest): Promise<JsonReply> {
    const isTls = url.startsWith("https:");
    const agent = isTls ? this.#agents.https : this.#agents.http;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const all = {
      accept: "application/json",
      ...headers,
      ...(text === undefined
        ? {}
        : { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) }),
    };
    return new Promise((resolve, reject) => {
      const sent = (isTls ? https : http).request(url, { method, headers: all, agent });
      const timer = setTimeout(() => sent.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
      const fail = (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        const isStale = sent.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
        reject(isStale ? new StaleConnection(error.message) : error);
      };
      sent.on("error", fail);
      sent.on("response", (reply) => {
        readJson(reply).then((json) => {
          clearTimeout(timer);
          resolve({ status: reply.statusCode ?? 0, header: (name) => String(reply.headers[name] ?? ""), body: json });
        }, fail);
      });
      sent.end(text);
    });
  }
}

class StaleConnection extends Error {}

async function readJson(reply: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > REPLY_LIMIT_BYTES) throw new Error(`an answer of more than ${REPLY_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return undefined;
  }
}
