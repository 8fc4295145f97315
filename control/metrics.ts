/** The control node's figures for Prometheus. */
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Store } from "../store/mod.ts";
import { KINDS } from "./decode.ts";
import type { Memory } from "./memory.ts";

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Histogram<"method" | "route" | "status">;
  readonly #store: Histogram<"operation" | "outcome">;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#requests = new Histogram({
      name: "cable_http_request_seconds",
      help: "Time from a request to the end of its reply, by route",
      labelNames: ["method", "route", "status"],
      buckets: SECONDS,
      registers,
    });
    this.#store = new Histogram({
      name: "cable_store_request_seconds",
      help: "Time of a request to the store; outcome is ok, conflict (a guard did not hold) or the error's name",
      labelNames: ["operation", "outcome"],
      buckets: SECONDS,
      registers,
    });
  }

  request(method: string, route: string, status: number, seconds: number): void {
    this.#requests.observe({ method, route, status }, seconds);
  }

  /** Gauges that are read when asked for. */
  watch(memory: Memory, streams: () => number): void {
    const registers = [this.registry];
    new Gauge({
      name: "cable_records",
      help: "Records in memory, by kind",
      labelNames: ["kind"],
      registers,
      collect() {
        for (const kind of KINDS) this.set({ kind }, memory.count(kind));
      },
    });
    new Gauge({
      name: "cable_revision",
      help: "The store's revision that memory has reached",
      registers,
      collect() {
        this.set(memory.revision);
      },
    });
    new Gauge({
      name: "cable_view_streams",
      help: "Open view streams of agents",
      registers,
      collect() {
        this.set(streams());
      },
    });
  }

  /** The same store with every request timed. */
  timed(store: Store): Store {
    const timed = async <T>(operation: string, request: Promise<T>, outcomeOf: (result: T) => string = () => "ok") => {
      const end = this.#store.startTimer({ operation });
      try {
        const result = await request;
        end({ outcome: outcomeOf(result) });
        return result;
      } catch (error) {
        end({ outcome: error instanceof Error ? error.name : "error" });
        throw error;
      }
    };
    return {
      list: (prefix) => timed("list", store.list(prefix)),
      revision: () => timed("revision", store.revision()),
      commit: (transaction) => timed("commit", store.commit(transaction), ({ ok }) => (ok ? "ok" : "conflict")),
      watch: (prefix, fromRevision, handler) => store.watch(prefix, fromRevision, handler),
      close: () => store.close(),
    };
  }
}
