/** Converters and the validator of security groups and their rules (neutron/extensions/securitygroup.py). */
import { fault, IP_PROTOCOLS } from "../../model/mod.ts";
import type { Validator } from "./attribute.ts";
import { integerOf, prefixText } from "./converters.ts";
import { described } from "./json-schema.ts";
import { pyRepr, pyStr } from "./python.ts";
import { string } from "./validators.ts";
import { isNoData } from "./validators-dict.ts";

const PROTOCOL_WORDS = `(${[null, "any", ...Object.keys(IP_PROTOCOLS)].map(pyRepr).join(", ")})`;

/** A protocol's name in lower case, its number as text, or null for any. */
export function toRuleProtocol(value: unknown): string | null {
  if (value === null || value === "any") return null;
  const number = typeof value === "boolean" ? undefined : integerOf(value);
  if (number !== undefined && number >= 0 && number <= 255) return pyStr(value);
  const name = typeof value === "string" && number === undefined ? value.toLowerCase() : "";
  if (name === "any" || Object.hasOwn(IP_PROTOCOLS, name)) return name;
  throw fault("SecurityGroupRuleInvalidProtocol", { protocol: pyStr(value), values: PROTOCOL_WORDS });
}
described(
  { type: ["string", "null"], description: "A name, or a number from 0 to 255; null or any: every protocol." },
  toRuleProtocol,
);

export const ETHERTYPES = ["IPv4", "IPv6"] as const;

export function toEthertype(value: unknown): string {
  const found = ETHERTYPES.find(
    (ethertype) => typeof value === "string" && ethertype.toLowerCase() === value.toLowerCase(),
  );
  if (found) return found;
  throw fault("SecurityGroupRuleInvalidEtherType", { ethertype: pyStr(value), values: pyRepr(ETHERTYPES) });
}
described({ type: "string", enum: ETHERTYPES }, toEthertype);

export function toPortValue(value: unknown): number | null {
  if (value === null) return null;
  const port = integerOf(value);
  if (port !== undefined && port >= 0 && port <= 65_535) return port;
  throw fault("SecurityGroupInvalidPortValue", { port: pyStr(value) });
}
described({ type: ["integer", "null"], minimum: 0, maximum: 65_535 }, toPortValue);

/** "address/length", host bits kept; what says nothing is null. */
export function toIpPrefix(value: unknown): string | null {
  if (isNoData(value)) return null;
  const text = prefixText(value);
  if (text !== undefined) return text;
  throw fault("InvalidCIDR", { input: pyStr(value) });
}
described({ type: ["string", "null"], format: "cidr" }, toIpPrefix);

export const nameNotDefault = (maxLength: number): Validator =>
  described({ type: "string", maxLength }, (value) => {
    const reason = string(maxLength)(value);
    if (reason) return reason;
    if ((value as string).toLowerCase() === "default") throw fault("SecurityGroupDefaultAlreadyExists");
    return undefined;
  });
