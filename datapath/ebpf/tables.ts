/** The maps that wanted objects fill: desired against actual, written in batches and in a safe order. */
import { MAPS, type MapName } from "../../bpf/layout.gen.ts";
import { type BpfMap, SystemError } from "../../host/mod.ts";
import { Delta } from "../../reconcile/mod.ts";
import { keyBytes, keyString } from "./claims.ts";
import { invalidates } from "./generation.ts";

/** An entry comes before those that point to it; removal goes the other way. */
const ORDER = [
  "vifs",
  "sources",
  "peers",
  "members",
  "macs",
  "ips",
  "nets",
  "uplinks",
  "attachments",
  "ifaces",
] as const;
export type TableName = (typeof ORDER)[number];
export const TABLES: readonly TableName[] = ORDER;

export interface WriteFailure {
  map: MapName;
  key: string;
  reason: string;
}

interface TableState {
  map: BpfMap;
  delta: Delta<Buffer>;
  /** Slots of an array cannot be deleted; all zeroes stands for none. */
  array: boolean;
}

const same = (a: Buffer, b: Buffer): boolean => a.equals(b);

export class Tables {
  readonly #tables = new Map<MapName, TableState>();

  constructor(maps: (name: TableName) => BpfMap) {
    for (const name of TABLES) {
      this.#tables.set(name, { map: maps(name), delta: new Delta(same), array: name === "vifs" });
    }
  }

  /** Takes what the kernel has as what is there. */
  read(): void {
    for (const state of this.#tables.values()) {
      const present = new Set<string>();
      for (const [key, value] of this.#entries(state)) {
        const text = keyString(key);
        present.add(text);
        state.delta.saw(text, Buffer.from(value));
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
    for (const key of delta.seenKeys()) yield [keyBytes(key), delta.seen(key) as Buffer];
  }

  want(map: MapName, key: string, value: Buffer | undefined): void {
    const { delta } = this.#state(map);
    if (value === undefined) delta.unwant(key);
    else if (delta.wanted(key)?.equals(value) !== true) delta.want(key, value);
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
  flush(remove: boolean): { stale: boolean; failures: WriteFailure[]; removed: Map<TableName, string[]> } {
    const failures: WriteFailure[] = [];
    const removed = new Map<TableName, string[]>();
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
    const done = writeAll(map, writes, (key, reason) => failures.push({ map: name, key, reason }));
    let stale = false;
    for (const [key, value] of done) {
      stale ||= invalidates(name, keyBytes(key), delta.seen(key), value);
      delta.saw(key, value);
    }
    return stale;
  }

  #remove(name: TableName, keys: readonly string[]): boolean {
    if (keys.length === 0) return false;
    const { delta, map, array } = this.#state(name);
    if (array) map.updateBatch(keys.map((key) => [keyBytes(key), Buffer.alloc(MAPS[name].value.size)]));
    else map.deleteBatch(keys.map(keyBytes));
    let stale = false;
    for (const key of keys) {
      stale ||= invalidates(name, keyBytes(key), delta.seen(key), undefined);
      delta.saw(key, undefined);
    }
    return stale;
  }
}

/** One batch; when that fails one by one, so that what has room is written. Returns what was written. */
function writeAll(
  map: BpfMap,
  writes: [string, Buffer][],
  onFailure: (key: string, reason: string) => void,
): [string, Buffer][] {
  try {
    map.updateBatch(writes.map(([key, value]) => [keyBytes(key), value]));
    return writes;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
  return writes.filter(([key, value]) => {
    try {
      map.update(keyBytes(key), value);
      return true;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      onFailure(
        key,
        error.code === "E2BIG" ? `table ${map.name} is full with ${map.maxEntries} entries` : error.message,
      );
      return false;
    }
  });
}
