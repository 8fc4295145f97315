/**
 * Which addresses are of address pairs, and whose groups they count as. Several endpoints may hold the same address (VRRP), and a pair may
 * be within another one's: who looks an address up meets its longest prefix, which therefore speaks for all around it.
 */
import { type NetNumber, PAIR_FIXED_BITS, type SetNumber } from "../../bpf/layout.gen.ts";
import { type Cidr, type Id, type Prefix, prefix } from "../../model/mod.ts";
import type { WantedEndpoint } from "../datapath.ts";
import type { Claims } from "./claims.ts";
import { entry, prefixFlags, prefixKey } from "./entry.ts";

type Holder = Pick<WantedEndpoint, "networkId" | "movableCidrs" | "groups">;

/** The set of these groups, in use by that name; no groups give it back. */
export type TakeSet = (name: string, groups: readonly Id[]) => SetNumber;

const isHolder = ({ movableCidrs }: Holder) => movableCidrs.length > 0;

export class Pairs {
  readonly #claims: Claims;
  readonly #take: TakeSet;
  readonly #holders = new Map<Id, Map<Id, Holder>>();
  readonly #networkOf = new Map<Id, Id>();
  /** The prefixes of which a set is taken, by network. */
  readonly #taken = new Map<Id, Set<Cidr>>();
  readonly #due = new Set<Id>();

  constructor(claims: Claims, take: TakeSet) {
    this.#claims = claims;
    this.#take = take;
  }

  /** Undefined takes it out. In force with the next {@link update}. */
  place(id: Id, holder: Holder | undefined): void {
    const before = this.#networkOf.get(id);
    if (before !== undefined) {
      this.#holders.get(before)?.delete(id);
      this.#networkOf.delete(id);
      this.#due.add(before);
    }
    if (holder === undefined || !isHolder(holder)) return;
    const { networkId } = holder;
    this.#holders.set(networkId, (this.#holders.get(networkId) ?? new Map()).set(id, holder));
    this.#networkOf.set(id, networkId);
    this.#due.add(networkId);
  }

  update(numberOf: (networkId: Id) => NetNumber | undefined): void {
    for (const id of this.#due) this.#claim(id, numberOf(id));
    this.#due.clear();
  }

  #claim(networkId: Id, net: NetNumber | undefined): void {
    const holders = [...(this.#holders.get(networkId)?.values() ?? [])];
    if (holders.length === 0) this.#holders.delete(networkId);
    const groups = net === undefined ? new Map<Cidr, Id[]>() : groupsByPrefix(holders);
    const name = (cidr: Cidr) => `pair:${networkId}/${cidr}`;
    for (const cidr of this.#taken.get(networkId) ?? []) if (!groups.has(cidr)) this.#take(name(cidr), []);
    const entries = [...groups].flatMap(([cidr, each]) => {
      const set = this.#take(name(cidr), each);
      if (net === undefined) return [];
      const parsed = prefix(cidr);
      return [entry("pairs", { net, ...prefixKey(parsed, PAIR_FIXED_BITS) }, { set, flags: prefixFlags(parsed) })];
    });
    this.#claims.set(`pairs:${networkId}`, entries);
    if (groups.size === 0) this.#taken.delete(networkId);
    else this.#taken.set(networkId, new Set(groups.keys()));
  }
}

/** Of each prefix the groups of all who may hold its addresses, sorted. Pure. */
export function groupsByPrefix(holders: readonly Holder[]): Map<Cidr, Id[]> {
  const own = new Map<Cidr, { parsed: Prefix; groups: Set<Id> }>();
  for (const { movableCidrs, groups } of holders)
    for (const cidr of movableCidrs) {
      const parsed = prefix(cidr);
      const known = own.get(parsed.cidr) ?? { parsed, groups: new Set() };
      for (const group of groups) known.groups.add(group);
      own.set(parsed.cidr, known);
    }
  // Single addresses are the most, and contain nothing: only the wider ones are looked for around each.
  const wide = [...own.values()].filter(({ parsed }) => parsed.first !== parsed.last);
  return new Map(
    [...own].map(([cidr, { parsed, groups }]) => {
      const around = wide.filter((other) => contains(other.parsed, parsed)).flatMap((other) => [...other.groups]);
      return [cidr, [...new Set([...groups, ...around])].sort()];
    }),
  );
}

const contains = (outer: Prefix, inner: Prefix) =>
  outer.family === inner.family &&
  outer.length < inner.length &&
  outer.first <= inner.first &&
  inner.last <= outer.last;
