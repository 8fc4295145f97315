/** A whole Ethernet frame with IPv6 and UDP: what DHCPv6 clients send and get. */
import { ipBytes16, ipFromBytes16, macBytes, macFromBytes } from "../model/mod.ts";
import { pseudoChecksum } from "./checksum.ts";
import type { Udp4 } from "./udp4.ts";

/** The same facts as of a packet over IPv4. */
export type Udp6 = Udp4;

/** An extension header counts as not UDP: no client has a use for one on its own link. */
export type Udp6Error = "truncated" | "not_udp6" | "bad_header" | "bad_checksum";

const ETHERNET = 14;
const IPV6 = 40;
const UDP_AT = ETHERNET + IPV6;
const UDP = 8;
const PROTOCOL_UDP = 17;

/** Checks every length and the checksum before anything is believed; never throws. */
export function decodeUdp6(frame: Uint8Array): Udp6 | Udp6Error {
  if (frame.length < UDP_AT + UDP) return "truncated";
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint16(12) !== 0x86dd || view.getUint8(ETHERNET) >> 4 !== 6) return "not_udp6";
  if (view.getUint8(ETHERNET + 6) !== PROTOCOL_UDP) return "not_udp6";
  const payloadSize = view.getUint16(ETHERNET + 4);
  const udpSize = view.getUint16(UDP_AT + 4);
  if (udpSize < UDP || udpSize > payloadSize) return "bad_header";
  if (frame.length < UDP_AT + payloadSize) return "truncated";
  const source = frame.subarray(ETHERNET + 8, ETHERNET + 24);
  const destination = frame.subarray(ETHERNET + 24, ETHERNET + 40);
  const udp = frame.subarray(UDP_AT, UDP_AT + udpSize);
  // Never without a checksum (RFC 8200 section 8.1). An offloaded one arrives unfinished: see decodeUdp4.
  const given = view.getUint16(UDP_AT + 6);
  const offloaded = ~pseudoChecksum(source, destination, PROTOCOL_UDP + udpSize, new Uint8Array(0)) & 0xffff;
  if (given !== offloaded && (given === 0 || pseudoChecksum(source, destination, PROTOCOL_UDP, udp) !== 0)) {
    return "bad_checksum";
  }
  return {
    destinationMac: macFromBytes(frame),
    sourceMac: macFromBytes(frame.subarray(6)),
    source: ipFromBytes16(source),
    destination: ipFromBytes16(destination),
    sourcePort: view.getUint16(UDP_AT),
    destinationPort: view.getUint16(UDP_AT + 2),
    payload: udp.subarray(UDP),
  };
}

export function encodeUdp6(packet: Udp6): Uint8Array {
  const udpSize = UDP + packet.payload.length;
  const frame = new Uint8Array(UDP_AT + udpSize);
  const view = new DataView(frame.buffer);
  const source = ipBytes16(packet.source);
  const destination = ipBytes16(packet.destination);
  frame.set(macBytes(packet.destinationMac), 0);
  frame.set(macBytes(packet.sourceMac), 6);
  view.setUint16(12, 0x86dd);
  view.setUint8(ETHERNET, 0x60);
  view.setUint16(ETHERNET + 4, udpSize);
  view.setUint8(ETHERNET + 6, PROTOCOL_UDP);
  view.setUint8(ETHERNET + 7, 64);
  frame.set(source, ETHERNET + 8);
  frame.set(destination, ETHERNET + 24);
  view.setUint16(UDP_AT, packet.sourcePort);
  view.setUint16(UDP_AT + 2, packet.destinationPort);
  view.setUint16(UDP_AT + 4, udpSize);
  frame.set(packet.payload, UDP_AT + UDP);
  const sum = pseudoChecksum(source, destination, PROTOCOL_UDP, frame.subarray(UDP_AT));
  view.setUint16(UDP_AT + 6, sum === 0 ? 0xffff : sum);
  return frame;
}
