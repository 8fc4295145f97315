/**
 * Tells the store now and then which hosts are there: those whose agents have a stream open at this control node. It is
 * one small write for many hosts, since what only says "still there" must cost less than what it watches over.
 */
import type { HostBeatRecord } from "../../model/mod.ts";
import { keys, type Store } from "../../store/mod.ts";
import type { Memory } from "../memory.ts";
import type { Log } from "../memory-cache.ts";

/** With a tick every 10 s it is Neutron's own interval (report_interval of its agents). */
const TICKS_A_BEAT = 3;
/** etcd takes 128 operations in a transaction unless it is told otherwise. */
const HOSTS_A_TRANSACTION = 60;
/** Who was away for longer than this has come anew. */
const AWAY_MS = 75_000;

const timestamp = () => `${new Date().toISOString().slice(0, 19)}Z`;

export interface BeatsParts {
  store: Store;
  memory: Memory;
  log: Log;
}

export class Beats {
  readonly #parts: BeatsParts;
  /** Open streams of each host. */
  readonly #open = new Map<string, number>();
  /** Not noted yet. */
  readonly #fresh = new Set<string>();
  #ticks = 0;

  constructor(parts: BeatsParts) {
    this.#parts = parts;
  }

  /** The host's agent has opened a stream. Returns what to call when it is closed. */
  opened(host: string): () => void {
    this.#open.set(host, (this.#open.get(host) ?? 0) + 1);
    this.#fresh.add(host);
    return () => {
      const left = (this.#open.get(host) ?? 1) - 1;
      if (left > 0) this.#open.set(host, left);
      else this.#open.delete(host);
    };
  }

  /** To be called every 10 s. Resolves when memory has what was noted, or could not be. */
  async tick(): Promise<void> {
    const isDue = ++this.#ticks % TICKS_A_BEAT === 0;
    const hosts = isDue ? [...this.#open.keys()] : [...this.#fresh].filter((host) => this.#open.has(host));
    this.#fresh.clear();
    await this.#beat(hosts);
  }

  async #beat(hosts: readonly string[]): Promise<void> {
    const { log } = this.#parts;
    try {
      for (let start = 0; start < hosts.length; start += HOSTS_A_TRANSACTION) {
        await this.#write(hosts.slice(start, start + HOSTS_A_TRANSACTION));
      }
    } catch (error) {
      // The next beat comes soon enough: a host counts as away only after several.
      log.debug({ err: error }, "could not note which hosts are there");
    }
  }

  /** A host that is removed meanwhile must not leave a beat behind; the others are noted with the next one. */
  async #write(hosts: readonly string[]): Promise<void> {
    const { store, memory } = this.#parts;
    const known = hosts.filter((host) => memory.get("host", host) !== undefined);
    if (known.length === 0) return;
    const { revision } = await store.commit({
      guards: known.map((host) => ({ kind: "present", key: keys.record("host", host) })),
      writes: known.map((host) => {
        const value = JSON.stringify(beatOf(host, memory.get("host_beat", host)?.record));
        return { kind: "put", key: keys.record("host_beat", host), value };
      }),
    });
    await memory.reached(revision);
  }
}

function beatOf(host: string, before: HostBeatRecord | undefined): HostBeatRecord {
  const seen_at = timestamp();
  const isBack = before === undefined || Date.parse(seen_at) - Date.parse(before.seen_at) > AWAY_MS;
  return { name: host, seen_at, started_at: isBack ? seen_at : before.started_at };
}
