/** A whole Ethernet frame with IPv4 and UDP: what the services get and give. */
import { type Ip, ipFromBigInt, ipToBigInt, type Mac, macBytes, macFromBytes } from "../model/mod.ts";
import { checksum, pseudoChecksum } from "./checksum.ts";

export interface Udp4 {
  sourceMac: Mac;
  destinationMac: Mac;
  source: Ip;
  destination: Ip;
  sourcePort: number;
  destinationPort: number;
  payload: Uint8Array;
}

export type DecodeError = "truncated" | "not_udp4" | "fragment" | "bad_header" | "bad_checksum";

const ETHERNET = 14;
const IPV4 = 20;
const UDP = 8;
const PROTOCOL_UDP = 17;

export function ip4Bytes(address: Ip): Uint8Array {
  const value = Number(ipToBigInt(address));
  return Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

export function ip4FromBytes(bytes: Uint8Array): Ip {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return ipFromBigInt(BigInt(((a << 24) | (b << 16) | (c << 8) | d) >>> 0), 4);
}

/** Checks every length and checksum before anything is believed; never throws. */
export function decodeUdp4(frame: Uint8Array): Udp4 | DecodeError {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < ETHERNET + IPV4 + UDP) return "truncated";
  const versionAndLength = view.getUint8(ETHERNET);
  if (view.getUint16(12) !== 0x0800 || versionAndLength >> 4 !== 4 || view.getUint8(ETHERNET + 9) !== PROTOCOL_UDP) {
    return "not_udp4";
  }
  const headerSize = (versionAndLength & 15) * 4;
  const totalSize = view.getUint16(ETHERNET + 2);
  if (headerSize < IPV4 || totalSize < headerSize + UDP) return "bad_header";
  if (frame.length < ETHERNET + totalSize) return "truncated";
  if ((view.getUint16(ETHERNET + 6) & 0x3fff) !== 0) return "fragment";
  const header = frame.subarray(ETHERNET, ETHERNET + headerSize);
  if (checksum(header) !== 0) return "bad_checksum";
  const udpAt = ETHERNET + headerSize;
  const udpSize = view.getUint16(udpAt + 4);
  if (udpSize < UDP || udpSize > totalSize - headerSize) return "bad_header";
  const udp = frame.subarray(udpAt, udpAt + udpSize);
  const source = header.subarray(12, 16);
  const destination = header.subarray(16, 20);
  // 0 means that the sender computed none (RFC 768). A guest's offloaded checksum arrives here unfinished:
  // it then holds the pseudo-header's sum alone, which is as good as none on a path that no wire was part of.
  const given = view.getUint16(udpAt + 6);
  const offloaded = ~pseudoChecksum(source, destination, PROTOCOL_UDP + udpSize, new Uint8Array(0)) & 0xffff;
  if (given !== 0 && given !== offloaded && pseudoChecksum(source, destination, PROTOCOL_UDP, udp) !== 0) {
    return "bad_checksum";
  }
  return {
    destinationMac: macFromBytes(frame),
    sourceMac: macFromBytes(frame.subarray(6)),
    source: ip4FromBytes(source),
    destination: ip4FromBytes(destination),
    sourcePort: view.getUint16(udpAt),
    destinationPort: view.getUint16(udpAt + 2),
    payload: udp.subarray(UDP),
  };
}

export function encodeUdp4(packet: Udp4): Uint8Array {
  const frame = new Uint8Array(ETHERNET + IPV4 + UDP + packet.payload.length);
  const view = new DataView(frame.buffer);
  frame.set(macBytes(packet.destinationMac), 0);
  frame.set(macBytes(packet.sourceMac), 6);
  view.setUint16(12, 0x0800);
  view.setUint8(ETHERNET, 0x45);
  view.setUint16(ETHERNET + 2, frame.length - ETHERNET);
  view.setUint8(ETHERNET + 8, 64);
  view.setUint8(ETHERNET + 9, PROTOCOL_UDP);
  frame.set(ip4Bytes(packet.source), ETHERNET + 12);
  frame.set(ip4Bytes(packet.destination), ETHERNET + 16);
  view.setUint16(ETHERNET + 10, checksum(frame.subarray(ETHERNET, ETHERNET + IPV4)));
  const udp = frame.subarray(ETHERNET + IPV4);
  view.setUint16(ETHERNET + IPV4, packet.sourcePort);
  view.setUint16(ETHERNET + IPV4 + 2, packet.destinationPort);
  view.setUint16(ETHERNET + IPV4 + 4, udp.length);
  udp.set(packet.payload, UDP);
  const sum = pseudoChecksum(ip4Bytes(packet.source), ip4Bytes(packet.destination), PROTOCOL_UDP, udp);
  // RFC 768: a computed zero is sent as all ones, since zero means "none".
  view.setUint16(ETHERNET + IPV4 + 6, sum === 0 ? 0xffff : sum);
  return frame;
}
