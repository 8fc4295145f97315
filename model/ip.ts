/** IP addresses and prefixes as values: canonical text, checked once, never a bare string. */

/** A canonical IP address: dotted IPv4, or IPv6 in the form of RFC 5952. Made by {@link parseIp} only. */
export type Ip = string & { readonly brand: "Ip" };

/** A canonical prefix "address/length" with host bits zero. Made by {@link parseCidr} only. */
export type Cidr = string & { readonly brand: "Cidr" };

export type Family = 4 | 6;

const COLON = 0x3a;
const DOT = 0x2e;
const ZERO = 0x30;

/** The address as a number, or -1: four parts of one to three digits, up to 255, without leading zeros. */
function v4Number(text: string): number {
  let value = 0;
  let octet = 0;
  let digits = 0;
  let parts = 1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (digits === 0 || ++parts > 4) return -1;
      value = value * 256 + octet;
      octet = 0;
      digits = 0;
    } else {
      const isLeadingZero = digits === 1 && octet === 0;
      octet = octet * 10 + code - ZERO;
      if (code < ZERO || code > ZERO + 9 || isLeadingZero || octet > 255) return -1;
      digits++;
    }
  }
  return parts === 4 && digits > 0 ? value * 256 + octet : -1;
}

function parseV4(text: string): bigint | undefined {
  const value = v4Number(text);
  return value < 0 ? undefined : BigInt(value);
}

function parseV6(text: string): bigint | undefined {
  let rest = text;
  const lastColon = rest.lastIndexOf(":");
  if (rest.includes(".")) {
    const v4 = parseV4(rest.slice(lastColon + 1));
    if (v4 === undefined || lastColon < 0) return undefined;
    rest = `${rest.slice(0, lastColon + 1)}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`;
  }
  const halves = rest.split("::");
  if (halves.length > 2) return undefined;
  const groups = (half: string) => (half === "" ? [] : half.split(":"));
  const head = groups(halves[0] ?? "");
  const tail = halves.length === 2 ? groups(halves[1] ?? "") : [];
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  let value = 0n;
  for (const group of [...head, ...Array<string>(missing).fill("0"), ...tail]) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    value = (value << 16n) | BigInt(`0x${group}`);
  }
  return value;
}

