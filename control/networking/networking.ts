import type {
  Attributes,
  Caller,
  DerivedRow,
  ListHint,
  Networking,
  NetworkingTypes,
  ResourceKind,
} from "../../api/mod.ts";
import { Fault, fault, type Id, type ResourceRecordKind } from "../../model/mod.ts";
import type { Store } from "../../store/mod.ts";
import type { Memory } from "../memory.ts";
import type { Draft } from "./draft.ts";
import { type Env, type Log, makeEnv, type NetworkingOptions } from "./env.ts";
import type { Plans, RecordOf, ResourcePlan } from "./plan.ts";
import { makePlans } from "./plans.ts";
import { enforceQuota } from "./quota/mod.ts";
import { memoryReader, type Reader } from "./reader.ts";
import { candidateIds } from "./select.ts";
import { checkRevision } from "./standard.ts";
import { Transactor } from "./transact.ts";

export interface NetworkingParts {
  store: Store;
  memory: Memory;
  log: Log;
  options?: Partial<NetworkingOptions>;
}

/** A removal in steps ends long before this, unless others put back what it takes away. */
const MAX_STEPS = 1_000;

/** Every resource of Neutron over a store; `memory` must be fed by the same store. */
export function makeNetworking({ store, memory, log, options = {} }: NetworkingParts): Networking {
  const env = makeEnv(memory, options);
  return new StoredNetworking(env, new Transactor(store, env, log));
}

class StoredNetworking implements Networking {
  readonly #env: Env;
  readonly #transactor: Transactor;
  readonly #plans: Plans;
  readonly #reader: Reader;

  constructor(env: Env, transactor: Transactor) {
    this.#env = env;
    this.#transactor = transactor;
    this.#plans = makePlans(env);
    this.#reader = memoryReader(env.memory, env.indexes);
  }

  async create<K extends ResourceKind>(caller: Caller, kind: K, bodies: Attributes[]): Promise<NetworkingTypes[K][]> {
    const plan = this.#plan(kind);
    const make = plan.create ?? (plan.createAll ? undefined : notOffered());
    const order = inOrderOfNeed(bodies);
    const records = await this.#transactor.run((draft) => {
      enforceQuota(this.#env, draft, caller, kind, bodies);
      plan.prepare?.(caller, draft)?.(draft);
      if (make === undefined) return plan.createAll?.(draft, caller, bodies) ?? [];
      const made: RecordOf<K>[] = [];
      for (const { body, place } of order) made[place] = make.call(plan, draft, caller, body);
      return made;
    });
    for (const record of records) await this.#follow(plan, record);
    return records.map((record) => this.#shown(plan, caller, record));
  }

