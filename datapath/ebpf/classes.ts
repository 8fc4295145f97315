/** The prefixes that rules of one direction name, and whose they are. */
import { type Cidr, type Prefix, prefix } from "../../model/mod.ts";
import { PrefixTable } from "./prefix-table.ts";
import type { Named } from "./rules.ts";

/** A prefix with the rules that name it. */
export interface Class {
  readonly parsed: Prefix;
  readonly number: number;
  /** By whatever name they were added under. */
  readonly rules: Map<string, Named>;
}

/** What a class is called: a number of 30 bits (FNV-1a) that stays the same while the prefix does. */
export function classNumber(cidr: Cidr): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < cidr.length; at++) hash = Math.imul(hash ^ cidr.charCodeAt(at), 0x01000193);
  return hash & 0x3fffffff;
}

export class Classes {
  readonly #table = new PrefixTable<Class>();
  /** How many prefixes have each number. */
  readonly #numbers = new Map<number, number>();
  #shared = 0;

  /** Some two prefixes have the same number. */
  get isAmbiguous(): boolean {
    return this.#shared > 0;
  }

  add(cidr: Cidr, name: string, named: Named): void {
    const parsed = prefix(cidr);
    const held = this.#table.get(parsed);
    if (held !== undefined) {
      held.rules.set(name, named);
      return;
    }
    const number = classNumber(parsed.cidr);
    const sharers = this.#numbers.get(number) ?? 0;
    if (sharers > 0) this.#shared++;
    this.#numbers.set(number, sharers + 1);
    this.#table.set(parsed, { parsed, number, rules: new Map([[name, named]]) });
  }

  /** The rule does not name it any more; a prefix that none names is forgotten. */
  remove(cidr: Cidr, name: string): void {
    const held = this.get(cidr);
    if (held === undefined || !held.rules.delete(name) || held.rules.size > 0) return;
    const sharers = (this.#numbers.get(held.number) ?? 1) - 1;
    if (sharers > 0) this.#shared--;
    if (sharers > 0) this.#numbers.set(held.number, sharers);
    else this.#numbers.delete(held.number);
    this.#table.delete(held.parsed);
  }

  get(cidr: Cidr): Class | undefined {
    return this.#table.get(prefix(cidr));
  }

  all(): Iterable<Class> {
    return this.#table.values();
  }

  /** The rules that speak of the addresses in it, each once, by group and id. */
  rulesAround(inner: Prefix): Named[] {
    const rules = new Map<string, Named>();
    for (const each of this.#table.around(inner)) for (const [name, named] of each.rules) rules.set(name, named);
    return [...rules.values()].sort((a, b) => order(a.group.id, b.group.id) || order(a.rule.id, b.rule.id));
  }
}

const order = (a: string, b: string) => (a < b ? -1 : Number(a > b));
