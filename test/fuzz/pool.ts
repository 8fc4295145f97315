/** The things that are known to exist, so that requests name real ones: filled from the answers to creations. */
import { type Asker, isAdmin } from "./callers.ts";
import type { Random } from "./random.ts";

interface Thing {
  readonly id: string;
  readonly project: string;
  /** Of what it is part. */
  readonly parentId: string | undefined;
}

/** Enough to meet each other; more would only spread the requests. */
const PER_KIND = 40;

export class Pool {
  readonly #things = new Map<string, Thing[]>();

  get kinds(): string[] {
    return [...this.#things.keys()];
  }

  count(kind: string): number {
    return this.#things.get(kind)?.length ?? 0;
  }

  add(kind: string, thing: Thing): void {
    const things = this.#things.get(kind) ?? [];
    this.#things.set(kind, [...things.slice(1 - PER_KIND), thing]);
  }

  remove(id: string): void {
    for (const [kind, things] of this.#things) {
      this.#things.set(
        kind,
        things.filter((thing) => thing.id !== id && thing.parentId !== id),
      );
    }
  }

  /** Mostly the asker's own, sometimes a stranger's; an administrator has all. */
  pick(random: Random, kind: string, asker: Asker, parentId?: string): Thing | undefined {
    const all = this.#things.get(kind) ?? [];
    const near = parentId === undefined ? all : all.filter((thing) => thing.parentId === parentId);
    const own = near.filter(({ project }) => project === asker.project || isAdmin(asker));
    const from = own.length > 0 && random.chance(0.8) ? own : near.length > 0 ? near : all;
    return from.length === 0 ? undefined : random.pick(from);
  }
}