  async get<K extends ResourceKind>(caller: Caller, kind: K, id: Id): Promise<NetworkingTypes[K]> {
    const plan = this.#plan(kind);
    const look = () => this.#shown(plan, caller, this.#visible(this.#reader, plan, caller, kind, id));
    try {
      return look();
    } catch (error) {
      // It may have been made this moment through another control node: who made it there must find it here.
      const isFinal = !(error instanceof Fault) || error.status !== 404 || !(await this.#transactor.freshened());
      if (isFinal) throw error;
      return look();
    }
  }

  async list<K extends ResourceKind>(caller: Caller, kind: K, hint: ListHint): Promise<NetworkingTypes[K][]> {
    const plan = this.#plan(kind);
    const prepare = plan.prepare?.(caller, this.#reader, hint);
    if (prepare !== undefined) await this.#transactor.run(prepare);
    const rows: NetworkingTypes[K][] = [];
    for (const record of this.#candidates(plan, kind, caller, hint)) {
      if (plan.sees(caller, record, this.#reader)) rows.push(this.#shown(plan, caller, record));
    }
    return rows;
  }

  async update<K extends ResourceKind>(
    caller: Caller,
    kind: K,
    id: Id,
    changes: Attributes,
    ifRevision?: number,
  ): Promise<NetworkingTypes[K]> {
    const plan = this.#plan(kind);
    const change = plan.update ?? notOffered();
    const record = await this.#transactor.run((draft) => {
      const current = this.#visible(draft, plan, caller, kind, id);
      checkRevision(current, ifRevision, () => plan.revision?.(current, draft));
      return change.call(plan, draft, caller, current, changes);
    });
    return this.#shown(plan, caller, record);
  }

  async delete(caller: Caller, kind: ResourceKind, id: Id, ifRevision?: number): Promise<void> {
    for (let step = 0; step < MAX_STEPS; step++) {
      const done = await this.#transactor.run((draft) => this.#remove(draft, caller, kind, id, ifRevision));
      if (done === "done") return;
    }
    const msg = `${kind} ${id} is being filled faster than it can be emptied: stop what creates ports there`;
    throw fault("Conflict", { msg });
  }

  async act(caller: Caller, kind: ResourceKind, id: Id, action: string, body: Attributes): Promise<DerivedRow> {
    return this.#transactor.run((draft) => this.#act(draft, caller, kind, id, action, body));
  }

  requireVisible<K extends ResourceKind>(caller: Caller, kind: K, id: Id): void {
    this.#visible(this.#reader, this.#plan(kind), caller, kind, id);
  }

  peek<K extends ResourceRecordKind>(caller: Caller, kind: K, id: Id): Partial<NetworkingTypes[K]> | undefined {
    const record = this.#env.memory.get(kind, id)?.record as unknown as RecordOf<K> | undefined;
    if (this.#plans[kind] === undefined || record === undefined) return undefined;
    const plan = this.#plan(kind);
    return plan.peek?.(record, caller, this.#reader) ?? this.#shown(plan, caller, record);
  }

  #act<K extends ResourceKind>(draft: Draft, caller: Caller, kind: K, id: Id, action: string, body: Attributes) {
    const plan = this.#plan(kind);
    const act = plan.actions?.[action] ?? notOffered();
    return act(draft, caller, this.#visible(draft, plan, caller, kind, id), body);
  }

  #remove<K extends ResourceKind>(draft: Draft, caller: Caller, kind: K, id: Id, ifRevision: number | undefined) {
    const plan = this.#plan(kind);
    const remove = plan.remove ?? notOffered();
    const current = this.#visible(draft, plan, caller, kind, id);
    checkRevision(current, ifRevision, () => plan.revision?.(current, draft));
    return remove.call(plan, draft, caller, current);
  }

  /** What a new record makes necessary elsewhere, in as many transactions as that takes. */
  async #follow<K extends ResourceKind>(plan: ResourcePlan<K>, record: RecordOf<K>): Promise<void> {
    const next = plan.follow?.(record);
    while (next !== undefined && (await this.#transactor.run(next)) === "more");
  }

  #plan<K extends ResourceKind>(kind: K): ResourcePlan<K> {
    const plan: Plans[K] = this.#plans[kind];
    if (plan === undefined) throw fault("HTTPNotFound");
    return plan as unknown as ResourcePlan<K>;
  }

  *#candidates<K extends ResourceKind>(plan: ResourcePlan<K>, kind: K, caller: Caller, hint: ListHint) {
    if (plan.derived !== undefined) {
      yield* plan.derived.list(this.#reader, caller, hint);
      return;
    }
    // Without `derived`, the kind is one of records.
    const stored = kind as K & ResourceRecordKind;
    const ids = candidateIds(this.#env, plan as unknown as ResourcePlan<typeof stored>, stored, caller, hint);
    for (const id of ids) {
      const record = this.#env.memory.get(stored, id)?.record;
      if (record !== undefined) yield record as unknown as RecordOf<K>;
    }
  }

  /** @throws Fault the kind's "not found" for what the caller may not see */
  #visible<K extends ResourceKind>(reader: Reader, plan: ResourcePlan<K>, caller: Caller, kind: K, id: Id) {
    const [parentId, ownId] = plan.parent === undefined ? [undefined, id] : splitId(id);
    const record = find(reader, plan, kind, parentId ?? "", ownId);
    const isOfParent = plan.parent === undefined || parentId === undefined || record?.[plan.parent] === parentId;
    if (record === undefined || !isOfParent || !plan.sees(caller, record, reader)) {
      throw plan.notFound(ownId, parentId ?? "");
    }
    return record;
  }

  #shown<K extends ResourceKind>(plan: ResourcePlan<K>, caller: Caller, record: RecordOf<K>): NetworkingTypes[K] {
    return plan.show?.(record, caller, this.#reader) ?? (record as unknown as NetworkingTypes[K]);
  }
}

function find<K extends ResourceKind>(reader: Reader, plan: ResourcePlan<K>, kind: K, parentId: Id, id: Id) {
  if (plan.find !== undefined) return plan.find(reader, parentId, id);
  if (plan.derived !== undefined) return plan.derived.get(reader, id);
  return reader.get(kind as ResourceRecordKind, id) as RecordOf<K> | undefined;
}

/** PARENT/ID */
function splitId(id: Id): [parentId: Id | undefined, id: Id] {
  const slash = id.indexOf("/");
  return slash < 0 ? [undefined, id] : [id.slice(0, slash), id.slice(slash + 1)];
}

function notOffered(): never {
  throw fault("HTTPMethodNotAllowed");
}

const namesAddress = ({ fixed_ips: ips, local_ip_address: local }: Attributes) =>
  Boolean(local) || (Array.isArray(ips) && ips.some((entry) => entry?.ip_address !== undefined));

/** Bodies that name an address are planned first, so that no other of the same request is given it by chance. */
function inOrderOfNeed(bodies: readonly Attributes[]): { body: Attributes; place: number }[] {
  const placed = bodies.map((body, place) => ({ body, place }));
  return placed.sort((a, b) => Number(namesAddress(b.body)) - Number(namesAddress(a.body)));
}
