/** The rules of each security group as they were last seen, and what has come and gone since. */
import { isDeepStrictEqual } from "node:util";
import type { Id, ViewRule } from "../../model/mod.ts";
import type { WantedGroup } from "../datapath.ts";
import type { Named } from "./rules.ts";

/** What of one group's rules is other now; a rule that was altered both goes and comes. */
export interface RuleChange {
  group: Id;
  gone: Named[];
  come: Named[];
}

export class GroupRules {
  readonly #groups = new Map<Id, { group: WantedGroup; rules: Map<Id, ViewRule> }>();
  /** Remote group -> groups with rules that name it -> these rules. */
  readonly #naming = new Map<Id, Map<Id, Set<Id>>>();

  /** Takes over the groups with these ids; without ids all of them. */
  update(wanted: ReadonlyMap<Id, WantedGroup>, ids: Iterable<Id> | undefined): RuleChange[] {
    return [...new Set(ids ?? [...wanted.keys(), ...this.#groups.keys()])].flatMap((id) => {
      const change = this.#take(id, wanted.get(id));
      return change.gone.length + change.come.length === 0 ? [] : [change];
    });
  }

  #take(id: Id, group: WantedGroup | undefined): RuleChange {
    const before = this.#groups.get(id);
    const change: RuleChange = { group: id, gone: [], come: [] };
    if (before?.group === group) return change;
    const after = group && { group, rules: new Map(group.rules.map((rule) => [rule.id, rule])) };
    const isOther = before?.group.stateful !== group?.stateful;
    const differs = (a: ViewRule, b: ViewRule | undefined) => isOther || !isDeepStrictEqual(a, b);
    for (const rule of before?.rules.values() ?? [])
      if (differs(rule, after?.rules.get(rule.id))) change.gone.push({ group: before!.group, rule });
    for (const rule of after?.rules.values() ?? [])
      if (differs(rule, before?.rules.get(rule.id))) change.come.push({ group: after!.group, rule });
    for (const { rule } of change.gone) this.#name(id, rule, false);
    for (const { rule } of change.come) this.#name(id, rule, true);
    if (after === undefined) this.#groups.delete(id);
    else this.#groups.set(id, after);
    return change;
  }

  #name(group: Id, { id, remote }: ViewRule, isThere: boolean): void {
    if (remote.kind !== "group") return;
    const byGroup = this.#naming.get(remote.group) ?? new Map<Id, Set<Id>>();
    const rules = byGroup.get(group) ?? new Set();
    if (isThere) rules.add(id);
    else rules.delete(id);
    if (rules.size > 0) byGroup.set(group, rules);
    else byGroup.delete(group);
    if (byGroup.size > 0) this.#naming.set(remote.group, byGroup);
    else this.#naming.delete(remote.group);
  }

  /** The rules of these groups, in the order of the groups. */
  *of(groups: readonly Id[]): Iterable<Named> {
    for (const id of groups) {
      const known = this.#groups.get(id);
      for (const rule of known?.rules.values() ?? []) yield { group: known!.group, rule };
    }
  }

  /** Those that are there of these groups. */
  groups(ids: readonly Id[]): Map<Id, WantedGroup> {
    return new Map(ids.flatMap((id) => this.#groups.get(id)?.group ?? []).map((group) => [group.id, group]));
  }

  /** Whether some of these groups are stateful and others are not. */
  isMixed(groups: readonly Id[]): boolean {
    const withRules = [...this.groups(groups).values()].filter(({ rules }) => rules.length > 0);
    return new Set(withRules.map(({ stateful }) => stateful)).size > 1;
  }

  /** The rules that are about the remote group, by the group that they are of. */
  *naming(remote: Id): Iterable<[Id, Named[]]> {
    for (const [id, rules] of this.#naming.get(remote) ?? []) {
      const known = this.#groups.get(id)!;
      yield [id, [...rules].map((rule) => ({ group: known.group, rule: known.rules.get(rule)! }))];
    }
  }
}
