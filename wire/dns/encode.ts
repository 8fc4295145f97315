/** DNS messages that are sent: answers of our own, questions to other servers, and answers of theirs as they are handed on. */
import { DNS_CLASS, DNS_FLAG, DNS_HEADER, DNS_TYPE, type DnsMessage, type Edns, type Rcode } from "./message.ts";
import { encodeName } from "./name.ts";

/** A record of the question's own name. */
export interface DnsAnswer {
  type: number;
  ttlSeconds: number;
  data: Uint8Array;
}

/** The octets of the question at hand, its name in the letters that the client chose. */
export interface Asked {
  bytes: Uint8Array;
  message: Pick<DnsMessage, "id" | "flags" | "questionEnd" | "edns">;
}

export interface DnsReply {
  rcode: Rcode;
  authoritative: boolean;
  answers?: readonly DnsAnswer[];
  /** The zone that knows of no such name or type: named in the answer's SOA. */
  zone?: string;
}

/** What we take by UDP: no larger answer goes in fragments on any path (DNS flag day 2020). */
export const EDNS_SIZE = 1232;

const OPT_SIZE = 11;
/** To the question's name: a pointer to the first octet after the header. */
const NAME_POINTER = [0xc0, DNS_HEADER] as const;

/** No larger than `limit`: with less than its records and the mark "truncated" if need be. */
export function encodeDnsReply(asked: Asked, reply: DnsReply, limit: number): Uint8Array {
  const { rcode, authoritative, answers = [], zone } = reply;
  const { message } = asked;
  const records = answers.map(({ type, ttlSeconds, data }) => record(NAME_POINTER, type, ttlSeconds, data));
  const soa = zone === undefined ? [] : [soaRecord(zone)];
  const opt = message.edns === undefined ? [] : [optRecord(message.edns.dnssec, rcode >> 4)];
  const flags = (authoritative ? DNS_FLAG.authoritative : 0) | (rcode & DNS_FLAG.rcode);
  const build = (more: number, parts: Uint8Array[], counts: number[]) => {
    const bytes = Buffer.concat([asked.bytes.subarray(0, message.questionEnd), ...parts, ...opt]);
    setHeader(bytes, message.id, replyFlags(message.flags) | flags | more, [1, ...counts, opt.length]);
    return bytes;
  };
  const whole = build(0, [...records, ...soa], [records.length, soa.length]);
  return whole.length <= limit ? whole : build(DNS_FLAG.truncated, [], [0, 0]);
}

/** The answer to what cannot be read: a header alone. */
export function encodeDnsFault({ id, flags }: { id: number; flags: number }, rcode: Rcode): Uint8Array {
  const bytes = new Uint8Array(DNS_HEADER);
  setHeader(bytes, id, replyFlags(flags) | rcode, [0, 0, 0, 0]);
  return bytes;
}

/** What an answer takes over from its question. */
function replyFlags(flags: number): number {
  const kept = DNS_FLAG.opcode | DNS_FLAG.recursionDesired | DNS_FLAG.checkingDisabled;
  return DNS_FLAG.response | DNS_FLAG.recursionAvailable | (flags & kept);
}

export interface Forwarded {
  id: number;
  /** Its letters are sent as they are: a server that answers in others did not get our question. */
  name: Uint8Array;
  type: number;
  dnssec: boolean;
  checkingDisabled: boolean;
}

/** A question to another server. */
export function encodeDnsQuestion({ id, name, type, dnssec, checkingDisabled }: Forwarded): Uint8Array {
  const tail = Uint8Array.of(type >> 8, type & 255, 0, DNS_CLASS.in);
  const bytes = Buffer.concat([new Uint8Array(DNS_HEADER), name, tail, optRecord(dnssec, 0)]);
  const flags = DNS_FLAG.recursionDesired | (checkingDisabled ? DNS_FLAG.checkingDisabled : 0);
  setHeader(bytes, id, flags | DNS_FLAG.authentic, [1, 0, 0, 1]);
  return bytes;
}

/**
 * Another server's answer without what was for us alone: its OPT record, and whatever stands behind it, since names there
 * might point to what has moved. `message` must be of `bytes`.
 */
export function withoutOpt(bytes: Uint8Array, message: DnsMessage): { bytes: Uint8Array; message: DnsMessage } {
  const opt = message.records.findIndex(({ type }) => type === DNS_TYPE.opt);
  if (opt < 0) return { bytes: Uint8Array.from(bytes), message };
  const records = message.records.slice(0, opt);
  const kept = Uint8Array.from(bytes.subarray(0, message.records[opt]?.at));
  setWord(kept, 10, records.filter(({ section }) => section === "additional").length);
  return { bytes: kept, message: { ...message, records, edns: undefined } };
}

