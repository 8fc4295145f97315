/** The maps that wanted objects fill: desired against actual, written in batches and in a safe order. */
import { MAPS, type MapName, PAIR_FIXED_BITS } from "../../bpf/layout.gen.ts";
import { type BpfMap, SystemError } from "../../host/mod.ts";
import { Delta } from "../../reconcile/mod.ts";
import { invalidates, isKeptInFlows } from "./generation.ts";
import { type EntryKey, type EntryValue, entryKey, entryValue, keyBytes, mapOf, valueBytes } from "./keys.ts";

/** An entry comes before those that point to it; removal goes the other way. */
const ORDER = [
  "sets",
  "rules",
  "classes",
  "limits",
  "vifs",
  "sources",
  "peers",
  "mirrors",
  "taps",
  "members",
  "fixeds",
  "floatings",
  "forwards",
  "gateways",
  "macs",
  "pairs",
  "ips",
  "nets",
  "backings",
  "backends",
  "balancers",
  "router_ports",
  "ways",
  "routes",
  "routers",
  "uplinks",
  "attachments",
  "subports",
  "ifaces",
] as const;
export type TableName = (typeof ORDER)[number];
export const TABLES: readonly TableName[] = ORDER;

/** Entries in one system call: large enough to make calls rare, small enough to copy. */
const BATCH_LENGTH = 4096;
/** Entries that are read in one turn of the event loop, where there are several: some hundredths of a second. */
const READ_LENGTH = 8192;

export interface WriteFailure {
  key: EntryKey;
  reason: string;
}

interface TableState {
  map: BpfMap;
  delta: Delta<EntryValue>;
  /** Slots of an array cannot be deleted; all zeroes stands for none. */
  array: boolean;
}

const same = (a: EntryValue, b: EntryValue): boolean => a === b;

export class Tables {
  readonly #tables = new Map<MapName, TableState>();
  #walk: Generator<void> | undefined;
  /** All has been read ahead. */
  #isRead = false;

  constructor(maps: (name: TableName) => BpfMap) {
    for (const name of TABLES) {
      this.#tables.set(name, { map: maps(name), delta: new Delta(same), array: name === "vifs" || name === "routers" });
    }
  }

  /** Takes what the kernel has as what is there: all, or what {@link readSome} has left. */
  read(): void {
    while (!this.#isRead) this.readSome();
    this.#isRead = false;
  }

  /**
   * Reads some, to be called again. False when all has been read. What is written in between may be taken for missing, and
   * is then written once more.
   */
  readSome(): boolean {
    if (this.#isRead) return false;
    this.#walk ??= this.#steps();
    if (!this.#walk.next().done) return true;
    this.#walk = undefined;
    this.#isRead = true;
    return false;
  }

  *#steps(): Generator<void> {
    let count = 0;
    for (const [name, state] of this.#tables) {
      const present = new Set<string>();
      for (const [key, value] of this.#entries(state)) {
        const text = entryKey(name, key);
        present.add(text);
        state.delta.saw(text, entryValue(value));
        if (++count % READ_LENGTH === 0) yield;
      }
      for (const key of state.delta.seenKeys()) if (!present.has(key)) state.delta.saw(key, undefined);
    }
  }

  *#entries(state: TableState): IterableIterator<[Buffer, Buffer]> {
    for (const [key, value] of state.map.entries()) {
      if (!state.array || value.some((byte) => byte !== 0)) yield [key, value];
    }
  }

  /** What the kernel has now, not what was last seen. */
  *dump(): IterableIterator<[TableName, Buffer, Buffer]> {
    for (const name of TABLES) {
      for (const [key, value] of this.#entries(this.#state(name))) yield [name, key, value];
    }
  }

  /** What was last seen. */
  *seen(name: TableName): IterableIterator<[Buffer, Buffer]> {
    const { delta } = this.#state(name);
    for (const key of delta.seenKeys()) yield [keyBytes(key), valueBytes(delta.seen(key) as EntryValue)];
  }

  want(key: EntryKey, value: EntryValue | undefined): void {
    const { delta } = this.#state(mapOf(key));
    if (value === undefined) delta.unwant(key);
    else delta.want(key, value);
  }

  #state(name: MapName): TableState {
    const state = this.#tables.get(name);
    if (state === undefined) throw new RangeError(`${name} is not filled from wanted objects`);
    return state;
  }

  /**
   * Writes what is missing and removes, if asked to, what is not wanted. `stale` tells that decisions kept in flows may
   * have become wrong. What could not be written is tried again by the next flush.
   */
  flush(remove: boolean): { stale: boolean; failures: WriteFailure[]; removed: Map<TableName, EntryKey[]> } {
    const failures: WriteFailure[] = [];
    const removed = new Map<TableName, EntryKey[]>();
    let stale = false;
    for (const name of ORDER) stale = this.#write(name, failures) || stale;
    for (const name of remove ? ORDER.toReversed() : []) {
      const keys = this.#state(name).delta.toRemove();
      if (keys.length > 0) removed.set(name, keys);
      stale = this.#remove(name, keys) || stale;
    }
    return { stale, failures, removed };
  }

  #write(name: TableName, failures: WriteFailure[]): boolean {
    const { delta, map } = this.#state(name);
    const writes = delta.toWrite();
    if (writes.length === 0) return false;
    const done = writeAll(map, writes, (key, reason) => failures.push({ key, reason }));
    let stale = false;
    for (const [key, value] of done) {
      stale ||= isKeptInFlows(name) && isStale(name, key, delta.seen(key), value);
      stale ||= name === "ips" && delta.seen(key) === undefined && this.#wasOfPair(keyBytes(key));
      delta.wrote(key, value);
    }
    return stale;
  }

