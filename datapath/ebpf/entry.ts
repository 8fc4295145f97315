/** An entry of a map, typed by the map. */
import { type MapKey, type MapName, type MapValue, PrefixFlag } from "../../bpf/layout.gen.ts";
import type { Ip, Prefix } from "../../model/mod.ts";

export type Entry = { [N in MapName]: { map: N; key: MapKey<N>; value: MapValue<N>; rank: number } }[MapName];

/** Where two objects say different things under one key, the lower rank counts. */
export const OWN = 0;
export const HELD = 1;
export const BORROWED = 2;

export function entry<N extends MapName>(map: N, key: MapKey<N>, value: MapValue<N>, rank = OWN): Entry {
  // The compiler cannot see that one N ties the three together once they are in an object.
  return { map, key, value, rank } as Entry;
}

/** ::ffff:0:0/96, in which IPv4 addresses are. */
const MAPPED = { first: 0xffff_0000_0000n, last: 0xffff_ffff_ffffn };

/** The enum prefix_flag of a prefix. */
export const prefixFlags = ({ family, first, last }: Prefix): number =>
  family === 6 && first <= MAPPED.first && MAPPED.last <= last ? PrefixFlag.IP6 : 0;

/** A prefix in a longest-prefix map whose key begins with `fixedBits` of something else. */
export function prefixKey({ cidr, family, length }: Prefix, fixedBits: number): { prefixLength: number; ip: Ip } {
  const ip = cidr.slice(0, cidr.indexOf("/")) as Ip;
  return { prefixLength: fixedBits + length + (family === 4 ? 96 : 0), ip };
}
