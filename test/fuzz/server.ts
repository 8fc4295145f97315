/** The control node's application without sockets, on a store in memory that tells what is written. */
import type { FastifyInstance } from "fastify";
import pino from "pino";
import { DEFAULT_QUOTAS, type QuotaLimits } from "../../api/mod.ts";
import { MemoryCache } from "../../control/memory-cache.ts";
import { Metrics } from "../../control/metrics.ts";
import { makeNetworking } from "../../control/networking/mod.ts";
import { ControlServer } from "../../control/server.ts";
import { neutronDoor } from "../../proxy/neutron/mod.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import type { Commit, Transaction } from "../../store/mod.ts";
import { authenticator } from "./callers.ts";
import type { Answer } from "./checks.ts";
import { addHosts, OPERATOR } from "./hosts.ts";
import type { Asked, Target } from "./run.ts";

class WatchedStore extends MemoryStore {
  readonly written: Transaction[] = [];

  override async commit(transaction: Transaction): Promise<Commit> {
    const commit = await super.commit(transaction);
    if (commit.ok) this.written.push(transaction);
    return commit;
  }
}

export interface Server extends Target {
  readonly written: Transaction[];
  readonly app: FastifyInstance;
  /** What was logged as a failure of ours. */
  readonly failures: string[];
  close(): Promise<void>;
}

/** `quotas` without: Neutron's own. */
export async function startServer(quotas: QuotaLimits = DEFAULT_QUOTAS): Promise<Server> {
  const failures: string[] = [];
  const log = pino({ level: "error" }, { write: (line: string) => void failures.push(line) });
  const store = new WatchedStore();
  const memory = await MemoryCache.start(store, log);
  const networking = makeNetworking({ store, memory, log, options: { quotas } });
  const metrics = new Metrics();
  const parts = { store, memory, networking, authenticator, adminToken: OPERATOR, metrics, log };
  const server = new ControlServer({ ...parts, doors: [neutronDoor] });
  const app = await server.app();
  await addHosts(async (method, url, token, payload) => {
    const reply = await app.inject({ method, url, headers: { authorization: `Bearer ${token}` }, payload });
    return { status: reply.statusCode, text: reply.payload };
  });
  return {
    store,
    written: store.written,
    app,
    failures,
    ask: async ({ asker, method, url, body, headers }: Asked): Promise<Answer> => {
      const payload = body === undefined ? {} : { payload: typeof body === "string" ? body : JSON.stringify(body) };
      const reply = await app.inject({
        method: method as "GET",
        url,
        headers: { "x-auth-token": asker.token, ...headers },
        ...payload,
      });
      const isJson = reply.payload !== "" && String(reply.headers["content-type"]).startsWith("application/json");
      return { status: reply.statusCode, text: reply.payload, body: isJson ? reply.json() : undefined };
    },
    close: async () => {
      await app.close();
      await server.close();
      await memory.close();
      await store.close();
    },
  };
}
