/** DHCPv4 messages (RFC 2131) as bytes; options stay raw here, by code. */
import { type Ip, type Mac, macBytes, macFromBytes } from "../model/mod.ts";
import { ip4Bytes, ip4FromBytes } from "./udp4.ts";

export const MESSAGE_TYPE = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;
export type MessageType = keyof typeof MESSAGE_TYPE;
const typeNames = new Map(Object.entries(MESSAGE_TYPE).map(([name, code]) => [code as number, name as MessageType]));

/** The option codes that the protocol itself needs (RFC 2132, RFC 3442, RFC 3046). */
export const OPTION = {
  pad: 0,
  requestedIp: 50,
  leaseSeconds: 51,
  overload: 52,
  messageType: 53,
  serverId: 54,
  parameterList: 55,
  message: 56,
  maximumSize: 57,
  renewalSeconds: 58,
  rebindingSeconds: 59,
  clientId: 61,
  relayAgent: 82,
  end: 255,
} as const;

export interface Dhcp4 {
  op: "request" | "reply";
  type: MessageType;
  transaction: number;
  seconds: number;
  broadcast: boolean;
  clientIp: Ip; // ciaddr
  yourIp: Ip; // yiaddr
  nextServerIp: Ip; // siaddr
  relayIp: Ip; // giaddr
  clientMac: Mac; // chaddr
  bootFile: string;
  /** By code, parts of a split option joined (RFC 3396); message type and overload are not among them. */
  options: Map<number, Uint8Array>;
}

export type Dhcp4Error = "truncated" | "not_ethernet" | "no_cookie" | "bad_option" | "no_message_type";

const HEADER = 236;
const SNAME = { at: 44, size: 64 };
const FILE = { at: 108, size: 128 };
const COOKIE = Uint8Array.of(99, 130, 83, 99);
/** RFC 2131 section 2: what every client must be able to take, as UDP payload: 576 less IP and UDP headers. */
const MINIMUM_SIZE = 548;

/** Reads options of one area into `into`; false when a length goes past its end. */
function readOptions(area: Uint8Array, into: Map<number, Uint8Array>): boolean {
  let at = 0;
  while (at < area.length) {
    const code = area[at] as number;
    if (code === OPTION.end) return true;
    if (code === OPTION.pad) {
      at += 1;
      continue;
    }
    const length = area[at + 1];
    if (length === undefined || at + 2 + length > area.length) return false;
    const part = area.subarray(at + 2, at + 2 + length);
    const before = into.get(code);
    into.set(code, before === undefined ? part : Uint8Array.from([...before, ...part]));
    at += 2 + length;
  }
  return true;
}

/** Never throws; an error is the reason why the message is to be dropped. */
export function decodeDhcp4(payload: Uint8Array): Dhcp4 | Dhcp4Error {
  if (payload.length < HEADER + COOKIE.length) return "truncated";
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (view.getUint8(1) !== 1 || view.getUint8(2) !== 6) return "not_ethernet";
  if (!COOKIE.every((byte, i) => payload[HEADER + i] === byte)) return "no_cookie";
  const options = new Map<number, Uint8Array>();
  if (!readOptions(payload.subarray(HEADER + COOKIE.length), options)) return "bad_option";
  const overload = options.get(OPTION.overload)?.[0] ?? 0;
  // RFC 3396 section 5: the areas are read in the order options, file, sname.
  for (const [bit, area] of [
    [1, FILE],
    [2, SNAME],
  ] as const) {
    if ((overload & bit) !== 0 && !readOptions(payload.subarray(area.at, area.at + area.size), options))
      return "bad_option";
  }
  const type = typeNames.get(options.get(OPTION.messageType)?.[0] ?? 0);
  if (type === undefined) return "no_message_type";
  options.delete(OPTION.messageType);
  options.delete(OPTION.overload);
  const fileBytes = payload.subarray(FILE.at, FILE.at + FILE.size);
  const fileEnd = fileBytes.indexOf(0);
  const bootFile =
    (overload & 1) !== 0
      ? ""
      : Buffer.from(fileBytes.subarray(0, fileEnd < 0 ? undefined : fileEnd)).toString("latin1");
  return {
    op: view.getUint8(0) === 2 ? "reply" : "request",
    type,
    transaction: view.getUint32(4),
    seconds: view.getUint16(8),
    broadcast: (view.getUint16(10) & 0x8000) !== 0,
    clientIp: ip4FromBytes(payload.subarray(12)),
    yourIp: ip4FromBytes(payload.subarray(16)),
    nextServerIp: ip4FromBytes(payload.subarray(20)),
    relayIp: ip4FromBytes(payload.subarray(24)),
    clientMac: macFromBytes(payload.subarray(28)),
    bootFile,
    options,
  };
}

