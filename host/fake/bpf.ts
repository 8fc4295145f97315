/** eBPF in memory: the maps of the layout, and programs that are names only. */
import { MAPS, type MapName } from "../../bpf/layout.gen.ts";
import { type Bpf, type BpfMap, type BpfObject, type BpfProgram, type PinnedProgram, SystemError } from "../host.ts";
import { entryText, isMapName, keyText } from "../map-text.ts";
import type { FakeNamespace } from "./links.ts";

const FAKE_CPUS = 2;
const DEFAULT_ENTRIES = 4096;
const ARRAYS = new Set<string>([
  "settings",
  "vifs",
  "stats",
  "trap_budgets",
  "service_budgets",
  "routers",
  "flow_counts",
  "flow_aged",
]);
const TRIES = new Set<string>(["pairs", "rules", "classes", "routes", "sources", "forwards"]);
const PER_CPU = new Set<string>(["stats"]);

/** Whether two keys of a trie begin alike, behind the prefix length that each begins with. */
function sharesBits(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  for (let at = 0; at < bits; at++) {
    const [byte, mask] = [4 + (at >> 3), 0x80 >> (at & 7)];
    if (((a[byte] ?? 0) & mask) !== ((b[byte] ?? 0) & mask)) return false;
  }
  return true;
}

/** One map: a table from key bytes to value bytes. An array's slots all exist from the start, as the kernel's do. */
export class FakeMap implements BpfMap {
  readonly name: MapName;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly #values = new Map<string, Buffer>();
  readonly #array: boolean;
  readonly #log: (line: string) => void;

  constructor(name: MapName, maxEntries: number, log: (line: string) => void) {
    this.name = name;
    this.keySize = MAPS[name].key.size;
    this.valueSize = MAPS[name].value.size;
    this.maxEntries = name === "settings" ? 1 : maxEntries;
    this.#array = ARRAYS.has(name);
    this.#log = log;
  }

