/** HTTP servers on several addresses for one application; fastify by itself listens on one. */
import { createServer, type RequestListener, type Server } from "node:http";
import { isIPv6 } from "node:net";

/** A client gets this long to send a whole request, so that slow ones do not pile up. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than common proxies keep an idle connection, so that it is they who close it. */
const KEEP_ALIVE_MS = 75_000;
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

  /** @throws Error naming the address that cannot be had */
  async open(addresses: readonly Address[], handler: RequestListener): Promise<Address[]> {
    const opened: Address[] = [];
    for (const { host, port } of addresses) {
      const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS }, handler);
      this.#servers.push(server);
      await listen(server, host, port);
      const address = server.address();
      opened.push({ host, port: typeof address === "object" && address !== null ? address.port : port });
    }
    return opened;
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
