/**
 * One request's transaction in the making. A plan reads records through it, so that later parts of the request see
 * what earlier ones staged, and every record that the outcome rests on becomes a guard.
 */
import type { Fault, Id, Ip, Kind, RecordTypes, SubnetRecord } from "../../model/mod.ts";
import { type Guard, keys, type Transaction, type Write } from "../../store/mod.ts";
import type { Memory } from "../memory.ts";
import type { Index, Indexes } from "./indexes.ts";
import type { Reader } from "./reader.ts";

/** Keys that a choice has to avoid although memory does not show them as used. */
export interface Avoided {
  has(key: string): boolean;
  readonly size: number;
}

interface Staged {
  kind: Kind;
  id: Id;
  record: RecordTypes[Kind] | undefined;
}

export class Draft implements Reader {
  readonly #memory: Memory;
  readonly #indexes: Indexes;
  readonly #avoided: readonly Avoided[];
  readonly #guards = new Map<string, Guard>();
  readonly #writes = new Map<string, Write>();
  readonly #staged = new Map<string, Staged>();
  readonly #stagedKinds = new Set<Kind>();
  /** Unique keys made by this request; the fault is what the caller gets when another has the key, if it must be it. */
  readonly #claims = new Map<string, (() => Fault) | undefined>();
  readonly #marked = new Set<string>();
  readonly #newSubnets = new Map<Id, Id[]>();

  /** Not the first of its request: others were quicker, so what is free to choose should be chosen where they do not. */
  readonly isRetry: boolean;

  constructor(memory: Memory, indexes: Indexes, avoided: readonly Avoided[] = [], isRetry = false) {
    this.isRetry = isRetry;
    this.#memory = memory;
    this.#indexes = indexes;
    this.#avoided = avoided;
  }

  get memory(): Memory {
    return this.#memory;
  }

  get<K extends Kind>(kind: K, id: Id): RecordTypes[K] | undefined {
    const staged = this.#staged.get(keys.record(kind, id));
    if (staged !== undefined) return staged.record as RecordTypes[K] | undefined;
    return this.#memory.get(kind, id)?.record;
  }

