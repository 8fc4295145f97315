/** Reading of records, from memory alone or with what a request has staged. */
import type { Id, Kind, RecordTypes } from "../../model/mod.ts";
import type { Memory } from "../memory.ts";
import type { Index, Indexes } from "./indexes.ts";

export interface Reader {
  get<K extends Kind>(kind: K, id: Id): RecordTypes[K] | undefined;
  /** The records that have `key`, in no order. */
  select<K extends Kind>(by: Index<K>, key: string): RecordTypes[K][];
}

export function memoryReader(memory: Memory, indexes: Indexes): Reader {
  return {
    get: (kind, id) => memory.get(kind, id)?.record,
    select: (by, key) => [...indexes.of(by, key)].flatMap((id) => memory.get(by.kind, id)?.record ?? []),
  };
}
