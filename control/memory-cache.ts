/** {@link Memory} fed from a store: one listing, then one watch; a new listing when the watch cannot go on. */
import type { Logger } from "pino";
import type { Kind } from "../model/mod.ts";
import { type Entry, keys, type Store, type StoreEvent, type Watcher } from "../store/mod.ts";
import { decodeKey, decodeRecord, KINDS } from "./decode.ts";
import type { Held } from "./memory.ts";
import { MemoryTables, type RecordWrite, type TableOptions } from "./memory-tables.ts";

export type Log = Pick<Logger, "debug" | "info" | "warn" | "error">;

const RELIST_MS = { first: 100, last: 5000 };

/**
 * Invariant: what is here is the decoded content of the store at `revision`. An entry that cannot be decoded counts as
 * absent, so that every control node holds the same whatever it held before.
 */
export class MemoryCache extends MemoryTables {
  readonly #store: Store;
  readonly #log: Log;
  #watcher: Watcher | undefined;
  #closed = false;

  private constructor(store: Store, log: Log, options: TableOptions) {
    super({ ...options, onWait: () => this.#watcher?.requestProgress() });
    this.#store = store;
    this.#log = log;
  }

  /** Reads every record and follows their changes from then on. @throws StoreUnavailable */
  static async start(store: Store, log: Log, options: TableOptions = {}): Promise<MemoryCache> {
    const memory = new MemoryCache(store, log, options);
    await memory.#list();
    return memory;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#watcher?.close();
  }

  async #list(): Promise<void> {
    const { entries, revision } = await this.#store.list(keys.allRecords);
    if (this.#closed) return;
    this.restart(this.#difference(entries), revision);
    this.#watcher = this.#store.watch(keys.allRecords, revision + 1, {
      onChange: (events, at) => this.apply(this.#writes(events), at),
      onProgress: (at) => this.advance(at),
      onCompacted: () => void this.#relist(),
    });
  }

  async #relist(): Promise<void> {
    this.#log.warn("the store no longer has the changes since our last revision: reading all records again");
    for (let waitMs = RELIST_MS.first; !this.#closed; waitMs = Math.min(waitMs * 2, RELIST_MS.last)) {
      try {
        return await this.#list();
      } catch (error) {
        this.#log.warn({ err: error }, `reading all records failed; again in ${waitMs} ms`);
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  }

  /** What turns the present content into that of `entries`. */
  #difference(entries: Entry[]): RecordWrite[] {
    const writes: RecordWrite[] = [];
    const there = new Set<string>();
    for (const entry of entries) {
      const name = decodeKey(entry.key);
      if (name === undefined) continue;
      there.add(entry.key);
      if (this.get(name.kind, name.id)?.modRevision !== entry.modRevision) writes.push(this.#write(entry, name));
    }
    for (const kind of KINDS) {
      for (const [id] of this.entries(kind)) {
        if (!there.has(keys.record(kind, id))) writes.push({ kind, id, after: undefined });
      }
    }
    return writes;
  }

  #writes(events: StoreEvent[]): RecordWrite[] {
    return events.flatMap((event) => {
      const name = decodeKey(event.kind === "put" ? event.entry.key : event.key);
      if (name === undefined) return [];
      return [event.kind === "put" ? this.#write(event.entry, name) : { ...name, after: undefined }];
    });
  }

  #write(entry: Entry, { kind, id }: { kind: Kind; id: string }): RecordWrite {
    try {
      const record = decodeRecord(kind, id, entry.value);
      return { kind, id, after: { record, modRevision: entry.modRevision, version: entry.version } as Held<Kind> };
    } catch (error) {
      this.#log.error(
        { key: entry.key, err: error },
        "skipped a record that cannot be decoded; delete or mend its key",
      );
      return { kind, id, after: undefined };
    }
  }
}
