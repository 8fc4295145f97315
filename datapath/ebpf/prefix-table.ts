/** Values by prefix, and which of them are around a prefix: one look for each length that there is, however many there are. */
import type { Prefix } from "../../model/mod.ts";

const BITS = { 4: 32, 6: 128 };

/** The first address of the prefix of this length around another. */
const firstAround = ({ family, first }: Prefix, length: number): bigint => {
  const hostBits = BigInt(BITS[family] - length);
  return (first >> hostBits) << hostBits;
};

export class PrefixTable<V> {
  readonly #byLength = { 4: new Map<number, Map<bigint, V>>(), 6: new Map<number, Map<bigint, V>>() };

  get({ family, length, first }: Prefix): V | undefined {
    return this.#byLength[family].get(length)?.get(first);
  }

  set({ family, length, first }: Prefix, value: V): void {
    const table = this.#byLength[family].get(length) ?? new Map<bigint, V>();
    this.#byLength[family].set(length, table.set(first, value));
  }

  delete({ family, length, first }: Prefix): void {
    const table = this.#byLength[family].get(length);
    table?.delete(first);
    if (table?.size === 0) this.#byLength[family].delete(length);
  }

  *values(): Iterable<V> {
    for (const tables of Object.values(this.#byLength)) for (const table of tables.values()) yield* table.values();
  }

  /** Of this prefix, and of those that it is within. */
  *around(inner: Prefix): Iterable<V> {
    for (const [length, table] of this.#byLength[inner.family]) {
      const found = length <= inner.length ? table.get(firstAround(inner, length)) : undefined;
      if (found !== undefined) yield found;
    }
  }

  /** True if some prefix in it has more than one address. */
  get hasWide(): boolean {
    return ([4, 6] as const).some((family) =>
      [...this.#byLength[family].keys()].some((length) => length < BITS[family]),
    );
  }
}
