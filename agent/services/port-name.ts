/** What a port is called, and who tells it others' names. */
import {
  generatedHost,
  type Ip,
  ipFamily,
  SERVICE_IP4,
  SERVICE_IP6,
  type ViewPort,
  type ViewSubnet,
} from "../../model/mod.ts";

/** A port's name without domain; Neutron's generated one if it has none. */
export function hostName(port: Pick<ViewPort, "dnsName">, ip: Ip): string {
  return port.dnsName === "" ? generatedHost(ip) : port.dnsName;
}

/** A subnet whose only server is this address is to tell of none (neutron/agent/linux/dhcp.py _generate_opts_per_subnet). */
const NO_SERVER: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** The DNS servers of the subnet's clients, of its family: without any of its own, the service of this host. */
export function dnsServersOf({ cidr, dnsServers }: Pick<ViewSubnet, "cidr" | "dnsServers">): Ip[] {
  const family = ipFamily(cidr);
  if (dnsServers.length === 0) return [family === 4 ? SERVICE_IP4 : SERVICE_IP6];
  return dnsServers.filter((server) => ipFamily(server) === family && !NO_SERVER.has(server));
}
