import type { Ip, ViewNetwork, ViewPort } from "../../model/mod.ts";

/** A port's name without domain, as Neutron makes one up: host-10-0-0-5 (neutron/agent/linux/dhcp.py). */
export function hostName(port: Pick<ViewPort, "dnsName">, ip: Ip): string {
  return port.dnsName === "" ? `host-${ip.replaceAll(/[.:]/g, "-")}` : port.dnsName;
}

/** A network's domain, or Neutron's default one (dns_domain in neutron/conf/common.py), without the dot at its end. */
export function domainOf(network: Pick<ViewNetwork, "dnsDomain">): string {
  return network.dnsDomain === "" ? "openstacklocal" : network.dnsDomain.replace(/\.$/, "");
}
