/** The store seam: a revisioned key-value store with guarded transactions and a watch, which is what etcd is. */

export interface Entry {
  key: string;
  value: string;
  /** Revision of the last write to this key. */
  modRevision: number;
  /** How often the key was written since it was made. */
  version: number;
}

/** What must hold for a transaction to be applied. */
export type Guard =
  | { kind: "absent"; key: string } // uniqueness: only one writer can create a key
  | { kind: "present"; key: string }
  | { kind: "unchanged"; key: string; modRevision: number }
  | { kind: "emptyUnder"; prefix: string } // no key starts with prefix
  | { kind: "quietUnder"; prefix: string; revision: number } // no key there was written after the revision
  | { kind: "writtenAtMost"; key: string; times: number }; // since the key was made; 0 times: it is not there

/** `counted`: the key's `version` tells something, so this put is one of its own even where another writes the same. */
export type Write = { kind: "put"; key: string; value: string; counted?: true } | { kind: "delete"; key: string };

export interface Transaction {
  guards: Guard[];
  writes: Write[];
}

/** When a guard fails nothing is written; `failed` are the guards that did not hold at `revision`. */
export type Commit = { ok: true; revision: number } | { ok: false; revision: number; failed: Guard[] };

export type StoreEvent = { kind: "put"; entry: Entry } | { kind: "delete"; key: string; modRevision: number };

export interface WatchHandler {
  /** All changes of one revision together, in order of revision. */
  onChange(events: StoreEvent[], revision: number): void;
  /** Everything up to `revision` has been delivered (etcd's progress notification, or the answer to `sync`). */
  onProgress(revision: number): void;
  /**
   * The watch cannot go on from where it was: the revision was compacted. The watcher is finished;
   * the caller lists again and starts a new one. Lost connections are mended inside and not told here.
   */
  onCompacted(): void;
}

export interface Watcher {
  /** Asks the store to report progress soon, so that a reader can wait for a revision without a write. */
  requestProgress(): void;
  close(): Promise<void>;
}

export interface Store {
  /** All entries whose key starts with `prefix`, read linearizably, at one revision. @throws StoreUnavailable */
  list(prefix: string): Promise<{ entries: Entry[]; revision: number }>;
  /** The current revision, linearizable. @throws StoreUnavailable */
  revision(): Promise<number>;
  /**
   * Applies all writes or none. @throws StoreUnavailable when it is certain that nothing was written;
   * StoreUnknown when the connection broke and the outcome is not known; StoreRefused when it can never be applied.
   */
  commit(transaction: Transaction): Promise<Commit>;
  /** Events with revision >= fromRevision. */
  watch(prefix: string, fromRevision: number, handler: WatchHandler): Watcher;
  close(): Promise<void>;
}

export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}
export class StoreUnknown extends Error {
  override readonly name = "StoreUnknown";
}
/** The transaction itself is at fault (too large, a key written twice): nothing was written, and repeating is no use. */
export class StoreRefused extends Error {
  override readonly name = "StoreRefused";
}
