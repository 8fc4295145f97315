/** The records and their indexes; whoever feeds it hands over whole revisions. */
import type { Id, Ip, Kind, PortRecord, RecordTypes, SubnetRecord } from "../model/mod.ts";
import { StoreUnknown } from "../store/mod.ts";
import { KINDS } from "./decode.ts";
import type { Held, Memory, RecordChange } from "./memory.ts";
import { SetIndex } from "./set-index.ts";

/** What a record is from now on; undefined when it is gone. */
export interface RecordWrite {
  kind: Kind;
  id: Id;
  after: Held<Kind> | undefined;
}

type Listener = (changes: RecordChange[], revision: number) => void;
type Waiter = { revision: number; resolve: () => void };

const NO_IPS: ReadonlyMap<Ip, Id> = new Map();

export interface TableOptions {
  /** Somebody waits for a revision that has not come within `patienceMs`: ask the store how far it is. */
  onWait?: () => void;
  patienceMs?: number;
  /** After this a wait fails, so that no request hangs while the store is away. */
  timeoutMs?: number;
}

export class MemoryTables implements Memory {
  readonly #tables = new Map<Kind, Map<Id, Held<Kind>>>(KINDS.map((kind) => [kind, new Map()]));
  readonly #subnetsOfNetwork = new SetIndex<Id>();
  readonly #portsOfNetwork = new SetIndex<Id>();
  readonly #portsOfHost = new SetIndex<string>();
  readonly #portsOfDevice = new SetIndex<string>();
  readonly #ipsOfSubnet = new Map<Id, Map<Ip, Id>>();
  readonly #listeners = new Set<Listener>();
  readonly #waiters = new Set<Waiter>();
  readonly #options: Required<TableOptions>;
  #revision = 0;

  constructor({ onWait = () => {}, patienceMs = 50, timeoutMs = 5000 }: TableOptions = {}) {
    this.#options = { onWait, patienceMs, timeoutMs };
  }

  get revision(): number {
    return this.#revision;
  }

  get<K extends Kind>(kind: K, id: Id): Held<K> | undefined {
    return this.#table(kind).get(id);
  }

  all<K extends Kind>(kind: K): Iterable<Held<K>> {
    return this.#table(kind).values();
  }

  /** With their ids, for a feed that compares. */
  entries<K extends Kind>(kind: K): Iterable<[Id, Held<K>]> {
    return this.#table(kind).entries();
  }

  count(kind: Kind): number {
    return this.#table(kind).size;
  }

  subnetsOfNetwork(networkId: Id): ReadonlySet<Id> {
    return this.#subnetsOfNetwork.of(networkId);
  }

  portsOfNetwork(networkId: Id): ReadonlySet<Id> {
    return this.#portsOfNetwork.of(networkId);
  }

  portsOfHost(host: string): ReadonlySet<Id> {
    return this.#portsOfHost.of(host);
  }

  portsOfDevice(deviceId: string): ReadonlySet<Id> {
    return this.#portsOfDevice.of(deviceId);
  }

  ipsOfSubnet(subnetId: Id): ReadonlyMap<Ip, Id> {
    return this.#ipsOfSubnet.get(subnetId) ?? NO_IPS;
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws StoreUnknown when the store does not deliver it in time; the write itself was done. */
  async reached(revision: number): Promise<void> {
    if (this.#revision >= revision) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { revision, resolve };
    this.#waiters.add(waiter);
    const ask = setTimeout(this.#options.onWait, this.#options.patienceMs);
    const giveUp = setTimeout(
      () =>
        reject(new StoreUnknown(`revision ${revision} is written, but not yet seen; memory is at ${this.#revision}`)),
      this.#options.timeoutMs,
    );
    await promise.finally(() => {
      clearTimeout(ask);
      clearTimeout(giveUp);
      this.#waiters.delete(waiter);
    });
  }

  /** Takes in all writes of one revision, tells the listeners, then wakes those who wait for it. */
  apply(writes: RecordWrite[], revision: number): void {
    const changes: RecordChange[] = [];
    for (const { kind, id, after } of writes) {
      const table = this.#table(kind);
      const before = table.get(id);
      if (before === undefined && after === undefined) continue;
      if (before !== undefined) this.#unindex(kind, id, before.record);
      if (after === undefined) table.delete(id);
      else {
        table.set(id, after);
        this.#index(kind, id, after.record);
      }
      changes.push({ kind, id, before, after } as RecordChange);
    }
    this.#revision = Math.max(this.#revision, revision);
    if (changes.length > 0) for (const listener of this.#listeners) listener(changes, revision);
    this.advance(revision);
  }

  /** {@link apply} after a fresh listing, whose revision may be lower than ours when the store was restored. */
  restart(writes: RecordWrite[], revision: number): void {
    this.#revision = 0;
    this.apply(writes, revision);
  }

  /** Nothing of ours changed up to `revision`. */
  advance(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
    for (const waiter of this.#waiters) if (waiter.revision <= this.#revision) waiter.resolve();
  }

  #table<K extends Kind>(kind: K): Map<Id, Held<K>> {
    return this.#tables.get(kind) as unknown as Map<Id, Held<K>>;
  }

  #index(kind: Kind, id: Id, record: RecordTypes[Kind]): void {
    if (kind === "port") this.#indexPort(id, record as PortRecord);
    else if (kind === "subnet") this.#subnetsOfNetwork.add((record as SubnetRecord).network_id, id);
  }

  #unindex(kind: Kind, id: Id, record: RecordTypes[Kind]): void {
    if (kind === "port") this.#unindexPort(id, record as PortRecord);
    else if (kind === "subnet") this.#subnetsOfNetwork.remove((record as SubnetRecord).network_id, id);
  }

  #indexPort(id: Id, port: PortRecord): void {
    this.#portsOfNetwork.add(port.network_id, id);
    if (port["binding:host_id"] !== "") this.#portsOfHost.add(port["binding:host_id"], id);
    if (port.device_id !== "") this.#portsOfDevice.add(port.device_id, id);
    for (const { subnet_id, ip_address } of port.fixed_ips) {
      const ips = this.#ipsOfSubnet.get(subnet_id);
      if (ips === undefined) this.#ipsOfSubnet.set(subnet_id, new Map([[ip_address, id]]));
      else ips.set(ip_address, id);
    }
  }

  #unindexPort(id: Id, port: PortRecord): void {
    this.#portsOfNetwork.remove(port.network_id, id);
    this.#portsOfHost.remove(port["binding:host_id"], id);
    this.#portsOfDevice.remove(port.device_id, id);
    for (const { subnet_id, ip_address } of port.fixed_ips) {
      const ips = this.#ipsOfSubnet.get(subnet_id);
      if (ips?.get(ip_address) !== id) continue; // taken over within the same revision
      ips.delete(ip_address);
      if (ips.size === 0) this.#ipsOfSubnet.delete(subnet_id);
    }
  }
}
