/** From a store entry to a record. The store is text written by this and older versions of Cable, so it is checked. */
import type { Id, Kind, RecordTypes } from "../model/mod.ts";
import { keys } from "../store/mod.ts";

/** The name field by which a record of a kind is known; the last part of its key. */
const NAMED_BY = { network: "id", subnet: "id", port: "id", host: "name" } as const satisfies Record<Kind, string>;

export const KINDS = Object.keys(NAMED_BY) as Kind[];

/** The kind and id that a key under {@link keys.allRecords} stands for; undefined for a kind of another version. */
export function decodeKey(key: string): { kind: Kind; id: Id } | undefined {
  const slash = key.indexOf("/", keys.allRecords.length);
  const kind = key.slice(keys.allRecords.length, slash) as Kind;
  const id = key.slice(slash + 1);
  return slash > 0 && id !== "" && Object.hasOwn(NAMED_BY, kind) ? { kind, id } : undefined;
}

/** @throws Error saying why the value is no record of that kind and id */
export function decodeRecord<K extends Kind>(kind: K, id: Id, value: string): RecordTypes[K] {
  const record: unknown = JSON.parse(value);
  if (typeof record !== "object" || record === null) throw new TypeError("not an object");
  const name = (record as Record<string, unknown>)[NAMED_BY[kind]];
  if (name !== id) throw new TypeError(`its ${NAMED_BY[kind]} is ${JSON.stringify(name)}`);
  return record as RecordTypes[K];
}
