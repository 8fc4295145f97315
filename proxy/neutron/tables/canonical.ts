/** The forms in which records hold structured values that have passed their validators. */
import { type Cidr, ip, parseCidr, parseIp } from "../../../model/mod.ts";
import type { Json } from "../validators.ts";

/** The two members that count, in the order given: Neutron ignores others. */
export const canonicalFixedIps = (value: unknown): Json[] =>
  (value as Json[]).map((fixed) =>
    Object.fromEntries(
      Object.entries(fixed)
        .filter(([name]) => name === "subnet_id" || name === "ip_address")
        .map(([name, text]) => [name, name === "ip_address" ? parseIp(text as string) : text]),
    ),
  );

export const canonicalRoutes = (value: unknown) =>
  (value as Record<"destination" | "nexthop", string>[]).map(({ destination, nexthop }) => ({
    destination: parseCidr(destination) as Cidr,
    nexthop: ip(nexthop),
  }));

/** An address as the records hold it; null stays. */
export const canonicalIp = (value: unknown) => (value === null ? null : ip(value as string));
