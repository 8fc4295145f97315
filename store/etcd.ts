/** The store over etcd 3.4 and newer, by its own v3 gRPC API (docs/decisions/001-etcd-client.md). */
import { type ServiceError, status } from "@grpc/grpc-js";
import { type Compare, EtcdRpc, type EtcdTimes, entryOf, type RequestOp } from "./etcd-rpc.ts";
import { EtcdWatch, type WatchSource } from "./etcd-watch.ts";
import {
  type Commit,
  type Entry,
  type Guard,
  type Store,
  StoreUnavailable,
  type Transaction,
  type Write,
} from "./store.ts";

const PAGE_ROWS = 5000;
/**
 * Ends the key that a watcher's request for progress writes. etcd has a request of its own for this, but before
 * 3.4.26 and 3.5.9 its answer may overtake events that are still on their way (etcd pull request 15697), and
 * distributions still ship those.
 */
const MARKER = "~progress";

export interface EtcdOptions extends Partial<EtcdTimes> {
  /** host:port of the members. */
  endpoints: readonly string[];
}

/** A store on the etcd cluster at `endpoints`; connects when first used. */
export function etcdStore({ endpoints, connectMs = 1000, requestMs = 5000 }: EtcdOptions): Store {
  if (endpoints.length === 0) throw new RangeError("etcdStore needs at least one endpoint");
  const rpc = new EtcdRpc(endpoints, { connectMs, requestMs });

  const revision = async () => (await read(() => rpc.range({ key: "\0", limit: 1, keysOnly: true }))).header.revision;
  const source: WatchSource = {
    rpc,
    revision,
    isMarker: (key) => key.endsWith(MARKER),
    mark: async (prefix) => {
      await rpc.txn({ compare: [], success: [{ requestPut: { key: prefix + MARKER, value: "" } }], failure: [] });
    },
  };
  const watchers = new Set<EtcdWatch>();

  return {
    list: (prefix) => list(rpc, prefix),
    revision,
    commit: (transaction) => commit(rpc, transaction),
    watch(prefix, fromRevision, handler) {
      const watcher = new EtcdWatch(source, prefix, prefixEnd(prefix), fromRevision, handler);
      watchers.add(watcher);
      return {
        requestProgress: () => watcher.requestProgress(),
        close() {
          watchers.delete(watcher);
          return watcher.close();
        },
      };
    },
    async close() {
      for (const watcher of watchers) await watcher.close();
      rpc.close();
    },
  };
}

/** All pages at the revision of the first; from the start again when that one is compacted meanwhile. */
async function list(rpc: EtcdRpc, prefix: string): Promise<{ entries: Entry[]; revision: number }> {
  const rangeEnd = prefixEnd(prefix);
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const entries: Entry[] = [];
      let revision = 0;
      for (let key = prefix, more = true; more; ) {
        const page = await rpc.range({ key, rangeEnd, limit: PAGE_ROWS, revision });
        revision ||= page.header.revision;
        for (const row of page.kvs) {
          if (!row.key.endsWith(MARKER)) entries.push(entryOf(row));
        }
        more = page.more;
        if (more) key = `${page.kvs.at(-1)!.key}\0`;
      }
      return { entries, revision };
    } catch (error) {
      if ((error as ServiceError).code !== status.OUT_OF_RANGE) throw unavailable(error);
    }
  }
  throw new StoreUnavailable(`etcd compacted its history three times while ${prefix} was read`);
}

async function read<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw unavailable(error);
  }
}

function unavailable(error: unknown): Error {
  if (error instanceof StoreUnavailable) return error;
  return new StoreUnavailable(`etcd refused a read: ${(error as ServiceError).details ?? String(error)}`);
}

async function commit(rpc: EtcdRpc, { guards, writes }: Transaction): Promise<Commit> {
  const { succeeded, header, responses } = await rpc.txn({
    compare: guards.map(compare),
    success: writes.map(operation),
    // Read back in the same transaction what each guard asked for, to tell which of them did not hold.
    failure: guards.map(question),
  });
  if (succeeded) return { ok: true, revision: header.revision };
  const failed = guards.filter((guard, i) => {
    const found = responses[i]?.responseRange;
    return !holds(guard, found?.count ?? 0, found?.kvs[0]);
  });
  return { ok: false, revision: header.revision, failed };
}

function compare(guard: Guard): Compare {
  switch (guard.kind) {
    case "absent":
      return { target: "CREATE", result: "EQUAL", key: guard.key, createRevision: 0 };
    case "present":
      return { target: "CREATE", result: "GREATER", key: guard.key, createRevision: 0 };
    case "unchanged":
      return { target: "MOD", result: "EQUAL", key: guard.key, modRevision: guard.modRevision };
    case "emptyUnder":
      // Every key in the range must have been created at revision 0: true of none that exists.
      return {
        target: "CREATE",
        result: "EQUAL",
        key: guard.prefix,
        rangeEnd: prefixEnd(guard.prefix),
        createRevision: 0,
      };
    case "quietUnder": {
      const { prefix: key, revision } = guard;
      return { target: "MOD", result: "LESS", key, rangeEnd: prefixEnd(key), modRevision: revision + 1 };
    }
    case "writtenAtMost":
      return { target: "VERSION", result: "LESS", key: guard.key, version: guard.times + 1 };
  }
}

function question(guard: Guard): RequestOp {
  if (guard.kind === "emptyUnder") {
    return { requestRange: { key: guard.prefix, rangeEnd: prefixEnd(guard.prefix), countOnly: true } };
  }
  if (guard.kind === "quietUnder") {
    const { prefix: key, revision } = guard;
    return { requestRange: { key, rangeEnd: prefixEnd(key), keysOnly: true, minModRevision: revision + 1 } };
  }
  return { requestRange: { key: guard.key, keysOnly: true } };
}

function holds(guard: Guard, count: number, row: { modRevision: number; version: number } | undefined): boolean {
  if (guard.kind === "present") return count > 0;
  if (guard.kind === "unchanged") return row?.modRevision === guard.modRevision;
  if (guard.kind === "writtenAtMost") return (row?.version ?? 0) <= guard.times;
  // The count is of all keys of the range, whatever their revision; the rows are those that were asked for.
  if (guard.kind === "quietUnder") return row === undefined;
  return count === 0;
}

function operation(write: Write): RequestOp {
  if (write.kind === "put") return { requestPut: { key: write.key, value: write.value } };
  return { requestDeleteRange: { key: write.key } };
}

/** The first key after all that start with `prefix` (etcd's range ends are exclusive). */
function prefixEnd(prefix: string): string {
  const last = prefix.charCodeAt(prefix.length - 1);
  if (!(last < 0x7f)) throw new RangeError(`a prefix ends in a character of ASCII: ${prefix}`);
  return prefix.slice(0, -1) + String.fromCharCode(last + 1);
}
