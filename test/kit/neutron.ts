/** A small client of the Neutron API, for labs and tests: what a user's tools would send. */
import type { NetworkingTypes, ResourceKind } from "../../api/mod.ts";

export type Attributes = Record<string, unknown>;

export class NeutronError extends Error {
  override readonly name = "NeutronError";
  readonly status: number;
  readonly type: string;
  readonly retryAfter: string | null;
  constructor(status: number, type: string, message: string, retryAfter: string | null) {
    super(`${status} ${type}: ${message}`);
    this.status = status;
    this.type = type;
    this.retryAfter = retryAfter;
  }
}

export class Neutron {
  readonly url: string;
  readonly #headers: Record<string, string>;

  /** `url` is the endpoint without /v2.0; `headers` carry credentials. */
  constructor(url: string, headers: Record<string, string> = {}) {
    this.url = url;
    this.#headers = headers;
  }

  async create<K extends ResourceKind>(kind: K, body: Attributes): Promise<NetworkingTypes[K]> {
    return this.#one(kind, await this.request("POST", pathOf(kind), { [kind]: body }));
  }

  async show<K extends ResourceKind>(kind: K, id: string): Promise<NetworkingTypes[K]> {
    return this.#one(kind, await this.request("GET", `${pathOf(kind)}/${id}`));
  }

  async list<K extends ResourceKind>(kind: K, filters: Record<string, string> = {}): Promise<NetworkingTypes[K][]> {
    const query = new URLSearchParams(filters).toString();
    const reply = await this.request("GET", `${pathOf(kind)}${query === "" ? "" : `?${query}`}`);
    return (reply as Record<string, NetworkingTypes[K][]>)[`${kind}s`] ?? [];
  }

  async update<K extends ResourceKind>(kind: K, id: string, changes: Attributes): Promise<NetworkingTypes[K]> {
    return this.#one(kind, await this.request("PUT", `${pathOf(kind)}/${id}`, { [kind]: changes }));
  }

  async delete(kind: ResourceKind, id: string): Promise<void> {
    await this.request("DELETE", `${pathOf(kind)}/${id}`);
  }

  /** One request; the reply's JSON, or null when there is none. @throws NeutronError for any status from 400 */
  async request(method: string, path: string, body?: unknown): Promise<unknown> {
    const reply = await fetch(this.url + path, {
      method,
      headers: { ...this.#headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await reply.text();
    if (reply.ok) return text === "" ? null : JSON.parse(text);
    const { type, message } = errorOf(text);
    throw new NeutronError(reply.status, type, `${method} ${path}: ${message}`, reply.headers.get("retry-after"));
  }

  #one<K extends ResourceKind>(kind: K, reply: unknown): NetworkingTypes[K] {
    return (reply as Record<string, NetworkingTypes[K]>)[kind] as NetworkingTypes[K];
  }
}

/** A resource's name in paths has hyphens where bodies have underscores, unless it is tap-as-a-service's. */
const pathOf = (kind: ResourceKind) =>
  kind.startsWith("tap_") ? `/v2.0/taas/${kind}s` : `/v2.0/${kind.replaceAll("_", "-")}s`;

/** Neutron's form of an error, the native API's, or whatever else came. */
function errorOf(text: string): { type: string; message: string } {
  try {
    const reply = JSON.parse(text) as Record<string, { type?: string; code?: string; message?: string } | undefined>;
    const error = reply.NeutronError ?? reply.error;
    return { type: error?.type ?? error?.code ?? "", message: error?.message ?? text };
  } catch {
    return { type: "", message: text.slice(0, 200) };
  }
}
