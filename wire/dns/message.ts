/**
 * DNS messages as they come (RFC 1035 section 4.1, RFC 6891): what is in them and where, without a copy, since an answer is
 * handed on as it is, whatever kinds of records are in it.
 */
import { nameEnd, readName } from "./name.ts";

export const DNS_TYPE = {
  a: 1,
  soa: 6,
  ptr: 12,
  hinfo: 13,
  aaaa: 28,
  opt: 41,
  ixfr: 251,
  axfr: 252,
  any: 255,
} as const;
export const DNS_CLASS = { in: 1, any: 255 } as const;
export const RCODE = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
  badVersion: 16,
} as const;
export type Rcode = (typeof RCODE)[keyof typeof RCODE];

export const DNS_FLAG = {
  response: 0x8000,
  opcode: 0x7800,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
  authentic: 0x0020,
  checkingDisabled: 0x0010,
  rcode: 0x000f,
} as const;

/** Octets of the header, after which the question stands. */
export const DNS_HEADER = 12;
/** What every UDP client takes (RFC 1035 section 2.3.4). */
export const DNS_UDP_SIZE = 512;

export interface DnsQuestion {
  /** In lower case. */
  name: string;
  type: number;
  class: number;
}

export interface DnsRecord {
  section: "answer" | "authority" | "additional";
  type: number;
  /** Offset of its name, of its TTL, of its data, and of what follows it. */
  at: number;
  ttlAt: number;
  dataAt: number;
  end: number;
}

/** What the OPT record says. */
export interface Edns {
  size: number;
  version: number;
  /** The upper bits of the answer's code. */
  extendedCode: number;
  /** RFC 3225: DNSSEC's records are wanted. */
  dnssec: boolean;
}

export interface DnsMessage {
  id: number;
  flags: number;
  question: DnsQuestion;
  /** Offset of what follows it. */
  questionEnd: number;
  records: DnsRecord[];
  edns: Edns | undefined;
}

/** Id and flags alone, for whoever sent a message that cannot be read; undefined for less than a header. */
export function dnsHeader(bytes: Uint8Array): { id: number; flags: number } | undefined {
  if (bytes.length < DNS_HEADER) return undefined;
  return { id: word(bytes, 0), flags: word(bytes, 2) };
}

/** A message with one question; undefined for any other, or one that contradicts itself. Never throws. */
export function decodeDns(bytes: Uint8Array): DnsMessage | undefined {
  const header = dnsHeader(bytes);
  if (header === undefined || word(bytes, 4) !== 1) return undefined;
  const name = readName(bytes, DNS_HEADER);
  if (name === undefined || name.end + 4 > bytes.length) return undefined;
  const question = { name: name.text, type: word(bytes, name.end), class: word(bytes, name.end + 2) };
  const questionEnd = name.end + 4;
  const records = readRecords(bytes, questionEnd);
  if (records === undefined) return undefined;
  const opt = records.filter(({ type }) => type === DNS_TYPE.opt);
  const [first] = opt;
  if (opt.length > 1 || (first !== undefined && (first.section !== "additional" || bytes[first.at] !== 0)))
    return undefined;
  return { ...header, question, questionEnd, records, edns: first && readEdns(bytes, first) };
}

const SECTIONS = ["answer", "authority", "additional"] as const;
/** Of a record after its name. */
const FIXED = 10;

/** Each record takes octets of the message, so that counts which promise more end the walk. */
function readRecords(bytes: Uint8Array, from: number): DnsRecord[] | undefined {
  const records: DnsRecord[] = [];
  let at = from;
  for (const [index, section] of SECTIONS.entries()) {
    for (let left = word(bytes, 6 + 2 * index); left > 0; left--) {
      const afterName = nameEnd(bytes, at);
      if (afterName < 0 || afterName + FIXED > bytes.length) return undefined;
      const end = afterName + FIXED + word(bytes, afterName + 8);
      if (end > bytes.length) return undefined;
      records.push({ section, type: word(bytes, afterName), at, ttlAt: afterName + 4, dataAt: afterName + FIXED, end });
      at = end;
    }
  }
  return records;
}

function readEdns(bytes: Uint8Array, { ttlAt }: DnsRecord): Edns {
  return {
    size: word(bytes, ttlAt - 2),
    extendedCode: bytes[ttlAt] as number,
    version: bytes[ttlAt + 1] as number,
    dnssec: (word(bytes, ttlAt + 2) & 0x8000) !== 0,
  };
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** Seconds; a TTL of which the first bit is set counts as none (RFC 2181 section 8). */
export function ttlOf(bytes: Uint8Array, { ttlAt }: DnsRecord): number {
  const high = word(bytes, ttlAt);
  return high & 0x8000 ? 0 : high * 0x10000 + word(bytes, ttlAt + 2);
}

/**
 * How long an answer may be kept, in seconds: of one that says no, what its SOA says (RFC 2308 section 5); 0 for one that
 * does not tell.
 */
export function keepSeconds(bytes: Uint8Array, { flags, records }: DnsMessage): number {
  const timed = records.filter(({ type }) => type !== DNS_TYPE.opt);
  const shortest = Math.min(...timed.map((record) => ttlOf(bytes, record)));
  const isNegative = !timed.some(({ section }) => section === "answer") || (flags & DNS_FLAG.rcode) === RCODE.nameError;
  if (!isNegative) return shortest;
  const soa = timed.find(({ section, type }) => section === "authority" && type === DNS_TYPE.soa);
  if (soa === undefined || soa.end - soa.dataAt < 4) return 0;
  const minimum = ttlOf(bytes, { ...soa, ttlAt: soa.end - 4 });
  return Math.min(shortest, minimum);
}