/** The same answer for a client of ours, `ageSeconds` after it came. */
export function encodeRelayed(
  kept: { bytes: Uint8Array; message: DnsMessage },
  asked: Asked,
  ageSeconds: number,
  limit: number,
): Uint8Array {
  const { edns, flags } = asked.message;
  const { message } = kept;
  const opt = edns === undefined ? new Uint8Array(0) : optRecord(edns.dnssec, 0);
  const passed = message.flags & (DNS_FLAG.rcode | (wantsAuthentic(flags, edns) ? DNS_FLAG.authentic : 0));
  const isWhole = kept.bytes.length + opt.length <= limit;
  const bytes = Buffer.concat([isWhole ? kept.bytes : kept.bytes.subarray(0, message.questionEnd), opt]);
  bytes.set(asked.bytes.subarray(DNS_HEADER, asked.message.questionEnd), DNS_HEADER);
  const count = (wanted: string) => (isWhole ? message.records.filter(({ section }) => section === wanted).length : 0);
  const counts = [count("answer"), count("authority"), count("additional") + Number(opt.length > 0)];
  setHeader(bytes, asked.message.id, replyFlags(flags) | passed | (isWhole ? 0 : DNS_FLAG.truncated), [1, ...counts]);
  if (isWhole && ageSeconds > 0) for (const { ttlAt } of message.records) age(bytes, ttlAt, ageSeconds);
  return bytes;
}

/** Who says that he understands it (RFC 6840 section 5.7). */
const wantsAuthentic = (flags: number, edns: Edns | undefined) => (flags & DNS_FLAG.authentic) !== 0 || edns?.dnssec;

function age(bytes: Buffer, at: number, seconds: number): void {
  bytes.writeUInt32BE(Math.max(0, bytes.readUInt32BE(at) - seconds), at);
}

function record(name: Iterable<number>, type: number, ttlSeconds: number, data: Uint8Array): Uint8Array {
  const ttl = [ttlSeconds >>> 24, (ttlSeconds >>> 16) & 255, (ttlSeconds >>> 8) & 255, ttlSeconds & 255];
  return Uint8Array.of(
    ...name,
    type >> 8,
    type & 255,
    0,
    DNS_CLASS.in,
    ...ttl,
    data.length >> 8,
    data.length & 255,
    ...data,
  );
}

/** RFC 6891 section 6.1: the class is our size, the TTL the code's upper bits, the version and the flags. */
function optRecord(dnssec: boolean, extendedCode: number): Uint8Array {
  const bytes = new Uint8Array(OPT_SIZE);
  bytes.set([0, 0, DNS_TYPE.opt, EDNS_SIZE >> 8, EDNS_SIZE & 255, extendedCode, 0, dnssec ? 0x80 : 0]);
  return bytes;
}

/** Serial, and how often a secondary server would look, of which there is none; at last how long "no" may be kept: not at all. */
const SOA_NUMBERS = [1, 3600, 600, 86400, 0];

function soaData(zone: string): Uint8Array {
  const name = encodeName(zone) ?? Uint8Array.of(0);
  const hostmaster = encodeName(zone === "" ? "hostmaster" : `hostmaster.${zone}`) ?? name;
  const numbers = Buffer.alloc(4 * SOA_NUMBERS.length);
  SOA_NUMBERS.forEach((value, i) => void numbers.writeUInt32BE(value, 4 * i));
  return Buffer.concat([name, hostmaster, numbers]);
}

function soaRecord(zone: string): Uint8Array {
  return record(encodeName(zone) ?? Uint8Array.of(0), DNS_TYPE.soa, 0, soaData(zone));
}

/** What a zone says of itself to who asks for it by name. */
export const soaAnswer = (zone: string): DnsAnswer => ({ type: DNS_TYPE.soa, ttlSeconds: 0, data: soaData(zone) });

/** RFC 8482 section 4.2: all that a question for everything is told. */
export const ANY_ANSWER: DnsAnswer = {
  type: DNS_TYPE.hinfo,
  ttlSeconds: 3600,
  data: Uint8Array.of(7, ...Buffer.from("RFC8482"), 0),
};

function setHeader(bytes: Uint8Array, id: number, flags: number, counts: readonly number[]): void {
  [id, flags, ...counts].forEach((value, i) => void setWord(bytes, 2 * i, value));
}

function setWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 255;
}
