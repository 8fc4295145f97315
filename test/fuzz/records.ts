/** The store's contents, as the checks look at them. */
import { keys, ROOT, type Store } from "../../store/mod.ts";

/** A record of any kind; its members are looked into by name. */
// biome-ignore lint/suspicious/noExplicitAny: of every kind
export type AnyRecord = Record<string, any>;

export interface Contents {
  /** By kind and id. */
  readonly records: ReadonlyMap<string, ReadonlyMap<string, AnyRecord>>;
  /** What holds a name, an address and the like: key to holder. */
  readonly unique: ReadonlyMap<string, string>;
  /** Keys of records that lean on others: [kind, id, user]. */
  readonly uses: readonly (readonly [kind: string, id: string, user: string])[];
}

export async function contentsOf(store: Store): Promise<Contents> {
  const records = new Map<string, Map<string, AnyRecord>>();
  const unique = new Map<string, string>();
  const uses: [string, string, string][] = [];
  for (const { key, value } of (await store.list(ROOT)).entries) {
    if (key.startsWith(keys.allRecords)) {
      const [kind = "", ...id] = key.slice(keys.allRecords.length).split("/");
      records.set(kind, (records.get(kind) ?? new Map()).set(id.join("/"), JSON.parse(value)));
    } else if (key.startsWith(`${ROOT}use/`)) {
      const parts = key.slice(`${ROOT}use/`.length).split("/");
      uses.push([parts[0] ?? "", parts[1] ?? "", parts.at(-1) ?? ""]);
    } else if (key.startsWith(`${ROOT}unique/`)) unique.set(key, value);
  }
  return { records, unique, uses };
}

/** Kinds whose records have the id of another one, or are no objects of anybody. */
const BESIDE = new Set([
  "security_group_change",
  "quota",
  "quota_count",
  "auto_allocated_topology",
  "host",
  "host_beat",
]);

/** Every object, by its id. */
export function byId({ records }: Contents): Map<string, { kind: string; record: AnyRecord }> {
  const found = new Map<string, { kind: string; record: AnyRecord }>();
  for (const [kind, rows] of records) {
    if (!BESIDE.has(kind)) for (const [id, record] of rows) found.set(id, { kind, record });
  }
  return found;
}
