/** Which prefixes a subnet pool has and may give (neutron/ipam/subnet_alloc.py SubnetPoolReader, SubnetPoolHelper). */
import { type Cidr, fault, ipBits, ipFamily, type SubnetPoolRecord } from "../../../model/mod.ts";
import { prefixSet, toPrefixes } from "../../ipam/mod.ts";

export type Prefixes = Pick<SubnetPoolRecord, "ip_version" | "prefixes">;
export type Bounds = Pick<SubnetPoolRecord, "min_prefixlen" | "max_prefixlen" | "default_prefixlen">;

const DEFAULT_MIN = { 4: 8, 6: 64 } as const;

/** The fewest prefixes that say the same. @throws Fault EmptySubnetPoolPrefixList, PrefixVersionMismatch */
export function compacted(prefixes: readonly Cidr[]): Prefixes {
  const [first] = prefixes;
  if (first === undefined) throw fault("EmptySubnetPoolPrefixList");
  const family = ipFamily(first);
  if (prefixes.some((prefix) => ipFamily(prefix) !== family)) throw fault("PrefixVersionMismatch");
  return { ip_version: family, prefixes: toPrefixes(prefixSet(prefixes), family).map(({ cidr }) => cidr) };
}

type Bound = [name: string, length: number];

function illegal([prefix_type, prefixlen]: Bound, [base_prefix_type, base_prefixlen]: Bound) {
  return fault("IllegalSubnetPoolPrefixBounds", { prefix_type, prefixlen, base_prefix_type, base_prefixlen });
}

/** What was not given is as wide as can be; the default is the largest prefix. @throws Fault IllegalSubnetPoolPrefixBounds */
export function boundsOf(family: 4 | 6, given: { [K in keyof Bounds]?: number | undefined }): Bounds {
  const min = given.min_prefixlen ?? DEFAULT_MIN[family];
  const max = given.max_prefixlen ?? ipBits(family);
  const standard = given.default_prefixlen ?? min;
  if (min > max) throw illegal(["min_prefixlen", min], ["max_prefixlen", max]);
  if (max > ipBits(family)) throw illegal(["max_prefixlen", max], ["ip_version_max", ipBits(family)]);
  if (standard < min) throw illegal(["default_prefixlen", standard], ["min_prefixlen", min]);
  if (standard > max) throw illegal(["default_prefixlen", standard], ["max_prefixlen", max]);
  return { min_prefixlen: min, max_prefixlen: max, default_prefixlen: standard };
}
