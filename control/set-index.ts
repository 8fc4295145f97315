/** From a value to the set of ids that have it; an empty set costs nothing. */
export class SetIndex<K> {
  readonly #sets = new Map<K, Set<string>>();
  static readonly #none: ReadonlySet<string> = new Set();

  of(key: K): ReadonlySet<string> {
    return this.#sets.get(key) ?? SetIndex.#none;
  }

  add(key: K, id: string): void {
    const set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, new Set([id]));
    else set.add(id);
  }

  remove(key: K, id: string): void {
    const set = this.#sets.get(key);
    if (set?.delete(id) && set.size === 0) this.#sets.delete(key);
  }
}
