import type { Attributes, Caller, ListHint, Networking, NetworkingTypes, ResourceKind } from "../../api/mod.ts";
import { fault, type Id, type RecordTypes } from "../../model/mod.ts";
import type { Store } from "../../store/mod.ts";
import type { Memory } from "../memory.ts";
import { notFound } from "./access.ts";
import type { Draft } from "./draft.ts";
import { type Env, type Log, makeEnv, type NetworkingOptions } from "./env.ts";
import { networkPlan } from "./network.ts";
import type { ResourcePlan } from "./plan.ts";
import { portPlan } from "./port.ts";
import { candidateIds } from "./select.ts";
import { checkRevision } from "./standard.ts";
import { subnetPlan } from "./subnet.ts";
import { Transactor } from "./transact.ts";

export interface NetworkingParts {
  store: Store;
  memory: Memory;
  log: Log;
  options?: Partial<NetworkingOptions>;
}

/** A removal in steps ends long before this, unless others put back what it takes away. */
const MAX_STEPS = 1_000;

/** Networks, subnets and ports over a store; `memory` must be fed by the same store. */
export function makeNetworking({ store, memory, log, options = {} }: NetworkingParts): Networking {
  const env = makeEnv(memory, options);
  return new StoredNetworking(env, new Transactor(store, memory, log, env.options));
}

class StoredNetworking implements Networking {
  readonly #env: Env;
  readonly #transactor: Transactor;
  readonly #plans: { [K in ResourceKind]: ResourcePlan<K> };

  constructor(env: Env, transactor: Transactor) {
    this.#env = env;
    this.#transactor = transactor;
    this.#plans = { network: networkPlan(env), subnet: subnetPlan(env), port: portPlan(env) };
  }

  async create<K extends ResourceKind>(caller: Caller, kind: K, bodies: Attributes[]): Promise<NetworkingTypes[K][]> {
    const plan: ResourcePlan<K> = this.#plans[kind];
    const order = inOrderOfNeed(bodies);
    const records = await this.#transactor.run((draft) => {
      const made: RecordTypes[K][] = [];
      for (const { body, place } of order) made[place] = plan.create(draft, caller, body);
      return made;
    });
    for (const record of records) await this.#follow(plan, record);
    return records.map((record) => this.#shown(kind, record));
  }

  async get<K extends ResourceKind>(caller: Caller, kind: K, id: Id): Promise<NetworkingTypes[K]> {
    return this.#shown(kind, this.#visible(this.#env.memory, caller, kind, id));
  }

  async list<K extends ResourceKind>(caller: Caller, kind: K, hint: ListHint): Promise<NetworkingTypes[K][]> {
    const { memory } = this.#env;
    const plan: ResourcePlan<K> = this.#plans[kind];
    const reader = recordsOf(memory);
    const rows: NetworkingTypes[K][] = [];
    for (const id of candidateIds(this.#env, caller, kind, hint)) {
      const record = memory.get(kind, id)?.record as RecordTypes[K] | undefined;
      if (record !== undefined && plan.sees(caller, record, reader)) rows.push(this.#shown(kind, record));
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
    const plan: ResourcePlan<K> = this.#plans[kind];
    const record = await this.#transactor.run((draft) => {
      const current = this.#visible(draft, caller, kind, id);
      checkRevision(current, ifRevision);
      return plan.update(draft, caller, current, changes);
    });
    return this.#shown(kind, record);
  }

  async delete(caller: Caller, kind: ResourceKind, id: Id, ifRevision?: number): Promise<void> {
    for (let step = 0; step < MAX_STEPS; step++) {
      const done = await this.#transactor.run((draft) => this.#remove(draft, caller, kind, id, ifRevision));
      if (done === "done") return;
    }
    const msg = `${kind} ${id} is being filled faster than it can be emptied: stop what creates ports there`;
    throw fault("Conflict", { msg });
  }

  #remove<K extends ResourceKind>(draft: Draft, caller: Caller, kind: K, id: Id, ifRevision: number | undefined) {
    const plan: ResourcePlan<K> = this.#plans[kind];
    const current = this.#visible(draft, caller, kind, id);
    checkRevision(current, ifRevision);
    return plan.remove(draft, caller, current);
  }

  /** What a new record makes necessary elsewhere, in as many transactions as that takes. */
  async #follow<K extends ResourceKind>(plan: ResourcePlan<K>, record: RecordTypes[K]): Promise<void> {
    const next = plan.follow?.(record);
    while (next !== undefined && (await this.#transactor.run(next)) === "more");
  }

  /** @throws Fault the kind's "not found" for what the caller may not see */
  #visible<K extends ResourceKind>(source: Source, caller: Caller, kind: K, id: Id): RecordTypes[K] {
    const reader = recordsOf(source);
    const record = reader.get(kind, id);
    const plan: ResourcePlan<K> = this.#plans[kind];
    if (record === undefined || !plan.sees(caller, record, reader)) throw notFound(kind, id);
    return record;
  }

  #shown<K extends ResourceKind>(kind: K, record: RecordTypes[K]): NetworkingTypes[K] {
    if (kind !== "network") return record as NetworkingTypes[K];
    const network = { ...record, subnets: [...this.#env.memory.subnetsOfNetwork(record.id)] };
    return network as unknown as NetworkingTypes[K];
  }
}

type Source = Memory | Draft;
type Reader = Pick<Draft, "get">;

function recordsOf(source: Source): Reader {
  if (!("revision" in source)) return source;
  return { get: (kind, id) => source.get(kind, id)?.record };
}

const namesAddress = ({ fixed_ips: ips }: Attributes) =>
  Array.isArray(ips) && ips.some((entry) => entry?.ip_address !== undefined);

/** Bodies that name an address are planned first, so that no other of the same request is given it by chance. */
function inOrderOfNeed(bodies: readonly Attributes[]): { body: Attributes; place: number }[] {
  const placed = bodies.map((body, place) => ({ body, place }));
  return placed.sort((a, b) => Number(namesAddress(b.body)) - Number(namesAddress(a.body)));
}
