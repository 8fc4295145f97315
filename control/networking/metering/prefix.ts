/** Prefixes of metering label rules, which keep their host bits: what Python's ipaddress.ip_interface() reads. */
import { type Ip, ipToBigInt, type Prefix, parseIp, parsePrefix } from "../../../model/mod.ts";

export interface LabelPrefix {
  /** As it is stored and shown: address and length. */
  readonly text: string;
  readonly prefix: Prefix;
}

const V4_BITS = 32n;
const ALL_V4 = (1n << V4_BITS) - 1n;

/** The number of leading ones of a value that has ones only there; undefined for any other. */
function leadingOnes(value: bigint): number | undefined {
  const zeros = ALL_V4 - value;
  return (zeros & (zeros + 1n)) === 0n ? 32 - zeros.toString(2).replace(/^0$/, "").length : undefined;
}

/** The length that a netmask (255.255.255.0) or a host mask (0.0.0.255) says. */
function maskLength(text: string): number | undefined {
  const mask = text.includes(":") ? undefined : parseIp(text);
  if (mask === undefined) return undefined;
  const value = ipToBigInt(mask);
  return leadingOnes(value) ?? leadingOnes(ALL_V4 - value);
}

/** Undefined for what is no prefix. */
export function parseLabelPrefix(text: string): LabelPrefix | undefined {
  const [addressText = "", lengthText, ...rest] = text.split("/");
  const address: Ip | undefined = parseIp(addressText);
  if (address === undefined || rest.length > 0) return undefined;
  const length = lengthText?.includes(".") && !address.includes(":") ? maskLength(lengthText) : lengthText;
  const prefix = parsePrefix(length === undefined && lengthText === undefined ? address : `${address}/${length}`);
  return prefix && { text: `${address}/${prefix.length}`, prefix };
}
