/**
 * Who wants which map entry. An object (network, vif, endpoint) claims entries as a whole, by its owner name; where two
 * claim one key the lower rank counts, then the smaller owner name, so that the outcome does not depend on the order.
 */
import { MAPS, type MapName } from "../../bpf/layout.gen.ts";
import type { Table } from "../../wire/table.ts";
import type { Entry } from "./entries.ts";

interface Claim {
  owner: string;
  rank: number;
  value: Buffer;
}

/** Told of every key whose outcome may be another now. */
export type OnOutcome = (map: MapName, key: string, value: Buffer | undefined) => void;

/** Keys are their bytes as a latin1 string: compact, comparable, and bytes again without loss. */
export const keyString = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
export const keyBytes = (key: string): Buffer => Buffer.from(key, "latin1");

export class Claims {
  readonly #byKey = new Map<MapName, Map<string, Claim[]>>();
  readonly #byOwner = new Map<string, [MapName, string][]>();
  readonly #onOutcome: OnOutcome;

  constructor(onOutcome: OnOutcome) {
    this.#onOutcome = onOutcome;
  }

  /** From now on the owner claims these and nothing else. */
  set(owner: string, entries: readonly Entry[]): void {
    const before = this.#byOwner.get(owner) ?? [];
    const now: [MapName, string][] = [];
    const kept = new Set<string>();
    for (const { map, key, value, rank } of entries) {
      const { key: keyTable, value: valueTable } = MAPS[map] as { key: Table<unknown>; value: Table<unknown> };
      const text = keyString(keyTable.encode(key));
      kept.add(`${map} ${text}`);
      now.push([map, text]);
      this.#put(map, text, { owner, rank, value: valueTable.encode(value) });
    }
    for (const [map, key] of before) if (!kept.has(`${map} ${key}`)) this.#take(map, key, owner);
    if (now.length === 0) this.#byOwner.delete(owner);
    else this.#byOwner.set(owner, now);
  }

  owners(): IterableIterator<string> {
    return this.#byOwner.keys();
  }

  /** Whose value counts for the key. */
  ownerOf(map: MapName, key: string): string | undefined {
    return this.#byKey.get(map)?.get(key)?.[0]?.owner;
  }

  #put(map: MapName, key: string, claim: Claim): void {
    const table = this.#byKey.get(map) ?? new Map<string, Claim[]>();
    this.#byKey.set(map, table);
    const others = (table.get(key) ?? []).filter(({ owner }) => owner !== claim.owner);
    const claims = others.length === 0 ? [claim] : [...others, claim].sort(byStrength);
    table.set(key, claims);
    this.#onOutcome(map, key, claims[0]?.value);
  }

  #take(map: MapName, key: string, owner: string): void {
    const table = this.#byKey.get(map);
    const rest = (table?.get(key) ?? []).filter((claim) => claim.owner !== owner);
    if (rest.length === 0) table?.delete(key);
    else table?.set(key, rest);
    this.#onOutcome(map, key, rest[0]?.value);
  }
}

function byStrength(a: Claim, b: Claim): number {
  return a.rank - b.rank || (a.owner < b.owner ? -1 : 1);
}
