/**
 * Who wants which map entry. An object (network, vif, endpoint) claims entries as a whole, by its owner name; where two
 * claim one key the lower rank counts, then the smaller owner name, so that the outcome does not depend on the order.
 */
import type { Entry } from "./entry.ts";
import { type EntryKey, type EntryValue, encodeKey, encodeValue } from "./keys.ts";

interface Claim {
  owner: string;
  rank: number;
  value: EntryValue;
}

/** Told of every key whose outcome may be another now. */
export type OnOutcome = (key: EntryKey, value: EntryValue | undefined) => void;

export class Claims {
  /** Nearly every key has one claim; the list of several is in order of strength. */
  readonly #byKey = new Map<EntryKey, Claim | Claim[]>();
  readonly #byOwner = new Map<string, EntryKey[]>();
  readonly #onOutcome: OnOutcome;

  constructor(onOutcome: OnOutcome) {
    this.#onOutcome = onOutcome;
  }

  /** From now on the owner claims these and nothing else. */
  set(owner: string, entries: readonly Entry[]): void {
    const before = this.#byOwner.get(owner);
    const now = entries.map(({ map, key, value, rank }) => {
      const text = encodeKey(map, key);
      this.#put(text, { owner, rank, value: encodeValue(map, value) });
      return text;
    });
    if (before !== undefined) {
      const kept = new Set(now);
      for (const key of before) if (!kept.has(key)) this.#take(key, owner);
    }
    if (now.length === 0) this.#byOwner.delete(owner);
    else this.#byOwner.set(owner, now);
  }

  /** Whose value counts for the key. */
  ownerOf(key: EntryKey): string | undefined {
    return this.#claims(key)[0]?.owner;
  }

  #claims(key: EntryKey): Claim[] {
    const found = this.#byKey.get(key);
    if (found === undefined) return [];
    return Array.isArray(found) ? found : [found];
  }

  #put(key: EntryKey, claim: Claim): void {
    const found = this.#byKey.get(key);
    if (found === undefined || (!Array.isArray(found) && found.owner === claim.owner)) {
      this.#byKey.set(key, claim);
      this.#onOutcome(key, claim.value);
      return;
    }
    const others = this.#claims(key).filter(({ owner }) => owner !== claim.owner);
    const claims = others.length === 0 ? [claim] : [...others, claim].sort(byStrength);
    this.#byKey.set(key, claims.length === 1 ? claim : claims);
    this.#onOutcome(key, claims[0]?.value);
  }

  #take(key: EntryKey, owner: string): void {
    const [first, ...more] = this.#claims(key).filter((claim) => claim.owner !== owner);
    if (first === undefined) this.#byKey.delete(key);
    else this.#byKey.set(key, more.length === 0 ? first : [first, ...more]);
    this.#onOutcome(key, first?.value);
  }
}

function byStrength(a: Claim, b: Claim): number {
  return a.rank - b.rank || (a.owner < b.owner ? -1 : 1);
}
