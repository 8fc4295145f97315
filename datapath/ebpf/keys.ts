/**
 * Map entries as strings: bytes in latin1, a key with its map in front. A string is compared and hashed by the engine,
 * and takes a third of a Buffer's memory; a host can have some hundred thousand of them.
 */
import { MAPS, type MapName } from "../../bpf/layout.gen.ts";

const NAMES = Object.keys(MAPS) as MapName[];
const TAGS = new Map(NAMES.map((name, index) => [name, String.fromCharCode(index)]));

/** Key bytes and the map they belong to. */
export type EntryKey = string;
export type EntryValue = string;

export function entryKey(map: MapName, bytes: Buffer): EntryKey {
  return TAGS.get(map) + bytes.toString("latin1");
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
