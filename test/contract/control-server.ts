/** The control node's whole HTTP side on a socket, with a store in memory: all but etcd and the process. */
import pino from "pino";
import type { Authenticator, QuotaLimits } from "../../api/mod.ts";
import { DEFAULT_QUOTAS } from "../../api/mod.ts";
import { MemoryCache } from "../../control/memory-cache.ts";
import { Metrics } from "../../control/metrics.ts";
import { makeNetworking } from "../../control/networking/mod.ts";
import { ControlServer, type ServerLimits } from "../../control/server.ts";
import { neutronDoor } from "../../proxy/neutron/mod.ts";
import { MemoryStore } from "../../store/memory-store.ts";

export const OPERATOR = "operator-operator-operator";

export interface TestServer {
  url: string;
  port: number;
  /** What the log got, as it is written. */
  lines: Record<string, unknown>[];
  store: MemoryStore;
  close(): Promise<void>;
}

export async function startServer(
  authenticator: Authenticator,
  limits: Partial<ServerLimits> = {},
  quotas: QuotaLimits = DEFAULT_QUOTAS,
): Promise<TestServer> {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "info" }, { write: (text: string) => void lines.push(JSON.parse(text)) });
  const store = new MemoryStore();
  const memory = await MemoryCache.start(store, log);
  const networking = makeNetworking({ store, memory, log, options: { quotas } });
  const server = new ControlServer({
    store,
    memory,
    networking,
    authenticator,
    adminToken: OPERATOR,
    metrics: new Metrics(),
    log,
    doors: [neutronDoor],
    limits,
  });
  const [address] = await server.open([{ host: "127.0.0.1", port: 0 }]);
  const port = address?.port ?? 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    lines,
    store,
    async close() {
      await server.close();
      await memory.close();
      await store.close();
    },
  };
}
