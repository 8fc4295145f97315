/** Rules of security groups as entries: what a set of groups lets pass. Pure. */
import {
  CLASS_FIXED_BITS,
  REMOTE_ANY,
  REMOTE_CLASS,
  REMOTE_SET,
  RULE_FIXED_BITS,
  RULE_IP6,
  RuleDirection,
  RuleFlag,
  type SetNumber,
} from "../../bpf/layout.gen.ts";
import type { Cidr, Id, Prefix, ViewRule } from "../../model/mod.ts";
import type { WantedGroup } from "../datapath.ts";
import { Classes, classNumber } from "./classes.ts";
import { type Entry, entry, prefixKey } from "./entry.ts";

/** A run of ports that share their first bits. */
interface PortPrefix {
  port: number;
  /** Of 16; undefined: any protocol, any port. */
  bits: number;
}

const PORT_BITS = 16;

/** The fewest prefixes that make up first..last. */
export function portPrefixes(first: number, last: number): PortPrefix[] {
  const found: PortPrefix[] = [];
  for (let port = first; port <= last; ) {
    let size = 1;
    while (port % (size * 2) === 0 && port + size * 2 - 1 <= last) size *= 2;
    found.push({ port, bits: PORT_BITS - Math.log2(size) });
    port += size;
  }
  return found;
}

/** The port part of a rule: for ICMP type and code stand for it, type first. */
function portsOf({ ports, icmp }: ViewRule): PortPrefix[] {
  if (icmp?.type !== undefined && icmp?.type !== null) {
    return icmp.code === null
      ? [{ port: icmp.type << 8, bits: 8 }]
      : [{ port: (icmp.type << 8) | icmp.code, bits: 16 }];
  }
  if (ports === null) return [{ port: 0, bits: 0 }];
  return portPrefixes(...ports);
}

/** Of two prefixes with one number the later takes the next. */
function classNumbers(cidrs: readonly Cidr[]): Map<Cidr, number> {
  const taken = new Set<number>();
  const numbers = new Map<Cidr, number>();
  for (const cidr of cidrs.toSorted()) {
    let number = classNumber(cidr);
    while (taken.has(number)) number = (number + 1) & 0x3fffffff;
    taken.add(number);
    numbers.set(cidr, number);
  }
  return numbers;
}

/** A rule and whose it is. */
export interface Named {
  group: WantedGroup;
  rule: ViewRule;
}

/** One entry of `rules` in the making: several rules may say the same. */
interface Draft {
  key: { remote: number; direction: number; proto: number; port: number; bits: number };
  flags: number;
  tag: number;
}

function draftsOf({ group, rule }: Named, remote: number): Draft[] {
  const direction =
    (rule.direction === "ingress" ? RuleDirection.INGRESS : RuleDirection.EGRESS) | (rule.family === 6 ? RULE_IP6 : 0);
  const flags = group.stateful ? RuleFlag.STATEFUL : RuleFlag.STATELESS;
  const tag = Number.parseInt(rule.id.slice(0, 8), 16) || 0;
  const ports = rule.protocol === null ? [{ port: 0, bits: -8 }] : portsOf(rule);
  return ports.map(({ port, bits }) => ({
    key: { remote, direction, proto: rule.protocol ?? 0, port, bits: RULE_FIXED_BITS + 8 + bits },
    flags,
    tag,
  }));
}

function ruleEntry(policy: SetNumber, { key: { bits, ...key }, flags, tag }: Draft): Entry {
  return entry("rules", { prefixLength: bits, policy, ...key }, { flags, tag });
}

/** Rules towards remotes, by themselves: right where all rules of the set are stateful, or all stateless. */
export function ruleEntries(policy: SetNumber, rules: readonly Named[], remotes: Iterable<number>): Entry[] {
  const drafts = new Drafts();
  for (const remote of remotes) for (const named of rules) drafts.add(named, remote);
  return drafts.entries(policy);
}

export const remoteSet = (set: SetNumber): number => (REMOTE_SET | set) >>> 0;
export const remoteClass = (number: number): number => (REMOTE_CLASS | number) >>> 0;

export function classEntry(policy: SetNumber, direction: ViewRule["direction"], of: Prefix, number: number): Entry {
  const by = direction === "ingress" ? RuleDirection.INGRESS : RuleDirection.EGRESS;
  return entry("classes", { policy, direction: by, ...prefixKey(of, CLASS_FIXED_BITS) }, { number });
}

class Drafts {
  readonly #drafts = new Map<string, Draft>();

  add(named: Named, remote: number): void {
    for (const draft of draftsOf(named, remote)) {
      const name = JSON.stringify(draft.key);
      const held = this.#drafts.get(name);
      if (held === undefined) this.#drafts.set(name, draft);
      else held.flags |= draft.flags;
    }
  }

  entries(policy: SetNumber): Entry[] {
    const all = [...this.#drafts.values()];
    const isMixed = new Set(all.map(({ flags }) => flags)).size > 1;
    return all.map((draft) => {
      // The longest match decides: it speaks for the shorter ones around it too.
      const flags = isMixed ? all.reduce((sum, other) => sum | covered(other, draft), draft.flags) : draft.flags;
      return ruleEntry(policy, { ...draft, flags });
    });
  }
}

function covered(other: Draft, { key }: Draft): number {
  const a = other.key;
  if (a.remote !== key.remote || a.direction !== key.direction || a.bits >= key.bits) return 0;
  if (a.bits === RULE_FIXED_BITS) return other.flags;
  const shift = PORT_BITS - (a.bits - RULE_FIXED_BITS - 8);
  return a.proto === key.proto && a.port >> shift === key.port >> shift ? other.flags : 0;
}

export interface RuleContext {
  groups: ReadonlyMap<Id, WantedGroup>;
  /** The numbers of the sets that have the group. */
  setsWith(group: Id): Iterable<SetNumber>;
}

/** Everything that a set of groups means as rules: entries of `rules` and `classes`. */
export function policyEntries(policy: SetNumber, groups: readonly Id[], context: RuleContext): Entry[] {
  const named = groups.flatMap((id): Named[] => {
    const group = context.groups.get(id);
    return group === undefined ? [] : group.rules.map((rule) => ({ group, rule }));
  });
  const drafts = new Drafts();
  for (const each of named) {
    const { remote } = each.rule;
    if (remote.kind === "any") drafts.add(each, REMOTE_ANY);
    if (remote.kind === "group") for (const set of context.setsWith(remote.group)) drafts.add(each, remoteSet(set));
  }
  const classes = (["ingress", "egress"] as const).flatMap((direction) =>
    classEntries(
      policy,
      direction,
      named.filter(({ rule }) => rule.direction === direction),
      drafts,
    ),
  );
  return [...drafts.entries(policy), ...classes];
}

function classEntries(policy: SetNumber, direction: ViewRule["direction"], named: Named[], drafts: Drafts): Entry[] {
  const classes = new Classes();
  for (const [n, each] of named.entries()) for (const cidr of prefixesOf(each.rule)) classes.add(cidr, String(n), each);
  const all = [...classes.all()].map(({ parsed }) => parsed);
  const numbers = classNumbers(all.map(({ cidr }) => cidr));
  return all.map((parsed) => {
    const number = numbers.get(parsed.cidr) as number;
    for (const each of classes.rulesAround(parsed)) drafts.add(each, remoteClass(number));
    return classEntry(policy, direction, parsed, number);
  });
}

export const prefixesOf = ({ remote }: ViewRule): readonly Cidr[] =>
  remote.kind === "prefixes" ? remote.prefixes : [];
