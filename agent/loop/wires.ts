import type { Id, ViewNetwork, ViewPort } from "../../model/mod.ts";
import type { LocalLinks } from "./devices.ts";
import type { Loop } from "./loop.ts";

/** Undefined: any port may be the one. */
interface Waiter {
  portId: Id | undefined;
  check(): void;
}

interface InView {
  port: ViewPort;
  network: ViewNetwork;
}

/** The loop as those see it who attach one port and wait for it: the CNI verbs. */
export class PortWires {
  readonly #loop: Loop;
  readonly #localLinks: LocalLinks;
  readonly #isConnected: () => boolean;
  readonly #waiters = new Set<Waiter>();

  constructor(loop: Loop, localLinks: LocalLinks, isConnected: () => boolean) {
    this.#loop = loop;
    this.#localLinks = localLinks;
    this.#isConnected = isConnected;
    loop.onApplied(({ ports }) => {
      for (const waiter of this.#waiters) if (waiter.portId === undefined || ports.has(waiter.portId)) waiter.check();
    });
  }

  inView(portId: Id, timeoutMs: number): Promise<InView | undefined> {
    return this.#wait(portId, () => this.#loop.view.ports.get(portId), timeoutMs);
  }

  /** The first port of which `is` is true, and its network, as soon as the view has them; undefined when it has not in time. */
  anyInView(is: (port: ViewPort) => boolean, timeoutMs: number): Promise<InView | undefined> {
    return this.#wait(
      undefined,
      () => {
        for (const port of this.portsInView()) if (is(port)) return port;
        return undefined;
      },
      timeoutMs,
    );
  }

  #wait(portId: Id | undefined, look: () => ViewPort | undefined, timeoutMs: number): Promise<InView | undefined> {
    const find = () => {
      const port = look();
      const network = port && this.#loop.view.networks.get(port.networkId);
      return network && { port, network };
    };
    const now = find();
    if (now !== undefined) return Promise.resolve(now);
    return new Promise((resolve) => {
      const end = (found: InView | undefined) => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        resolve(found);
      };
      const timer = setTimeout(() => end(undefined), timeoutMs);
      const waiter = {
        portId,
        check: () => {
          const found = find();
          if (found !== undefined) end(found);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  portsInView(): Iterable<ViewPort> {
    return this.#loop.view.ports.values();
  }

  apply(portId: Id, device: string): string | undefined {
    this.#localLinks.refresh(device);
    this.#loop.again(portId);
    this.#loop.applyNow();
    if (this.#loop.isInForce(portId)) return undefined;
    const state = this.#loop.state(portId);
    return state.up ? undefined : state.reason;
  }

  notReady(): string | undefined {
    return this.#loop.held.revision === undefined
      ? "the agent has no view of its host yet: see that the control node runs and knows this host"
      : undefined;
  }

  isConnected(): boolean {
    return this.#isConnected();
  }
}
