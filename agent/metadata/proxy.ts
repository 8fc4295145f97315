/** Hands guests' metadata requests on to Nova, in the name of the port that a connection came from. */
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { Id, Ip, ViewPort } from "../../model/mod.ts";
import type { Log } from "../log.ts";
import { metadataHeaders, signatureOf } from "./headers.ts";

export interface MetadataOptions {
  /** Nova's metadata API, as http://controller:8775 */
  url: string;
  /** metadata_proxy_shared_secret of Nova's [neutron]. */
  secret: string;
  sockets: readonly { ip: Ip; port: number }[];
  /** Whose connection one from this address is. */
  clientOf(address: Ip): Id | undefined;
  portOf(id: Id): ViewPort | undefined;
  log: Log;
}

const BODY_LIMIT_BYTES = 64 * 1024;
/** Connections not taken yet: those of a rack of guests that boot at once. The kernel's somaxconn bounds it. */
const BACKLOG = 4096;
/** As Neutron's proxy (neutron/agent/metadata/agent.py). */
const TIMEOUT_MS = 60_000;
/** What Neutron's proxy hands back as it is; anything else of Nova's is a failure of Nova's. */
const PASSED = new Set([200, 400, 403, 404, 409, 500, 502, 503, 504]);

/** By outcome, for the agent's figures. */
export type Outcomes = Map<string, number>;

export interface Metadata {
  readonly outcomes: Outcomes;
  close(): Promise<void>;
}

/** @throws Error EADDRINUSE and the like, when a socket cannot be had */
export async function startMetadata(options: MetadataOptions): Promise<Metadata> {
  const outcomes: Outcomes = new Map();
  const isTls = options.url.startsWith("https:");
  // TLS costs memory, so it is loaded only when used.
  const library = isTls ? ((await import("node:https")) as unknown as typeof http) : http;
  const agent = new library.Agent({ keepAlive: true, maxSockets: 256 });
  const { hostname, port: novaPort, host } = new URL(options.url);
  const upstream = {
    request: library.request,
    to: { agent, hostname: hostname.replace(/^\[(.*)\]$/, "$1"), port: novaPort || (isTls ? 443 : 80) },
    host,
    signature: signatures(options.secret),
  };
  const servers: http.Server[] = [];
  for (const { ip, port } of options.sockets) {
    const server = http.createServer({ requestTimeout: TIMEOUT_MS, keepAliveTimeout: 5_000 }, (request, response) => {
      void answer(options, upstream, request, response).then((outcome) => {
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      });
    });
    await new Promise<void>((resolve, reject) =>
      server.once("error", reject).listen({ port, host: ip, backlog: BACKLOG }, resolve),
    );
    servers.push(server);
  }
  return {
    outcomes,
    async close() {
      agent.destroy();
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

interface Upstream {
  request: typeof http.request;
  to: { agent: http.Agent | false; hostname: string; port: string | number };
  /** For the Host header. */
  host: string;
  signature(instanceId: string): string;
}

/** Signatures by instance, made once: a guest asks some dozens of times while it boots. */
function signatures(secret: string): (instanceId: string) => string {
  const MOST = 4096;
  const known = new Map<string, string>();
  return (instanceId) => {
    const found = known.get(instanceId);
    if (found !== undefined) return found;
    if (known.size >= MOST) known.clear();
    const made = signatureOf(secret, instanceId);
    known.set(instanceId, made);
    return made;
  };
}

/**
 * What is asked of Nova, and of no other: a guest may write a whole URL (RFC 9112 section 3.2.2), or begin its path with
 * two slashes, which in a URL is the name of a host.
 */
function pathOf(target: string): string | undefined {
  if (target.startsWith("/")) return target;
  const absolute = /^https?:\/\/[^/?#]*([^#]*)/i.exec(target)?.[1];
  return absolute === undefined || absolute.startsWith("/") ? absolute : `/${absolute}`;
}

/** Returns what came of it. */
async function answer(
  options: MetadataOptions,
  upstream: Upstream,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const address = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "") as Ip;
  const id = options.clientOf(address);
  const port = id === undefined ? undefined : options.portOf(id);
  if (port === undefined || port.deviceId === "") return say(response, 404, "unknown guest");
  const path = pathOf(request.url ?? "");
  if (path === undefined) return say(response, 400, "no path of this server");
  const body = hasBody(request) ? await bodyOf(request) : NO_BODY;
  if (body === undefined) return say(response, 413, "a body of more than 64 KiB");
  const headers = metadataHeaders(request.headers, port, address.includes(":") ? 6 : 4, upstream.signature);
  try {
    return await handOnTwice(upstream, { method: request.method, path, headers, body }, response);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    options.log.warn({ port: port.id, reason: message }, "metadata: Nova did not answer");
    if (response.headersSent) {
      response.destroy();
      return "broken off";
    }
    return code === "ETIMEDOUT" ? say(response, 504, "Nova is late") : say(response, 503, "Nova is away");
  }
}

function say(response: ServerResponse, status: number, text: string): string {
  response.writeHead(status, { "content-type": "text/plain" }).end(`${text}\n`);
  return text;
}

const NO_BODY = Buffer.alloc(0);
const hasBody = ({ headers }: IncomingMessage) =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

interface Request {
  method: string | undefined;
  path: string;
  headers: Record<string, string | string[]>;
  body: Buffer;
}

/**
 * A kept connection that Nova closed at the very moment it was used anew says nothing of Nova: it is asked again, on
 * another one; if it only reads, since nobody knows what became of a request that does more (RFC 9110 section 9.2.2).
 */
async function handOnTwice(upstream: Upstream, request: Request, response: ServerResponse): Promise<string> {
  try {
    return await handOn(upstream, request, response);
  } catch (error) {
    const { code, wasKept } = error as NodeJS.ErrnoException & { wasKept?: boolean };
    const isReading = request.method === "GET" || request.method === "HEAD";
    if (code !== "ECONNRESET" || !wasKept || !isReading || response.headersSent) throw error;
    return await handOn({ ...upstream, to: { ...upstream.to, agent: false } }, request, response);
  }
}

function handOn(upstream: Upstream, { method, path, headers, body }: Request, response: ServerResponse) {
  return new Promise<string>((resolve, reject) => {
    const sent = upstream.request(
      { ...upstream.to, method, path, headers: { ...headers, host: upstream.host } },
      (reply) => {
        const status = PASSED.has(reply.statusCode ?? 0) ? (reply.statusCode as number) : 500;
        const told: Record<string, string> = {};
        for (const name of ["content-type", "content-length"]) {
          const value = reply.headers[name];
          if (typeof value === "string") told[name] = value;
        }
        response.writeHead(status, told);
        reply
          .on("error", reject)
          .pipe(response)
          .on("finish", () => resolve(String(status)))
          .on("close", () => resolve("left"));
      },
    );
    sent.setTimeout(TIMEOUT_MS, () =>
      sent.destroy(Object.assign(new Error("no answer in 60 s"), { code: "ETIMEDOUT" })),
    );
    sent.on("error", (error) => reject(Object.assign(error, { wasKept: sent.reusedSocket }))).end(body);
  });
}
