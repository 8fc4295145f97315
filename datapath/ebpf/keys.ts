/**
 * Map entries as strings: bytes in latin1, a key with its map in front. A string is compared and hashed by the engine,
 * and takes a third of a Buffer's memory; a host can have some hundred thousand of them.
 */
import { MAPS, type MapKey, type MapName, type MapValue } from "../../bpf/layout.gen.ts";
import type { Table } from "../../wire/table.ts";

const NAMES = Object.keys(MAPS) as MapName[];
const TAGS = new Map(NAMES.map((name, index) => [name, index]));

/** Key bytes and the map they belong to. */
export type EntryKey = string;
export type EntryValue = string;

// Strings are cut from one place: a string joined from two is held as both and the whole, for as long as it lives.
const scratch = Buffer.alloc(1024);
const view = new DataView(scratch.buffer, scratch.byteOffset, scratch.length);

export function entryKey(map: MapName, bytes: Uint8Array): EntryKey {
  scratch[0] = TAGS.get(map) as number;
  scratch.set(bytes, 1);
  return scratch.toString("latin1", 0, 1 + bytes.length);
}

/** {@link entryKey} of a key that is yet to be encoded. */
export function encodeKey<N extends MapName>(map: N, key: MapKey<N>): EntryKey {
  const table = MAPS[map].key as Table<unknown>;
  scratch.fill(0, 1, 1 + table.size);
  scratch[0] = TAGS.get(map) as number;
  table.write(view, 1, key);
  return scratch.toString("latin1", 0, 1 + table.size);
}

export function encodeValue<N extends MapName>(map: N, value: MapValue<N>): EntryValue {
  const table = MAPS[map].value as Table<unknown>;
  scratch.fill(0, 0, table.size);
  table.write(view, 0, value);
  return scratch.toString("latin1", 0, table.size);
}

export function mapOf(key: EntryKey): MapName {
  return NAMES[key.charCodeAt(0)] as MapName;
}

export function keyBytes(key: EntryKey): Buffer {
  return Buffer.from(key, "latin1").subarray(1);
}

export function entryValue(bytes: Buffer): EntryValue {
  return bytes.toString("latin1");
}

export function valueBytes(value: EntryValue): Buffer {
  return Buffer.from(value, "latin1");
}
