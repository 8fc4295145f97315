/**
 * Several requests' transactions in one of the store's. While one is under way, others come, and are all sent when it is
 * back. Those that have nothing to do with each other go together, since what a transaction costs is mostly its journey.
 * Each still stands alone: it is applied whole or not at all, whatever becomes of its companions.
 */
import { type Commit, type Guard, type Store, StoreRefused, type Transaction, type Write } from "./store.ts";

/** Below etcd's own default for --max-txn-ops. Larger transactions always go alone, and at once. */
const MOST_OPERATIONS = 100;
/** Companions' failed guards send a transaction back so often, then it goes alone. */
const MOST_RETURNS = 2;

interface Waiting {
  readonly transaction: Transaction;
  returns: number;
  resolve(commit: Commit): void;
  reject(error: unknown): void;
}

/** The same store, whose concurrent commits share journeys. */
export function groupCommit(store: Store): Store {
  let waiting: Waiting[] = [];
  let underWay = 0;

  const send = () => {
    if (underWay > 0 || waiting.length === 0) return;
    const groups = grouped(waiting);
    waiting = [];
    for (const group of groups) void journey(group);
  };
  const journey = async (group: readonly Waiting[]) => {
    underWay++;
    try {
      const again = await settle(store, group);
      waiting.unshift(...again);
    } finally {
      underWay--;
      send();
    }
  };

  return {
    list: (prefix) => store.list(prefix),
    revision: () => store.revision(),
    watch: (prefix, fromRevision, handler) => store.watch(prefix, fromRevision, handler),
    close: () => store.close(),
    commit(transaction) {
      if (sizeOf(transaction) > MOST_OPERATIONS) return store.commit(transaction);
      return new Promise((resolve, reject) => {
        waiting.push({ transaction, returns: 0, resolve, reject });
        send();
      });
    },
  };
}

const sizeOf = ({ guards, writes }: Transaction) => Math.max(guards.length, writes.length);

/** Commits a group, and returns those of it that have to come again through no fault of their own. */
async function settle(store: Store, group: readonly Waiting[]): Promise<Waiting[]> {
  const [first] = group;
  try {
    if (group.length === 1) {
      first?.resolve(await store.commit(first.transaction));
      return [];
    }
    const commit = await store.commit(merged(group));
    if (commit.ok) {
      for (const each of group) each.resolve(commit);
      return [];
    }
    const failed = new Set(commit.failed.map(nameOf));
    const innocent: Waiting[] = [];
    for (const each of group) {
      const own = each.transaction.guards.filter((guard) => failed.has(nameOf(guard)));
      if (own.length > 0) each.resolve({ ...commit, failed: own });
      else innocent.push(each);
    }
    for (const each of innocent) each.returns++;
    return innocent;
  } catch (error) {
    if (error instanceof StoreRefused && group.length > 1) {
      for (const each of group) each.returns = MOST_RETURNS;
      return [...group];
    }
    for (const each of group) each.reject(error);
    return [];
  }
}

/** The guard with all it asks for, as text. */
const nameOf = (guard: Guard): string => JSON.stringify(guard);

/** What several ask or write alike is asked and written once: ports of one network all rest on its record. */
function merged(group: readonly Waiting[]): Transaction {
  const writes = new Map<string, Write>();
  for (const { transaction } of group) for (const write of transaction.writes) writes.set(write.key, write);
  const guards = new Map<string, Guard>();
  for (const { transaction } of group) {
    for (const guard of transaction.guards) {
      const asked = afterOthers(guard, transaction, writes);
      guards.set(nameOf(asked), asked);
    }
  }
  return { guards: [...guards.values()], writes: [...writes.values()] };
}

/** A count as it must be before the group's writes, so that it is right even if a companion's comes first. */
function afterOthers(guard: Guard, { writes: own }: Transaction, all: ReadonlyMap<string, Write>): Guard {
  if (guard.kind !== "writtenAtMost") return guard;
  const write = all.get(guard.key);
  return write === undefined || own.includes(write) ? guard : { ...guard, times: guard.times - 1 };
}

/** In order of arrival, each into the first group that has room and nothing to do with it. */
function grouped(waiting: readonly Waiting[]): readonly (readonly Waiting[])[] {
  const groups: Group[] = [];
  for (const each of waiting) {
    const group = each.returns < MOST_RETURNS ? groups.find((candidate) => candidate.takes(each)) : undefined;
    if (group !== undefined) group.add(each);
    else groups.push(new Group(each));
  }
  return groups.map(({ members }) => members);
}

class Group {
  readonly members: Waiting[] = [];
  readonly #written = new Map<string, Write>();
  /** Keys and whether all that is asked of them is how often they were written. */
  readonly #guarded = new Map<string, boolean>();
  readonly #prefixes = new Set<string>();
  #size = 0;

  constructor(first: Waiting) {
    this.add(first);
  }

  add(each: Waiting): void {
    this.members.push(each);
    this.#size += sizeOf(each.transaction);
    for (const write of each.transaction.writes) this.#written.set(write.key, write);
    for (const guard of each.transaction.guards) {
      if ("prefix" in guard) this.#prefixes.add(guard.prefix);
      else this.#guarded.set(guard.key, isCount(guard) && (this.#guarded.get(guard.key) ?? true));
    }
  }

  /**
   * No key is written by one and guarded or written by another, since the store looks at all guards before all writes.
   * But several may put the same value into a key, and count a key that one of them writes.
   */
  takes({ transaction }: Waiting): boolean {
    if (this.members.some(({ returns }) => returns >= MOST_RETURNS)) return false;
    if (this.#size + sizeOf(transaction) > MOST_OPERATIONS) return false;
    const isFree = (write: Write) =>
      isSame(write, this.#written.get(write.key)) &&
      isCounting(write, this.#guarded.get(write.key)) &&
      ![...this.#prefixes].some((prefix) => write.key.startsWith(prefix));
    if (!transaction.writes.every(isFree)) return false;
    return transaction.guards.every((guard) =>
      "prefix" in guard
        ? ![...this.#written.keys()].some((key) => key.startsWith(guard.prefix))
        : isCounting(this.#written.get(guard.key), isCount(guard)),
    );
  }
}

const isCount = (guard: Guard) => guard.kind === "writtenAtMost";

/** True where there is no other write, or one that makes this one needless. */
function isSame(write: Write, other: Write | undefined): boolean {
  if (other === undefined) return true;
  return (
    write.kind === "put" && other.kind === "put" && !write.counted && !other.counted && write.value === other.value
  );
}

/** True where there is no write or no guard of a key, or the one only adds to what the other counts. */
function isCounting(write: Write | undefined, isGuardedByCount: boolean | undefined): boolean {
  return write === undefined || isGuardedByCount === undefined || (isGuardedByCount && write.kind === "put");
}
