/**
 * Tells the store now and then which hosts are there: those whose agents have a stream open at this control node. It is
 * one small write for many hosts, since what only says "still there" must cost less than what it watches over. A host that
 * goes is told of at once: its stream ended and it opens none anywhere; or, of one that promised to report so often, it
 * has not.
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
/** An agent that restarts, or goes to another control node, is back within this time. */
const RETURN_MS = 1_200;
/** Reports that may be missing of one who promised them. */
const MISSED = 3;
const LOOK_MS = 200;

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
  readonly #look: NodeJS.Timeout;
  /** Of those who promise reports: until when the next one must be here. */
  readonly #promised = new Map<string, number>();
  /** They broke that promise. Their streams may look open for as long as TCP goes on trying. */
  readonly #silent = new Set<string>();
  #lookedMs = performance.now();
  #isClosed = false;

  constructor(parts: BeatsParts) {
    this.#parts = parts;
    this.#look = setInterval(() => {
      void this.noteFresh();
      this.#lookForSilent();
    }, LOOK_MS);
    this.#look.unref();
  }

  /** The host's agent has opened a stream. Returns what to call when it is closed. */
  opened(host: string): () => void {
    this.#open.set(host, (this.#open.get(host) ?? 0) + 1);
    this.#silent.delete(host);
    this.#fresh.add(host);
    return () => {
      const left = (this.#open.get(host) ?? 1) - 1;
      if (left > 0) this.#open.set(host, left);
      else this.#ended(host);
    };
  }

  /** To be called every 10 s. Resolves when memory has what was noted, or could not be. */
  async tick(): Promise<void> {
    const isDue = ++this.#ticks % TICKS_A_BEAT === 0;
    if (isDue) await this.#beat(this.#there());
    else await this.noteFresh();
  }

  /** Those that came since the last time, in one go. Happens by itself, soon after they came. */
  async noteFresh(): Promise<void> {
    const hosts = [...this.#fresh].filter((host) => this.#open.has(host));
    this.#fresh.clear();
    await this.#beat(hosts);
  }

  #there(): string[] {
    return [...this.#open.keys()].filter((host) => !this.#silent.has(host));
  }

  /** It reported, and promises to do so again within `beatMs`. */
  heard(host: string, beatMs: number | undefined): void {
    if (beatMs === undefined) {
      this.#promised.delete(host);
      return;
    }
    this.#silent.delete(host);
    const isGone = this.#parts.memory.get("host_beat", host)?.record.gone_at !== undefined;
    // One that comes here from another control node is missed there.
    if (isGone || !this.#promised.has(host)) void this.#beat([host]);
    this.#promised.set(host, performance.now() + MISSED * beatMs);
  }

  #ended(host: string): void {
    this.#open.delete(host);
    // One that has promised to be back later than that is waited for.
    const dueMs = this.#promised.get(host) ?? 0;
    if (this.#isClosed || dueMs > performance.now() + RETURN_MS) return;
    const seen = this.#parts.memory.get("host_beat", host)?.modRevision;
    setTimeout(() => void this.#tellGone(host, seen), RETURN_MS).unref();
  }

  #lookForSilent(): void {
    const now = performance.now();
    // This process itself was held up: what came meanwhile is still to be read.
    const wasHeldUp = now - this.#lookedMs > 2 * LOOK_MS;
    this.#lookedMs = now;
    if (wasHeldUp) return;
    for (const [host, dueMs] of this.#promised) {
      if (dueMs > now) continue;
      this.#promised.delete(host);
      this.#silent.add(host);
      void this.#tellGone(host, this.#parts.memory.get("host_beat", host)?.modRevision);
    }
  }

  /** Unless it was seen again after the beat of that revision, here or elsewhere. */
  async #tellGone(host: string, modRevision: number | undefined): Promise<void> {
    const { store, memory, log } = this.#parts;
    const beat = memory.get("host_beat", host);
    if (this.#isClosed || beat === undefined || beat.modRevision !== modRevision) return;
    if (beat.record.gone_at !== undefined) return;
    const key = keys.record("host_beat", host);
    const value = JSON.stringify({ ...beat.record, gone_at: timestamp() });
    try {
      const commit = await store.commit({
        guards: [{ kind: "unchanged", key, modRevision: beat.modRevision }],
        writes: [{ kind: "put", key, value }],
      });
      if (commit.ok) log.warn({ host }, "the host's agent has gone");
    } catch (error) {
      log.warn({ err: error, host }, "could not note that a host has gone");
    }
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#look);
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
