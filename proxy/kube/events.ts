/** What a cluster's users are told: Kubernetes' events on a pod or node. */
import type { ApiServer } from "./api-server.ts";
import type { PodFailure } from "./failure.ts";
import type { Log } from "./log.ts";
import type { ObjectMeta } from "./objects.ts";

/** The same is not told again for so long. */
const QUIET_MS = 60_000;
const MOST_REMEMBERED = 10_000;

export class Events {
  readonly #api: Pick<ApiServer, "request">;
  readonly #log: Log;
  readonly #told = new Map<string, number>();

  constructor(api: Pick<ApiServer, "request">, log: Log) {
    this.#api = api;
    this.#log = log;
  }

  /** Does not wait, and does not fail: an event is a courtesy. */
  warn(kind: "pod" | "node", { metadata }: { metadata: ObjectMeta }, { reason, message }: PodFailure): void {
    const { name, namespace = "default", uid, resourceVersion } = metadata;
    const key = `${uid} ${reason} ${message}`;
    const now = Date.now();
    if (now - (this.#told.get(key) ?? 0) < QUIET_MS) return;
    if (this.#told.size >= MOST_REMEMBERED) this.#told.clear();
    this.#told.set(key, now);
    this.#log.warn({ [kind]: `${namespace}/${name}`, reason }, message);
    const time = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
    const event = {
      metadata: { name: `${name}.${now.toString(16)}`.slice(-253), namespace },
      involvedObject: {
        apiVersion: "v1",
        ...(kind === "pod" ? { kind: "Pod", namespace } : { kind: "Node" }),
        name,
        uid,
        resourceVersion,
      },
      reason,
      message: message.slice(0, 1024),
      type: "Warning",
      source: { component: "cable" },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    };
    this.#api.request("POST", `/api/v1/namespaces/${namespace}/events`, event).catch((error) => {
      this.#log.warn({ [kind]: `${namespace}/${name}`, reason: String(error) }, "no event could be made");
    });
  }
}
