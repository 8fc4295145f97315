/** {@link Datapath} by eBPF: a session while it is open, and the clearing away. */
import { CABLE_LAYOUT } from "../../bpf/layout.gen.ts";
import type { DropText, FlowFacts, Id, RouterFacts, Trace, VifFacts } from "../../model/mod.ts";
import type { Datapath, ServiceSockets, TraceOrigin, Trap, VifCounters, Wanted, WantedChange } from "../datapath.ts";
import { dropText } from "./drop-reasons.ts";
import { devicesOf, type EbpfOptions, pinDirOf } from "./options.ts";
import { Session } from "./session.ts";

class EbpfDatapath implements Datapath {
  readonly #options: EbpfOptions;
  #session: Session | undefined;
  #onTrap: (trap: Trap) => void = () => {};

  constructor(options: EbpfOptions) {
    this.#options = options;
  }

  // Nothing here awaits, so that a caller can run any of it within another namespace.

  async open(): Promise<void> {
    if (this.#session !== undefined) return;
    this.#session = new Session(this.#options);
    this.#session.onTrap((trap) => this.#onTrap(trap));
  }

  get #open(): Session {
    if (this.#session === undefined) throw new Error("the data plane is not open: call open() first");
    return this.#session;
  }

  look(): boolean {
    return this.#open.look();
  }

  apply(wanted: Wanted, change?: WantedChange): { up: Set<Id>; failed: Map<Id, string> } {
    const outcome = this.#open.apply(wanted, change);
    if (change === undefined) this.#removeOldLayouts();
    return outcome;
  }

  /** Maps of earlier versions, once everything forwards by this one. */
  #removeOldLayouts(): void {
    for (let layout = 1; layout < CABLE_LAYOUT; layout++)
      this.#options.host.removePins(pinDirOf(this.#options, layout));
  }

  sockets(): ServiceSockets {
    return this.#open.sockets();
  }

  onTrap(handler: (trap: Trap) => void): void {
    this.#onTrap = handler;
  }

  inject(vifId: Id, frame: Uint8Array): void {
    this.#open.inject(vifId, frame);
  }

  counters(vifId: Id): VifCounters | undefined {
    return this.#open.counters(vifId);
  }

  hostDrops(): Record<string, bigint> {
    return this.#open.hostDrops();
  }

  flowTable(): { entries: number; size: number; quota: number } {
    return this.#open.flowTable();
  }

  dump(): string[] {
    return this.#open.dump();
  }

  openTrace(): Promise<void> {
    return this.#open.explainer.open();
  }

  trace(from: TraceOrigin, frame: Uint8Array): Trace {
    return this.#open.explainer.trace(from, frame);
  }

  flows(): AsyncIterable<FlowFacts[]> {
    return this.#open.explainer.flows();
  }

  describeVifs(vifIds: readonly Id[]): Promise<VifFacts[]> {
    return this.#open.explainer.vifs(vifIds);
  }

  describeRouters(): Promise<RouterFacts[]> {
    return this.#open.explainer.routers();
  }

  dropText(reason: string): DropText {
    return dropText(reason);
  }

  async close(): Promise<void> {
    this.#close();
  }

  #close(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  /** Also for a driver that was never opened: what an earlier run left goes too. */
  async destroy(): Promise<void> {
    const { host } = this.#options;
    const { vxlan, trap, service, mirror } = devicesOf(this.#options);
    this.#close();
    for (const link of host.links.list()) {
      if (host.bpf.attachedIngress(link.index) !== undefined) {
        host.bpf.detachIngress(link.index);
        if (link.kind === "") host.links.set(link.index, { promiscuous: false });
      }
      const kinds = { [vxlan]: "vxlan", [trap]: "tun", [service.sockets]: "veth", [mirror.near]: "veth" };
      if (kinds[link.name] === link.kind) host.links.remove(link.index);
    }
    for (let layout = 1; layout <= CABLE_LAYOUT; layout++) host.removePins(pinDirOf(this.#options, layout));
  }
}

/** The eBPF driver. It acts in the network namespace that `options.host` is of. */
export function ebpfDatapath(options: EbpfOptions): Datapath {
  return new EbpfDatapath(options);
}
