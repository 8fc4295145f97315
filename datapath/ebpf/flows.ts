/** Takes idle entries out of the flow table, a part at a time; at rest with an empty table it all but sleeps. */
import { Flow, FlowKey } from "../../bpf/layout.gen.ts";
import type { BpfMap } from "../../host/mod.ts";
import { forgetFragments } from "./fragments.ts";
import { type FlowTimeouts, idleSeconds } from "./idle.ts";
import { partnerKey } from "./partner.ts";
import { FlowCounts } from "./quota.ts";

const readProto = FlowKey.reader("proto");
const readFlags = Flow.reader("flags");
const readPackets = Flow.reader("packets");
const readLastSeenNs = Flow.reader("lastSeenNs");
const readOwner = Flow.reader("owner");

/** Entries looked at before other work gets its turn: some milliseconds. */
const ENTRIES_PER_TURN = 2048;
const TURN_PAUSE_MS = 20;
const MIN_PERIOD_MS = 1_000;
const MAX_PERIOD_MS = 30_000;

/** The fuller the table, or the quota of any one owner, the sooner the next walk. `full`: from 0 to 1. Pure. */
export function nextPeriodMs(full: number): number {
  const free = 1 - Math.min(1, full);
  return Math.round(MIN_PERIOD_MS + (MAX_PERIOD_MS - MIN_PERIOD_MS) * free ** 4);
}

export interface FlowMaps {
  flows: BpfMap;
  counts: BpfMap;
  aged: BpfMap;
  fragments: BpfMap;
}

interface Idle {
  key: Buffer;
  owner: number;
}

export class FlowAging {
  readonly #map: BpfMap;
  readonly #fragments: BpfMap;
  readonly #counts: FlowCounts;
  readonly #quota: number;
  readonly #timeouts: FlowTimeouts;
  readonly #nowNs: () => bigint;
  #timer: NodeJS.Timeout | undefined;
  #walk: IterableIterator<[Buffer, Buffer]> | undefined;
  #seen = new Map<number, number>();
  #full = 0;
  /** What the last whole walk left in the table. */
  entries = 0;

  /** `quota`: entries that one owner may have. `nowNs`: CLOCK_MONOTONIC, which the data plane stamps entries with. */
  constructor(maps: FlowMaps, quota: number, timeouts: FlowTimeouts, nowNs: () => bigint = process.hrtime.bigint) {
    this.#map = maps.flows;
    this.#fragments = maps.fragments;
    this.#counts = new FlowCounts(maps.counts, maps.aged);
    this.#quota = quota;
    this.#timeouts = timeouts;
    this.#nowNs = nowNs;
  }

  start(): void {
    this.#timer = setTimeout(() => this.#step(), MIN_PERIOD_MS).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#walk = undefined;
  }

  /** Entries that count as one owner's now. */
  entriesOf(owner: number): number {
    return this.#counts.of(owner);
  }

  #step(): void {
    const pause = this.turn() ? nextPeriodMs(this.#full) : TURN_PAUSE_MS;
    this.#timer = setTimeout(() => this.#step(), pause).unref();
  }

  /** Looks at the next part of the table; true when that was its end. */
  turn(): boolean {
    if (this.#walk === undefined) {
      this.#walk = this.#map.entries();
      this.#seen = new Map();
      this.#counts.beginWalk();
    }
    const now = this.#nowNs();
    const idle: Idle[] = [];
    let done = false;
    for (let count = 0; count < ENTRIES_PER_TURN && !done; count++) {
      const next = this.#walk.next();
      if (next.done === true) {
        done = true;
        break;
      }
      const [key, value] = next.value;
      const owner = readOwner(value);
      if (this.#isIdle(key, value, now)) idle.push({ key: Buffer.from(key), owner });
      else this.#seen.set(owner, (this.#seen.get(owner) ?? 0) + 1);
    }
    this.#forget(idle);
    if (done) this.#end();
    return done;
  }

  #end(): void {
    this.#walk = undefined;
    forgetFragments(this.#fragments, this.#nowNs());
    this.#counts.endWalk(this.#seen);
    this.entries = [...this.#seen.values()].reduce((sum, entries) => sum + entries, 0);
    this.#full = Math.max(this.entries / this.#map.maxEntries, FlowCounts.fullest(this.#seen, this.#quota));
  }

  #forget(idle: readonly Idle[]): void {
    const missing = this.#map.deleteBatch(idle.map(({ key }) => key));
    const gone = new Map<number, number>();
    for (const [index, { owner }] of idle.entries())
      if (!missing.has(index)) gone.set(owner, (gone.get(owner) ?? 0) + 1);
    this.#counts.countOut(gone);
  }

  /** Nothing has come for so long, in either direction. */
  #isIdle(key: Buffer, value: Buffer, nowNs: bigint): boolean {
    const proto = readProto(key);
    const flow = { flags: readFlags(value), packets: readPackets(value) };
    const ageNs = nowNs - readLastSeenNs(value);
    const isWithin = (age: bigint, seconds: number) => age <= BigInt(seconds) * 1_000_000_000n;
    // Alone it would be kept no longer than with its other direction, and asking for that costs a system call.
    if (isWithin(ageNs, idleSeconds(proto, flow, undefined, this.#timeouts))) return false;
    const other = this.#map.lookup(FlowKey.encode(partnerKey(FlowKey.decode(key), Flow.decode(value))));
    if (other === undefined) return true;
    const otherAgeNs = nowNs - readLastSeenNs(other);
    const facts = { flags: readFlags(other), packets: readPackets(other) };
    const seconds = idleSeconds(proto, flow, facts, this.#timeouts);
    return !isWithin(ageNs, seconds) && !isWithin(otherAgeNs, seconds);
  }
}
