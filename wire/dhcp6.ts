/** DHCPv6 messages (RFC 8415) as bytes; options stay raw here, by code, except for those that hold others. */
import { type Ip, ipBytes16, ipFromBytes16 } from "../model/mod.ts";

/** RFC 8415 section 7.3; those of relays are none that a host is asked. */
export const MESSAGE6 = {
  solicit: 1,
  advertise: 2,
  request: 3,
  confirm: 4,
  renew: 5,
  rebind: 6,
  reply: 7,
  release: 8,
  decline: 9,
  reconfigure: 10,
  information_request: 11,
} as const;
export type Message6 = keyof typeof MESSAGE6;
const messageNames = new Map(Object.entries(MESSAGE6).map(([name, code]) => [code as number, name as Message6]));

/** The option codes that the protocol itself needs (RFC 8415 section 21, RFC 4704). */
export const OPTION6 = {
  clientId: 1,
  serverId: 2,
  iaNa: 3,
  iaTa: 4,
  iaAddress: 5,
  requested: 6,
  preference: 7,
  status: 13,
  rapidCommit: 14,
  iaPd: 25,
  fqdn: 39,
} as const;

/** RFC 8415 section 21.13. */
export const STATUS6 = {
  success: 0,
  unspecFail: 1,
  noAddrsAvail: 2,
  noBinding: 3,
  notOnLink: 4,
  useMulticast: 5,
  noPrefixAvail: 6,
} as const;
export type Status6 = keyof typeof STATUS6;

/** By code; an option may stand there several times. */
export type Options6 = Map<number, Uint8Array[]>;

export interface Dhcp6 {
  type: Message6;
  transaction: number;
  options: Options6;
}

export type Dhcp6Error = "truncated" | "relayed" | "no_message_type" | "bad_option";

/** An identity association: what a client calls one of its sets of addresses, and what it thinks is in it. */
export interface IdentityAssociation {
  iaid: number;
  addresses: Ip[];
}

const HEADER = 4;
const RELAY_FORWARD = 12;
const RELAY_REPLY = 13;

/** Undefined when a length goes past the end. */
export function decodeOptions6(area: Uint8Array): Options6 | undefined {
  const options: Options6 = new Map();
  for (let at = 0; at < area.length; ) {
    if (at + HEADER > area.length) return undefined;
    const code = ((area[at] as number) << 8) | (area[at + 1] as number);
    const size = ((area[at + 2] as number) << 8) | (area[at + 3] as number);
    at += HEADER;
    if (at + size > area.length) return undefined;
    const value = area.subarray(at, at + size);
    const same = options.get(code);
    if (same === undefined) options.set(code, [value]);
    else same.push(value);
    at += size;
  }
  return options;
}

/** Never throws; an error is the reason why the message is to be dropped. */
export function decodeDhcp6(payload: Uint8Array): Dhcp6 | Dhcp6Error {
  if (payload.length < HEADER) return "truncated";
  const [code = 0, high = 0, middle = 0, low = 0] = payload;
  if (code === RELAY_FORWARD || code === RELAY_REPLY) return "relayed";
  const type = messageNames.get(code);
  if (type === undefined) return "no_message_type";
  const options = decodeOptions6(payload.subarray(HEADER));
  if (options === undefined) return "bad_option";
  return { type, transaction: (high << 16) | (middle << 8) | low, options };
}

/** An IA_NA (RFC 8415 section 21.4) or, without the two times, an IA_TA; undefined when it is not whole. */
export function decodeAssociation(value: Uint8Array, headerSize: 4 | 12): IdentityAssociation | undefined {
  if (value.length < headerSize) return undefined;
  const options = decodeOptions6(value.subarray(headerSize));
  const addresses = options?.get(OPTION6.iaAddress) ?? [];
  if (options === undefined || addresses.some(({ length }) => length < 24)) return undefined;
  return {
    iaid: new DataView(value.buffer, value.byteOffset).getUint32(0),
    addresses: addresses.map((each) => ipFromBytes16(each.subarray(0, 16))),
  };
}

/** An option as it stands on the wire. */
export function option6(code: number, ...parts: Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([Uint8Array.of(code >> 8, code & 255, size >> 8, size & 255), ...parts]);
}

const u32 = (...values: number[]) => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    bytes.writeUInt32BE(value, 4 * i);
  });
  return bytes;
};

export const status6 = (status: Status6, text: string) =>
  option6(OPTION6.status, Uint8Array.of(0, STATUS6[status]), Buffer.from(text));

/** RFC 8415 section 21.6; of lifetime 0: no longer to be used. */
export const address6 = (ip: Ip, seconds: number) => option6(OPTION6.iaAddress, ipBytes16(ip), u32(seconds, seconds));

/** An IA_NA; T1 and T2 in seconds, 0 where it has no address. */
export const association6 = (iaid: number, [t1, t2]: readonly [number, number], ...options: Uint8Array[]) =>
  option6(OPTION6.iaNa, u32(iaid, t1, t2), ...options);

export function encodeDhcp6(type: Message6, transaction: number, options: readonly Uint8Array[]): Uint8Array {
  const head = Uint8Array.of(MESSAGE6[type], transaction >> 16, (transaction >> 8) & 255, transaction & 255);
  return Buffer.concat([head, ...options]);
}
