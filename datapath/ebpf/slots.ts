/** Numbers for things of this host that map entries name. Each keeps its number while it is here, over restarts too. */
export class Slots<N extends number> {
  readonly #byKey = new Map<string, N>();
  /** What an earlier run left, until it is taken or everything is known to be there. */
  readonly #adopted = new Map<string, N>();
  readonly #taken = new Set<number>();
  #givenBack: N[] = [];
  #lowestFree = 1;
  readonly #capacity: number;

  /** `capacity`: numbers are below it; 0 is none. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  adopt(slots: Iterable<readonly [key: string, number: N]>): void {
    for (const [key, number] of slots) {
      this.#adopted.set(key, number);
      this.#taken.add(number);
    }
  }

  of(key: string): N | undefined {
    return this.#byKey.get(key);
  }

  /** Whether an earlier run left a number under `left` that nobody has taken yet. */
  isLeft(left: string): boolean {
    return this.#adopted.has(left);
  }

  /** The number of `key`, that which an earlier run left as `left`, or a new one; undefined when all are in use. */
  take(key: string, left = key): N | undefined {
    const held = this.#byKey.get(key);
    if (held !== undefined) return held;
    const number = this.#adopted.get(left) ?? this.#free();
    if (number === undefined) return undefined;
    this.#adopted.delete(left);
    this.#taken.add(number);
    this.#byKey.set(key, number);
    return number;
  }

  /** The number is free again only after {@link settle}: until then entries may still name it. */
  giveBack(key: string): void {
    const number = this.#byKey.get(key);
    if (number === undefined) return;
    this.#byKey.delete(key);
    this.#givenBack.push(number);
  }

  /** All that named the given back is gone, and so is what the earlier run left and nobody took. */
  settle(): void {
    this.#givenBack.push(...this.#adopted.values());
    this.#adopted.clear();
    for (const number of this.#givenBack) {
      this.#taken.delete(number);
      this.#lowestFree = Math.min(this.#lowestFree, number);
    }
    this.#givenBack = [];
  }

  #free(): N | undefined {
    let number = this.#lowestFree;
    while (this.#taken.has(number)) number++;
    this.#lowestFree = number;
    return number < this.#capacity ? (number as N) : undefined;
  }
}