  select<K extends Kind>(by: Index<K>, key: string): RecordTypes[K][] {
    const found: RecordTypes[K][] = [];
    const isStaged = this.#stagedKinds.has(by.kind);
    for (const id of this.#indexes.of(by, key)) {
      if (isStaged && this.#staged.has(keys.record(by.kind, id))) continue;
      const record = this.#memory.get(by.kind, id)?.record;
      if (record !== undefined) found.push(record);
    }
    for (const { kind, record } of isStaged ? this.#staged.values() : []) {
      if (kind === by.kind && record !== undefined && by.keysOf(record as RecordTypes[K]).includes(key)) {
        found.push(record as RecordTypes[K]);
      }
    }
    return found;
  }

  /** The outcome is right only if the record is as memory has it. */
  dependOn(kind: Kind, id: Id): void {
    const key = keys.record(kind, id);
    const held = this.#memory.get(kind, id);
    const guard = this.#guards.get(key);
    // That it is there says less.
    if (held === undefined || (guard !== undefined && guard.kind !== "present")) return;
    this.#guards.set(key, { kind: "unchanged", key, modRevision: held.modRevision });
  }

  /** Another form of a record that this request makes or replaces already. */
  stage<K extends Kind>(kind: K, id: Id, record: RecordTypes[K]): void {
    this.#stage(kind, id, record);
  }

  create<K extends Kind>(kind: K, id: Id, record: RecordTypes[K]): void {
    const key = keys.record(kind, id);
    this.#guards.set(key, { kind: "absent", key });
    this.#stage(kind, id, record);
    if (kind === "subnet") {
      const { network_id } = record as SubnetRecord;
      this.#newSubnets.set(network_id, [...(this.#newSubnets.get(network_id) ?? []), id]);
    }
  }

  replace<K extends Kind>(kind: K, id: Id, record: RecordTypes[K]): void {
    this.dependOn(kind, id);
    this.#stage(kind, id, record);
  }

  remove(kind: Kind, id: Id): void {
    this.dependOn(kind, id);
    this.#stagedKinds.add(kind);
    this.#staged.set(keys.record(kind, id), { kind, id, record: undefined });
    this.#write({ kind: "delete", key: keys.record(kind, id) });
  }

  present(kind: Kind, id: Id): void {
    const key = keys.record(kind, id);
    if (!this.#guards.has(key)) this.#guards.set(key, { kind: "present", key });
  }

  /** The record `userId` leans on another one, which must be there: whoever changes that demands {@link sameUsers}. */
  use(kind: Kind, id: Id, userId: Id): void {
    this.present(kind, id);
    this.#write({ kind: "put", key: keys.use(kind, id, userId), value: "" });
  }

  unuse(kind: Kind, id: Id, userId: Id): void {
    this.#write({ kind: "delete", key: keys.use(kind, id, userId) });
  }

  /** The outcome is right only if nobody began to lean on the record since: those whom memory shows are all there are. */
  sameUsers(kind: Kind, id: Id): void {
    this.quietUnder(keys.usesOf(kind, id));
  }

  /** No key under the prefix was made or rewritten since what memory shows; keys that went away do not matter. */
  quietUnder(prefix: string): void {
    if (this.#guards.has(prefix)) return;
    this.#guards.set(prefix, { kind: "quietUnder", prefix, revision: this.#memory.revision });
  }

  /** Writes a record whatever it is by now, for what is told by how often it was written. */
  mark<K extends Kind>(kind: K, id: Id, record: RecordTypes[K]): void {
    this.#stage(kind, id, record);
    this.#marked.add(keys.record(kind, id));
  }

  /** The record was marked at most `times` since what memory shows. */
  markedAtMost(kind: Kind, id: Id, times: number): void {
    const key = keys.record(kind, id);
    this.#guards.set(key, { kind: "writtenAtMost", key, times: times + (this.#memory.get(kind, id)?.version ?? 0) });
  }

  /** Nobody has made the key; when somebody has meanwhile, the request is planned anew. */
  absent(key: string): void {
    this.#guards.set(key, { kind: "absent", key });
  }

  emptyUnder(prefix: string): void {
    this.#guards.set(prefix, { kind: "emptyUnder", prefix });
  }

  /**
   * Makes a unique key the request's own. With `refusal`, nothing else will do, and the request fails with it when the
   * key is another's; without, it was chosen freely and another choice is made.
   */
  claim(key: string, holder: string, refusal?: () => Fault): void {
    if (this.#claims.has(key) && refusal !== undefined) throw refusal();
    this.#claims.set(key, refusal);
    if (this.#writes.get(key)?.kind !== "delete") this.#guards.set(key, { kind: "absent", key });
    this.#write({ kind: "put", key, value: holder });
  }

  release(key: string): void {
    this.#write({ kind: "delete", key });
  }

  /** True when a free choice must not fall on the key, as far as this control node can tell beyond its memory. */
  isTaken(key: string): boolean {
    return this.#claims.has(key) || this.#avoided.some((set) => set.size > 0 && set.has(key));
  }

  get claimCount(): number {
    return this.#claims.size;
  }

  /** Who has an address, this request's own claims included. */
  isIpUsed(subnetId: Id, ip: Ip): boolean {
    return this.#memory.ipsOfSubnet(subnetId).has(ip) || this.#claims.has(keys.ip(subnetId, ip));
  }

  subnetsOf(networkId: Id): SubnetRecord[] {
    const ids = [...this.#memory.subnetsOfNetwork(networkId), ...(this.#newSubnets.get(networkId) ?? [])];
    return ids.flatMap((id) => this.get("subnet", id) ?? []);
  }

  /** What the caller is told when others have these keys: of the first key claimed that nothing else could replace. */
  refusalAmong(failed: ReadonlySet<string>): Fault | undefined {
    for (const [key, refusal] of this.#claims) if (refusal !== undefined && failed.has(key)) return refusal();
    return undefined;
  }

  /** The keys that were chosen freely. */
  *chosenKeys(): Iterable<string> {
    for (const [key, refusal] of this.#claims) if (refusal === undefined) yield key;
  }

  /** True for a claimed key that no other can replace. */
  isDemanded(key: string): boolean {
    return this.#claims.get(key) !== undefined;
  }

  isChosen(key: string): boolean {
    return this.#claims.has(key) && this.#claims.get(key) === undefined;
  }

  /** The whole transaction; undefined when there is nothing to write. */
  transaction(): Transaction | undefined {
    for (const { kind, id, record } of this.#staged.values()) {
      if (record !== undefined) {
        const key = keys.record(kind, id);
        const value = JSON.stringify(record);
        this.#write(this.#marked.has(key) ? { kind: "put", key, value, counted: true } : { kind: "put", key, value });
      }
    }
    if (this.#writes.size === 0) return undefined;
    return { guards: [...this.#guards.values()], writes: [...this.#writes.values()] };
  }

  #stage<K extends Kind>(kind: K, id: Id, record: RecordTypes[K]): void {
    this.#stagedKinds.add(kind);
    this.#staged.set(keys.record(kind, id), { kind, id, record });
  }

  #write(write: Write): void {
    this.#writes.set(write.key, write);
  }
}
