/** Read from memory, change, write if nobody changed it meanwhile, else again from fresher memory. */
import { fault, type Id, type Kind, type RecordTypes } from "../model/mod.ts";
import { keys, type Store } from "../store/mod.ts";
import type { Held, Memory } from "./memory.ts";

const ATTEMPTS = 8;
/** etcd takes 128 operations in a transaction unless it is told otherwise. */
const RECORDS_A_TRANSACTION = 100;

/**
 * Puts `change(record)` for each id; `change` returns undefined to leave a record as it is, which costs no write.
 * Ids without a record are passed over. @throws Fault ServiceUnavailable when others keep changing the same records
 */
export async function updateRecords<K extends Kind>(
  { store, memory }: { store: Store; memory: Memory },
  kind: K,
  ids: readonly Id[],
  change: (record: RecordTypes[K]) => RecordTypes[K] | undefined,
): Promise<void> {
  for (let start = 0; start < ids.length; start += RECORDS_A_TRANSACTION) {
    await updateChunk({ store, memory }, kind, ids.slice(start, start + RECORDS_A_TRANSACTION), change);
  }
}

async function updateChunk<K extends Kind>(
  { store, memory }: { store: Store; memory: Memory },
  kind: K,
  ids: readonly Id[],
  change: (record: RecordTypes[K]) => RecordTypes[K] | undefined,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const rows = ids.flatMap((id) => {
      const held: Held<K> | undefined = memory.get(kind, id);
      const after = held && change(held.record);
      return held && after ? [{ key: keys.record(kind, id), modRevision: held.modRevision, after }] : [];
    });
    if (rows.length === 0) return;
    const commit = await store.commit({
      guards: rows.map(({ key, modRevision }) => ({ kind: "unchanged", key, modRevision })),
      writes: rows.map(({ key, after }) => ({ kind: "put", key, value: JSON.stringify(after) })),
    });
    await memory.reached(commit.revision);
    if (commit.ok) return;
  }
  throw fault("ServiceUnavailable", { msg: `Others keep changing the same ${kind}s. Repeat the request.` });
}
