/** Sends what is in the outbox: its own letters at once, others' when their sender has not. A letter may go out twice. */
import type { StoreEvent } from "../../store/mod.ts";
import { keys, type Store, StoreUnavailable, StoreUnknown, type Watcher } from "../../store/mod.ts";
import type { Log } from "../memory-cache.ts";
import type { Nova } from "./nova.ts";
import type { Letter } from "./outbox.ts";

interface Waiting extends Letter {
  modRevision: number;
  seenAt: number;
}

export interface CourierOptions {
  /** This control node, as its letters name it. */
  name: string;
  /** How long to gather before sending; Neutron's send_events_interval is 2 s, for which Nova's users wait. */
  batchMs?: number;
  /** After this another control node's letter is sent by us. */
  takeoverMs?: number;
  /** Nova waits 300 s for a VIF by default: after that nobody reads it. */
  giveUpMs?: number;
}

const MAX_BATCH = 100;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;

export class Courier {
  readonly #store: Store;
  readonly #nova: Nova;
  readonly #log: Log;
  readonly #options: Required<CourierOptions>;
  readonly #waiting = new Map<string, Waiting>();
  #watcher: Watcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #retryMs = 0;
  #isClosed = false;

  constructor(store: Store, nova: Nova, log: Log, options: CourierOptions) {
    this.#store = store;
    this.#nova = nova;
    this.#log = log;
    this.#options = { batchMs: 50, takeoverMs: 10_000, giveUpMs: 300_000, ...options };
  }

  /** Finds what is waiting and follows what comes. @throws StoreUnavailable */
  async start(): Promise<void> {
    const { entries, revision } = await this.#store.list(keys.novaEvents);
    this.#waiting.clear();
    for (const entry of entries) this.#take({ kind: "put", entry });
    if (this.#isClosed) return;
    this.#watcher = this.#store.watch(keys.novaEvents, revision + 1, {
      onChange: (events) => {
        for (const event of events) this.#take(event);
        this.#wake();
      },
      onProgress: () => {},
      onCompacted: () => void this.#restart(),
    });
    this.#wake();
  }

  /** Finishes what is on its way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#watcher?.close();
    await this.#sending;
  }

  async #restart(): Promise<void> {
    while (!this.#isClosed) {
      try {
        return await this.start();
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1_000).unref());
      }
    }
  }

  #take(event: StoreEvent): void {
    if (event.kind === "delete") {
      this.#waiting.delete(event.key);
      return;
    }
    const { key, value, modRevision } = event.entry;
    this.#waiting.set(key, { ...(JSON.parse(value) as Letter), modRevision, seenAt: Date.now() });
  }

  /** Arranges for the next round. */
  #wake(): void {
    if (this.#isClosed || this.#sending !== undefined || this.#waiting.size === 0) return;
    clearTimeout(this.#timer);
    const { name, batchMs, takeoverMs } = this.#options;
    const now = Date.now();
    const waits = [...this.#waiting.values()].map(({ from, seenAt }) =>
      from === name ? 0 : seenAt + takeoverMs - now,
    );
    const wait = Math.max(batchMs, this.#retryMs, Math.min(...waits));
    this.#timer = setTimeout(() => {
      this.#sending = this.#round().finally(() => {
        this.#sending = undefined;
        this.#wake();
      });
    }, wait);
  }

  async #round(): Promise<void> {
    const due = this.#due();
    if (due.length === 0) return;
    const { what, detail } = await this.#nova.send(due.map(([, { event }]) => event));
    if (what === "later") {
      this.#retryMs = Math.min(Math.max(FIRST_RETRY_MS, this.#retryMs * 2), LAST_RETRY_MS);
      this.#log.warn({ events: due.length, reason: detail }, `Nova is not told yet; again in ${this.#retryMs} ms`);
      await this.#remove(this.#hopeless());
      return;
    }
    this.#retryMs = 0;
    if (detail !== "") this.#log.info({ reason: detail }, "Nova did not want all events");
    await this.#remove(due);
  }

  /** In the order they were written. */
  #due(): [string, Waiting][] {
    const { name, takeoverMs } = this.#options;
    const late = Date.now() - takeoverMs;
    return [...this.#waiting]
      .filter(([, { from, seenAt }]) => from === name || seenAt <= late)
      .sort(([, a], [, b]) => a.modRevision - b.modRevision)
      .slice(0, MAX_BATCH);
  }

  #hopeless(): [string, Waiting][] {
    const old = [...this.#waiting].filter(([, { seenAt }]) => seenAt < Date.now() - this.#options.giveUpMs);
    if (old.length > 0) this.#log.error({ events: old.map(([, { event }]) => event) }, "Nova was never told");
    return old;
  }

  /** Each by itself: a letter that was written anew meanwhile stays. */
  async #remove(letters: readonly [string, Waiting][]): Promise<void> {
    for (const [key, { modRevision }] of letters) {
      try {
        await this.#store.commit({
          guards: [{ kind: "unchanged", key, modRevision }],
          writes: [{ kind: "delete", key }],
        });
        if (this.#waiting.get(key)?.modRevision === modRevision) this.#waiting.delete(key);
      } catch (error) {
        // It stays, and is sent again.
        if (!(error instanceof StoreUnavailable || error instanceof StoreUnknown)) throw error;
        return;
      }
    }
  }
}
