/** Hosts as the operator sees them: registered with a token, listed, removed. */
import { randomBytes } from "node:crypto";
import type { NewHost, NodeIdentity } from "../../api/mod.ts";
import { fault, type HostRecord } from "../../model/mod.ts";
import { keys, type Store } from "../../store/mod.ts";
import { digestOf, isTokenOf } from "../auth/mod.ts";
import type { Memory } from "../memory.ts";

const now = () => `${new Date().toISOString().slice(0, 19)}Z`;
/** What its pods need is made for it: no host of a cluster makes ports by itself. */
const EMPTY = { container_projects: [], facts: null } satisfies Partial<HostRecord>;
const newToken = () => randomBytes(32).toString("base64url");
/** The agent's reports write the same record. */
const RENEWALS = 4;

export type ShownHost = Omit<HostRecord, "token_sha256">;

export class HostRecords {
  readonly #store: Store;
  readonly #memory: Memory;

  constructor(store: Store, memory: Memory) {
    this.#store = store;
    this.#memory = memory;
  }

  /** The only time that a token is shown. @throws Fault Conflict */
  async create({ name, token = newToken(), container_projects = [], availability_zone, kubernetes_cluster }: NewHost) {
    const digest = digestOf(token);
    for (const { record } of this.#memory.all("host")) {
      // One token for two hosts would make one of them able to act for the other.
      if (isTokenOf(record.token_sha256, digest)) throw fault("Conflict", { msg: "Another host has this token." });
    }
    const record: HostRecord = {
      name,
      token_sha256: digest,
      container_projects,
      created_at: now(),
      ...(availability_zone !== undefined && { availability_zone }),
      ...(kubernetes_cluster !== undefined && { kubernetes_cluster }),
      facts: null,
    };
    const key = keys.record("host", name);
    const commit = await this.#store.commit({
      guards: [{ kind: "absent", key }],
      writes: [{ kind: "put", key, value: JSON.stringify(record) }],
    });
    await this.#memory.reached(commit.revision);
    if (!commit.ok)
      throw fault("Conflict", { msg: `Host ${name} is there already. Delete it first, or name another.` });
    return { ...shown(record), token };
  }

  /**
   * A new token for a cluster's node; its host is made if it is not there. A host that is not the cluster's is none of its
   * nodes', whatever they are called. @throws Fault NotAuthorized, Conflict
   */
  async renewToken({ cluster, node }: NodeIdentity): Promise<{ token: string }> {
    for (let attempt = 0; attempt < RENEWALS; attempt++) {
      const held = this.#memory.get("host", node);
      if (held !== undefined && held.record.kubernetes_cluster !== cluster) {
        const msg = `Host ${node} is not of cluster ${cluster}. Delete it, or create it with kubernetes_cluster.`;
        throw fault("NotAuthorized", { msg });
      }
      const token = newToken();
      const record: HostRecord = held
        ? { ...held.record, token_sha256: digestOf(token) }
        : { ...EMPTY, name: node, token_sha256: digestOf(token), created_at: now(), kubernetes_cluster: cluster };
      const key = keys.record("host", node);
      const commit = await this.#store.commit({
        guards: [held ? { kind: "unchanged", key, modRevision: held.modRevision } : { kind: "absent", key }],
        writes: [{ kind: "put", key, value: JSON.stringify(record) }],
      });
      await this.#memory.reached(commit.revision);
      if (commit.ok) return { token };
    }
    throw fault("Conflict", { msg: `Host ${node} is being changed. Repeat the request.` });
  }

  list(): ShownHost[] {
    return [...this.#memory.all("host")].map(({ record }) => shown(record));
  }

  /** @throws Fault HostNotFound */
  get(name: string): ShownHost {
    return shown(this.#held(name).record);
  }

  /** @throws Fault HostNotFound, Conflict while ports are bound to it */
  async remove(name: string): Promise<void> {
    const { modRevision } = this.#held(name);
    const ports = this.#memory.portsOfHost(name).size;
    if (ports > 0) {
      throw fault("Conflict", {
        msg: `${ports} ports are bound to host ${name}. Delete them or bind them elsewhere first.`,
      });
    }
    const key = keys.record("host", name);
    const commit = await this.#store.commit({
      guards: [{ kind: "unchanged", key, modRevision }],
      writes: [
        { kind: "delete", key },
        { kind: "delete", key: keys.record("host_beat", name) },
      ],
    });
    await this.#memory.reached(commit.revision);
    if (!commit.ok) throw fault("Conflict", { msg: `Host ${name} changed at the same moment. Repeat the request.` });
  }

  #held(name: string) {
    const held = this.#memory.get("host", name);
    if (held === undefined) throw fault("HostNotFound", { host: name });
    return held;
  }
}

function shown(record: HostRecord): ShownHost {
  const { name, container_projects, availability_zone, kubernetes_cluster, created_at, facts } = record;
  return {
    name,
    container_projects,
    ...(availability_zone !== undefined && { availability_zone }),
    ...(kubernetes_cluster !== undefined && { kubernetes_cluster }),
    created_at,
    facts,
  };
}
