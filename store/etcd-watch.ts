/** A watch that outlives its connection: it goes on from the last revision delivered, on whatever member answers. */
import { type EtcdRpc, entryOf, type WatchResponse, type WatchStream } from "./etcd-rpc.ts";
import type { StoreEvent, Watcher, WatchHandler } from "./store.ts";

/** What the watch needs of its store. */
export interface WatchSource {
  rpc: EtcdRpc;
  revision(): Promise<number>;
  /** Writes the marker key of `prefix`, whose event tells how far the watch has come. */
  mark(prefix: string): Promise<void>;
  isMarker(key: string): boolean;
}

const BACKOFF_MS = { first: 20, last: 1000 };

export class EtcdWatch implements Watcher {
  readonly #source: WatchSource;
  readonly #prefix: string;
  readonly #rangeEnd: string;
  readonly #handler: WatchHandler;
  /** The first revision that has not been delivered. */
  #next: number;
  #stream: WatchStream | undefined;
  #backoffMs = BACKOFF_MS.first;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #marking = false;
  #markWanted = false;
  #fragments: WatchResponse["events"] = [];

  constructor(source: WatchSource, prefix: string, rangeEnd: string, fromRevision: number, handler: WatchHandler) {
    this.#source = source;
    this.#prefix = prefix;
    this.#rangeEnd = rangeEnd;
    this.#next = fromRevision;
    this.#handler = handler;
    void this.#open();
  }

  requestProgress(): void {
    this.#markWanted = true;
    void this.#mark();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#stream?.cancel();
    this.#stream = undefined;
  }

  async #open(): Promise<void> {
    try {
      const { stream, failed } = await this.#source.rpc.watch();
      if (this.#closed) return void stream.on("error", () => {}).cancel();
      this.#stream = stream;
      this.#fragments = [];
      const lost = () => {
        if (this.#stream !== stream) return;
        failed();
        this.#reopen();
      };
      stream.on("error", lost).on("end", lost);
      stream.on("data", (response: WatchResponse) => {
        if (this.#stream === stream) this.#receive(response);
      });
      stream.write({
        createRequest: {
          key: this.#prefix,
          rangeEnd: this.#rangeEnd,
          startRevision: this.#next,
          progressNotify: true,
          fragment: true,
        },
      });
    } catch {
      this.#reopen();
    }
  }

  #reopen(): void {
    this.#stream?.cancel();
    this.#stream = undefined;
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#open(), this.#backoffMs * (0.5 + Math.random()));
    this.#backoffMs = Math.min(this.#backoffMs * 2, BACKOFF_MS.last);
  }

  #receive(response: WatchResponse): void {
    if (response.canceled) {
      if (response.compactRevision > 0) this.#finish();
      else this.#reopen();
      return;
    }
    if (response.created) {
      this.#backoffMs = BACKOFF_MS.first;
      if (response.header.revision < this.#next - 1) void this.#checkPast();
      if (this.#markWanted) void this.#mark();
      return;
    }
    this.#fragments.push(...response.events);
    if (response.fragment) return;
    const events = this.#fragments;
    this.#fragments = [];
    if (events.length > 0) this.#deliver(events);
    // An empty response is the periodic progress report; it shares the events' queue, so it never overtakes one.
    else if (response.header.revision >= this.#next) this.#progress(response.header.revision);
  }

  #deliver(events: WatchResponse["events"]): void {
    let group: StoreEvent[] = [];
    let revision = events[0]!.kv.modRevision;
    let marked = false;
    const flush = () => {
      this.#next = revision + 1;
      if (group.length > 0) this.#handler.onChange(group, revision);
      if (marked) this.#progress(revision);
      group = [];
      marked = false;
    };
    for (const { type, kv } of events) {
      if (kv.modRevision !== revision) flush();
      if (this.#closed) return;
      revision = kv.modRevision;
      if (this.#source.isMarker(kv.key)) marked = true;
      else if (type === "PUT") group.push({ kind: "put", entry: entryOf(kv) });
      else group.push({ kind: "delete", key: kv.key, modRevision: revision });
    }
    flush();
  }

  #progress(revision: number): void {
    this.#next = Math.max(this.#next, revision + 1);
    this.#handler.onProgress(revision);
  }

  /**
   * The member is behind what we have seen. A follower that lags is harmless; a store restored from an old backup
   * would leave us waiting for revisions that mean other writes now, so its watchers must start over.
   */
  async #checkPast(): Promise<void> {
    try {
      if ((await this.#source.revision()) < this.#next - 1) this.#finish();
    } catch {
      // Away again: the next connection asks again.
    }
  }

  #finish(): void {
    if (this.#closed) return;
    void this.close();
    this.#handler.onCompacted();
  }

  async #mark(): Promise<void> {
    if (this.#marking || this.#closed) return;
    this.#marking = true;
    // Who asks while a marker is on its way may wait for a later revision than that marker has.
    while (this.#markWanted && !this.#closed) {
      this.#markWanted = false;
      try {
        await this.#source.mark(this.#prefix);
      } catch {
        this.#markWanted = true; // repeated once a stream is open again
        break;
      }
    }
    this.#marking = false;
  }
}
