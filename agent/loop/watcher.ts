import { setTimeout as sleep } from "node:timers/promises";
import type { ViewMessage } from "../../model/mod.ts";
import { Backoff } from "../backoff.ts";
import type { ControlNode } from "../control-node.ts";
import type { Log } from "../log.ts";

/** Bookmarks come at least every 15 s (model/view.ts); three of them missing means that the stream is dead. */
const SILENCE_MS = 45_000;

interface Follower {
  /** Where to resume; undefined for a whole snapshot. */
  revision(): number | undefined;
  receive(message: ViewMessage): void;
  connected(): void;
  interrupted(): void;
}

/** Keeps the view stream open for as long as the agent runs: reconnects with growing waits and resumes. */
export class Watcher {
  /** Whether the stream is open and has said something. */
  isConnected = false;
  readonly #control: ControlNode;
  readonly #follower: Follower;
  readonly #log: Log;
  readonly #silenceMs: number;
  readonly #stop = new AbortController();
  readonly #backoff = new Backoff(100, 10_000);
  #running: Promise<void> | undefined;

  constructor(control: ControlNode, follower: Follower, log: Log, silenceMs = SILENCE_MS) {
    this.#control = control;
    this.#follower = follower;
    this.#log = log;
    this.#silenceMs = silenceMs;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    let isTooOld = false;
    while (!this.#stop.signal.aborted) {
      isTooOld = await this.#follow(isTooOld ? undefined : this.#follower.revision());
      if (this.isConnected) this.#follower.interrupted();
      this.isConnected = false;
      if (isTooOld || this.#stop.signal.aborted) continue;
      await sleep(this.#backoff.nextMs(), undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  /** One connection, to its end. True when the next must be asked for from the start. */
  async #follow(since: number | undefined): Promise<boolean> {
    const dead = new AbortController();
    let heardMs = performance.now();
    const guard = setInterval(() => {
      if (performance.now() - heardMs > this.#silenceMs) dead.abort();
    }, this.#silenceMs / 3);
    const onMessage = (message: ViewMessage) => {
      heardMs = performance.now();
      if (!this.isConnected) this.#connected();
      this.#follower.receive(message);
    };
    try {
      const end = await this.#control.watch(since, onMessage, AbortSignal.any([dead.signal, this.#stop.signal]));
      return end === "too-old" && since !== undefined;
    } catch (error) {
      if (!this.#stop.signal.aborted)
        this.#log.warn(
          { reason: dead.signal.aborted ? "silence" : String(error) },
          "view stream lost; going on as it is",
        );
      return false;
    } finally {
      clearInterval(guard);
    }
  }

  #connected(): void {
    this.isConnected = true;
    this.#backoff.reset();
    this.#log.info({}, "view stream open");
    this.#follower.connected();
  }
}
