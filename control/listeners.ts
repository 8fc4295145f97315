/** HTTP servers on several addresses for one application; fastify by itself listens on one. */
import { createServer, type RequestListener, type Server } from "node:http";
import { isIPv6 } from "node:net";

/** What one connection may take of us, so that slow and greedy clients do not pile up. */
export interface ConnectionLimits {
  /** For the request line and headers, from the connection or the end of the request before. */
  readonly headersMs: number;
  /** For a whole request. */
  readonly requestMs: number;
  /** Longer than common proxies keep an idle connection, so that it is they who close it. */
  readonly keepAliveMs: number;
  /** A client that takes nothing of its answer for so long. */
  readonly stalledMs: number;
  /** Of the request line and all headers: a token may have 16 KiB by itself. */
  readonly headerBytes: number;
}

const LIMITS: ConnectionLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 75_000,
  stalledMs: 120_000,
  headerBytes: 64 * 1024,
};

/** How often connections are looked at for those that are too slow. */
const CHECK_MS = 1_000;
/** How often connections that fell idle are closed while stopping. */
const SWEEP_MS = 20;

export interface Address {
  host: string;
  port: number;
}

/** "127.0.0.1:9696", "[::1]:9696", ":9696" for all addresses. @throws RangeError saying what it should be */
export function parseAddress(text: string): Address {
  const [, bracketed, plain = "", port] = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const isGood = port !== undefined && Number(port) <= 65535 && (bracketed === undefined || isIPv6(bracketed));
  if (!isGood) throw new RangeError(`${text} is not ADDRESS:PORT, as 127.0.0.1:9696 or [::1]:9696`);
  return { host: bracketed ?? (plain || "::"), port: Number(port) };
}

export class Listeners {
  readonly #servers: Server[] = [];
  readonly #limits: ConnectionLimits;

  constructor(limits: Partial<ConnectionLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /** @throws Error naming the address that cannot be had */
  async open(addresses: readonly Address[], handler: RequestListener): Promise<Address[]> {
    const opened: Address[] = [];
    for (const { host, port } of addresses) {
      const server = this.#server(handler);
      this.#servers.push(server);
      await listen(server, host, port);
      const address = server.address();
      opened.push({ host, port: typeof address === "object" && address !== null ? address.port : port });
    }
    return opened;
  }

  #server(handler: RequestListener): Server {
    const { headersMs, requestMs, keepAliveMs, stalledMs, headerBytes } = this.#limits;
    const options = {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: headerBytes,
      connectionsCheckingInterval: Math.min(CHECK_MS, headersMs / 2),
    };
    const server = createServer(options, handler);
    server.setTimeout(stalledMs);
    return server;
  }

  /** Takes no more requests; waits for those under way, but not longer than `graceMs`. */
  async close(graceMs: number): Promise<void> {
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    // Again and again: a connection kept alive becomes idle only when its last reply is out.
    const closeIdle = () => {
      for (const server of this.#servers) server.closeIdleConnections();
    };
    closeIdle();
    const sweep = setInterval(closeIdle, SWEEP_MS);
    const timer = setTimeout(() => {
      for (const server of this.#servers) server.closeAllConnections();
    }, graceMs);
    await Promise.all(closed);
    clearInterval(sweep);
    clearTimeout(timer);
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(new Error(`cannot listen on ${host} port ${port}: ${error.message}`)));
    server.listen({ host, port }, resolve);
  });
}
