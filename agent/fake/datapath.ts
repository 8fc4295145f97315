import {
  type Datapath,
  emptyWanted,
  type ServiceSockets,
  type TraceOrigin,
  type Trap,
  type VifCounters,
  type Wanted,
  type WantedChange,
} from "../../datapath/mod.ts";
import type { DropText, FlowFacts, Id, RouterFacts, Trace, VifFacts } from "../../model/mod.ts";

/** A data plane that takes what it is told and keeps a log of the calls, one line each. */
export class FakeDatapath implements Datapath {
  readonly log: string[] = [];
  readonly inForce: Wanted = emptyWanted();
  /** Vifs that are refused, with the sentence. */
  readonly refused = new Map<Id, string>();
  readonly injected: { vifId: Id; frame: Uint8Array }[] = [];
  /** How many more it takes to look at everything. */
  looks = 0;
  #onTrap: (trap: Trap) => void = () => {};

  async open(): Promise<void> {}

  look(): boolean {
    return this.looks-- > 0;
  }

  apply(wanted: Wanted, change?: WantedChange): { up: Set<Id>; failed: Map<Id, string> } {
    this.log.push(change === undefined ? "apply all" : `apply ${describe(change)}`);
    for (const table of ["networks", "vifs", "endpoints", "groups", "routers", "balancers"] as const) {
      const from: Map<Id, unknown> = wanted[table];
      const to: Map<Id, unknown> = this.inForce[table];
      for (const id of change?.[table] ?? new Set([...from.keys(), ...to.keys()])) {
        if (from.has(id) && !(table === "vifs" && this.refused.has(id))) to.set(id, from.get(id));
        else to.delete(id);
      }
    }
    const failed = new Map([...this.refused].filter(([id]) => wanted.vifs.has(id)));
    return { up: new Set(this.inForce.vifs.keys()), failed };
  }

  sockets(): ServiceSockets {
    return { metadata: [], dns: [], clientOf: () => undefined };
  }

  onTrap(handler: (trap: Trap) => void): void {
    this.#onTrap = handler;
  }

  trap(trap: Trap): void {
    this.#onTrap(trap);
  }

  inject(vifId: Id, frame: Uint8Array): void {
    this.injected.push({ vifId, frame });
  }

  counters(vifId: Id): VifCounters | undefined {
    if (!this.inForce.vifs.has(vifId)) return undefined;
    const copies = { mirroredPackets: 5n, mirroredBytes: 300n, tappedPackets: 6n, tappedBytes: 360n };
    return { rxPackets: 1n, rxBytes: 60n, txPackets: 2n, txBytes: 120n, ...copies, drops: { spoofed_mac: 3n } };
  }

  hostDrops(): Record<string, bigint> {
    return { tunnel_stranger: 4n };
  }

  flowTable(): { entries: number; size: number; quota: number } {
    return { entries: 5, size: 1024, quota: 256 };
  }

  /** Frames that were traced, and what is answered. */
  readonly traced: { from: TraceOrigin; frame: Uint8Array }[] = [];
  answers: Trace[] = [];
  connections: FlowFacts[] = [];
  routers: RouterFacts[] = [];

  async openTrace(): Promise<void> {}

  trace(from: TraceOrigin, frame: Uint8Array): Trace {
    this.traced.push({ from, frame });
    return this.answers.shift() ?? { steps: [], end: "gone", frame: "", more: 0 };
  }

  async *flows(): AsyncIterable<FlowFacts[]> {
    for (const flow of this.connections) yield [flow];
  }

  async describeVifs(vifIds: readonly Id[]): Promise<VifFacts[]> {
    return vifIds.flatMap((id) => {
      const vif = this.inForce.vifs.get(id);
      if (vif === undefined) return [];
      const { device, mac, networkId, groups } = vif;
      return [
        {
          port: id,
          network: networkId,
          device: { ifindex: device.ifindex, kind: device.kind, vlan: device.vlan },
          mac,
          flags: ["admin_up"],
          sources: null,
          policy: groups === null ? null : { set: 1, groups, rules: 4 },
          number: 1,
        },
      ];
    });
  }

  async describeRouters(): Promise<RouterFacts[]> {
    return this.routers;
  }

  dropText(reason: string): DropText {
    return { meaning: `it was ${reason}`, advice: "Do something." };
  }

  dump(): string[] {
    return [...this.inForce.vifs.keys()].map((id) => `vif ${id}`).sort();
  }

  async close(): Promise<void> {
    this.log.push("close");
  }

  async destroy(): Promise<void> {
    this.log.push("destroy");
  }
}

function describe(change: WantedChange): string {
  const part = (name: string, ids: Set<Id>) =>
    ids.size === 0 ? [] : [`${name} ${[...ids].sort().map(short).join(" ")}`];
  return [
    ...part("networks", change.networks),
    ...part("vifs", change.vifs),
    ...part("endpoints", change.endpoints),
    ...part("groups", change.groups),
    ...part("routers", change.routers),
    ...part("balancers", change.balancers),
  ].join(", ");
}

const short = (id: Id) => `${id[0]}${Number.parseInt(id.slice(-12), 16)}`;
