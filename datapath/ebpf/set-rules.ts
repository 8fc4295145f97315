/**
 * The rules of one set of groups as claims of many owners: each rule about anybody or a group by itself, and each prefix that
 * rules name with what they say of it. What comes or goes costs what it says, however many rules and prefixes there are.
 * They stand for the very entries that {@link policyEntries} makes of all at once, which is done where one rule's entries
 * depend on other rules: where stateful ones meet stateless ones, or two prefixes have one number.
 */
import { isDeepStrictEqual } from "node:util";
import { REMOTE_ANY, type SetNumber } from "../../bpf/layout.gen.ts";
import { type Cidr, type Id, prefix, type ViewRule } from "../../model/mod.ts";
import type { Claims } from "./claims.ts";
import { Classes } from "./classes.ts";
import type { GroupRules, RuleChange } from "./group-rules.ts";
import { PrefixTable } from "./prefix-table.ts";
import { classEntry, type Named, policyEntries, prefixesOf, remoteClass, remoteSet, ruleEntries } from "./rules.ts";

type Direction = ViewRule["direction"];
const DIRECTIONS: readonly Direction[] = ["ingress", "egress"];

export interface SetContext {
  rules: GroupRules;
  /** The numbers of the sets that have the group. */
  setsWith(group: Id): Iterable<SetNumber>;
}

export class SetRules {
  readonly policy: SetNumber;
  readonly #claims: Claims;
  readonly #groups: readonly Id[];
  readonly #context: SetContext;
  readonly #name: string;
  /** Among the claims. */
  readonly #owners = new Set<string>();
  #classes = { ingress: new Classes(), egress: new Classes() };
  #isWhole = false;

  constructor(claims: Claims, policy: SetNumber, groups: readonly Id[], context: SetContext) {
    this.#claims = claims;
    this.policy = policy;
    this.#groups = groups;
    this.#context = context;
    this.#name = `rules:${groups.join()}`;
    this.#build();
  }

