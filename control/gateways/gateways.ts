import type { Id, NetworkRecord, RouterRecord } from "../../model/mod.ts";
import type { Store } from "../../store/mod.ts";
import { updateRecords } from "../guarded-update.ts";
import type { Memory, RecordChange } from "../memory.ts";
import type { Log } from "../memory-cache.ts";
import { type Candidate, canServe, chooseHosts, livenessOf } from "./choose.ts";
import { takeDown } from "./take-down.ts";

/** Agents need this long to come back when control nodes were away. */
const START_MS = 5_000;
const ROUND_MS = 15_000;
const RETRY_MS = 1_000;

export interface GatewaysParts {
  store: Store;
  memory: Memory;
  log: Log;
}

/** Keeps every router's gateway at hosts that are there. Every control node does, and the store takes the first choice. */
export class Gateways {
  readonly #parts: GatewaysParts;
  readonly #due = new Set<Id>();
  readonly #stop: () => void;
  readonly #round: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: GatewaysParts) {
    this.#parts = parts;
    this.#stop = parts.memory.onChange((changes) => this.#note(changes));
    this.#round = setInterval(() => this.#all(), ROUND_MS).unref();
    this.#wake(START_MS);
    this.#all();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    clearInterval(this.#round);
    clearTimeout(this.#timer);
    await this.#running;
  }

  #note(changes: readonly RecordChange[]): void {
    for (const change of changes) {
      if (change.kind === "router") {
        if (change.after?.record.gateways.length) this.#add(change.id);
      } else if (change.kind === "host") this.#all();
      else if (change.kind === "host_beat") {
        const [before, after] = [change.before?.record, change.after?.record];
        if (livenessOf(before, Date.now()) !== livenessOf(after, Date.now())) this.#all();
      }
    }
  }

  #all(): void {
    for (const { record } of this.#parts.memory.all("router")) if (record.gateways.length > 0) this.#add(record.id);
  }

  #add(id: Id): void {
    this.#due.add(id);
    this.#wake(0);
  }

  /** A later time that is set already stands: it is the start, or a pause after a failure. */
  #wake(waitMs: number): void {
    if (this.#timer !== undefined || this.#running !== undefined || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#running = this.#run().finally(() => {
        this.#running = undefined;
        if (this.#due.size > 0) this.#wake(RETRY_MS);
      });
    }, waitMs);
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    const { log, memory } = this.#parts;
    while (this.#due.size > 0 && !this.#isClosed) {
      const ids = [...this.#due].filter((id) => memory.get("router", id) !== undefined);
      this.#due.clear();
      const loads = this.#loads();
      const hostsOf = this.#hostsOf();
      try {
        await updateRecords(this.#parts, "router", ids, (router) => this.#placed(router, loads, hostsOf));
        await takeDown(
          this.#parts,
          ids.filter((id) => !memory.get("router", id)?.record.gateways[0]?.hosts?.length),
        );
      } catch (error) {
        log.warn({ err: error }, "could not choose hosts for gateways; trying again");
        for (const id of ids) this.#due.add(id);
        return;
      }
    }
  }

  #loads(): Map<string, number> {
    const loads = new Map<string, number>();
    for (const { record } of this.#parts.memory.all("router"))
      for (const host of record.gateways[0]?.hosts ?? []) loads.set(host, (loads.get(host) ?? 0) + 1);
    return loads;
  }

  /** Who can serve a network, and how sure it is that they are there: looked up once a run for each physical network. */
  #hostsOf(): (network: NetworkRecord) => readonly Omit<Candidate, "load">[] {
    const { memory } = this.#parts;
    const nowMs = Date.now();
    const known = new Map<string | null, Omit<Candidate, "load">[]>();
    return (network) => {
      const physical = network["provider:physical_network"];
      const found =
        known.get(physical) ??
        [...memory.all("host")].flatMap(({ record }) => {
          if (!canServe(record, network)) return [];
          return [{ name: record.name, liveness: livenessOf(memory.get("host_beat", record.name)?.record, nowMs) }];
        });
      known.set(physical, found);
      return found;
    };
  }

  /** The router with its gateway at other hosts; undefined where it is well placed. */
  #placed(
    router: RouterRecord,
    loads: Map<string, number>,
    hostsOf: (network: NetworkRecord) => readonly Omit<Candidate, "load">[],
  ): RouterRecord | undefined {
    const [gateway, ...others] = router.gateways;
    const network = gateway && this.#parts.memory.get("network", gateway.network_id)?.record;
    if (gateway === undefined || network === undefined) return undefined;
    const before = gateway.hosts ?? [];
    const candidates = hostsOf(network).map((host) => ({ ...host, load: loads.get(host.name) ?? 0 }));
    const hosts = chooseHosts(router.id, before, candidates);
    if (hosts.join() === before.join()) return undefined;
    for (const host of hosts) if (!before.includes(host)) loads.set(host, (loads.get(host) ?? 0) + 1);
    this.#parts.log.info({ router: router.id, before, hosts }, "a router's gateway is at these hosts now");
    return { ...router, gateways: [{ ...gateway, hosts }, ...others] };
  }
}
