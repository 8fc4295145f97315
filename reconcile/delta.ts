/**
 * One table's desired and actual state and the difference between them. Restart is `saw()` for everything a dump shows;
 * after that the difference is what to do, whatever was there before.
 *
 *     want ──► desired ─┐
 *                       ├─► toWrite():  desired, and actual is missing or other
 *     saw ───► actual ──┘   toRemove(): actual, and not desired
 *
 * What agrees, which is nearly all of a large table, is held once.
 */
export class Delta<V> {
  /** Desired and actual alike. A key in here is in neither of the others. */
  readonly #agreed = new Map<string, V>();
  /** What is still to be written. */
  readonly #desired = new Map<string, V>();
  /** What is still to be overwritten or removed. */
  readonly #actual = new Map<string, V>();
  readonly #same: (a: V, b: V) => boolean;

  constructor(same: (a: V, b: V) => boolean) {
    this.#same = same;
  }

  want(key: string, value: V): void {
    const agreed = this.#agreed.get(key);
    if (agreed !== undefined) {
      if (this.#same(agreed, value)) return;
      this.#agreed.delete(key);
      this.#actual.set(key, agreed);
    }
    const actual = agreed ?? this.#actual.get(key);
    if (actual === undefined || !this.#same(actual, value)) this.#desired.set(key, value);
    else this.#agree(key, actual);
  }

  #agree(key: string, value: V): void {
    this.#actual.delete(key);
    this.#desired.delete(key);
    this.#agreed.set(key, value);
  }

  unwant(key: string): void {
    this.#desired.delete(key);
    const agreed = this.#agreed.get(key);
    if (agreed === undefined) return;
    this.#agreed.delete(key);
    this.#actual.set(key, agreed);
  }

  /** A write that {@link toWrite} asked for was made. */
  wrote(key: string, value: V): void {
    this.#agree(key, value);
  }

  /** The world has this; undefined means that it has no such key. */
  saw(key: string, value: V | undefined): void {
    const agreed = this.#agreed.get(key);
    if (agreed !== undefined) {
      if (value !== undefined && this.#same(agreed, value)) return;
      this.#agreed.delete(key);
      this.#desired.set(key, agreed);
    }
    if (value === undefined) {
      this.#actual.delete(key);
      return;
    }
    const desired = agreed ?? this.#desired.get(key);
    if (desired === undefined || !this.#same(desired, value)) this.#actual.set(key, value);
    else this.#agree(key, desired);
  }

  wanted(key: string): V | undefined {
    return this.#agreed.get(key) ?? this.#desired.get(key);
  }

  /** What the world has, as far as it was seen. */
  seen(key: string): V | undefined {
    return this.#agreed.get(key) ?? this.#actual.get(key);
  }

  seenCount(): number {
    return this.#agreed.size + this.#actual.size;
  }

  seenKeys(): string[] {
    return [...this.#agreed.keys(), ...this.#actual.keys()];
  }

  /** What is to be written now: the cost is that of what differs, not of the table. */
  toWrite(): [string, V][] {
    return [...this.#desired];
  }

  /** What is to be removed now. A caller that has no complete view yet must not ask. */
  toRemove(): string[] {
    return [...this.#actual.keys()].filter((key) => !this.#desired.has(key));
  }
}
