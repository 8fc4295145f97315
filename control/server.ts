/** The control node's HTTP side: one application for the doors, the native API, health and figures. */
import { randomUUID } from "node:crypto";
import Fastify, { type FastifyInstance } from "fastify";
import type { Authenticator, Networking } from "../api/mod.ts";
import type { Store } from "../store/mod.ts";
import { AccessLog } from "./access-log.ts";
import { Beats, hostRoutes } from "./hosts/mod.ts";
import { type Address, Listeners } from "./listeners.ts";
import type { Memory } from "./memory.ts";
import type { Log } from "./memory-cache.ts";
import type { Metrics } from "./metrics.ts";
import { Views } from "./views/mod.ts";

const BODY_LIMIT_BYTES = 1024 * 1024;
/** Agents take a stream for dead after three of these went missing (model/view.ts: at least every 15 s). */
const BOOKMARK_MS = 10_000;
const GRACE_MS = 5_000;

/** A foreign API: mounts its routes. */
export type Door = (app: FastifyInstance, parts: { networking: Networking; authenticator: Authenticator }) => unknown;

export interface ServerParts {
  store: Store;
  memory: Memory;
  networking: Networking;
  authenticator: Authenticator;
  adminToken: string | undefined;
  metrics: Metrics;
  log: Log;
  doors: readonly Door[];
}

export class ControlServer {
  readonly #parts: ServerParts;
  readonly #views: Views;
  readonly #beats: Beats;
  readonly #listeners = new Listeners();
  readonly #bookmarks: NodeJS.Timeout;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#views = new Views(parts.memory);
    this.#beats = new Beats(parts);
    parts.metrics.watch(parts.memory, () => this.#views.readers);
    this.#bookmarks = setInterval(() => this.#views.bookmark(), BOOKMARK_MS);
  }

  /** Answers on `addresses`; returns them with the ports that were given for 0. */
  async open(addresses: readonly Address[]): Promise<Address[]> {
    const app = await this.app();
    await app.ready();
    return this.#listeners.open(addresses, (request, response) => app.server.emit("request", request, response));
  }

  /** The application without a socket, which tests call by inject(). */
  async app(): Promise<FastifyInstance> {
    const { networking, authenticator, metrics, log, doors } = this.#parts;
    const app: FastifyInstance = Fastify({
      logger: false,
      bodyLimit: BODY_LIMIT_BYTES,
      genReqId: () => `req-${randomUUID()}`,
      forceCloseConnections: true,
    });
    const accessLog = new AccessLog(log, metrics);
    accessLog.attach(app);
    app.addHook("onSend", async (request, reply) => void reply.header("x-openstack-request-id", request.id));
    this.#healthRoutes(app);
    await app.register((scope) =>
      hostRoutes(scope, {
        ...this.#parts,
        views: this.#views,
        beats: this.#beats,
        noteCaller: (id, who) => accessLog.note(id, who),
      }),
    );
    for (const door of doors) {
      await app.register(async (scope) => {
        await door(scope, { networking, authenticator: accessLog.noting(authenticator) });
      });
    }
    return app;
  }

  /** Ends the view streams (agents go on, and resume elsewhere), and finishes what is under way. */
  async close(): Promise<void> {
    clearInterval(this.#bookmarks);
    this.#beats.close();
    this.#views.close();
    await this.#listeners.close(GRACE_MS);
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
