import { isDeepStrictEqual } from "node:util";
import type { Id } from "../../model/mod.ts";

/** What is to be told of objects of one kind, and what has been told and accepted. */
export class News<T> {
  readonly #told = new Map<Id, T>();
  readonly #pending = new Map<Id, T>();

  get size(): number {
    return this.#pending.size;
  }

  /** Undefined: nothing is to be told of it any more. */
  set(id: Id, state: T | undefined): void {
    if (state === undefined) {
      this.#pending.delete(id);
      this.#told.delete(id);
    } else if (isDeepStrictEqual(this.#told.get(id), state)) this.#pending.delete(id);
    else this.#pending.set(id, state);
  }

  /** Its state is told again although it is the same. */
  forget(id: Id): void {
    this.#told.delete(id);
  }

  /** Everything is told again. */
  again(): void {
    for (const [id, state] of this.#told) if (!this.#pending.has(id)) this.#pending.set(id, state);
    this.#told.clear();
  }

  /** Some of it, to be told now. Until {@link accepted} nobody knows what is believed of these. */
  take(most: number): [Id, T][] {
    const some = [...this.#pending].slice(0, most);
    for (const [id] of some) this.#told.delete(id);
    return some;
  }

  accepted(some: readonly [Id, T][]): void {
    for (const [id, state] of some) {
      if (this.#pending.get(id) !== state) continue;
      this.#pending.delete(id);
      this.#told.set(id, state);
    }
  }
}
