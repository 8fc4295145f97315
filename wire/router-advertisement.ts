/** Router advertisements (RFC 4861 section 4.2, RFC 4191, RFC 8106) as whole Ethernet frames. */
import { type Cidr, type Ip, ipBytes16, type Mac, macBytes, prefix } from "../model/mod.ts";
import { pseudoChecksum } from "./checksum.ts";
import { domainNameBytes } from "./domain-name.ts";

export interface RouterAdvertisement {
  sourceMac: Mac;
  destinationMac: Mac;
  source: Ip;
  destination: Ip;
  /** M and O flags: addresses, or other configuration, by DHCPv6. */
  managed: boolean;
  otherConfig: boolean;
  /** 0: no default router, only prefixes. */
  routerLifetimeSeconds: number;
  mtuBytes: number;
  prefixes: { cidr: Cidr; autonomous: boolean; validSeconds: number; preferredSeconds: number }[];
  /** Beyond the prefixes, by way of the sender (RFC 4191); lifetime 0: no longer. */
  routes: { destination: Cidr; seconds: number }[];
  dnsServers: Ip[];
  dnsSearch: string[];
  dnsLifetimeSeconds: number;
}

const ICMPV6 = 58;
const ETHERNET = 14;
const IPV6 = 40;

/** Options are counted in units of 8 bytes; shorter ones are padded with zeros. */
function option(type: number, ...parts: Uint8Array[]): Uint8Array {
  const size = Math.ceil((2 + parts.reduce((sum, part) => sum + part.length, 0)) / 8) * 8;
  const bytes = new Uint8Array(size);
  bytes.set([type, size / 8]);
  let at = 2;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function u32(...values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => {
    view.setUint32(4 * i, value);
  });
  return new Uint8Array(view.buffer);
}

function options(ra: RouterAdvertisement): Uint8Array[] {
  const list = [option(1, macBytes(ra.sourceMac)), option(5, Uint8Array.of(0, 0), u32(ra.mtuBytes))];
  for (const { cidr, autonomous, validSeconds, preferredSeconds } of ra.prefixes) {
    const { length } = prefix(cidr);
    const onLink = 0x80;
    const flags = onLink | (autonomous ? 0x40 : 0);
    const base = ipBytes16(cidr.slice(0, cidr.indexOf("/")) as Ip);
    list.push(option(3, Uint8Array.of(length, flags), u32(validSeconds, preferredSeconds, 0), base));
  }
  for (const { destination, seconds } of ra.routes) {
    const { length } = prefix(destination);
    const base = ipBytes16(destination.slice(0, destination.indexOf("/")) as Ip);
    // Of medium preference; of the prefix as many halves as it needs.
    list.push(option(24, Uint8Array.of(length, 0), u32(seconds), base.subarray(0, Math.ceil(length / 64) * 8)));
  }
  const lifetime = u32(ra.dnsLifetimeSeconds);
  const reserved = Uint8Array.of(0, 0);
  if (ra.dnsServers.length > 0) list.push(option(25, reserved, lifetime, ...ra.dnsServers.map(ipBytes16)));
  if (ra.dnsSearch.length > 0) list.push(option(31, reserved, lifetime, ...ra.dnsSearch.map(domainNameBytes)));
  return list;
}

export function encodeRouterAdvertisement(ra: RouterAdvertisement): Uint8Array {
  const tail = options(ra);
  const icmpSize = 16 + tail.reduce((sum, part) => sum + part.length, 0);
  const frame = new Uint8Array(ETHERNET + IPV6 + icmpSize);
  const view = new DataView(frame.buffer);
  frame.set(macBytes(ra.destinationMac), 0);
  frame.set(macBytes(ra.sourceMac), 6);
  view.setUint16(12, 0x86dd);
  view.setUint8(ETHERNET, 0x60);
  view.setUint16(ETHERNET + 4, icmpSize);
  view.setUint8(ETHERNET + 6, ICMPV6);
  view.setUint8(ETHERNET + 7, 255); // RFC 4861 section 6.1.2: anything less is not from this link
  frame.set(ipBytes16(ra.source), ETHERNET + 8);
  frame.set(ipBytes16(ra.destination), ETHERNET + 24);
  const icmp = frame.subarray(ETHERNET + IPV6);
  icmp[0] = 134;
  icmp[4] = 64; // the hop limit that hosts are to use
  icmp[5] = (ra.managed ? 0x80 : 0) | (ra.otherConfig ? 0x40 : 0);
  view.setUint16(ETHERNET + IPV6 + 6, ra.routerLifetimeSeconds);
  let at = 16;
  for (const part of tail) {
    icmp.set(part, at);
    at += part.length;
  }
  view.setUint16(ETHERNET + IPV6 + 2, pseudoChecksum(ipBytes16(ra.source), ipBytes16(ra.destination), ICMPV6, icmp));
  return frame;
}

/** True for a whole, valid router solicitation (RFC 4861 section 6.1.1); never throws. */
export function isRouterSolicitation(frame: Uint8Array): boolean {
  if (frame.length < ETHERNET + IPV6 + 8) return false;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const icmpSize = view.getUint16(ETHERNET + 4);
  if (view.getUint16(12) !== 0x86dd || frame[ETHERNET + 6] !== ICMPV6 || frame[ETHERNET + 7] !== 255) return false;
  if (icmpSize < 8 || frame.length < ETHERNET + IPV6 + icmpSize) return false;
  const icmp = frame.subarray(ETHERNET + IPV6, ETHERNET + IPV6 + icmpSize);
  if (icmp[0] !== 133 || icmp[1] !== 0) return false;
  const address = (at: number) => frame.subarray(ETHERNET + at, ETHERNET + at + 16);
  if (pseudoChecksum(address(8), address(24), ICMPV6, icmp) !== 0) return false;
  for (let at = 8; at < icmp.length; ) {
    const units = icmp[at + 1];
    if (units === undefined || units === 0) return false;
    at += units * 8;
    if (at > icmp.length) return false;
  }
  return true;
}
