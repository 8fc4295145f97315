/** Who is mirrored to whom: the tap services, flows and mirrors of each port. */
import type { Id, TapFlowRecord, TapMirrorRecord, TapServiceRecord } from "../../model/mod.ts";
import type { Memory, RecordChange } from "../memory.ts";
import { SetIndex } from "../set-index.ts";

type TapKind = "tap_service" | "tap_flow" | "tap_mirror";
type TapChange = Extract<RecordChange, { kind: TapKind }>;

export class Taps {
  readonly #memory: Memory;
  readonly #servicesOfPort = new SetIndex<Id>();
  readonly #flowsOfService = new SetIndex<Id>();
  readonly #flowsOfPort = new SetIndex<Id>();
  readonly #mirrorsOfPort = new SetIndex<Id>();

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  everything(): void {
    for (const { record } of this.#memory.all("tap_service")) this.#servicesOfPort.add(record.port_id, record.id);
    for (const { record } of this.#memory.all("tap_flow")) this.#flow(record, "add");
    for (const { record } of this.#memory.all("tap_mirror")) this.#mirrorsOfPort.add(record.port_id, record.id);
  }

  /** Takes a change in. Returns the ports whose hosts may have to know. */
  change(change: TapChange): Set<Id> {
    const { id } = change;
    const ports = new Set<Id>();
    for (const [side, how] of [
      [change.before, "remove"],
      [change.after, "add"],
    ] as const) {
      if (side === undefined) continue;
      if (change.kind === "tap_flow") {
        const flow = side.record as TapFlowRecord;
        this.#flow(flow, how);
        ports.add(flow.source_port);
        const service = this.#memory.get("tap_service", flow.tap_service_id)?.record;
        if (service !== undefined) ports.add(service.port_id);
      } else {
        const { port_id } = side.record as TapServiceRecord | TapMirrorRecord;
        (change.kind === "tap_service" ? this.#servicesOfPort : this.#mirrorsOfPort)[how](port_id, id);
        ports.add(port_id);
        if (change.kind === "tap_service") for (const { source_port } of this.flowsTo(id)) ports.add(source_port);
      }
    }
    return ports;
  }

  #flow({ id, tap_service_id, source_port }: TapFlowRecord, how: "add" | "remove"): void {
    this.#flowsOfService[how](tap_service_id, id);
    this.#flowsOfPort[how](source_port, id);
  }

  /** In the order of their ids, as all that follows. */
  servicesOf(port: Id): TapServiceRecord[] {
    return this.#records("tap_service", this.#servicesOfPort.of(port));
  }

  flowsTo(service: Id): TapFlowRecord[] {
    return this.#records("tap_flow", this.#flowsOfService.of(service));
  }

  flowsFrom(port: Id): TapFlowRecord[] {
    return this.#records("tap_flow", this.#flowsOfPort.of(port));
  }

  mirrorsOf(port: Id): TapMirrorRecord[] {
    return this.#records("tap_mirror", this.#mirrorsOfPort.of(port));
  }

  /** The ports that are mirrored to it, and those that it is mirrored to: where they are concerns each other's hosts. */
  partnersOf(port: Id): Set<Id> {
    const partners = new Set<Id>();
    for (const { id } of this.servicesOf(port)) for (const flow of this.flowsTo(id)) partners.add(flow.source_port);
    for (const { tap_service_id } of this.flowsFrom(port)) {
      const service = this.#memory.get("tap_service", tap_service_id)?.record;
      if (service !== undefined) partners.add(service.port_id);
    }
    return partners;
  }

  #records<K extends TapKind>(kind: K, ids: ReadonlySet<Id>) {
    if (ids.size === 0) return [];
    return [...ids].sort().flatMap((id) => this.#memory.get(kind, id)?.record ?? []);
  }
}
