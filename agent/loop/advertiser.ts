import type { Id } from "../../model/mod.ts";
import { ADVERTISEMENT_INTERVAL_SECONDS, type Advertised, advertisementFrame, withdrawn } from "../services/mod.ts";

const TICK_MS = 5_000;

interface Ports {
  /** What the workload of a port that is up is to hear; nothing, where it cannot or its network is not advertised. */
  advertised(portId: Id): readonly Advertised[];
  inject(vifId: Id, frame: Uint8Array): void;
}

/** What a port was told last. */
interface Told {
  all: readonly Advertised[];
  dueMs: number;
}

/**
 * Unsolicited router advertisements: at once to a port that is new or whose network changed, then now and again. What no
 * longer holds is withdrawn.
 */
export class Advertiser {
  readonly #ports: Ports;
  readonly #told = new Map<Id, Told>();
  #timer: NodeJS.Timeout | undefined;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  start(): void {
    this.#timer = setInterval(() => this.tick(performance.now()), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The port came up, or its network is another than it was. */
  changed(portId: Id): void {
    this.#send(portId, performance.now());
  }

  /** Some router is another than it was: those hear of it for whom it means something. */
  routersChanged(): void {
    const nowMs = performance.now();
    for (const [portId, { all }] of this.#told) {
      if (!isSame(this.#ports.advertised(portId), all)) this.#send(portId, nowMs);
    }
  }

  tick(nowMs: number): void {
    for (const [portId, { dueMs }] of this.#told) if (dueMs <= nowMs) this.#send(portId, nowMs);
  }

  #send(portId: Id, nowMs: number): void {
    const all = this.#ports.advertised(portId);
    const before = this.#told.get(portId)?.all ?? [];
    const gone = isSame(before, all) ? [] : withdrawn(before, all);
    for (const each of [...gone, ...all]) this.#ports.inject(portId, advertisementFrame(each));
    // RFC 4861 section 6.2.4: a random time, so that routers, here ports, do not fall into step.
    const dueMs = nowMs + ADVERTISEMENT_INTERVAL_SECONDS * 1000 * (0.33 + Math.random() * 0.67);
    if (all.length > 0) this.#told.set(portId, { all, dueMs });
    else this.#told.delete(portId);
  }
}

const isSame = (a: readonly Advertised[], b: readonly Advertised[]) =>
  a === b || JSON.stringify(a) === JSON.stringify(b);
