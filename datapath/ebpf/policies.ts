/** Which sets of groups are in use, and the rules of those that are some port's. */
import type { SetNumber } from "../../bpf/layout.gen.ts";
import type { Id } from "../../model/mod.ts";
import type { Wanted } from "../datapath.ts";
import type { Claims } from "./claims.ts";
import { entry } from "./entry.ts";
import { GroupRules } from "./group-rules.ts";
import { SetRules } from "./set-rules.ts";
import { type GroupSet, type GroupSets, NO_SET, setName } from "./sets.ts";

const same = (a: readonly Id[] | null, b: readonly Id[] | null) => a === b || a?.join() === b?.join();

export class Policies {
  readonly #claims: Claims;
  readonly #sets: GroupSets;
  readonly #ports = new Map<Id, readonly Id[]>();
  readonly #endpoints = new Map<Id, readonly Id[]>();
  readonly #rules = new GroupRules();
  /** Of those that are some port's. */
  readonly #ofSet = new Map<string, SetRules>();
  /** Sets, and groups whose members' sets, that may be others than the claims say. */
  readonly #dueSets = new Map<string, readonly Id[]>();
  readonly #dueGroups = new Set<Id>();

  constructor(claims: Claims, sets: GroupSets) {
    this.#claims = claims;
    this.#sets = sets;
  }

  /** The set whose rules hold for a port; null: none. Undefined when there is no number for a further one. */
  ofPort(id: Id, groups: readonly Id[] | null): SetNumber | undefined {
    const before = this.#ports.get(id) ?? null;
    if (!same(before, groups)) {
      const taken = groups === null ? undefined : this.#take(groups, "ports");
      if (groups !== null && taken === undefined) return undefined;
      if (before !== null) this.#give(before, "ports");
      if (groups === null) this.#ports.delete(id);
      else this.#ports.set(id, groups);
    }
    return groups === null ? NO_SET : this.#sets.find(groups)?.number;
  }

  /** The set that an endpoint is in; without a number left, none, so that no rule about its groups lets it pass. */
  ofEndpoint(id: Id, groups: readonly Id[]): SetNumber {
    const before = this.#endpoints.get(id) ?? [];
    if (!same(before, groups)) {
      if (groups.length > 0 && this.#take(groups, "endpoints") === undefined) return NO_SET;
      if (before.length > 0) this.#give(before, "endpoints");
      if (groups.length === 0) this.#endpoints.delete(id);
      else this.#endpoints.set(id, groups);
    }
    return groups.length === 0 ? NO_SET : (this.#sets.find(groups)?.number ?? NO_SET);
  }

  /** Brings the rules up to date. Without `changed` all groups may be other ones. */
  update(wanted: Wanted, changed: ReadonlySet<Id> | undefined): void {
    const due = changed && [...changed, ...[...this.#dueSets.values()].flat()];
    const changes = this.#rules.update(wanted.groups, due);
    const fresh = new Set<SetRules>();
    for (const groups of this.#dueSets.values()) {
      const made = this.#claim(groups);
      if (made !== undefined) fresh.add(made);
    }
    this.#dueSets.clear();
    for (const change of changes) for (const set of this.#setsOf(change.group)) if (!fresh.has(set)) set.change(change);
    for (const remote of this.#dueGroups) {
      for (const [group, rules] of this.#rules.naming(remote)) {
        for (const set of this.#setsOf(group)) if (!fresh.has(set)) set.reclaim(rules);
      }
    }
    this.#dueGroups.clear();
  }

  /** The set's name and, while it is some port's, its rules; returns those that are new. */
  #claim(groups: readonly Id[]): SetRules | undefined {
    const key = groups.join();
    const set = this.#sets.find(groups);
    const name = set && entry("sets", { name: setName(groups) }, { number: set.number });
    this.#claims.set(`set:${key}`, name === undefined ? [] : [name]);
    const held = this.#ofSet.get(key);
    if (set !== undefined && set.ports > 0 && held?.policy === set.number) return undefined;
    held?.clear();
    this.#ofSet.delete(key);
    if (set === undefined || set.ports === 0) return undefined;
    const context = { rules: this.#rules, setsWith: (group: Id) => this.#numbersWith(group) };
    const made = new SetRules(this.#claims, set.number, groups, context);
    this.#ofSet.set(key, made);
    return made;
  }

  /** The rules of the sets that have the group. */
  *#setsOf(group: Id): Iterable<SetRules> {
    for (const { groups } of this.#sets.with(group)) {
      const rules = this.#ofSet.get(groups.join());
      if (rules !== undefined) yield rules;
    }
  }

  *#numbersWith(group: Id): Iterable<SetNumber> {
    for (const { number, endpoints } of this.#sets.with(group)) if (endpoints > 0) yield number;
  }

  #take(groups: readonly Id[], by: "endpoints" | "ports"): GroupSet | undefined {
    const taken = this.#sets.take(groups, by);
    if (taken?.isNew) this.#mark(groups, by);
    return taken?.set;
  }

  #give(groups: readonly Id[], by: "endpoints" | "ports"): void {
    if (this.#sets.give(groups, by)) this.#mark(groups, by);
  }

  #mark(groups: readonly Id[], by: "endpoints" | "ports"): void {
    this.#dueSets.set(groups.join(), groups);
    if (by === "endpoints") for (const group of groups) this.#dueGroups.add(group);
  }
}
