/** An ipBlock as the prefixes that are left when its exceptions are taken out. */
import {
  type Cidr,
  ipBits,
  ipFromBigInt,
  type Prefix,
  parsePrefix,
  prefix,
  prefixesOverlap,
} from "../../../model/mod.ts";

/** Prefixes that together are `cidr` without what is in `except`; undecodable exceptions take nothing out. */
export function prefixesOf(cidr: string, except: readonly string[]): Cidr[] {
  const whole = parsePrefix(cidr);
  if (whole === undefined) return [];
  return without(
    whole,
    except.map(parsePrefix).filter((hole) => hole !== undefined),
  );
}

/** Half by half, so that each hole costs no more prefixes than it is bits deeper. */
function without(whole: Prefix, holes: readonly Prefix[]): Cidr[] {
  const inside = holes.filter((hole) => prefixesOverlap(whole, hole));
  if (inside.length === 0) return [whole.cidr];
  if (inside.some(({ length }) => length <= whole.length)) return [];
  return halvesOf(whole).flatMap((half) => without(half, inside));
}

function halvesOf({ family, first, length }: Prefix): Prefix[] {
  const size = 1n << BigInt(ipBits(family) - length - 1);
  return [first, first + size].map((start) => prefix(`${ipFromBigInt(start, family)}/${length + 1}`));
}
