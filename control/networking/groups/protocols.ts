/** What rules can say of IP protocols, and which count as the same. */
import { IP_PROTOCOLS, protocolNumber } from "../../../model/mod.ts";

/** Those with ports, in the order in which Neutron lists them (neutron/common/_constants.py SG_PORT_PROTO_NAMES). */
export const PORT_PROTOCOLS = ["dccp", "sctp", "tcp", "udp", "udplite"] as const;

const PORT_NUMBERS = new Set<number>(PORT_PROTOCOLS.map((name) => IP_PROTOCOLS[name]));
const ICMP_NUMBERS = new Set([1, 58]);

/** Only in IPv6 packets (securitygroups_db.py _validate_ethertype_and_protocol). */
const IPV6_ONLY = new Set(["ipv6-encap", "ipv6-frag", "ipv6-icmp", "icmpv6", "ipv6-nonxt", "ipv6-opts", "ipv6-route"]);
const IPV6_ONLY_NUMBERS = new Set(["41", "43", "44", "58", "59", "60"]);

export const hasPorts = (number: number): boolean => PORT_NUMBERS.has(number);
export const isIcmp = (number: number): boolean => ICMP_NUMBERS.has(number);
export const isIpv6Only = (protocol: string): boolean => IPV6_ONLY.has(protocol) || IPV6_ONLY_NUMBERS.has(protocol);

/** In IPv6 rules ICMP means ICMPv6, whichever way it was written (_make_canonical_ipv6_icmp_protocol). */
export function canonicalProtocol(protocol: string | null, ethertype: string): string | null {
  if (ethertype !== "IPv6") return protocol;
  if (protocol === "icmp" || protocol === "icmpv6") return "ipv6-icmp";
  return protocol === "1" ? "58" : protocol;
}

/** What is compared to find duplicates: a name and its number are the same protocol. */
export function protocolKey(protocol: string | null): string {
  return protocol === null ? "+" : String(protocolNumber(protocol));
}
