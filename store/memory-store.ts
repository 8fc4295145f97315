/** The store as a map in memory: a double for unit tests, held to the same contract as etcd. */
import {
  type Commit,
  type Entry,
  type Guard,
  type Store,
  type StoreEvent,
  StoreRefused,
  StoreUnavailable,
  type Transaction,
  type Watcher,
  type WatchHandler,
} from "./store.ts";

interface Row {
  value: string;
  modRevision: number;
  version: number;
}

class MemoryWatch implements Watcher {
  closed = false;
  readonly prefix: string;
  readonly #handler: WatchHandler;
  readonly #revision: () => number;
  #queue: (() => void)[] = [];

  constructor(prefix: string, handler: WatchHandler, revision: () => number) {
    this.prefix = prefix;
    this.#handler = handler;
    this.#revision = revision;
  }

  /** Later and in order, as events from a network come. */
  #later(call: () => void): void {
    if (this.#queue.push(call) > 1) return;
    setImmediate(() => {
      const calls = this.#queue;
      this.#queue = [];
      for (const each of calls) if (!this.closed) each();
    });
  }

  deliver(events: StoreEvent[], revision: number): void {
    const mine = events.filter((event) => (event.kind === "put" ? event.entry.key : event.key).startsWith(this.prefix));
    if (mine.length > 0) this.#later(() => this.#handler.onChange(mine, revision));
  }

  compacted(): void {
    this.#later(() => {
      this.closed = true;
      this.#handler.onCompacted();
    });
  }

  requestProgress(): void {
    const revision = this.#revision();
    this.#later(() => this.#handler.onProgress(revision));
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

export class MemoryStore implements Store {
  /** Set by a test: every request fails as if no member answered. */
  away = false;
  readonly #rows = new Map<string, Row>();
  readonly #history: { events: StoreEvent[]; revision: number }[] = [];
  readonly #watches = new Set<MemoryWatch>();
  #revision = 1;
  #compactedRevision = 0;

  async list(prefix: string): Promise<{ entries: Entry[]; revision: number }> {
    await this.#answering();
    const keys = [...this.#rows.keys()].filter((key) => key.startsWith(prefix)).sort();
    return { entries: keys.map((key) => ({ key, ...this.#rows.get(key)! })), revision: this.#revision };
  }

  async revision(): Promise<number> {
    await this.#answering();
    return this.#revision;
  }

  async commit({ guards, writes }: Transaction): Promise<Commit> {
    await this.#answering();
    if (new Set(writes.map(({ key }) => key)).size < writes.length) throw new StoreRefused("a key is written twice");
    const failed = guards.filter((guard) => !this.#holds(guard));
    if (failed.length > 0) return { ok: false, revision: this.#revision, failed };
    const modRevision = this.#revision + 1;
    const events: StoreEvent[] = [];
    for (const write of writes) {
      if (write.kind === "put") {
        const { key, value } = write;
        const version = (this.#rows.get(key)?.version ?? 0) + 1;
        this.#rows.set(key, { value, modRevision, version });
        events.push({ kind: "put", entry: { key, value, modRevision, version } });
      } else if (this.#rows.delete(write.key)) {
        events.push({ kind: "delete", key: write.key, modRevision });
      }
    }
    if (events.length > 0) {
      this.#revision = modRevision;
      this.#history.push({ events, revision: modRevision });
      for (const watch of this.#watches) watch.deliver(events, modRevision);
    }
    return { ok: true, revision: this.#revision };
  }

  watch(prefix: string, fromRevision: number, handler: WatchHandler): Watcher {
    const watch = new MemoryWatch(prefix, handler, () => this.#revision);
    if (fromRevision <= this.#compactedRevision) {
      watch.compacted();
      return watch;
    }
    for (const { events, revision } of this.#history) if (revision >= fromRevision) watch.deliver(events, revision);
    this.#watches.add(watch);
    return watch;
  }

  /** Forgets the history up to `revision`; running watches are ended when `endWatches` says so. */
  compact(revision: number, endWatches = false): void {
    this.#compactedRevision = revision;
    if (!endWatches) return;
    for (const watch of this.#watches) watch.compacted();
    this.#watches.clear();
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) await watch.close();
    this.#watches.clear();
  }

  /** One turn of the event loop, as any network costs. */
  async #answering(): Promise<void> {
    await new Promise(setImmediate);
    if (this.away) throw new StoreUnavailable("the memory store plays dead");
  }

  #holds(guard: Guard): boolean {
    if (guard.kind === "emptyUnder" || guard.kind === "quietUnder") {
      const limit = guard.kind === "emptyUnder" ? 0 : guard.revision;
      return ![...this.#rows].some(([key, row]) => key.startsWith(guard.prefix) && row.modRevision > limit);
    }
    const row = this.#rows.get(guard.key);
    if (guard.kind === "absent") return row === undefined;
    if (guard.kind === "present") return row !== undefined;
    if (guard.kind === "writtenAtMost") return (row?.version ?? 0) <= guard.times;
    return row?.modRevision === guard.modRevision;
  }
}
