import { chmod, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { pipeline, Readable } from "node:stream";

const BODY_LIMIT_BYTES = 1 << 20;

/** sun_path of unix(7), less its final zero. */
const SOCKET_PATH_BYTES = 107;

/** A reply: an object is sent as JSON, a text as it is, texts that come one by one as they come. */
export interface Reply {
  status: number;
  body: object | string | AsyncIterable<string>;
  contentType?: string;
}

const isStream = (body: Reply["body"]): body is AsyncIterable<string> =>
  typeof body === "object" && Symbol.asyncIterator in body;

/** "GET /v1/ports/:id" to what answers it; the parameter is the last part of the path. */
export type Routes = Record<
  string,
  (question: { parameter: string; query: URLSearchParams; body: string }) => Reply | Promise<Reply>
>;

export type Where = { socket: string } | { address: string; port: number };

/** A small HTTP server over exact routes. Closing it cuts idle connections and lets running requests end. */
export async function serve(where: Where, routes: Routes): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(request, routes)
      .catch((error: unknown): Reply => ({ status: 500, body: { error: { message: String(error) } } }))
      .then(({ status, body, contentType }) => {
        if (isStream(body)) return stream(response, status, body, contentType);
        const text = typeof body === "string" ? body : JSON.stringify(body);
        response.writeHead(status, {
          "content-type": contentType ?? (typeof body === "string" ? "text/plain" : "application/json"),
          "content-length": Buffer.byteLength(text),
        });
        response.end(text);
      });
  });
  if ("socket" in where) await listenOnSocket(server, where.socket);
  else await listening(server, () => server.listen(where.port, where.address));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function answer(request: IncomingMessage, routes: Routes): Promise<Reply> {
  const [path = "/", search = ""] = (request.url ?? "/").split("?", 2);
  const parent = path.slice(0, path.lastIndexOf("/"));
  const parameter = path.slice(parent.length + 1);
  const route = routes[`${request.method} ${path}`] ?? routes[`${request.method} ${parent}/:id`];
  if (route === undefined)
    return { status: 404, body: { error: { message: `no such route; there are: ${Object.keys(routes).join(", ")}` } } };
  const body = await readBody(request);
  if (body === undefined) return { status: 413, body: { error: { message: `more than ${BODY_LIMIT_BYTES} bytes` } } };
  return route({ parameter, query: new URLSearchParams(search), body });
}

/** Whoever has gone, or does not read, stops what makes the texts. */
function stream(response: ServerResponse, status: number, body: AsyncIterable<string>, type = "text/plain"): void {
  response.writeHead(status, { "content-type": type });
  pipeline(Readable.from(body), response, () => {});
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    sizeBytes += (chunk as Buffer).length;
    if (sizeBytes <= BODY_LIMIT_BYTES) chunks.push(chunk as Buffer);
  }
  return sizeBytes <= BODY_LIMIT_BYTES ? Buffer.concat(chunks).toString("utf8") : undefined;
}

async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES)
    throw new Error(`the socket path ${path} is longer than ${SOCKET_PATH_BYTES} bytes: give a shorter --state-dir`);
  await refuseSecond(path);
  await rm(path, { force: true });
  await listening(server, () => server.listen(path));
  await chmod(path, 0o600);
}

/** Two agents must not share a state directory. @throws Error when one answers already */
export async function refuseSecond(socket: string): Promise<void> {
  if (await isAnswered(socket))
    throw new Error(`another agent answers on ${socket}: stop it, or give this one another --state-dir`);
}

/** False for a socket that an agent which was killed has left behind. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

function listening(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
    listen();
  });
}
