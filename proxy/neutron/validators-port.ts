/** Validators for what ports are made of (neutron_lib/api/validators/{__init__,allowedaddresspairs}.py). */
import { fault } from "../../model/mod.ts";
import type { Validator } from "./attribute.ts";
import { described, schemaOf } from "./json-schema.ts";
import { canonicalMac } from "./mac-text.ts";
import { pyStr } from "./python.ts";
import { first, isObject, listOf, onelineNotEmptyString, orNone, show, string, uuid } from "./validators.ts";
import { ipAddress, macAddress, multicastReason, subnet } from "./validators-ip.ts";

export const fixedIps: Validator = (value) => {
  if (!Array.isArray(value)) return `Invalid data format for fixed IP: ${show(value)}`;
  const seen = new Set<unknown>();
  return first(value as unknown[], (fixed) => {
    if (!isObject(fixed)) return `Invalid data format for fixed IP: ${show(fixed)}`;
    if (Object.hasOwn(fixed, "ip_address")) {
      if (seen.has(fixed.ip_address)) return `Duplicate IP address ${show(fixed.ip_address)}`;
      seen.add(fixed.ip_address);
      const reason = ipAddress(fixed.ip_address);
      if (reason) return reason;
    }
    return Object.hasOwn(fixed, "subnet_id") ? uuid(fixed.subnet_id) : undefined;
  });
};
described(
  {
    type: "array",
    items: { type: "object", properties: { subnet_id: schemaOf(uuid), ip_address: schemaOf(ipAddress) } },
  },
  fixedIps,
);

/** Neutron's option max_allowed_address_pair. */
const MAX_ADDRESS_PAIRS = 10;

export const allowedAddressPairs: Validator = (value) => {
  const refuse = (msg: string) => fault("HTTPBadRequest", { msg });
  if (!Array.isArray(value)) throw refuse("Allowed address pairs must be a list.");
  if (value.length > MAX_ADDRESS_PAIRS) throw fault("AllowedAddressPairExhausted", { quota: MAX_ADDRESS_PAIRS });
  const seen = new Set<string>();
  for (const pair of value) {
    if (!isObject(pair)) return `${show(pair)} is not a dictionary`;
    const { mac_address, ip_address } = pair;
    const badMac = Object.hasOwn(pair, "mac_address") ? macAddress(mac_address) : undefined;
    if (badMac) throw refuse(badMac);
    if (!Object.hasOwn(pair, "ip_address")) throw fault("AllowedAddressPairsMissingIP");
    const key = `${mac_address} ${ip_address}`;
    if (seen.has(key)) {
      throw fault("DuplicateAddressPairInRequest", { mac_address: pyStr(mac_address), ip_address: pyStr(ip_address) });
    }
    seen.add(key);
    const extra = Object.keys(pair).filter((name) => name !== "mac_address" && name !== "ip_address");
    if (extra.length > 0) throw refuse(`Unrecognized attribute(s) '${extra.join(", ")}'`);
    const isSubnet = typeof ip_address === "string" && ip_address.includes("/");
    const reason = (isSubnet ? subnet : ipAddress)(ip_address) ?? multicastReason(ip_address as string);
    if (reason) throw refuse(reason);
    if (typeof mac_address === "string" && Number.parseInt(canonicalMac(mac_address)?.slice(1, 2) ?? "0", 16) & 1) {
      throw refuse(`MAC address ${mac_address} is a multicast address, which is not supported.`);
    }
  }
  return undefined;
};
described(
  {
    type: "array",
    items: {
      type: "object",
      properties: {
        mac_address: schemaOf(macAddress),
        ip_address: { type: "string", description: "An address or a prefix." },
      },
      required: ["ip_address"],
      additionalProperties: false,
    },
    maxItems: MAX_ADDRESS_PAIRS,
  },
  allowedAddressPairs,
);

const BLANK_DHCP_OPTIONS = ["router", "classless-static-route"];
const DHCP_OPTION_KEYS = ["opt_name", "opt_value", "ip_version"];

function isDhcpOption(value: unknown): boolean {
  if (!isObject(value) || !Object.hasOwn(value, "opt_name") || !Object.hasOwn(value, "opt_value")) return false;
  if (Object.keys(value).some((key) => !DHCP_OPTION_KEYS.includes(key))) return false;
  if (Object.hasOwn(value, "ip_version") && !["4", "6"].includes(pyStr(value.ip_version))) return false;
  if (BLANK_DHCP_OPTIONS.includes(value.opt_name as string)) return orNone(string(255))(value.opt_value) === undefined;
  return (
    onelineNotEmptyString(64)(value.opt_name) === undefined &&
    orNone(onelineNotEmptyString(255))(value.opt_value) === undefined
  );
}

export const extraDhcpOpts: Validator = (value) => {
  if (value === null) return undefined;
  const reason = listOf((option) =>
    isDhcpOption(option) ? undefined : `No valid key specs matched for: ${pyStr(option)}`,
  )(value);
  if (reason) throw fault("InvalidInput", { error_message: reason });
  return undefined;
};
described(
  {
    type: ["array", "null"],
    items: {
      type: "object",
      properties: {
        opt_name: { type: "string", minLength: 1, maxLength: 64 },
        opt_value: { type: ["string", "null"], maxLength: 255 },
        ip_version: { type: ["integer", "string"], enum: [4, 6, "4", "6"] },
      },
      required: ["opt_name", "opt_value"],
      additionalProperties: false,
    },
  },
  extraDhcpOpts,
);
