/** Hands guests' metadata requests on to Nova, in the name of the port that a connection came from. */
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { Id, Ip, ViewPort } from "../../model/mod.ts";
import type { Log } from "../log.ts";
import { metadataHeaders } from "./headers.ts";

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
  const upstream = { request: library.request, agent };
  const servers: http.Server[] = [];
  for (const { ip, port } of options.sockets) {
    const server = http.createServer({ requestTimeout: TIMEOUT_MS, keepAliveTimeout: 5_000 }, (request, response) => {
      void answer(options, upstream, request, response).then((outcome) => {
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      });
    });
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, ip, resolve));
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

type Upstream = { request: typeof http.request; agent: http.Agent };

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
  const body = await bodyOf(request);
  if (body === undefined) return say(response, 413, "a body of more than 64 KiB");
  const headers = metadataHeaders(request.headers, port, address.includes(":") ? 6 : 4, options.secret);
  try {
    return await handOn(options.url, upstream, { method: request.method, path: request.url, headers, body }, response);
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
  path: string | undefined;
  headers: Record<string, string | string[]>;
  body: Buffer;
}

function handOn(url: string, upstream: Upstream, { method, path, headers, body }: Request, response: ServerResponse) {
  return new Promise<string>((resolve, reject) => {
    const target = new URL(path ?? "/", url);
    const sent = upstream.request(
      target,
      { method, agent: upstream.agent, headers: { ...headers, host: target.host } },
      (reply) => {
        const status = PASSED.has(reply.statusCode ?? 0) ? (reply.statusCode as number) : 500;
        const type = reply.headers["content-type"];
        response.writeHead(status, { ...(type === undefined ? {} : { "content-type": type }) });
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
    sent.on("error", reject).end(body);
  });
}
