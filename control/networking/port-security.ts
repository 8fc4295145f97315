/** Port security, allowed address pairs and security groups of a port, and what they demand of each other. */
import type { Attributes } from "../../api/mod.ts";
import { type AddressPair, fault, type Id, type Mac, type PortRecord, parseIp, parsePrefix } from "../../model/mod.ts";
import { given, isFlag, isMac, isObject, isText, listOf, orNull } from "./attributes.ts";

export type Security = Pick<PortRecord, "port_security_enabled" | "allowed_address_pairs" | "security_groups">;

/** Cable's own ports are trusted: only the network's owner makes them (neutron_lib/utils/net.py is_port_trusted). */
const isTrusted = (deviceOwner: string) => deviceOwner.startsWith("network:");

const isAddress = (value: unknown) => {
  if (typeof value !== "string") return undefined;
  return value.includes("/") ? parsePrefix(value)?.cidr : parseIp(value);
};

function readPairs(body: Attributes, mac: Mac, maxPairs: number): AddressPair[] | undefined {
  const read = given(body, "allowed_address_pairs", orNull(listOf(isObject)));
  if (read === undefined) return undefined;
  const pairs = (read ?? []).map((entry) => {
    const address = given(entry, "ip_address", isAddress);
    if (address === undefined) throw fault("AllowedAddressPairsMissingIP");
    return { ip_address: address, mac_address: given(entry, "mac_address", isMac) ?? mac };
  });
  if (pairs.length > maxPairs) throw fault("AllowedAddressPairExhausted", { quota: maxPairs });
  const seen = new Set<string>();
  for (const pair of pairs) {
    const text = `${pair.mac_address} ${pair.ip_address}`;
    if (seen.has(text)) throw fault("DuplicateAddressPairInRequest", { ...pair });
    seen.add(text);
  }
  return pairs;
}

function readGroups(body: Attributes): Id[] | undefined {
  const groups = given(body, "security_groups", orNull(listOf(isText)));
  return groups === undefined ? undefined : [...new Set(groups ?? [])];
}

/** ml2/plugin.py _portsec_ext_port_create_processing. */
export function newSecurity(
  body: Attributes,
  port: { deviceOwner: string; mac: Mac; networkDefault: boolean },
  maxPairs: number,
): Security {
  const enabled = !isTrusted(port.deviceOwner) && (given(body, "port_security_enabled", isFlag) ?? port.networkDefault);
  const pairs = readPairs(body, port.mac, maxPairs) ?? [];
  const groups = readGroups(body) ?? [];
  if (!enabled && pairs.length > 0) throw fault("AddressPairAndPortSecurityRequired");
  if (!enabled && groups.length > 0) throw fault("PortSecurityAndIPRequiredForSecurityGroups");
  return { port_security_enabled: enabled, allowed_address_pairs: pairs, security_groups: groups };
}

/** ml2/plugin.py _portsec_ext_port_update_processing. */
export function changedSecurity(before: Security, body: Attributes, mac: Mac, maxPairs: number): Security {
  const enabled = given(body, "port_security_enabled", isFlag) ?? before.port_security_enabled;
  const pairs = readPairs(body, mac, maxPairs) ?? before.allowed_address_pairs;
  const givenGroups = readGroups(body);
  const groups = givenGroups ?? before.security_groups;
  if (!enabled && pairs.length > 0) throw fault("AddressPairAndPortSecurityRequired");
  if (!enabled && groups.length > 0) {
    throw fault(givenGroups ? "PortSecurityAndIPRequiredForSecurityGroups" : "PortSecurityPortHasSecurityGroup");
  }
  return { port_security_enabled: enabled, allowed_address_pairs: pairs, security_groups: groups };
}
