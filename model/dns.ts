/** Names of ports in DNS (neutron/plugins/ml2/extensions/dns_integration.py _get_dns_names_for_port). */
import type { Ip } from "./ip.ts";
import type { FixedIp } from "./records.ts";
import type { ViewNetwork } from "./view.ts";

/** Neutron's option dns_domain, in its default. */
export const DEFAULT_DNS_DOMAIN = "openstacklocal.";

export interface DnsAssignment {
  ip_address: string;
  hostname: string;
  fqdn: string;
}

/** What Neutron calls an address whose port has no dns_name. */
export const generatedHost = (ip: Ip): string => `host-${ip.replace(/[.:]/g, "-")}`;

/** What internal DNS answers for each address of a port. `domain` ends with a dot, or is empty. */
export function dnsAssignment(fixedIps: readonly FixedIp[], name: string, domain: string): DnsAssignment[] {
  return fixedIps.map(({ ip_address }) => {
    const hostname = name || generatedHost(ip_address);
    const isWhole = hostname.endsWith(".") || (name === "" && domain === "");
    return { ip_address, hostname, fqdn: isWhole ? hostname : `${hostname}.${domain}` };
  });
}

/** The domain of names in a network, without the last dot; empty if it has none. */
export function networkDomain({ dnsDomain, cloudDomain }: Pick<ViewNetwork, "dnsDomain" | "cloudDomain">): string {
  return withoutDot(dnsDomain || (cloudDomain ?? DEFAULT_DNS_DOMAIN));
}

/** The domain under which every port has a name, whatever its network's is: the one that its dns_assignment shows. */
export function cloudDomainOf({ cloudDomain = DEFAULT_DNS_DOMAIN }: Pick<ViewNetwork, "cloudDomain">): string {
  return withoutDot(cloudDomain);
}

/** As names are compared: in lower case, without the last dot. */
export const withoutDot = (name: string): string => name.replace(/\.$/, "").toLowerCase();
