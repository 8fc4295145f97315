/** What was found out about tokens, for a while, and only so many. */

export interface CacheLimits {
  /** How long an answer is believed: a token that is revoked is good for as long. 0 keeps none. */
  seconds: number;
  entries: number;
}

interface Entry<T> {
  value: T;
  until: number;
}

/** Keys are digests of tokens. Concurrent questions for one key are asked once. */
export class TokenCache<T> {
  readonly #limits: CacheLimits;
  /** In the order of their ends, since all live equally long. */
  readonly #entries = new Map<string, Entry<T>>();
  readonly #asked = new Map<string, Promise<T | undefined>>();

  constructor(limits: CacheLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && Date.now() < entry.until ? entry.value : undefined;
  }

  /** Asks, unless somebody is asking the same just now; `question` tells apart questions about one key. */
  async load(key: string, question: string, ask: () => Promise<T | undefined>): Promise<T | undefined> {
    const name = `${question} ${key}`;
    let asked = this.#asked.get(name);
    if (asked === undefined) {
      asked = ask().finally(() => this.#asked.delete(name));
      this.#asked.set(name, asked);
    }
    const value = await asked;
    if (value !== undefined) this.#put(key, value);
    return value;
  }

  #put(key: string, value: T): void {
    if (this.#limits.seconds <= 0 || this.#entries.get(key)?.value === value) return;
    const now = Date.now();
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: now + this.#limits.seconds * 1000 });
    for (const [oldest, { until }] of this.#entries) {
      if (until > now && this.#entries.size <= this.#limits.entries) break;
      this.#entries.delete(oldest);
    }
  }
}
