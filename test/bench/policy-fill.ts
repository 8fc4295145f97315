/** What policy is measured with: many rules, many ports, and a host that is only told of. */
import type { PortRecord } from "../../model/mod.ts";
import { type Attributes, type Lab, Neutron } from "../kit/mod.ts";

const PORTS_A_REQUEST = 100;
const AT_ONCE = 4;

/** The rule with this number, of all kinds that rules are: ports, ranges of them, prefixes, remote groups, IPv6. */
function ruleOf(index: number, group: string): Attributes {
  const port = 10_000 + index;
  const tcp = { protocol: "tcp", port_range_min: port, port_range_max: port };
  switch (index % 5) {
    case 0:
      return tcp;
    case 1:
      return { ...tcp, port_range_max: port + 5 };
    case 2:
      return { ...tcp, remote_ip_prefix: `100.${64 + (index >> 8)}.${index & 255}.0/24` };
    case 3:
      return { ...tcp, remote_group_id: group };
    default:
      return { ...tcp, ethertype: "IPv6", remote_ip_prefix: `2001:db8:${index.toString(16)}::/48` };
  }
}

/** Gives a group so many rules, none of which lets the benches' own traffic pass. */
export async function mixedRules(lab: Lab, group: string, count: number): Promise<void> {
  const base = { security_group_id: group, direction: "ingress", ethertype: "IPv4" };
  for (let made = 0; made < count; made += PORTS_A_REQUEST) {
    const security_group_rules = Array.from({ length: Math.min(PORTS_A_REQUEST, count - made) }, (_, i) => ({
      ...base,
      ...ruleOf(made + i, group),
    }));
    await lab.neutron.request("POST", "/v2.0/security-group-rules", { security_group_rules });
  }
}

/** Ports of virtual machines on a host. */
export async function fillHost(
  lab: Lab,
  ports: { network_id: string; host: string; count: number; groups: string[] },
): Promise<PortRecord[]> {
  const { network_id, host, count, groups } = ports;
  const port = { network_id, device_owner: "compute:nova", "binding:host_id": host, security_groups: groups };
  const made: PortRecord[] = [];
  let asked = 0;
  const ask = async () => {
    while (asked < count) {
      const length = Math.min(PORTS_A_REQUEST, count - asked);
      asked += length;
      const body = { ports: Array<Attributes>(length).fill(port) };
      const reply = (await lab.neutron.request("POST", "/v2.0/ports", body)) as { ports: PortRecord[] };
      made.push(...reply.ports);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return made;
}

/** A host whose agent has reported once and is not there: others know its ports, which nobody serves. Its name. */
export async function ghostHost(lab: Lab): Promise<string> {
  const name = "ghost";
  const made = (await lab.control.native().request("POST", "/v1/hosts", { name, container_projects: [] })) as {
    token: string;
  };
  const facts = {
    tunnel_ip: "198.18.255.254",
    physical_networks: {},
    underlay_mtu: 1500,
    agent_version: "1",
    datapath: "ebpf",
  };
  const host = new Neutron(lab.control.url, { authorization: `Bearer ${made.token}` });
  await host.request("PUT", `/v1/hosts/${name}/status`, { facts, revision: 0, ports: {} });
  return name;
}
