/** One IP packet as a workload would send it, to ask a data plane about: its payload is zeroes. Pure. */
import { type Ip, ipBytes16, ipFamily, type Mac, macBytes } from "../model/mod.ts";
import { checksum, pseudoChecksum } from "./checksum.ts";

export interface Probe {
  fromMac: Mac;
  toMac: Mac;
  from: Ip;
  to: Ip;
  /** IANA number; 1 or 58: an echo request. */
  protocol: number;
  /** Of an echo: its identifier. */
  fromPort: number;
  toPort: number;
  /** TCP's, as bits. */
  flags: number;
  ttl: number;
  /** Of the whole IP packet; what the headers need if that is more. */
  bytes: number;
}

const ICMP = 1;
const TCP = 6;
const ICMPV6 = 58;
/** Protocols whose header begins with two ports, and how long it is at least. */
const HEADERS: Readonly<Record<number, number>> = { 1: 8, 6: 20, 17: 8, 33: 16, 58: 8, 132: 12, 136: 8 };
/** Where the checksum over packet and addresses is. */
const CHECKSUMS: Readonly<Record<number, number>> = { 6: 16, 17: 6, 33: 6, 58: 2, 136: 6 };
const ECHO = 8;
const ECHO6 = 128;
const HEADER4 = 20;
const HEADER6 = 40;
const DONT_FRAGMENT = 0x4000;

const addressBytes = (ip: Ip) => ipBytes16(ip).subarray(ipFamily(ip) === 4 ? 12 : 0);

/** The whole Ethernet frame. Both addresses are of one family. */
export function encodeProbe(probe: Probe): Buffer {
  const is4 = ipFamily(probe.to) === 4;
  const size = Math.max(probe.bytes - (is4 ? HEADER4 : HEADER6), HEADERS[probe.protocol] ?? 0);
  const upper = upperBytes(probe, Buffer.alloc(size));
  const type = Uint8Array.of(...(is4 ? [0x08, 0x00] : [0x86, 0xdd]));
  const header = is4 ? header4(probe, size) : header6(probe, size);
  return Buffer.concat([macBytes(probe.toMac), macBytes(probe.fromMac), type, header, upper]);
}

function upperBytes({ from, to, protocol, fromPort, toPort, flags }: Probe, bytes: Buffer): Buffer {
  if (protocol === ICMP || protocol === ICMPV6) {
    bytes[0] = protocol === ICMP ? ECHO : ECHO6;
    bytes.writeUInt16BE(fromPort, 4);
    bytes.writeUInt16BE(1, 6);
    if (protocol === ICMP) bytes.writeUInt16BE(checksum(bytes), 2);
  } else if (HEADERS[protocol] !== undefined) {
    bytes.writeUInt16BE(fromPort, 0);
    bytes.writeUInt16BE(toPort, 2);
  }
  if (protocol === TCP) {
    bytes[12] = 0x50; // five words of header
    bytes[13] = flags;
    bytes.writeUInt16BE(0xffff, 14);
  } else if (protocol === 17 || protocol === 136) bytes.writeUInt16BE(bytes.length, 4);
  const at = CHECKSUMS[protocol];
  if (at !== undefined)
    bytes.writeUInt16BE(pseudoChecksum(addressBytes(from), addressBytes(to), protocol, bytes) || 0xffff, at);
  return bytes;
}

function header4({ from, to, protocol, ttl }: Probe, size: number): Buffer {
  const header = Buffer.alloc(HEADER4);
  header[0] = 0x45;
  header.writeUInt16BE(HEADER4 + size, 2);
  header.writeUInt16BE(DONT_FRAGMENT, 6);
  header[8] = ttl;
  header[9] = protocol;
  header.set(addressBytes(from), 12);
  header.set(addressBytes(to), 16);
  header.writeUInt16BE(checksum(header), 10);
  return header;
}

function header6({ from, to, protocol, ttl }: Probe, size: number): Buffer {
  const header = Buffer.alloc(HEADER6);
  header[0] = 0x60;
  header.writeUInt16BE(size, 4);
  header[6] = protocol;
  header[7] = ttl;
  header.set(addressBytes(from), 8);
  header.set(addressBytes(to), 24);
  return header;
}
