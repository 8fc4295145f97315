/** Validators for addresses, prefixes, and what subnets are made of (neutron_lib/api/validators/__init__.py). */
import { fault, type Prefix, parseIp, parsePrefix } from "../../model/mod.ts";
import type { Validator } from "./attribute.ts";
import { described, type Schema, schemaOf } from "./json-schema.ts";
import { canonicalMac } from "./mac-text.ts";
import { pyRepr, pySet, pyStr } from "./python.ts";
import { first, isObject, type Json, listOf, show } from "./validators.ts";

export const macAddress: Validator = (value) => {
  const mac = typeof value === "string" ? canonicalMac(value) : undefined;
  const bad = mac === undefined || mac === "00:00:00:00:00:00" || mac === "ff:ff:ff:ff:ff:ff";
  return bad ? `${show(value)} is not a valid MAC address` : undefined;
};
described({ type: "string", format: "mac" }, macAddress);

export const ipAddress: Validator = (value) => {
  if (typeof value === "string") {
    if (parseIp(value)) return undefined;
    // Leading zeros may mean octal, so Neutron refuses them, but says what was probably meant.
    const plain = parseIp(value.replace(/(^|\.)0+(?=\d)/g, "$1"));
    if (plain && !value.includes(":")) return `'${value}' is not an accepted IP address, '${plain}' is recommended`;
  }
  return `${show(value)} is not a valid IP address`;
};
described({ type: "string", format: "ip" }, ipAddress);

/** A prefix with its length, as text; host bits may be set. */
function prefixOf(value: unknown): Prefix | undefined {
  return typeof value === "string" && value.includes("/") ? parsePrefix(value) : undefined;
}

export const subnet: Validator = (value) => (prefixOf(value) ? undefined : `${show(value)} is not a valid IP subnet`);
described({ type: "string", format: "cidr" }, subnet);

export const subnetList: Validator = listOf(subnet);

const LOOPBACKS = [parsePrefix("127.0.0.0/8") as Prefix, parsePrefix("::1/128") as Prefix];

const routeCidr: Validator = (value) => {
  const prefix = prefixOf(value);
  const address = parseIp(pyStr(value).split("/")[0] ?? "");
  if (prefix === undefined || address !== prefix.cidr.split("/")[0]) return `${show(value)} is not a valid CIDR`;
  return LOOPBACKS.some((net) => within(net, prefix)) ? `${show(value)} is not a routable CIDR` : undefined;
};

const within = (outer: Prefix, inner: Prefix) =>
  outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;

const record = (members: Record<string, Validator>): Schema => ({
  type: "object",
  properties: Object.fromEntries(Object.entries(members).map(([name, member]) => [name, schemaOf(member)])),
  required: Object.keys(members),
  additionalProperties: false,
});

function exactKeys(expected: string[], value: unknown): string | undefined {
  if (!isObject(value)) return `Invalid input. ${show(value)} must be a dictionary with keys: ${pyRepr(expected)}`;
  const keys = Object.keys(value);
  if (keys.length === expected.length && expected.every((key) => keys.includes(key))) return undefined;
  return `Validation of dictionary's keys failed. Expected keys: ${pySet(expected)} Provided keys: ${pySet(keys)}`;
}

export const ipPools: Validator = (value) => {
  if (!Array.isArray(value)) return `Invalid data format for IP pool: ${show(value)}`;
  return first(
    value as Json[],
    (pool) => exactKeys(["start", "end"], pool) ?? ipAddress(pool.start) ?? ipAddress(pool.end),
  );
};
described({ type: "array", items: record({ start: ipAddress, end: ipAddress }) }, ipPools);

export const nameservers: Validator = (value) => {
  if (typeof value !== "string" && (typeof value !== "object" || value === null)) {
    return `Invalid data format for nameserver: ${show(value)}`;
  }
  const hosts = isObject(value) ? Object.keys(value) : [...(value as Iterable<unknown>)];
  const seen = new Set<unknown>();
  return first(hosts, (host) => {
    const reason = ipAddress(host);
    if (reason) return `${show(host)} is not a valid nameserver. ${reason}`;
    if (seen.has(host)) return `Duplicate nameserver ${show(host)}`;
    seen.add(host);
    return undefined;
  });
};
described({ type: "array", items: schemaOf(ipAddress), uniqueItems: true }, nameservers);

export const hostRoutes: Validator = (value) => {
  if (!Array.isArray(value)) return `Invalid data format for hostroute: ${show(value)}`;
  const seen = new Set<string>();
  return first(value as Json[], (route) => {
    const reason =
      exactKeys(["destination", "nexthop"], route) ?? routeCidr(route.destination) ?? ipAddress(route.nexthop);
    if (reason) return reason;
    const text = `${route.destination} ${route.nexthop}`;
    if (seen.has(text)) return `Duplicate hostroute ${show(route)}`;
    seen.add(text);
    return undefined;
  });
};
described({ type: "array", items: record({ destination: subnet, nexthop: ipAddress }), uniqueItems: true }, hostRoutes);

/** The device owners a subnet may be kept for: Neutron's own prefixes, and (by a slip kept since) any letter of "compute:". */
const SERVICE_TYPES = ["network:", "neutron:", ..."compute:"];

export const subnetServiceTypes: Validator = (value) => {
  if (value === null || value === "" || value === 0 || value === false) return undefined;
  if (!Array.isArray(value)) throw fault("HTTPBadRequest", { msg: "Subnet service types must be a list." });
  for (const type of value) {
    if (typeof type !== "string") throw fault("InvalidInputSubnetServiceType", { service_type: pyStr(type) });
    if (!SERVICE_TYPES.some((prefix) => type.startsWith(prefix))) {
      throw fault("InvalidSubnetServiceType", { service_type: type });
    }
  }
  return undefined;
};
described({ type: ["array", "null"], items: { type: "string" } }, subnetServiceTypes);

const MULTICAST = [parsePrefix("224.0.0.0/4") as Prefix, parsePrefix("ff00::/8") as Prefix];

function isMulticast(prefix: Prefix): boolean {
  return MULTICAST.some((net) => within(net, prefix));
}

/** Whether a prefix overlaps with a multicast range; "0.0.0.0/0" is allowed, as it means any address. */
export function multicastReason(text: string): string | undefined {
  const prefix = parsePrefix(text) as Prefix;
  const range = MULTICAST.find((net) => net.family === prefix.family) as Prefix;
  if (!text.includes("/")) {
    return isMulticast(prefix) ? `IP ${text} is a multicast address, which is not supported.` : undefined;
  }
  if (prefix.cidr === "0.0.0.0/0" || prefix.last < range.first || prefix.first > range.last) return undefined;
  return `Subnet ${text} overlaps with multicast range ${range.cidr}, which is not supported.`;
}