/** An option as it stands on the wire, split at 255 bytes (RFC 3396). */
function optionBytes(code: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(value.length + 2 * Math.max(1, Math.ceil(value.length / 255)));
  let to = 0;
  for (let at = 0; at === 0 || at < value.length; at += 255) {
    const part = value.subarray(at, at + 255);
    bytes[to] = code;
    bytes[to + 1] = part.length;
    bytes.set(part, to + 2);
    to += 2 + part.length;
  }
  return bytes;
}

/**
 * Options in the map's order; what does not fit the client's maximum goes on in the file and sname fields (option 52),
 * and what fits nowhere is left out: the caller puts the important ones first.
 */
export function encodeDhcp4(message: Dhcp4, maximumPayloadSize = MINIMUM_SIZE): Uint8Array {
  const payload = new Uint8Array(Math.max(maximumPayloadSize, MINIMUM_SIZE));
  const view = new DataView(payload.buffer);
  view.setUint8(0, message.op === "reply" ? 2 : 1);
  view.setUint8(1, 1);
  view.setUint8(2, 6);
  view.setUint32(4, message.transaction);
  view.setUint16(8, message.seconds);
  view.setUint16(10, message.broadcast ? 0x8000 : 0);
  payload.set(ip4Bytes(message.clientIp), 12);
  payload.set(ip4Bytes(message.yourIp), 16);
  payload.set(ip4Bytes(message.nextServerIp), 20);
  payload.set(ip4Bytes(message.relayIp), 24);
  payload.set(macBytes(message.clientMac), 28);
  const bootFile = Buffer.from(message.bootFile, "latin1").subarray(0, FILE.size - 1);
  payload.set(bootFile, FILE.at);
  payload.set(COOKIE, HEADER);
  const OVERLOAD_SIZE = 3;
  const areas = [{ at: HEADER + COOKIE.length, end: payload.length - 1 - OVERLOAD_SIZE, bit: 0 }];
  if (bootFile.length === 0) areas.push({ at: FILE.at, end: FILE.at + FILE.size - 1, bit: 1 });
  areas.push({ at: SNAME.at, end: SNAME.at + SNAME.size - 1, bit: 2 });
  let overload = 0;
  const type = Uint8Array.of(MESSAGE_TYPE[message.type]);
  for (const [code, value] of [[OPTION.messageType, type] as const, ...message.options]) {
    const bytes = optionBytes(code, value);
    const area = areas.find((candidate) => candidate.at + bytes.length <= candidate.end);
    if (area === undefined) continue;
    payload.set(bytes, area.at);
    area.at += bytes.length;
    overload |= area.bit;
  }
  const main = areas[0] as (typeof areas)[number];
  if (overload !== 0) {
    payload.set(Uint8Array.of(OPTION.overload, 1, overload), main.at);
    main.at += OVERLOAD_SIZE;
  }
  for (const area of areas) if (area.bit === 0 || (overload & area.bit) !== 0) payload[area.at] = OPTION.end;
  // RFC 1542 section 2.1: relays and old clients want at least the 300 bytes of a BOOTP message.
  return payload.subarray(0, Math.max(main.at + 1, 300));
}
