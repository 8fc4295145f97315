import type { Link, LinkEvent, Links } from "../../host/mod.ts";

/** The links of the host's namespace by name, and which of them came, went or were replaced. */
export class LocalLinks {
  readonly #links: Links;
  readonly #byName = new Map<string, Link>();
  readonly #nameOf = new Map<number, string>();
  readonly #changed = new Set<string>();
  #watch: { close(): void } | undefined;

  constructor(links: Links) {
    this.#links = links;
  }

  /** Reads the links and follows them; `onChange` is called when {@link takeChanged} would give something new. */
  start(onChange: () => void): void {
    this.#watch = this.#links.watch((event) => {
      if (this.#take(event)) onChange();
    });
    for (const link of this.#links.list()) this.#take({ kind: "changed", link });
  }

  stop(): void {
    this.#watch?.close();
  }

  get(name: string): Link | undefined {
    return this.#byName.get(name);
  }

  /** Looks at one link now, for a caller that has just made or removed it and cannot wait for the event. */
  refresh(name: string): void {
    const link = this.#links.byName(name);
    const known = this.#byName.get(name);
    if (link !== undefined) this.#take({ kind: "changed", link });
    else if (known !== undefined) this.#take({ kind: "removed", index: known.index, name });
  }

  takeChanged(): string[] {
    const names = [...this.#changed];
    this.#changed.clear();
    return names;
  }

  /** True when a name now means another device. */
  #take(event: LinkEvent): boolean {
    const index = event.kind === "changed" ? event.link.index : event.index;
    const before = this.#nameOf.get(index);
    if (event.kind === "changed" && before === event.link.name) {
      this.#byName.set(before, event.link);
      return false;
    }
    const renamedOrGone = before !== undefined && this.#byName.get(before)?.index === index;
    if (renamedOrGone) this.#byName.delete(before);
    if (before !== undefined) this.#changed.add(before);
    this.#nameOf.delete(index);
    if (event.kind === "changed") {
      this.#nameOf.set(index, event.link.name);
      this.#byName.set(event.link.name, event.link);
      this.#changed.add(event.link.name);
    }
    return event.kind === "changed" || renamedOrGone;
  }
}
