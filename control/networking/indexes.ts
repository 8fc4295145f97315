/**
 * What networking has to find quickly and memory has no index for. An index is a constant that says which keys a record
 * has; its table is filled when it is first asked, and kept up to date by memory's changes from then on.
 */
import type { HostFacts, HostRecord, Id, Kind, RecordTypes, ResourceRecordKind } from "../../model/mod.ts";
import type { Memory, RecordChange } from "../memory.ts";
import { SetIndex } from "../set-index.ts";

/** `index("floatingip", ({ port_id }) => [port_id])`: records by a key of theirs; null and undefined are no keys. */
export interface Index<K extends Kind = Kind> {
  readonly kind: K;
  readonly keysOf: (record: RecordTypes[K]) => readonly (string | null | undefined)[];
}

export function index<K extends Kind>(kind: K, keysOf: Index<K>["keysOf"]): Index<K> {
  return { kind, keysOf };
}

type AnyIndex = Index<Kind>;

/** By project, for every kind that has one. */
const OWNED = new Map<Kind, AnyIndex>();
const ownedIndex = (kind: ResourceRecordKind): AnyIndex => {
  const found = OWNED.get(kind) ?? { kind, keysOf: (record) => [(record as { project_id: string }).project_id] };
  OWNED.set(kind, found);
  return found;
};

export class Indexes {
  readonly #memory: Memory;
  readonly #tables = new Map<Kind, Map<AnyIndex, SetIndex<string>>>();
  #hosts: HostRecord[] | undefined;
  #facts: HostFacts[] | undefined;

  constructor(memory: Memory) {
    this.#memory = memory;
    memory.onChange((changes) => {
      for (const change of changes) this.#apply(change);
    });
  }

  /** The ids of the records that have `key`. */
  of<K extends Kind>(by: Index<K>, key: string): ReadonlySet<Id> {
    return this.#table(by as unknown as AnyIndex).of(key);
  }

  ownedBy(kind: ResourceRecordKind, projectId: string): ReadonlySet<Id> {
    return this.#table(ownedIndex(kind)).of(projectId);
  }

  /** What the hosts have reported of themselves. */
  get hostFacts(): readonly HostFacts[] {
    this.#facts ??= this.hosts.flatMap(({ facts }) => facts ?? []);
    return this.#facts;
  }

  /** All hosts. The same array until one of them changes, so that others can keep what they make of it. */
  get hosts(): readonly HostRecord[] {
    this.#hosts ??= [...this.#memory.all("host")].map(({ record }) => record);
    return this.#hosts;
  }

  #table(by: AnyIndex): SetIndex<string> {
    let ofKind = this.#tables.get(by.kind);
    if (ofKind === undefined) {
      ofKind = new Map();
      this.#tables.set(by.kind, ofKind);
    }
    let table = ofKind.get(by);
    if (table === undefined) {
      table = new SetIndex();
      for (const { record } of this.#memory.all(by.kind)) count(table, by, record, "add");
      ofKind.set(by, table);
    }
    return table;
  }

  #apply({ kind, before, after }: RecordChange): void {
    if (kind === "host") {
      this.#hosts = undefined;
      this.#facts = undefined;
    }
    for (const [by, table] of this.#tables.get(kind) ?? []) {
      if (before !== undefined) count(table, by, before.record, "remove");
      if (after !== undefined) count(table, by, after.record, "add");
    }
  }
}

type AnyRecord = RecordTypes[Kind] & { id?: Id; name: string };

function count(table: SetIndex<string>, by: AnyIndex, record: RecordTypes[Kind], how: "add" | "remove"): void {
  const id = (record as AnyRecord).id ?? (record as AnyRecord).name;
  for (const key of by.keysOf(record)) if (key !== null && key !== undefined) table[how](key, id);
}
