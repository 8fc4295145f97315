/** Converters of Neutron's tables (neutron_lib/api/converters.py), under its names without "convert_". */
import { randomBytes } from "node:crypto";
import { fault, ipFamily, macFromBytes, parseIp, parsePrefix } from "../../model/mod.ts";
import { described } from "./json-schema.ts";
import { canonicalMac } from "./mac-text.ts";
import { pyStr } from "./python.ts";

const invalid = (error_message: string) => fault("InvalidInput", { error_message });

const TRUE = new Set(["1", "t", "true", "on", "y", "yes"]);
const FALSE = new Set(["0", "f", "false", "off", "n", "no"]);

/** oslo_utils.strutils.bool_from_string(strict=True). */
export function toBoolean(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  const word = pyStr(value).trim().toLowerCase();
  if (TRUE.has(word)) return true;
  if (FALSE.has(word)) return false;
  throw invalid(`'${pyStr(value)}' cannot be converted to boolean`);
}
described({ type: "boolean" }, toBoolean);

export const toBooleanOrNone = (value: unknown): boolean | null => (value === null ? null : toBoolean(value));
described({ type: ["boolean", "null"] }, toBooleanOrNone);

/** Python's int(): numbers are cut, strings must be whole decimals; beyond 2^53 JSON has lost the digits already. */
export function integerOf(value: unknown): number | undefined {
  if (typeof value === "boolean") return value ? 1 : 0;
  const isDecimal = typeof value === "string" && /^\s*[+-]?\d+(_\d+)*\s*$/.test(value);
  const number = isDecimal ? Number(value.replaceAll("_", "")) : value;
  const isInteger = typeof number === "number" && Number.isSafeInteger(Math.trunc(number));
  return isInteger ? Math.trunc(number) : undefined;
}

export function toInt(value: unknown): number {
  const integer = integerOf(value);
  if (integer === undefined) throw invalid(`'${pyStr(value)}' is not an integer`);
  return integer;
}
described({ type: "integer" }, toInt);

export const toIntOrNone = (value: unknown): number | null => (value === null ? null : toInt(value));
described({ type: ["integer", "null"] }, toIntOrNone);

export const toText = (value: unknown): string | null => (value === null ? null : pyStr(value));
described({ type: ["string", "null"] }, toText);

export const noneToEmptyList = (value: unknown): unknown => (value === null ? [] : value);
described({ type: "null" }, noneToEmptyList);

/** IPv6 in its compressed form; anything else, addresses or not, as it is. */
export function ipToCanonical(value: unknown): unknown {
  const ip = typeof value === "string" ? parseIp(value) : undefined;
  return ip !== undefined && ipFamily(ip) === 6 ? ip : value;
}

/**
 * "address/length" with host bits kept; a netmask becomes a length, a bare address the full length. Parts of an address
 * ("10/8") are refused, as netaddr 1.0 does.
 */
export function prefixText(value: unknown): string | undefined {
  if (typeof value !== "string" || value.split("/").length > 2) return undefined;
  const [address = "", length] = value.split("/", 2);
  const ip = parseIp(address);
  const mask = length?.includes(".") ? maskLength(length) : length;
  const prefix = ip === undefined ? undefined : parsePrefix(mask === undefined ? address : `${address}/${mask}`);
  return prefix && `${ip}/${prefix.length}`;
}

export function cidrToCanonical(value: unknown): string {
  const text = prefixText(value);
  if (text === undefined) throw invalid(`${pyStr(value)} is not in a CIDR format`);
  return text;
}
described({ type: "string", format: "cidr" }, cidrToCanonical);

function maskLength(mask: string): string | undefined {
  const bits = parseIp(mask)
    ?.split(".")
    .map((octet) => Number(octet).toString(2).padStart(8, "0"))
    .join("");
  return bits !== undefined && /^1*0*$/.test(bits) ? String(bits.indexOf("0") < 0 ? 32 : bits.indexOf("0")) : "x";
}

export function poolsToCanonical(value: unknown): unknown {
  if (value === null) return [];
  if (!Array.isArray(value) || value.some((pool) => typeof pool !== "object" || pool === null || Array.isArray(pool))) {
    throw invalid("Invalid data format for allocation pools");
  }
  return value.map((pool: object) =>
    Object.fromEntries(Object.entries(pool).map(([key, ip]) => [key, ipToCanonical(ip)])),
  );
}
described({ type: "null" }, poolsToCanonical);

export function toLowerCase(value: unknown): string {
  if (typeof value !== "string") throw invalid(`Input value ${pyStr(value)} must be string type`);
  return value.toLowerCase();
}
described({ type: "string" }, toLowerCase);

/** The protocols that conntrack helpers and port forwardings know (IPTABLES_PROTOCOL_MAP of neutron_lib/constants.py). */
export const TRANSPORT_PROTOCOLS = ["dccp", "icmp", "ipv6-icmp", "sctp", "tcp", "udp"] as const;

/** A known name in any case, or a number; as given, so that the validator of names sees what the caller wrote. */
export function toProtocol(value: unknown): unknown {
  if (value === null) return null;
  if ((TRANSPORT_PROTOCOLS as readonly string[]).includes(toLowerCase(value))) return value;
  const number = integerOf(value) ?? -1;
  if (number >= 0 && number <= 255) return value;
  throw invalid(
    `IP protocol '${pyStr(value)}' is not supported. Only protocol names and their integer representation (0 to 255) are supported`,
  );
}
described({ type: "string" }, toProtocol);

/** Any usual spelling of a MAC address in lower-case colon form; anything else as it is, for the validator to refuse. */
export function toSanitizedMac(value: unknown): unknown {
  return (typeof value === "string" && canonicalMac(value)) || value;
}

/** Extension port-mac-address-regenerate: null asks for a new address, under Neutron's own prefix (base_mac). */
export function toMacIfNone(value: unknown): unknown {
  if (value !== null) return toSanitizedMac(value);
  return macFromBytes(Uint8Array.of(0xfa, 0x16, 0x3e, ...randomBytes(3)));
}
described({ type: "null" }, toMacIfNone);

/** `["ip_address=10.0.0.1", "subnet_id=x"]` as a map of lists: how a filter says a structured value. */
export function keyValues(values: string[]): Map<string, string[]> {
  const result = new Map<string, string[]>();
  for (const text of values) {
    const at = text.indexOf("=");
    const key = text.slice(0, at).trim();
    if (at < 0 || key === "") throw invalid(`'${text}' is not of the form <key>=[value]`);
    result.set(key, [...(result.get(key) ?? []), text.slice(at + 1).trim()]);
  }
  return result;
}
