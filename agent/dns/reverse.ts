/** Addresses as names (RFC 1035 section 3.5, RFC 3596 section 2.5). */
import { type Ip, ipFromBigInt } from "../../model/mod.ts";

const ARPA4 = ".in-addr.arpa";
const ARPA6 = ".ip6.arpa";

/** The address that a name stands for, and the zone that it is in: a network's of the size that reverse zones have. */
export function reverseAddress(name: string): { ip: Ip; zone: string } | undefined {
  if (name.endsWith(ARPA4)) {
    const parts = name.slice(0, -ARPA4.length).split(".");
    if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
      return undefined;
    const value = parts.reduceRight((sum, part) => (sum << 8n) | BigInt(part), 0n);
    return { ip: ipFromBigInt(value, 4), zone: parts.slice(1).join(".") + ARPA4 };
  }
  if (!name.endsWith(ARPA6)) return undefined;
  const nibbles = name.slice(0, -ARPA6.length).split(".");
  if (nibbles.length !== 32 || !nibbles.every((nibble) => /^[0-9a-f]$/.test(nibble))) return undefined;
  const ip = ipFromBigInt(BigInt(`0x${nibbles.toReversed().join("")}`), 6);
  return { ip, zone: nibbles.slice(16).join(".") + ARPA6 };
}
