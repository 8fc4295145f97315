/**
 * One table's desired and actual state and the difference between them. Restart is `saw()` for everything a dump shows;
 * after that the difference is what to do, whatever was there before.
 *
 *     want ──► desired ─┐
 *                       ├─► toWrite():  desired, and actual is missing or other
 *     saw ───► actual ──┘   toRemove(): actual, and not desired
 */
export class Delta<V> {
  readonly #desired = new Map<string, V>();
  readonly #actual = new Map<string, V>();
  readonly #dirty = new Set<string>();
  readonly #same: (a: V, b: V) => boolean;

  constructor(same: (a: V, b: V) => boolean) {
    this.#same = same;
  }

  want(key: string, value: V): void {
    this.#desired.set(key, value);
    this.#dirty.add(key);
  }

  unwant(key: string): void {
    this.#desired.delete(key);
    this.#dirty.add(key);
  }

  /** The world has this; undefined means that it has no such key. Also called after each successful write. */
  saw(key: string, value: V | undefined): void {
    if (value === undefined) this.#actual.delete(key);
    else this.#actual.set(key, value);
    this.#dirty.add(key);
  }

  wanted(key: string): V | undefined {
    return this.#desired.get(key);
  }

  /** What the world has, as far as it was seen. */
  seen(key: string): V | undefined {
    return this.#actual.get(key);
  }

  seenKeys(): string[] {
    return [...this.#actual.keys()];
  }

  /** What is to be written now; settled keys are forgotten on the way, so the cost is that of what changed. */
  toWrite(): [string, V][] {
    const writes: [string, V][] = [];
    for (const key of this.#dirty) {
      const desired = this.#desired.get(key);
      const actual = this.#actual.get(key);
      if (desired === undefined) {
        if (actual === undefined) this.#dirty.delete(key);
        continue;
      }
      if (actual !== undefined && this.#same(desired, actual)) this.#dirty.delete(key);
      else writes.push([key, desired]);
    }
    return writes;
  }

  /** What is to be removed now. A caller that has no complete view yet must not ask. */
  toRemove(): string[] {
    return [...this.#dirty].filter((key) => !this.#desired.has(key) && this.#actual.has(key));
  }

  desiredEntries(): IterableIterator<[string, V]> {
    return this.#desired.entries();
  }
}
