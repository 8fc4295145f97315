/** Validators for DNS names (neutron_lib/api/validators/dns.py). */
import type { Validator } from "./attribute.ts";
import { described } from "./json-schema.ts";
import { string } from "./validators.ts";

const FQDN_LENGTH = 255;

/** RFC 1123 section 2.1; the keywords are those of the extension dns-integration-domain-keywords. */
function dnsReason(name: string): string | undefined {
  const trimmed = name.endsWith(".") ? name.slice(0, -1) : name;
  if (trimmed.length > FQDN_LENGTH) return `'${trimmed}' exceeds the ${FQDN_LENGTH} character FQDN limit`;
  const labels = trimmed.split(".");
  for (const label of labels) {
    if (label === "") return "Encountered an empty component";
    if (label.startsWith("-") || label.endsWith("-")) return `Name '${label}' must not start or end with a hyphen`;
    if (!/^([a-z0-9-]{1,63}|<project_id>|<project_name>|<user_id>|<user_name>)$/.test(label)) {
      return `Name '${label}' must be 1-63 characters long, each of which can only be alphanumeric or a hyphen`;
    }
  }
  const last = labels.at(-1) ?? "";
  return labels.length > 1 && /^\d+$/.test(last) ? `TLD '${last}' must not be all numeric` : undefined;
}

function dnsFormat(name: string): string | undefined {
  const reason = name === "" ? undefined : dnsReason(name);
  return reason && `'${name}' not a valid PQDN or FQDN. Reason: ${reason}`;
}

export const dnsHostName: Validator = (value) => string()(value) ?? dnsFormat(value as string);
described({ type: "string", maxLength: FQDN_LENGTH }, dnsHostName);

export const dnsDomainName: Validator = (value) => {
  const reason = string()(value);
  if (reason || value === "") return reason;
  const name = value as string;
  if (!name.endsWith(".")) return `'${name}' is not a FQDN`;
  const bad = dnsFormat(name);
  if (bad || name.length <= FQDN_LENGTH - 2) return bad;
  return `'${name}' contains ${name.length} characters. Adding a sub-domain will cause it to exceed the maximum length of a FQDN of '${FQDN_LENGTH}'`;
};
described({ type: "string", maxLength: FQDN_LENGTH - 2 }, dnsDomainName);

/** A floating IP's name is relative: the domain comes from its network or from `dns_domain`. */
export const fipDnsHostName: Validator = (value) => {
  const reason = string()(value);
  if (reason || value === "") return reason;
  const name = value as string;
  if (name.endsWith(".")) return `'${name}' is a FQDN. It should be a relative domain name`;
  const bad = dnsFormat(name);
  if (bad || name.length <= FQDN_LENGTH - 3) return bad;
  return `'${name}' contains ${name.length} characters. Adding a domain name will cause it to exceed the maximum length of a FQDN of '${FQDN_LENGTH}'`;
};
described({ type: "string", maxLength: FQDN_LENGTH - 3 }, fipDnsHostName);
