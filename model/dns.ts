/** Names of ports in DNS (neutron/plugins/ml2/extensions/dns_integration.py _get_dns_names_for_port). */
import type { FixedIp } from "./records.ts";

/** Neutron's option dns_domain, in its default. */
export const DEFAULT_DNS_DOMAIN = "openstacklocal.";

export interface DnsAssignment {
  ip_address: string;
  hostname: string;
  fqdn: string;
}

/** What internal DNS answers for each address of a port. `domain` ends with a dot, or is empty. */
export function dnsAssignment(fixedIps: readonly FixedIp[], name: string, domain: string): DnsAssignment[] {
  return fixedIps.map(({ ip_address }) => {
    const hostname = name || `host-${ip_address.replace(/[.:]/g, "-")}`;
    const isWhole = hostname.endsWith(".") || (name === "" && domain === "");
    return { ip_address, hostname, fqdn: isWhole ? hostname : `${hostname}.${domain}` };
  });
}
