/** IP protocols by the names that Neutron knows (neutron_lib/constants.py IP_PROTOCOL_MAP). */

/** "icmpv6" is an old name of "ipv6-icmp"; "ip" and its number mean any. */
export const IP_PROTOCOLS = {
  ah: 51,
  dccp: 33,
  egp: 8,
  esp: 50,
  gre: 47,
  hopopt: 0,
  icmp: 1,
  igmp: 2,
  ip: 0,
  ipip: 4,
  "ipv6-encap": 41,
  "ipv6-frag": 44,
  "ipv6-icmp": 58,
  icmpv6: 58,
  "ipv6-nonxt": 59,
  "ipv6-opts": 60,
  "ipv6-route": 43,
  ospf: 89,
  pgm: 113,
  rsvp: 46,
  sctp: 132,
  tcp: 6,
  udp: 17,
  udplite: 136,
  vrrp: 112,
} as const;

/** Of a name or a number as text; NaN for anything else. */
export function protocolNumber(protocol: string): number {
  return (IP_PROTOCOLS as Readonly<Record<string, number>>)[protocol] ?? Number(protocol);
}
