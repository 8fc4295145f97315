/** Doubling waits with jitter, so that a thousand agents do not come back in one moment. */
export class Backoff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  #failures = 0;

  constructor(firstMs: number, mostMs: number) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
  }

  /** How long to wait after one more failure: between half and the whole of the doubled time. */
  nextMs(): number {
    const wholeMs = Math.min(this.#firstMs * 2 ** this.#failures++, this.#mostMs);
    return wholeMs * (0.5 + Math.random() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
