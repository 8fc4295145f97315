/** A cluster's API server: requests, and watches that go on whatever the server does. */
import { HttpMethod, KubeConfig, ListWatch, RequestContext, Watch } from "@kubernetes/client-node";
import { fetch } from "undici";
import type { Log } from "./log.ts";

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 15_000;
const REQUEST_TIMEOUT_MS = 10_000;

const JSON_TYPE = "application/json";
const TYPES = { GET: JSON_TYPE, POST: JSON_TYPE, PUT: JSON_TYPE, PATCH: "application/merge-patch+json" };

export class ApiFailure extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiFailure";
    this.status = status;
  }
}

export interface Follower {
  stop(): Promise<void>;
}

export interface Listener<T> {
  put(object: T): void;
  drop(object: T): void;
  /** All that was there is told; again each time that the watch had to begin anew. */
  synced(): void;
}

export class ApiServer {
  readonly #config: KubeConfig;
  readonly #log: Log;

  /** `kubeconfig`: a path; undefined: the service account of the pod that this runs in. @throws Error */
  constructor(kubeconfig: string | undefined, log: Log) {
    this.#config = new KubeConfig();
    this.#log = log;
    if (kubeconfig === undefined) this.#config.loadFromCluster();
    else this.#config.loadFromFile(kubeconfig);
  }

  /**
   * Tells of the objects under a path, as "/api/v1/pods", until it is stopped. Of several paths it is the first that the
   * server has, since versions of the API come and go.
   */
  follow<T extends object>(paths: readonly string[], listener: Listener<T>): Follower {
    let timer: NodeJS.Timeout | undefined;
    let watch: ListWatch<T> | undefined;
    let isStopped = false;
    const begin = (retryMs: number) => {
      this.#served(paths)
        .then((path) => {
          if (isStopped) return;
          watch = this.#watch(path, listener, (reason, ms) => {
            if (isStopped) return; // stopping it is an error to it, too
            this.#log.warn({ path, reason, retryMs: ms }, "a watch of the API server ended; trying again");
            timer = setTimeout(() => void watch?.start(), ms);
          });
        })
        .catch((error) => {
          if (isStopped) return;
          this.#log.warn({ paths, reason: String(error), retryMs }, "the API server does not answer; trying again");
          timer = setTimeout(() => begin(Math.min(retryMs * 2, RETRY_MOST_MS)), retryMs);
        });
    };
    begin(RETRY_FIRST_MS);
    return {
      async stop() {
        isStopped = true;
        clearTimeout(timer);
        await watch?.stop();
      },
    };
  }

  /** The first of the paths that is not unknown; the last one unasked. */
  async #served(paths: readonly string[]): Promise<string> {
    for (const path of paths.slice(0, -1)) {
      try {
        await this.request("GET", `${path}?limit=1`);
        return path;
      } catch (error) {
        if (!(error instanceof ApiFailure && error.status === 404)) throw error;
      }
    }
    return paths.at(-1) as string;
  }

  #watch<T extends object>(
    path: string,
    listener: Listener<T>,
    again: (reason: string, waitMs: number) => void,
  ): ListWatch<T> {
    let retryMs = RETRY_FIRST_MS;
    const list = async () => {
      const found = await this.request("GET", path);
      retryMs = RETRY_FIRST_MS;
      // Its objects are told in the same turn as it is handed over.
      setImmediate(() => listener.synced());
      return found as never;
    };
    const watch = new ListWatch<T>(path, new Watch(this.#config), list, false);
    watch.on("add", (object) => listener.put(slim(object)));
    watch.on("update", (object) => listener.put(slim(object)));
    watch.on("delete", (object) => listener.drop(object));
    watch.on("error", (error: unknown) => {
      again(String(error), retryMs);
      retryMs = Math.min(retryMs * 2, RETRY_MOST_MS);
    });
    void watch.start();
    return watch;
  }

  /** @throws ApiFailure for an answer that is no success; Error when there is none */
  async request<T>(method: "GET" | "POST" | "PUT" | "PATCH", path: string, body?: object): Promise<T> {
    const cluster = this.#config.getCurrentCluster();
    if (cluster === null) throw new Error("the kubeconfig has no current cluster");
    const url = cluster.server + path;
    const context = new RequestContext(url, HttpMethod[method]);
    await this.#config.applySecurityAuthentication(context);
    const dispatcher = context.getDispatcher();
    const answer = await fetch(url, {
      method,
      headers: { ...context.getHeaders(), accept: "application/json", "content-type": TYPES[method] },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(dispatcher !== undefined && { dispatcher }),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new ApiFailure(answer.status, `${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
    return JSON.parse(text) as T;
  }
}

/** The larger half of an object is who wrote which field of it, which nobody here asks. */
function slim<T extends object>(object: T): T {
  const { metadata } = object as { metadata?: { managedFields?: unknown } };
  if (metadata !== undefined) delete metadata.managedFields;
  return object;
}
