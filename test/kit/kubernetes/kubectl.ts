/** A user of the cluster: kubectl for what users do with it, and plain requests for what is asked again and again. */
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { must, type Outcome, run } from "../run.ts";

/** As the API server gives and takes it. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    deletionTimestamp?: string;
  };
  // biome-ignore lint/suspicious/noExplicitAny: the schemas of all kinds are the API server's business
  [field: string]: any;
}

interface Access {
  server: string;
  ca: Buffer;
  cert: Buffer;
  key: Buffer;
}

export class Kubectl {
  readonly #kubeconfig: string;
  readonly #cache: string;
  readonly #access: Access;

  private constructor(kubeconfig: string, cache: string, access: Access) {
    this.#kubeconfig = kubeconfig;
    this.#cache = cache;
    this.#access = access;
  }

  /** `cache`: a directory for what kubectl learns of the server. */
  static async make(kubeconfig: string, cache: string): Promise<Kubectl> {
    const { clusters, users } = JSON.parse(await readFile(kubeconfig, "utf8"));
    const bytes = (base64: string) => Buffer.from(base64, "base64");
    const { user } = users[0];
    return new Kubectl(kubeconfig, cache, {
      server: clusters[0].cluster.server,
      ca: bytes(clusters[0].cluster["certificate-authority-data"]),
      cert: bytes(user["client-certificate-data"]),
      key: bytes(user["client-key-data"]),
    });
  }

  /** kubectl with these arguments; returns what it prints. @throws Error with what it said */
  must(args: readonly string[], input?: string): Promise<string> {
    return must(this.#command(args), { timeoutMs: 120_000, ...(input !== undefined && { input }) });
  }

  async apply(...objects: KubeObject[]): Promise<void> {
    const list = { apiVersion: "v1", kind: "List", items: objects };
    await this.must(["apply", "-f", "-"], JSON.stringify(list));
  }

  /** "pod web", "-n NAMESPACE deployment web": what is not there is deleted already. Waits until it is gone. */
  async remove(...args: string[]): Promise<void> {
    await this.must(["delete", "--ignore-not-found", ...args]);
  }

  /** A shell script in a pod's first container. */
  exec(pod: { namespace: string; name: string }, script: string, timeoutMs = 60_000): Promise<Outcome> {
    return run(this.#command(["exec", "-n", pod.namespace, pod.name, "--", "sh", "-c", script]), { timeoutMs });
  }

  async list(path: string): Promise<KubeObject[]> {
    return (await this.request<{ items: KubeObject[] }>("GET", path)).items;
  }

  /** @throws Error for an answer that is no success */
  async request<T = KubeObject>(method: string, path: string, body?: object): Promise<T> {
    return JSON.parse(await this.ask(method, path, body)) as T;
  }

  /** The same for what does not answer in JSON, as /readyz. */
  ask(method: string, path: string, body?: object): Promise<string> {
    const { server, ca, cert, key } = this.#access;
    const headers = { accept: "application/json", "content-type": "application/json" };
    return new Promise((resolve, reject) => {
      const query = request(server + path, { method, ca, cert, key, headers, timeout: 10_000 }, (reply) => {
        let text = "";
        reply.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        reply.on("end", () => {
          const { statusCode = 0 } = reply;
          if (statusCode >= 300) reject(new Error(`${method} ${path}: ${statusCode} ${text.slice(0, 300)}`));
          else resolve(text);
        });
      });
      query.on("timeout", () => query.destroy(new Error(`${method} ${path}: no answer`)));
      query.on("error", reject);
      query.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  #command(args: readonly string[]): string[] {
    return ["kubectl", "--kubeconfig", this.#kubeconfig, "--cache-dir", this.#cache, ...args];
  }
}
