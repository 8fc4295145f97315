/** The control node's HTTP side: one application for the doors, the native API, health and figures. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import Fastify, { type FastifyInstance } from "fastify";
import type { Authenticator, Clusters, Networking } from "../api/mod.ts";
import type { Facts } from "../model/mod.ts";
import type { Store } from "../store/mod.ts";
import { AccessLog } from "./access-log.ts";
import { decodable } from "./decodable.ts";
import { Gateways } from "./gateways/mod.ts";
import { Beats, hostRoutes } from "./hosts/mod.ts";
import { type Address, type ConnectionLimits, Listeners } from "./listeners.ts";
import type { Memory } from "./memory.ts";
import type { Log } from "./memory-cache.ts";
import type { Metrics } from "./metrics.ts";
import { Views } from "./views/mod.ts";

/** What a request and its connection may take of us. */
export interface ServerLimits extends ConnectionLimits {
  readonly bodyBytes: number;
}

const BODY_BYTES = 1024 * 1024;
/** Agents take a stream for dead after three of these went missing (model/view.ts: at least every 15 s). */
const BOOKMARK_MS = 10_000;
const GRACE_MS = 5_000;
/** How long bookmarks wait for the store, which may be away. */
const PATIENCE_MS = 2_000;

/** A foreign API: mounts its routes. */
export type Door = (app: FastifyInstance, parts: DoorParts) => unknown;

export interface DoorParts {
  networking: Networking;
  authenticator: Authenticator;
  /** For the access log: who really asks, and for what. */
  noteCaller: (requestId: string, who: Facts) => void;
}

export interface ServerParts {
  store: Store;
  memory: Memory;
  networking: Networking;
  authenticator: Authenticator;
  adminToken: string | undefined;
  clusters?: Clusters;
  metrics: Metrics;
  log: Log;
  doors: readonly Door[];
  /** The domain of ports' names, with its last dot. */
  dnsDomain?: string;
  limits?: Partial<ServerLimits>;
}

export class ControlServer {
  readonly #parts: ServerParts;
  readonly #views: Views;
  readonly #beats: Beats;
  readonly #gateways: Gateways;
  readonly #accessLog: AccessLog;
  readonly #listeners: Listeners;
  readonly #bookmarks: NodeJS.Timeout;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#views = new Views(parts.memory, parts.dnsDomain);
    this.#listeners = new Listeners(parts.limits);
    this.#beats = new Beats(parts);
    this.#gateways = new Gateways(parts);
    this.#accessLog = new AccessLog(parts.log, parts.metrics);
    parts.metrics.watch(parts.memory, () => this.#views.readers);
    this.#bookmarks = setInterval(() => void this.#tick(), BOOKMARK_MS);
  }

  /**
   * Notes which hosts are there and tells all of them the revision that this made: an agent that knows the latest one
   * needs no whole view of the next control node.
   */
  async #tick(): Promise<void> {
    await Promise.race([this.#beats.tick(), sleep(PATIENCE_MS, undefined, { ref: false })]);
    this.#views.bookmark();
  }

  /** Answers on `addresses`; returns them with the ports that were given for 0. */
  async open(addresses: readonly Address[]): Promise<Address[]> {
    return this.#listen(await this.app(), addresses);
  }

  /** Answers with one door alone on `addresses`: a protocol that expects a port of its own. */
  async openDoor(addresses: readonly Address[], door: Door): Promise<Address[]> {
    const app = this.#newApp();
    await this.#mount(app, door);
    return this.#listen(app, addresses);
  }

  /** The application without a socket, which tests call by inject(). */
  async app(): Promise<FastifyInstance> {
    const app = this.#newApp();
    // A door with a port of its own says this in its own words.
    app.setNotFoundHandler((request, reply) => {
      const message = `There is nothing at ${request.method} ${request.url}.`;
      return reply.code(404).send({ error: { code: "NotFound", message } });
    });
    this.#healthRoutes(app);
    await app.register((scope) =>
      hostRoutes(scope, {
        ...this.#parts,
        views: this.#views,
        beats: this.#beats,
        noteCaller: this.#noteCaller,
      }),
    );
    for (const door of this.#parts.doors) await this.#mount(app, door);
    return app;
  }

  /** Ends the view streams (agents go on, and resume elsewhere), and finishes what is under way. */
  async close(): Promise<void> {
    clearInterval(this.#bookmarks);
    this.#beats.close();
    await this.#gateways.close();
    this.#views.close();
    await this.#listeners.close(GRACE_MS);
  }

  #newApp(): FastifyInstance {
    const app: FastifyInstance = Fastify({
      logger: false,
      bodyLimit: this.#parts.limits?.bodyBytes ?? BODY_BYTES,
      rewriteUrl: ({ url = "/" }) => decodable(url),
      genReqId: () => `req-${randomUUID()}`,
      forceCloseConnections: true,
    });
    this.#accessLog.attach(app);
    app.addHook("onError", async (request, _reply, error) => this.#tellOwn(request.id, error));
    app.addHook("onSend", async (request, reply) => void reply.header("x-openstack-request-id", request.id));
    return app;
  }

  /** What is no fault of the caller's is told here, since the reply tells nothing of it. */
  #tellOwn(requestId: string, error: Error & { status?: number; statusCode?: number }): void {
    const status = error.status ?? error.statusCode ?? 500;
    if (status === 500) this.#parts.log.error({ err: error, requestId }, "request failed");
  }

  readonly #noteCaller = (requestId: string, who: Facts): void => this.#accessLog.note(requestId, who);

  async #mount(app: FastifyInstance, door: Door): Promise<void> {
    const { networking, authenticator } = this.#parts;
    const parts = { networking, authenticator: this.#accessLog.noting(authenticator), noteCaller: this.#noteCaller };
    await app.register(async (scope) => {
      await door(scope, parts);
    });
  }

  async #listen(app: FastifyInstance, addresses: readonly Address[]): Promise<Address[]> {
    await app.ready();
    return this.#listeners.open(addresses, (request, response) => app.server.emit("request", request, response));
  }

  #healthRoutes(app: FastifyInstance): void {
    const { store, memory, metrics } = this.#parts;
    app.get("/healthz", async (_request, reply) => {
      try {
        return { status: "ok", revision: await store.revision(), memory_revision: memory.revision };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return reply.code(503).send({ status: "store unavailable", reason, memory_revision: memory.revision });
      }
    });
    app.get("/metrics", async (_request, reply) => {
      return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
    });
  }
}