  get #storedSize(): number {
    return PER_CPU.has(this.name) ? this.valueSize * FAKE_CPUS : this.valueSize;
  }

  lookup(key: Uint8Array): Buffer | undefined {
    const value = this.#values.get(this.#keyOf(key)) ?? (TRIES.has(this.name) ? this.#longestPrefix(key) : undefined);
    if (value !== undefined) return Buffer.from(value);
    return this.#array && this.#inRange(key) ? Buffer.alloc(this.#storedSize) : undefined;
  }

  #longestPrefix(key: Uint8Array): Buffer | undefined {
    let [longest, found]: [number, Buffer | undefined] = [-1, undefined];
    for (const [text, value] of this.#values) {
      const entry = Buffer.from(text, "latin1");
      const length = entry.readUInt32LE(0);
      if (length <= longest || length > Buffer.from(key).readUInt32LE(0) || !sharesBits(entry, key, length)) continue;
      [longest, found] = [length, value];
    }
    return found;
  }

  #keyOf(key: Uint8Array): string {
    if (key.length !== this.keySize) throw new SystemError(`map ${this.name}`, "EINVAL", `key of ${key.length} bytes`);
    return Buffer.from(key).toString("latin1");
  }

  #inRange(key: Uint8Array): boolean {
    return Buffer.from(key).readUInt32LE(0) < this.maxEntries;
  }

  update(key: Uint8Array, value: Uint8Array): void {
    const text = this.#keyOf(key);
    if (value.length !== this.#storedSize) {
      throw new SystemError(`map ${this.name}`, "EINVAL", `value of ${value.length} bytes`);
    }
    const full = this.#array ? !this.#inRange(key) : !this.#values.has(text) && this.#values.size >= this.maxEntries;
    if (full) throw new SystemError(`map update ${this.name}`, "E2BIG");
    this.#values.set(text, Buffer.from(value));
    if (!PER_CPU.has(this.name)) this.#log(`map ${entryText(this.name, key, value)}`);
  }

  delete(key: Uint8Array): void {
    if (this.#array) throw new SystemError(`map delete ${this.name}`, "EINVAL", "an array's slots cannot be deleted");
    if (this.#values.delete(this.#keyOf(key))) this.#log(`map delete ${keyText(this.name, key)}`);
  }

  updateBatch(entries: readonly (readonly [Uint8Array, Uint8Array])[]): void {
    for (const [key, value] of entries) this.update(key, value);
  }

  deleteBatch(keys: readonly Uint8Array[]): Set<number> {
    const missing = new Set<number>();
    for (const [index, key] of keys.entries()) {
      if (!this.#array && !this.#values.has(this.#keyOf(key))) missing.add(index);
      this.delete(key);
    }
    return missing;
  }

  *entries(): IterableIterator<[Buffer, Buffer]> {
    if (!this.#array) {
      for (const [key, value] of [...this.#values]) yield [Buffer.from(key, "latin1"), Buffer.from(value)];
      return;
    }
    for (let slot = 0; slot < this.maxEntries; slot++) {
      const key = Buffer.alloc(4);
      key.writeUInt32LE(slot);
      yield [key, this.lookup(key) as Buffer];
    }
  }

  close(): void {}
}

class FakeObject implements BpfObject {
  readonly #program: BpfProgram;
  readonly #map: (name: string) => BpfMap;

  constructor(program: BpfProgram, map: (name: string) => BpfMap) {
    this.#program = program;
    this.#map = map;
  }

  program(name: string): BpfProgram {
    return { ...this.#program, name };
  }

  map(name: string): BpfMap {
    return this.#map(name);
  }

  close(): void {}
}

/** Pinned maps outlive the object that made them; so do attached programs. */
export class FakeBpf implements Bpf {
  /** By path. */
  readonly pins = new Map<string, FakeMap>();
  readonly programPins = new Map<string, BpfProgram>();
  readonly #attached = new Map<string, number>();
  readonly #here: () => FakeNamespace;
  readonly #log: (line: string) => void;
  #nextFd = 100;

  constructor(here: () => FakeNamespace, log: (line: string) => void) {
    this.#here = here;
    this.#log = log;
  }

  /** How many objects the kernel had to take in. */
  loads = 0;

  load(_file: string, options: { pinDir: string; mapSizes?: Record<string, number> }): BpfObject {
    const map = (name: string): BpfMap => {
      if (!isMapName(name)) throw new SystemError("bpf map", "ENOENT", name);
      const path = `${options.pinDir}/${name}`;
      const pinned = this.pins.get(path) ?? new FakeMap(name, options.mapSizes?.[name] ?? DEFAULT_ENTRIES, this.#log);
      this.pins.set(path, pinned);
      return pinned;
    };
    for (const name of Object.keys(MAPS)) map(name);
    this.loads++;
    const testRun = (): never => {
      throw new SystemError("bpf test run", "ENOTSUP", "the fake host runs no programs");
    };
    return new FakeObject({ name: "", fd: this.#nextFd++, testRun }, map);
  }

  async loadAside(file: string, options: { pinDir: string; mapSizes?: Record<string, number> }): Promise<BpfObject> {
    return this.load(file, options);
  }

  /** Files of the same name are the same, until a test says otherwise. */
  build = "1";

  digest(file: string): string {
    return `${file}#${this.build}`;
  }

  openPinned(path: string): BpfMap | undefined {
    return this.pins.get(path);
  }

  pinProgram(program: BpfProgram, path: string): void {
    if (this.programPins.has(path)) throw new SystemError(`pin ${path}`, "EEXIST");
    this.programPins.set(path, program);
  }

  openPinnedProgram(path: string): PinnedProgram | undefined {
    const program = this.programPins.get(path);
    return program === undefined ? undefined : { ...program, close() {} };
  }

  attachIngress(ifindex: number, program: BpfProgram): void {
    const link = this.#here().links.get(ifindex);
    if (link === undefined) throw new SystemError(`attach ${program.name} to link ${ifindex}`, "ENODEV");
    this.#attached.set(this.#place(ifindex), program.fd);
    this.#here().log(`attach ${program.name} to ${link.name}`);
  }

  attachedIngress(ifindex: number): number | undefined {
    return this.#here().links.has(ifindex) ? this.#attached.get(this.#place(ifindex)) : undefined;
  }

  detachIngress(ifindex: number): void {
    if (this.#attached.delete(this.#place(ifindex))) {
      this.#here().log(`detach from ${this.#here().links.get(ifindex)?.name ?? `link ${ifindex}`}`);
    }
  }

  #place(ifindex: number): string {
    return `${this.#here().path}#${ifindex}`;
  }
}