function formatV6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
  // RFC 5952 section 4.2: shorten the longest run of two or more zero groups, the first one of equals.
  let best = { start: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > best.length) best = { start: i, length: end - i };
    if (end > i) i = end;
  }
  const hex = (part: number[]) => part.map((g) => g.toString(16)).join(":");
  if (best.start < 0) return hex(groups);
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`;
}

/** Parses either family strictly (no leading zeros in IPv4, no zone). Returns undefined for anything else. */
export function parseIp(text: string): Ip | undefined {
  // What is valid has one form in IPv4.
  if (!text.includes(":")) return v4Number(text) < 0 ? undefined : (text as Ip);
  const value = parseV6(text);
  return value === undefined ? undefined : ipFromBigInt(value, 6);
}

/** {@link parseIp} for text that the program itself wrote. @throws RangeError when it is not an address. */
export function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new RangeError(`not an IP address: ${text}`);
  return parsed;
}

export function ipFamily(address: Ip | Cidr): Family {
  return address.includes(":") ? 6 : 4;
}

export function ipBits(family: Family): number {
  return family === 4 ? 32 : 128;
}

export function ipToBigInt(address: Ip): bigint {
  return (address.includes(":") ? parseV6(address) : parseV4(address)) as bigint;
}

export function ipFromBigInt(value: bigint, family: Family): Ip {
  if (family === 6) return formatV6(value) as Ip;
  const number = Number(value);
  return `${(number >>> 24) & 255}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}` as Ip;
}

/** The value of a lower-case hexadecimal digit, by its character code. */
export function hexDigit(code: number): number {
  return code <= 0x39 ? code - 0x30 : code - 0x57;
}

function writeV4(text: string, view: DataView, offset: number): void {
  let at = offset;
  let octet = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      view.setUint8(at++, octet);
      octet = 0;
    } else octet = octet * 10 + code - 0x30;
  }
  view.setUint8(at, octet);
}

function writeV6(text: string, view: DataView, offset: number): void {
  const end = offset + 16;
  let at = offset;
  let group = 0;
  let gap = end;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code !== COLON) {
      group = (group << 4) | hexDigit(code);
      continue;
    }
    if (i > 0 && text.charCodeAt(i - 1) !== COLON) {
      view.setUint16(at, group);
      at += 2;
      group = 0;
    }
    if (text.charCodeAt(i + 1) === COLON) gap = at;
  }
  if (text.charCodeAt(text.length - 1) !== COLON) {
    view.setUint16(at, group);
    at += 2;
  }
  // What stands after "::" belongs at the end.
  const moved = end - at;
  for (let from = at - 2; from >= gap; from -= 2) view.setUint16(from + moved, view.getUint16(from));
  for (let zero = gap; zero < gap + moved && zero < end; zero += 2) view.setUint16(zero, 0);
}

/**
 * Writes the 16 bytes of {@link ipBytes16} in place. A host writes some hundred thousand of them at a start: the text is
 * canonical, so its characters are taken as they come.
 */
export function writeIp16(address: Ip, view: DataView, offset: number): void {
  if (address.includes(":")) {
    writeV6(address, view, offset);
    return;
  }
  view.setUint32(offset, 0);
  view.setUint32(offset + 4, 0);
  view.setUint32(offset + 8, 0xffff);
  writeV4(address, view, offset + 12);
}

/** The 16 bytes used everywhere in the data plane; IPv4 is mapped (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2). */
export function ipBytes16(address: Ip): Uint8Array {
  const bytes = new Uint8Array(16);
  writeIp16(address, new DataView(bytes.buffer), 0);
  return bytes;
}

/** The inverse of {@link ipBytes16}. */
export function ipFromBytes16(bytes: Uint8Array): Ip {
  let value = 0n;
  for (const byte of bytes.subarray(0, 16)) value = (value << 8n) | BigInt(byte);
  return value >> 32n === 0xffffn ? ipFromBigInt(value & 0xffffffffn, 4) : ipFromBigInt(value, 6);
}

export interface Prefix {
  readonly cidr: Cidr;
  readonly family: Family;
  readonly length: number;
  /** First and last address of the prefix as numbers. */
  readonly first: bigint;
  readonly last: bigint;
}

/** Parses "address/length"; host bits are cleared. A bare address means the full length. Undefined for anything else. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf("/");
  const address = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const family = ipFamily(address);
  const bits = ipBits(family);
  const lengthText = slash < 0 ? String(bits) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(lengthText) || Number(lengthText) > bits) return undefined;
  const length = Number(lengthText);
  const hostMask = (1n << BigInt(bits - length)) - 1n;
  const first = ipToBigInt(address) & ~hostMask;
  return { cidr: `${ipFromBigInt(first, family)}/${length}` as Cidr, family, length, first, last: first | hostMask };
}

export function parseCidr(text: string): Cidr | undefined {
  return parsePrefix(text)?.cidr;
}

/** Those of subnets are asked for with every port and router, and are values that never change. */
const known = new Map<string, Prefix>();
const MOST_KNOWN = 10_000;

/** {@link parsePrefix} for text that the program itself wrote. @throws RangeError when it is not a prefix. */
export function prefix(text: string): Prefix {
  const found = known.get(text);
  if (found !== undefined) return found;
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new RangeError(`not a prefix: ${text}`);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(text, parsed);
  return parsed;
}

export function prefixContains(outer: Prefix, address: Ip): boolean {
  if (ipFamily(address) !== outer.family) return false;
  const value = ipToBigInt(address);
  return value >= outer.first && value <= outer.last;
}

export function prefixesOverlap(a: Prefix, b: Prefix): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}