  /** An address that is an endpoint's own now was, in the eyes of rules, one of those that may hold it. */
  #wasOfPair(key: Buffer): boolean {
    const { delta, map } = this.#state("pairs");
    if (delta.seenCount() === 0) return false;
    const { net, ip } = MAPS.ips.key.decode(key);
    return map.lookup(MAPS.pairs.key.encode({ prefixLength: PAIR_FIXED_BITS + 128, net, ip })) !== undefined;
  }

  #remove(name: TableName, keys: readonly EntryKey[]): boolean {
    if (keys.length === 0) return false;
    const { delta, map, array } = this.#state(name);
    if (array) map.updateBatch(keys.map((key) => [keyBytes(key), Buffer.alloc(MAPS[name].value.size)]));
    else map.deleteBatch(keys.map(keyBytes));
    let stale = false;
    for (const key of keys) {
      stale ||= isStale(name, key, delta.seen(key), undefined);
      delta.saw(key, undefined);
    }
    return stale;
  }
}

function isStale(
  name: TableName,
  key: EntryKey,
  before: EntryValue | undefined,
  after: EntryValue | undefined,
): boolean {
  const bytes = (value: EntryValue | undefined) => (value === undefined ? undefined : valueBytes(value));
  return invalidates(name, keyBytes(key), bytes(before), bytes(after));
}

/** One batch at a time; where one fails one by one, so that what has room is written. Returns what was written. */
function writeAll(
  map: BpfMap,
  writes: [EntryKey, EntryValue][],
  onFailure: (key: EntryKey, reason: string) => void,
): [EntryKey, EntryValue][] {
  const done: [EntryKey, EntryValue][] = [];
  for (let start = 0; start < writes.length; start += BATCH_LENGTH) {
    const batch = writes.slice(start, start + BATCH_LENGTH);
    try {
      map.updateBatch(batch.map(([key, value]) => [keyBytes(key), valueBytes(value)]));
      done.push(...batch);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      done.push(...batch.filter((write) => writeOne(map, write, onFailure)));
    }
  }
  return done;
}

function writeOne(
  map: BpfMap,
  [key, value]: [EntryKey, EntryValue],
  onFailure: (key: EntryKey, reason: string) => void,
): boolean {
  try {
    map.update(keyBytes(key), valueBytes(value));
    return true;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    onFailure(key, error.code === "E2BIG" ? `table ${map.name} is full with ${map.maxEntries} entries` : error.message);
    return false;
  }
}
