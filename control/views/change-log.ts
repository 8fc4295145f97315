/**
 * Which ids changed after a revision, the last change of each only; a tombstone is an entry whose object is gone.
 * Bounded: the oldest entries are forgotten, and with them the revisions before.
 */
export class ChangeLog {
  /** In order of revision, since every change is put at the end. */
  readonly #changed = new Map<string, number>();
  readonly #limit: number;
  #horizon: number;

  /** Knows every change after `horizon`. */
  constructor(horizon: number, limit = 10_000) {
    this.#horizon = horizon;
    this.#limit = limit;
  }

  record(id: string, revision: number): void {
    this.#changed.delete(id);
    this.#changed.set(id, revision);
    if (this.#changed.size <= this.#limit) return;
    const [oldest, at] = this.#changed.entries().next().value!;
    this.#changed.delete(oldest);
    this.#horizon = at;
  }

  knows(since: number): boolean {
    return since >= this.#horizon;
  }

  /** Ids changed after `since`. Meaningful only when it {@link knows} that revision. */
  *after(since: number): Generator<string> {
    for (const [id, revision] of this.#changed) if (revision > since) yield id;
  }
}
