/** ARP for IPv4 (RFC 826, RFC 5227) and neighbour discovery (RFC 4861) as whole Ethernet frames: questions, announcements, and what is announced. */
import { type Ip, ipBytes16, ipFamily, ipFromBytes16, type Mac, macBytes, macFromBytes } from "../model/mod.ts";
import { pseudoChecksum } from "./checksum.ts";

/** An address and the MAC that it is at. */
export interface NeighbourAddress {
  ip: Ip;
  mac: Mac;
}

const BROADCAST = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
const ARP_TYPE = Uint8Array.of(0x08, 0x06);
const IP6_TYPE = Uint8Array.of(0x86, 0xdd);
const ICMPV6 = 58;
const SOLICITATION = 135;
const ADVERTISEMENT = 136;
const SOURCE_OPTION = 1;
const TARGET_OPTION = 2;
const OVERRIDE = 0x20;
const ALL_NODES = Uint8Array.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/** Ends and places in a frame without VLAN tag and without IPv6 extension headers, which neighbour discovery has none of. */
const ARP_END = 42;
const IP6_NEXT = 20;
const ICMP_TYPE = 54;
const TARGET_END = 78;
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

const ip4Bytes = (ip: Ip) => ipBytes16(ip).subarray(12);

/** Who has `target`? It tells `asker`. The family is the addresses'. */
export function neighbourQuestion(asker: NeighbourAddress, target: Ip): Buffer {
  if (ipFamily(target) === 4) return arp(asker, ip4Bytes(target));
  const wanted = ipBytes16(target);
  // The solicited-node multicast address (RFC 4291 section 2.7.1).
  const to = Uint8Array.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, ...wanted.subarray(13));
  return discovery(asker, to, SOLICITATION, 0, wanted, SOURCE_OPTION);
}

/** Tells everybody where an address is now (RFC 5227 section 3, RFC 4861 section 7.2.6). */
export function announcement(of: NeighbourAddress): Buffer {
  if (ipFamily(of.ip) === 4) return arp(of, ip4Bytes(of.ip));
  return discovery(of, ALL_NODES, ADVERTISEMENT, OVERRIDE, ipBytes16(of.ip), TARGET_OPTION);
}

/** Whose address the sender of an ARP packet or a neighbour advertisement says it has; undefined for any other frame. */
export function announced(frame: Uint8Array): NeighbourAddress | undefined {
  const type = Buffer.from(frame.subarray(12, 14)).toString("hex");
  if (type === "0806" && frame.length >= ARP_END)
    return {
      ip: ipFromBytes16(Uint8Array.of(...MAPPED, ...frame.subarray(28, 32))),
      mac: macFromBytes(frame.subarray(22, 28)),
    };
  if (type !== "86dd" || frame.length < TARGET_END || frame[IP6_NEXT] !== ICMPV6 || frame[ICMP_TYPE] !== ADVERTISEMENT)
    return undefined;
  return { ip: ipFromBytes16(frame.subarray(TARGET_END - 16, TARGET_END)), mac: macFromBytes(frame.subarray(6, 12)) };
}

function arp({ ip, mac }: NeighbourAddress, target: Uint8Array): Buffer {
  const request = Uint8Array.of(0, 1, 0x08, 0, 6, 4, 0, 1);
  const from = macBytes(mac);
  return Buffer.concat([BROADCAST, from, ARP_TYPE, request, from, ip4Bytes(ip), new Uint8Array(6), target]);
}

function discovery(
  { ip, mac }: NeighbourAddress,
  to: Uint8Array,
  type: number,
  flags: number,
  target: Uint8Array,
  option: number,
): Buffer {
  const source = ipBytes16(ip);
  const from = macBytes(mac);
  const message = Buffer.concat([Uint8Array.of(type, 0, 0, 0, flags, 0, 0, 0), target, Uint8Array.of(option, 1), from]);
  message.writeUInt16BE(pseudoChecksum(source, to, ICMPV6, message), 2);
  const header = Uint8Array.of(0x60, 0, 0, 0, 0, message.length, ICMPV6, 255);
  // RFC 2464 section 7.
  const group = Uint8Array.of(0x33, 0x33, ...to.subarray(12));
  return Buffer.concat([group, from, IP6_TYPE, header, source, to, message]);
}
