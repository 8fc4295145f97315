/** Reads a {@link TraceQuestion} that came from outside. Pure. */
import {
  type Ip,
  ipFamily,
  type Mac,
  parseIp,
  parseMac,
  TCP_FLAGS,
  type TcpFlag,
  type TraceQuestion,
} from "../../model/mod.ts";

/** A question that cannot be, with a sentence why. */
export class BadQuestion extends Error {
  override readonly name = "BadQuestion";
}

type Raw = Record<string, unknown>;
/** BPF_PROG_TEST_RUN takes what fits into one page of memory, less what the kernel itself needs there. */
const LONGEST_FRAME = 3400;
const FRAME = new RegExp(`^([0-9a-f]{2}){14,${LONGEST_FRAME}}$`, "i");
const VNI_MAX = 0xff_ffff;

/** @throws BadQuestion */
export function readQuestion(body: string): TraceQuestion {
  const raw = parse(body);
  const question: TraceQuestion = {
    ...optional(raw, "port", text),
    ...optional(raw, "tunnel", tunnel),
    ...optional(raw, "wire", text),
    ...optional(raw, "frame", frame),
    ...optional(raw, "to", address),
    ...optional(raw, "from", address),
    ...optional(raw, "protocol", number(0, 255)),
    ...optional(raw, "fromPort", number(0, 65_535)),
    ...optional(raw, "toPort", number(0, 65_535)),
    ...optional(raw, "flags", flags),
    ...optional(raw, "toMac", macAddress),
    ...optional(raw, "fromMac", macAddress),
    ...optional(raw, "ttl", number(1, 255)),
    ...optional(raw, "bytes", number(0, LONGEST_FRAME - 14)),
  };
  if ([question.port, question.tunnel, question.wire].filter((place) => place !== undefined).length !== 1)
    throw new BadQuestion("say where the packet comes in: a port, a tunnel or a wire");
  if ((question.to === undefined) === (question.frame === undefined))
    throw new BadQuestion("say where the packet goes, or give a whole frame");
  const { to, from } = question;
  if (to !== undefined && from !== undefined && ipFamily(to) !== ipFamily(from))
    throw new BadQuestion(`${from} and ${to} are of two families`);
  return question;
}

function parse(body: string): Raw {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null) return value as Raw;
  } catch {
    // Said below.
  }
  throw new BadQuestion("the question is no JSON object");
}

type Reader<T> = (value: unknown, name: string) => T;

function optional<K extends string, T>(raw: Raw, name: K, read: Reader<T>): Partial<Record<K, T>> {
  const value = raw[name];
  return value === undefined || value === null ? {} : ({ [name]: read(value, name) } as Record<K, T>);
}

function text(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new BadQuestion(`${name} is no text`);
}

const number =
  (least: number, most: number): Reader<number> =>
  (value, name) => {
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
    throw new BadQuestion(`${name} is not a whole number from ${least} to ${most}`);
  };

function address(value: unknown, name: string): Ip {
  const ip = typeof value === "string" ? parseIp(value) : undefined;
  if (ip !== undefined) return ip;
  throw new BadQuestion(`${name} is no IP address: ${value}`);
}

function macAddress(value: unknown, name: string): Mac {
  const mac = typeof value === "string" ? parseMac(value) : undefined;
  if (mac !== undefined) return mac;
  throw new BadQuestion(`${name} is no MAC address: ${value}`);
}

function frame(value: unknown): string {
  if (typeof value === "string" && FRAME.test(value)) return value;
  throw new BadQuestion(`frame is no Ethernet frame in hex of 14 to ${LONGEST_FRAME} bytes`);
}

function tunnel(value: unknown): NonNullable<TraceQuestion["tunnel"]> {
  const { vni, peer } = (typeof value === "object" ? value : {}) as Raw;
  return { vni: number(1, VNI_MAX)(vni, "tunnel.vni"), peer: address(peer, "tunnel.peer") };
}

function flags(value: unknown): TcpFlag[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (all.every((flag) => TCP_FLAGS.includes(flag as TcpFlag))) return all as TcpFlag[];
  throw new BadQuestion(`flags are some of ${TCP_FLAGS.join(", ")}`);
}
