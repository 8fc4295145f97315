/**
 * The rules of one set of groups as claims, each rule's by itself: one that comes or goes costs what it says, however many
 * there are. They stand for the very entries that {@link policyEntries} makes of all at once, which is done where one
 * rule's entries depend on other rules: where stateful ones meet stateless ones, or two prefixes have one number.
 */
import { REMOTE_ANY, type SetNumber } from "../../bpf/layout.gen.ts";
import { type Cidr, type Id, type Prefix, prefix, type ViewRule } from "../../model/mod.ts";
import type { Claims } from "./claims.ts";
import type { GroupRules, RuleChange } from "./group-rules.ts";
import {
  classEntry,
  classNumber,
  contains,
  type Named,
  policyEntries,
  remoteClass,
  remoteSet,
  ruleEntries,
} from "./rules.ts";

/** A prefix that rules of one direction name. */
interface Class {
  parsed: Prefix;
  number: number;
  rules: Map<Id, Named>;
}

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
  readonly #owner: string;
  /** Their owners among the claims. */
  readonly #rules = new Map<Id, string>();
  readonly #classes = { ingress: new Map<Cidr, Class>(), egress: new Map<Cidr, Class>() };
  readonly #numbers = { ingress: new Map<number, Cidr>(), egress: new Map<number, Cidr>() };
  #isWhole = false;

  constructor(claims: Claims, policy: SetNumber, groups: readonly Id[], context: SetContext) {
    this.#claims = claims;
    this.policy = policy;
    this.#groups = groups;
    this.#context = context;
    this.#owner = `rules:${groups.join()}`;
    this.#build();
  }

  /** Takes over what changed in one of its groups. */
  change({ gone, come }: Pick<RuleChange, "gone" | "come">): void {
    if (this.#isWhole || this.#context.rules.isMixed(this.#groups)) {
      this.clear();
      this.#build();
      return;
    }
    for (const { rule } of gone) this.#remove(rule);
    for (const named of come) this.#put(named);
    if (this.#isWhole) this.#claimWhole();
  }

  /** The sets that some remote groups are in are others: takes that over for the rules about them. */
  reclaim(rules: Iterable<Named>): void {
    if (this.#isWhole) this.#claimWhole();
    else for (const named of rules) this.#claim(named);
  }

  /** Claims nothing any more. */
  clear(): void {
    for (const owner of this.#rules.values()) this.#claims.set(owner, []);
    for (const direction of ["ingress", "egress"] as const) {
      for (const cidr of this.#classes[direction].keys()) this.#claims.set(this.#classOwner(direction, cidr), []);
      this.#classes[direction].clear();
      this.#numbers[direction].clear();
    }
    this.#rules.clear();
    this.#claims.set(this.#owner, []);
    this.#isWhole = false;
  }

  #build(): void {
    this.#isWhole = this.#context.rules.isMixed(this.#groups);
    if (!this.#isWhole) for (const named of this.#context.rules.of(this.#groups)) this.#put(named);
    if (this.#isWhole) this.#claimWhole();
  }

  #claimWhole(): void {
    this.clear();
    this.#isWhole = true;
    const { rules, setsWith } = this.#context;
    const context = { groups: rules.groups(this.#groups), setsWith };
    this.#claims.set(this.#owner, policyEntries(this.policy, this.#groups, context));
  }

  #classOwner(direction: ViewRule["direction"], cidr: Cidr): string {
    return `${this.#owner}/${direction}/${cidr}`;
  }

  #put(named: Named): void {
    if (this.#isWhole) return;
    const { rule, group } = named;
    // Of two rules that say the same the first counts, as if they had been gone through in order.
    this.#rules.set(rule.id, `${this.#owner}/${group.id}/${rule.id}`);
    for (const cidr of prefixesOf(rule)) this.#name(cidr, named);
    this.#claim(named);
  }

  #remove(rule: ViewRule): void {
    const owner = this.#rules.get(rule.id);
    if (owner === undefined) return;
    this.#claims.set(owner, []);
    this.#rules.delete(rule.id);
    for (const cidr of prefixesOf(rule)) this.#unname(cidr, rule);
  }

  #claim(named: Named): void {
    const owner = this.#rules.get(named.rule.id);
    if (owner === undefined) return;
    this.#claims.set(owner, ruleEntries(this.policy, named, this.#remotesOf(named.rule)));
  }

  #remotesOf({ remote, direction }: ViewRule): Set<number> {
    switch (remote.kind) {
      case "any":
        return new Set([REMOTE_ANY]);
      case "group":
        return new Set([...this.#context.setsWith(remote.group)].map(remoteSet));
      case "prefixes": {
        const classes = this.#classes[direction];
        const own = remote.prefixes.flatMap((cidr) => classes.get(cidr)?.parsed ?? []);
        const within = [...classes.values()].filter(({ parsed }) => own.some((outer) => contains(outer, parsed)));
        return new Set(within.map(({ number }) => remoteClass(number)));
      }
    }
  }

  /** A prefix that is new is within those around it: their rules are repeated in its class. */
  #name(cidr: Cidr, named: Named): void {
    const { direction, id } = named.rule;
    const held = this.#classes[direction].get(cidr);
    if (held !== undefined) {
      held.rules.set(id, named);
      return;
    }
    const number = classNumber(cidr);
    const parsed = prefix(cidr);
    // Which of two prefixes with one number has it must not depend on who came first.
    if (this.#numbers[direction].has(number)) this.#isWhole = true;
    this.#numbers[direction].set(number, cidr);
    this.#classes[direction].set(cidr, { parsed, number, rules: new Map([[id, named]]) });
    this.#claims.set(this.#classOwner(direction, cidr), [classEntry(this.policy, direction, parsed, number)]);
    this.#claimAround(direction, parsed, id);
  }

  #unname(cidr: Cidr, { id, direction }: ViewRule): void {
    const held = this.#classes[direction].get(cidr);
    held?.rules.delete(id);
    if (held === undefined || held.rules.size > 0) return;
    this.#classes[direction].delete(cidr);
    this.#numbers[direction].delete(held.number);
    this.#claims.set(this.#classOwner(direction, cidr), []);
    this.#claimAround(direction, held.parsed, id);
  }

  #claimAround(direction: ViewRule["direction"], inner: Prefix, except: Id): void {
    for (const { parsed, rules } of this.#classes[direction].values()) {
      if (!contains(parsed, inner)) continue;
      for (const named of rules.values()) if (named.rule.id !== except) this.#claim(named);
    }
  }
}

function prefixesOf({ remote }: ViewRule): readonly Cidr[] {
  return remote.kind === "prefixes" ? remote.prefixes : [];
}
