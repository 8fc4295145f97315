import type { Id, ViewNetwork } from "../../model/mod.ts";
import { ADVERTISEMENT_INTERVAL_SECONDS, routerAdvertisement } from "../services/mod.ts";

const TICK_MS = 5_000;

interface Ports {
  /** The network of a port that is up and whose network is advertised; undefined for any other. */
  advertised(portId: Id): ViewNetwork | undefined;
  inject(vifId: Id, frame: Uint8Array): void;
}

/** Unsolicited router advertisements: at once to a port that is new or whose network changed, then now and again. */
export class Advertiser {
  readonly #ports: Ports;
  readonly #dueMs = new Map<Id, number>();
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

  tick(nowMs: number): void {
    for (const [portId, dueMs] of this.#dueMs) if (dueMs <= nowMs) this.#send(portId, nowMs);
  }

  #send(portId: Id, nowMs: number): void {
    const network = this.#ports.advertised(portId);
    const frame = network && routerAdvertisement({ network });
    if (frame === undefined) {
      this.#dueMs.delete(portId);
      return;
    }
    this.#ports.inject(portId, frame);
    // RFC 4861 section 6.2.4: a random time, so that routers, here ports, do not fall into step.
    this.#dueMs.set(portId, nowMs + ADVERTISEMENT_INTERVAL_SECONDS * 1000 * (0.33 + Math.random() * 0.67));
  }
}
