/** The sets of security groups that are in use here: as the rules of a port, as what an endpoint belongs to. */
import { createHash } from "node:crypto";
import type { SetNumber } from "../../bpf/layout.gen.ts";
import type { Id } from "../../model/mod.ts";
import { Slots } from "./slots.ts";

export const NO_SET = 0 as SetNumber;

export interface GroupSet {
  number: SetNumber;
  groups: readonly Id[];
  /** Of how many endpoints and ports it is; as rules only where `ports` is not 0. */
  endpoints: number;
  ports: number;
}

/** How `sets` knows it: the first half of a SHA-256, as four words. */
export function setName(groups: readonly Id[]): number[] {
  const digest = createHash("sha256").update(groups.join()).digest();
  return [0, 4, 8, 12].map((at) => digest.readUInt32LE(at));
}

const keyOf = (name: readonly number[]) => name.join();

export class GroupSets {
  readonly #sets = new Map<string, GroupSet>();
  readonly #ofGroup = new Map<Id, Set<GroupSet>>();
  readonly #slots: Slots<SetNumber>;

  constructor(capacity: number) {
    this.#slots = new Slots(capacity);
  }

  /** What `sets` has from an earlier run. */
  adopt(entries: Iterable<readonly [name: readonly number[], number: SetNumber]>): void {
    this.#slots.adopt([...entries].map(([name, number]) => [keyOf(name), number] as const));
  }

  /** The set of these sorted groups, one user more; undefined when no number is left. `isNew`: nobody had it before. */
  take(groups: readonly Id[], by: "endpoints" | "ports"): { set: GroupSet; isNew: boolean } | undefined {
    const key = groups.join();
    const held = this.#sets.get(key);
    if (held !== undefined) {
      held[by]++;
      return { set: held, isNew: held[by] === 1 };
    }
    const number = this.#slots.take(keyOf(setName(groups)));
    if (number === undefined) return undefined;
    const set: GroupSet = { number, groups, endpoints: 0, ports: 0 };
    set[by] = 1;
    this.#sets.set(key, set);
    for (const group of groups) {
      const sets = this.#ofGroup.get(group) ?? new Set();
      this.#ofGroup.set(group, sets.add(set));
    }
    return { set, isNew: true };
  }

  /** One user less. True when that was the last of its kind. */
  give(groups: readonly Id[], by: "endpoints" | "ports"): boolean {
    const key = groups.join();
    const set = this.#sets.get(key);
    if (set === undefined) return false;
    set[by]--;
    if (set.endpoints + set.ports > 0) return set[by] === 0;
    this.#sets.delete(key);
    this.#slots.giveBack(keyOf(setName(groups)));
    for (const group of groups) {
      const sets = this.#ofGroup.get(group);
      sets?.delete(set);
      if (sets?.size === 0) this.#ofGroup.delete(group);
    }
    return true;
  }

  find(groups: readonly Id[]): GroupSet | undefined {
    return this.#sets.get(groups.join());
  }

  /** The sets that have the group. */
  with(group: Id): Iterable<GroupSet> {
    return this.#ofGroup.get(group) ?? [];
  }

  all(): Iterable<GroupSet> {
    return this.#sets.values();
  }

  settle(): void {
    this.#slots.settle();
  }
}
