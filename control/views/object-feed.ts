/** One group or router as its hosts see it: its line, and when it changed. Shared by all of them. */
export class ObjectFeed {
  readonly members = new Set<string>();
  lineRevision: number;
  readonly #derive: () => string;
  /** Undefined until somebody wants it: a group of a thousand rules is not written anew for each rule that nobody hears of. */
  #line: string | undefined;

  /** `derive`: its line of now; empty while there is none. */
  constructor(revision: number, derive: () => string) {
    this.lineRevision = revision;
    this.#derive = derive;
  }

  /** Empty while it cannot be derived. */
  get line(): string {
    this.#line ??= this.#derive();
    return this.#line;
  }

  /** What it is made of has changed, and whoever hears of it now is told so otherwise. */
  touch(revision: number): void {
    this.#line = undefined;
    this.lineRevision = revision;
  }

  /** The same where hosts do: what they are told, or nothing when it is as before. */
  refresh(gone: string, revision: number): string {
    const line = this.#derive();
    if (line === this.#line) return "";
    this.#line = line;
    this.lineRevision = revision;
    return line === "" ? gone : line;
  }
}
