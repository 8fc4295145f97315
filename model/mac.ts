/** Ethernet addresses as values. */
import { hexDigit, type Ip, ipFromBigInt, type Prefix } from "./ip.ts";

/** A MAC address in lower-case colon form. Made by {@link parseMac} and {@link macFromBytes} only. */
export type Mac = string & { readonly brand: "Mac" };

/** Accepts colon and dash forms in any case; undefined for anything else. */
export function parseMac(text: string): Mac | undefined {
  const mac = text.toLowerCase().replaceAll("-", ":");
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac) ? (mac as Mac) : undefined;
}

/** {@link parseMac} for text that the program itself wrote. @throws RangeError when it is not a MAC address. */
export function mac(text: string): Mac {
  const parsed = parseMac(text);
  if (parsed === undefined) throw new RangeError(`not a MAC address: ${text}`);
  return parsed;
}

export function macBytes(address: Mac): Uint8Array {
  const bytes = new Uint8Array(6);
  for (let i = 0; i < 6; i++) bytes[i] = macByte(address, i);
  return bytes;
}

/** One byte of it: its two digits are at three times its place. */
function macByte(address: Mac, place: number): number {
  return (hexDigit(address.charCodeAt(3 * place)) << 4) | hexDigit(address.charCodeAt(3 * place + 1));
}

/** Writes the 6 bytes in place. */
export function writeMac(address: Mac, view: DataView, offset: number): void {
  for (let i = 0; i < 6; i++) view.setUint8(offset + i, macByte(address, i));
}

const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Of the first 6 bytes, or as many as there are. */
export function macFromBytes(bytes: Uint8Array): Mac {
  let text = "";
  for (let i = 0; i < 6 && i < bytes.length; i++) text += (i === 0 ? "" : ":") + PAIRS[bytes[i] as number];
  return text as Mac;
}

/** The modified EUI-64 interface identifier of RFC 4291 appendix A. */
function interfaceId(address: Mac): bigint {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = macBytes(address);
  return [a ^ 2, b, c, 0xff, 0xfe, d, e, f].reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** The address that SLAAC gives to `address` within a /64 (RFC 4862 section 5.5.3). */
export function slaacAddress(network: Prefix, address: Mac): Ip {
  return ipFromBigInt(network.first | interfaceId(address), 6);
}

/** The EUI-64 link-local address of RFC 4862 section 5.3. Its text is put together at once: every endpoint has one. */
export function linkLocalAddress(address: Mac): Ip {
  const pair = (place: number) => (macByte(address, place) << 8) | macByte(address, place + 1);
  const first = pair(0) ^ 0x200;
  // Groups 2 to 4 are zero, and group 5 with them if it is (RFC 5952 section 4.2); no other is, because of ff and fe.
  const head = first === 0 ? "fe80::" : `fe80::${first.toString(16)}:`;
  const middle = `${((macByte(address, 2) << 8) | 0xff).toString(16)}:${(0xfe00 | macByte(address, 3)).toString(16)}`;
  return `${head}${middle}:${pair(4).toString(16)}` as Ip;
}

/**
 * The MAC of everything a host itself answers in a network: DHCP, router advertisements, metadata.
 * The same on every host, so a workload that moves keeps its neighbour entries.
 */
export const SERVICE_MAC = mac("02:ca:b1:e0:00:01");

/** The service's own addresses in every network: those of the metadata service in OpenStack, which guests know anyway. */
export const SERVICE_IP4 = "169.254.169.254" as Ip;
export const SERVICE_IP6 = "fe80::a9fe:a9fe" as Ip;
