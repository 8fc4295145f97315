/** How many flows each owner has: what the data plane counts in, the agent counts out, and what a walk finds to be wrong. */
import { FlowAged, FlowCount, MAPS } from "../../bpf/layout.gen.ts";
import type { BpfMap } from "../../host/mod.ts";

/** The owner that stands for all of them. */
export const EVERYBODY = 0;

export interface FlowQuota {
  /** Entries that one owner may have. */
  quota: number;
  /** Entries that one may have once the table is as full as `room`: so that some cannot fill it for the rest. */
  share: number;
  room: number;
}

/** Of a table of `size` entries: a quarter for one owner, and the last quarter in small shares. Pure. */
export function quotaOf(size: number, quota = Math.ceil(size / 4)): FlowQuota {
  const share = Math.max(1, Math.min(quota, Math.floor(size / 64)));
  return { quota, share, room: Math.floor((size * 3) / 4) };
}

const asEntries = (live: bigint, aged: bigint): number => Math.max(0, Number(BigInt.asIntN(64, live - aged)));

/** What a walk has seen of one owner: entries that it left. */
export type Seen = ReadonlyMap<number, number>;

export class FlowCounts {
  readonly #counts: BpfMap;
  readonly #aged: BpfMap;
  #before = new Map<number, FlowCount>();

  constructor(counts: BpfMap, aged: BpfMap) {
    this.#counts = counts;
    this.#aged = aged;
  }

  /** Entries that an owner has. */
  of(owner: number): number {
    return asEntries(this.#count(owner).live, this.#agedOf(owner));
  }

  #count(owner: number): FlowCount {
    const bytes = this.#counts.lookup(MAPS.flow_counts.key.encode(owner));
    return bytes === undefined ? { live: 0n, made: 0n } : FlowCount.decode(bytes);
  }

  #agedOf(owner: number): bigint {
    const bytes = this.#aged.lookup(MAPS.flow_aged.key.encode(owner));
    return bytes === undefined ? 0n : FlowAged.decode(bytes).entries;
  }

  /** Counts out what the agent has deleted. */
  countOut(gone: Seen): void {
    let all = 0;
    for (const [owner, entries] of gone) {
      all += entries;
      this.#age(owner, BigInt(entries));
    }
    if (all > 0) this.#age(EVERYBODY, BigInt(all));
  }

  #age(owner: number, entries: bigint): void {
    const aged = BigInt.asUintN(64, this.#agedOf(owner) + entries);
    this.#aged.update(MAPS.flow_aged.key.encode(owner), FlowAged.encode({ entries: aged }));
  }

  beginWalk(): void {
    this.#before = this.#all();
  }

  #all(): Map<number, FlowCount> {
    const all = new Map<number, FlowCount>();
    for (const [key, value] of this.#counts.entries()) {
      const count = FlowCount.decode(value);
      if (count.made !== 0n) all.set(MAPS.flow_counts.key.decode(key), count);
    }
    return all;
  }

  /** Corrects what cannot be: entries came and went while they were looked at, which says how far the two may differ. */
  endWalk(seen: Seen): void {
    let all = 0;
    for (const entries of seen.values()) all += entries;
    const owners = new Map([...seen, [EVERYBODY, all]]);
    const now = this.#all();
    for (const owner of new Set([...owners.keys(), ...now.keys()]))
      this.#correct(owner, owners.get(owner) ?? 0, now.get(owner));
  }

  #correct(owner: number, seen: number, now: FlowCount = { live: 0n, made: 0n }): void {
    const before = this.#before.get(owner) ?? { live: 0n, made: 0n };
    const made = now.made - before.made;
    const deleted = made - (now.live - before.live);
    const counted = BigInt.asIntN(64, now.live - this.#agedOf(owner));
    const [least, most] = [BigInt(seen) - deleted, BigInt(seen) + made];
    if (counted > most) this.#age(owner, counted - most);
    else if (counted < least) this.#age(owner, counted - least);
  }

  /** The fullest owner's part of what one may have, from 0 to 1. */
  static fullest(seen: Seen, quota: number): number {
    let most = 0;
    for (const entries of seen.values()) most = Math.max(most, entries);
    return Math.min(1, most / quota);
  }
}
