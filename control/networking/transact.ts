/**
 * One request = one transaction. A plan is made from memory, which may be behind; its guards make the store refuse
 * it when that mattered, and it is made again from fresher memory. A refusal of the request is final only when memory
 * had reached what the store held after the request began: so no control node refuses for what is no longer true.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Fault, fault } from "../../model/mod.ts";
import { type Guard, type Store, StoreRefused, StoreUnavailable, type Transaction } from "../../store/mod.ts";
import type { Memory } from "../memory.ts";
import { storeFault } from "../store-fault.ts";
import { Draft } from "./draft.ts";
import type { Env, Log, NetworkingOptions } from "./env.ts";

/** Each attempt means that another writer got further, so even a crowd fits into these. */
const MAX_ATTEMPTS = 40;
const MAX_PAUSE_MS = 50;
/** Lost keys are tried again before they count as taken: they may be free by now, unless memory cannot read their holder. */
const MAX_REFUSALS = 2;
/** How long an answer waits for this node's own memory; the write itself is safe by then. */
const MEMORY_WAIT_MS = 5_000;

type Limits = Pick<NetworkingOptions, "maxTransactionOperations" | "maxTransactionBytes">;

/** What is known to be taken beyond memory: keys lost to others, and keys that this node is about to write. */
class Reservations {
  readonly #counts = new Map<string, number>();

  get size(): number {
    return this.#counts.size;
  }

  has(key: string): boolean {
    return this.#counts.has(key);
  }

  add(keys: readonly string[]): void {
    for (const key of keys) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  drop(keys: readonly string[]): void {
    for (const key of keys) {
      const count = this.#counts.get(key) ?? 0;
      if (count > 1) this.#counts.set(key, count - 1);
      else this.#counts.delete(key);
    }
  }
}

function guardKey(guard: Guard): string {
  return "prefix" in guard ? guard.prefix : guard.key;
}

function requestFault(error: unknown): unknown {
  if (!(error instanceof StoreRefused)) return storeFault(error);
  const error_message = `the store cannot take the request in one transaction (${error.message}): make several of it`;
  return fault("InvalidInput", { error_message });
}

export class Transactor {
  readonly #store: Store;
  readonly #memory: Memory;
  readonly #env: Env;
  readonly #log: Log;
  readonly #limits: Limits;
  readonly #reservations = new Reservations();

  constructor(store: Store, env: Env, log: Log) {
    this.#store = store;
    this.#memory = env.memory;
    this.#env = env;
    this.#log = log;
    this.#limits = env.options;
  }

  /** Runs `plan` until its draft is committed, and returns what it returned then. @throws Fault */
  async run<T>(plan: (draft: Draft) => T): Promise<T> {
    try {
      return await this.#attempts(plan);
    } catch (error) {
      throw requestFault(error);
    }
  }

  async #attempts<T>(plan: (draft: Draft) => T): Promise<T> {
    const lost = new Set<string>();
    let mustHave: number | undefined;
    let refusals = 0;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const strict = mustHave !== undefined;
      const draft = new Draft(
        this.#memory,
        this.#env.indexes,
        strict ? [lost] : [lost, this.#reservations],
        attempt > 1,
      );
      const plannedAt = this.#memory.revision;
      let value: T;
      try {
        value = plan(draft);
      } catch (refusal) {
        if (!(refusal instanceof Fault)) throw refusal;
        if ((strict && lost.size === 0) || ++refusals > MAX_REFUSALS) throw refusal;
        mustHave = await this.#store.revision();
        if (plannedAt >= mustHave && lost.size === 0 && this.#reservations.size === 0) throw refusal;
        lost.clear();
        await this.#catchUp(mustHave);
        continue;
      }
      const transaction = draft.transaction();
      if (transaction === undefined) return value;
      this.#checkSize(transaction);
      if (await this.#commit(draft, transaction, lost)) return value;
      if (attempt > 2) await sleep(Math.random() * Math.min(MAX_PAUSE_MS, 2 ** attempt));
    }
    this.#log.warn({ attempts: MAX_ATTEMPTS }, "gave up a change: others changed the same records each time");
    const msg = "Too many concurrent changes of the same resources: nothing was changed. Repeat the request.";
    throw fault("ServiceUnavailable", { msg });
  }

  /** True when committed; otherwise memory has what was in the way, or `lost` names it. */
  async #commit(draft: Draft, transaction: Transaction, lost: Set<string>): Promise<boolean> {
    const chosen = [...draft.chosenKeys()];
    this.#reservations.add(chosen);
    try {
      const commit = await this.#store.commit(transaction);
      if (!commit.ok) {
        const failed = new Set(commit.failed.map(guardKey));
        // Otherwise the plan was out of date or unlucky in other ways too, and made anew may not need that key.
        if (failed.size > 0 && [...failed].every((key) => draft.isDemanded(key))) throw draft.refusalAmong(failed);
        for (const key of failed) if (draft.isChosen(key)) lost.add(key);
        this.#log.debug({ failed: commit.failed }, "lost a race; planning again");
      }
      await this.#catchUp(commit.revision, commit.ok);
      return commit.ok;
    } finally {
      this.#reservations.drop(chosen);
    }
  }

  /** Brings memory to what the store holds now; false when it was there already, or the store does not answer. */
  async freshened(): Promise<boolean> {
    try {
      const revision = await this.#store.revision();
      if (this.#memory.revision >= revision) return false;
      await this.#catchUp(revision);
      return true;
    } catch (error) {
      if (error instanceof StoreUnavailable) return false;
      throw error;
    }
  }

  async #catchUp(revision: number, lenient = false): Promise<void> {
    if (this.#memory.revision >= revision) return;
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(resolve, MEMORY_WAIT_MS, "late");
    const winner = await Promise.race([this.#memory.reached(revision), late]).finally(() => clearTimeout(timer));
    if (winner !== "late") return;
    this.#log.warn({ revision, memory: this.#memory.revision }, "memory is behind the store");
    if (!lenient) throw new StoreUnavailable("memory is behind the store");
  }

  #checkSize({ guards, writes }: Transaction): void {
    const operations = Math.max(guards.length, writes.length);
    const bytes = writes.reduce(
      (sum, write) => sum + write.key.length + (write.kind === "put" ? Buffer.byteLength(write.value) : 0),
      guards.reduce((sum, guard) => sum + guardKey(guard).length, 0),
    );
    const { maxTransactionOperations: maxOperations, maxTransactionBytes: maxBytes } = this.#limits;
    if (operations <= maxOperations && bytes <= maxBytes) return;
    const error_message =
      `the request needs ${operations} operations and ${bytes} bytes in one transaction of the store, ` +
      `which takes ${maxOperations} and ${maxBytes}: make several requests of it`;
    throw fault("InvalidInput", { error_message });
  }
}
