/** A map by its raw bytes over bpf(2). Batches where the kernel has them for the map's type, one by one where not. */
import { closeSync } from "node:fs";
import { type BpfMap, SystemError } from "../host.ts";
import { check, ENOTSUPP, libbpf, type MapInfoValue, sizes } from "./libbpf.ts";

/** enum bpf_map_type: those whose value is one per possible CPU. */
const PER_CPU_TYPES = new Set([5, 6, 10, 21]);
const ANY = 0;
/** Entries in one batch of a walk. */
const WALK_LENGTH = 1024;

export function mapInfo(fd: number): MapInfoValue {
  const info: Partial<MapInfoValue> = {};
  check("bpf_obj_get_info_by_fd", libbpf.info(fd, info, [sizes.mapInfo]));
  return info as MapInfoValue;
}

/** The map behind a descriptor, which it owns from now on. */
export function bpfMap(fd: number): BpfMap {
  const { name, type, key_size: keySize, value_size: plainSize, max_entries: maxEntries } = mapInfo(fd);
  const perCpu = PER_CPU_TYPES.has(type);
  const valueSize = perCpu ? Math.ceil(plainSize / 8) * 8 : plainSize;
  const transferSize = perCpu ? valueSize * libbpf.cpus() : valueSize;
  const call = (what: string) => `${what} ${name}`;

  /** A wrong size would make the kernel read or write past the buffer. */
  function sized(bytes: Uint8Array, size: number): Uint8Array {
    if (bytes.length !== size) throw new RangeError(`map ${name}: ${bytes.length} bytes where ${size} belong`);
    return bytes;
  }

  function lookup(key: Uint8Array): Buffer | undefined {
    const value = Buffer.alloc(transferSize);
    const result = libbpf.lookup(fd, sized(key, keySize), value);
    return check(call("lookup"), result, ["ENOENT"]) < 0 ? undefined : value;
  }

  function update(key: Uint8Array, value: Uint8Array): void {
    check(call("update"), libbpf.update(fd, sized(key, keySize), sized(value, transferSize), ANY));
  }

  /** False if it was not there. */
  function remove(key: Uint8Array): boolean {
    return check(call("delete"), libbpf.delete(fd, sized(key, keySize)), ["ENOENT"]) === 0;
  }

  function updateBatch(entries: readonly (readonly [Uint8Array, Uint8Array])[]): void {
    if (entries.length < 2) {
      for (const [key, value] of entries) update(key, value);
      return;
    }
    const keys = Buffer.concat(entries.map(([key]) => sized(key, keySize)));
    const values = Buffer.concat(entries.map(([, value]) => sized(value, transferSize)));
    const result = libbpf.updateBatch(fd, keys, values, [entries.length], null);
    if (result === -ENOTSUPP) for (const [key, value] of entries) update(key, value);
    else check(call("update batch"), result);
  }

  function deleteBatch(keys: readonly Uint8Array[]): Set<number> {
    const missing = new Set<number>();
    const removeOne = (index: number) => {
      if (!remove(keys[index] as Uint8Array)) missing.add(index);
    };
    for (let at = 0; at < keys.length; ) {
      const rest = keys.slice(at);
      const count: [number] = [rest.length];
      const result =
        rest.length < 2
          ? -ENOTSUPP
          : libbpf.deleteBatch(fd, Buffer.concat(rest.map((key) => sized(key, keySize))), count, null);
      if (result === 0) break;
      check(call("delete batch"), result, ["ENOTSUPP", "ENOENT"]);
      if (result === -ENOTSUPP) {
        for (; at < keys.length; at++) removeOne(at);
        break;
      }
      // The kernel stops at the first key that is not there, and says how many it had deleted by then.
      at += count[0];
      missing.add(at++);
    }
    return missing;
  }

  function* walkOneByOne(): IterableIterator<[Buffer, Buffer]> {
    let previous: Buffer | null = null;
    for (;;) {
      const key: Buffer = Buffer.alloc(keySize);
      if (check(call("next key"), libbpf.nextKey(fd, previous, key), ["ENOENT"]) < 0) return;
      previous = key;
      const value = lookup(key);
      if (value !== undefined) yield [key, value];
    }
  }

  function* entries(): IterableIterator<[Buffer, Buffer]> {
    let length = Math.min(WALK_LENGTH, maxEntries);
    let from: Buffer | null = null;
    for (;;) {
      const keys = Buffer.alloc(length * keySize);
      const values = Buffer.alloc(length * transferSize);
      const to: Buffer = Buffer.alloc(Math.max(keySize, 8));
      const count: [number] = [length];
      const result = libbpf.lookupBatch(fd, from, to, keys, values, count, null);
      if (result === -ENOTSUPP && from === null) return yield* walkOneByOne();
      const end = check(call("lookup batch"), result, ["ENOENT", "ENOSPC"]);
      // ENOSPC: one hash bucket holds more than the batch; nothing was copied of it, so ask again with more room.
      if (end < 0 && end !== -2) {
        length *= 2;
        continue;
      }
      for (let i = 0; i < count[0]; i++) {
        yield [
          keys.subarray(i * keySize, (i + 1) * keySize),
          values.subarray(i * transferSize, (i + 1) * transferSize),
        ];
      }
      if (end === -2) return;
      from = to;
    }
  }

  let open = true;
  return {
    name,
    keySize,
    valueSize,
    maxEntries,
    lookup,
    update,
    delete: remove,
    updateBatch,
    deleteBatch,
    entries,
    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

/** Opens a pinned map. Undefined when nothing is pinned there. */
export function openPinnedMap(path: string): BpfMap | undefined {
  const fd = libbpf.get(path);
  if (fd < 0 && check(`open ${path}`, fd, ["ENOENT"]) < 0) return undefined;
  try {
    return bpfMap(fd);
  } catch (error) {
    closeSync(fd);
    throw error instanceof SystemError ? new SystemError(`open ${path}`, error.code, "not a map") : error;
  }
}