  /** Takes over what changed in one of its groups. */
  change(change: Pick<RuleChange, "gone" | "come">): void {
    if (this.#isWhole || this.#context.rules.isMixed(this.#groups)) {
      this.#build();
      return;
    }
    const { gone, come } = change;
    for (const named of gone) this.#set(this.#ownerOf(named), []);
    for (const named of come) this.#claim(named);
    const touched = this.#nameInstead(gone, come);
    if (DIRECTIONS.some((direction) => this.#classes[direction].isAmbiguous)) this.#build();
    else for (const direction of DIRECTIONS) this.#claimTouched(direction, touched[direction]);
  }

  /** The sets that some remote groups are in are others: takes that over for the rules about them. */
  reclaim(rules: Iterable<Named>): void {
    if (this.#isWhole) this.#build();
    else for (const named of rules) this.#claim(named);
  }

  /** Claims nothing any more. */
  clear(): void {
    for (const owner of this.#owners) this.#claims.set(owner, []);
    this.#owners.clear();
  }

  #build(): void {
    const all = [...this.#context.rules.of(this.#groups)];
    this.clear();
    this.#classes = { ingress: new Classes(), egress: new Classes() };
    this.#nameInstead([], all);
    const isAmbiguous = DIRECTIONS.some((direction) => this.#classes[direction].isAmbiguous);
    this.#isWhole = isAmbiguous || this.#context.rules.isMixed(this.#groups);
    if (this.#isWhole) {
      const { rules, setsWith } = this.#context;
      const context = { groups: rules.groups(this.#groups), setsWith };
      this.#set(this.#name, policyEntries(this.policy, this.#groups, context));
      return;
    }
    for (const named of all) this.#claim(named);
    for (const direction of DIRECTIONS)
      for (const { parsed } of this.#classes[direction].all()) this.#claimClass(direction, parsed.cidr);
  }

  #set(owner: string, entries: Parameters<Claims["set"]>[1]): void {
    if (entries.length > 0) this.#owners.add(owner);
    else if (!this.#owners.delete(owner)) return;
    this.#claims.set(owner, entries);
  }

  /** Of two rules that say the same the first counts, as if they had been gone through in order. */
  #ownerOf({ group, rule }: Named): string {
    return `${this.#name}/${group.id}/${rule.id}`;
  }

  #claim(named: Named): void {
    this.#set(this.#ownerOf(named), ruleEntries(this.policy, [named], this.#remotesOf(named.rule)));
  }

  /** Beside prefixes, which have claims of their own. */
  #remotesOf({ remote }: ViewRule): Iterable<number> {
    if (remote.kind === "any") return [REMOTE_ANY];
    return remote.kind === "group" ? [...this.#context.setsWith(remote.group)].map(remoteSet) : [];
  }

  #claimClass(direction: Direction, cidr: Cidr): void {
    const owner = `${this.#name}/${direction}/${cidr}`;
    const classes = this.#classes[direction];
    const found = classes.get(cidr);
    if (found === undefined) {
      this.#set(owner, []);
      return;
    }
    const { parsed, number } = found;
    const rules = ruleEntries(this.policy, classes.rulesAround(parsed), [remoteClass(number)]);
    this.#set(owner, [classEntry(this.policy, direction, parsed, number), ...rules]);
  }

  /** Names the prefixes of these rules instead of those; returns the prefixes of which other things are said than before. */
  #nameInstead(gone: readonly Named[], come: readonly Named[]): Record<Direction, Set<Cidr>> {
    const touched = { ingress: new Set<Cidr>(), egress: new Set<Cidr>() };
    const before = new Map(gone.map((named) => [named.rule.id, named]));
    const after = new Map(come.map((named) => [named.rule.id, named]));
    for (const named of gone) {
      for (const cidr of prefixesBeside(named, after.get(named.rule.id))) {
        this.#classes[named.rule.direction].remove(cidr, this.#ownerOf(named));
        touched[named.rule.direction].add(cidr);
      }
    }
    for (const named of come) {
      const alone = byItself(named);
      for (const cidr of prefixesBeside(named, before.get(named.rule.id))) {
        this.#classes[named.rule.direction].add(cidr, this.#ownerOf(named), alone);
        touched[named.rule.direction].add(cidr);
      }
    }
    return touched;
  }

  /** What is said of these prefixes, and of all that are within them. */
  #claimTouched(direction: Direction, touched: ReadonlySet<Cidr>): void {
    const table = new PrefixTable<true>();
    for (const cidr of touched) table.set(prefix(cidr), true);
    for (const cidr of touched) this.#claimClass(direction, cidr);
    if (!table.hasWide) return;
    for (const { parsed } of this.#classes[direction].all()) {
      const isWithin = table.around(parsed)[Symbol.iterator]().next().done === false;
      if (isWithin && !touched.has(parsed.cidr)) this.#claimClass(direction, parsed.cidr);
    }
  }
}

/** The rule for one of its prefixes: that must not keep all others, and all other rules, as they were when it came. */
function byItself({ group: { id, stateful }, rule }: Named): Named {
  return { group: { id, stateful, rules: [] }, rule: { ...rule, remote: { kind: "prefixes", prefixes: [] } } };
}

/** The prefixes that a rule names, without those that the other one says the same of. */
function prefixesBeside(named: Named, other: Named | undefined): Iterable<Cidr> {
  const prefixes = new Set(prefixesOf(named.rule));
  if (other === undefined || !isSameElse(named, other)) return prefixes;
  for (const cidr of prefixesOf(other.rule)) prefixes.delete(cidr);
  return prefixes;
}

/** Whether two rules differ in their prefixes at most. */
function isSameElse(a: Named, b: Named): boolean {
  const rest = ({ group: { stateful }, rule }: Named) => ({ ...rule, remote: rule.remote.kind, stateful });
  return isDeepStrictEqual(rest(a), rest(b));
}
