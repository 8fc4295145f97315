/** What is outside: external networks' gateways, floating IPs and the like, as a lab's user handles them. */
import type { NetworkingTypes } from "../../api/mod.ts";
import { type Ip, ip } from "../../model/mod.ts";
import type { Lab } from "./lab.ts";
import { startMachine } from "./machine.ts";
import { mustIn } from "./netns.ts";
import type { Attributes } from "./neutron.ts";
import { until } from "./process.ts";
import type { Workload } from "./workload.ts";

/** Sets a router's way outside; returns its addresses there. */
export async function setGateway(lab: Lab, router: string, network: string, more: Attributes = {}): Promise<Ip[]> {
  const network_id = lab.networks.get(network)?.network.id;
  const shown = await lab.neutron.update("router", router, { external_gateway_info: { network_id, ...more } });
  const info = shown.external_gateway_info as { external_fixed_ips: { ip_address: string }[] };
  return info.external_fixed_ips.map(({ ip_address }) => ip(ip_address));
}

/** A floating IP that leads to a workload. */
export async function addFloatingIp(
  lab: Lab,
  network: string,
  workload: string | null,
): Promise<NetworkingTypes["floatingip"]> {
  const body = { floating_network_id: lab.networks.get(network)?.network.id };
  const port_id = workload === null ? null : lab.entry(workload).port.id;
  return lab.neutron.create("floatingip", { ...body, ...(port_id === null ? {} : { port_id }) });
}

/** A machine that Cable knows nothing of, on the external network's wire: its router, and what lies beyond. */
export async function startOutside(
  lab: Lab,
  options: { vlan: number; addresses: readonly string[]; beyond: readonly string[] },
): Promise<Workload> {
  const netns = `${lab.name}-outside`;
  const port = { id: "outside", mac_address: "02:00:00:00:09:01" };
  const { wire, directory } = lab;
  const { vlan, addresses } = options;
  const outside = await startMachine({ name: "outside", netns, directory, wire, vlan, port, addresses });
  for (const address of options.beyond) await mustIn(netns, ["ip", "addr", "add", address, "dev", "lo"]);
  return outside;
}

/** Waits until the control node has put a router's gateway at a host; returns its name. */
export async function gatewayHost(lab: Lab, mac: string): Promise<string> {
  let found = "";
  await until("a router's gateway to be at a host", async () => {
    for (const host of lab.hosts.values()) {
      const lines = await host.dump().catch(() => [] as string[]);
      if (lines.some((line) => line.startsWith("gateways[") && isHere(line) && line.includes(mac))) found = host.name;
    }
    if (found === "") throw new Error("it is at none");
    return true;
  });
  return found;
}

/** enum gateway_flag: GATEWAY_HERE. */
const isHere = (line: string) => (Number(/flags=(\d+)/.exec(line)?.[1]) & 1) === 1;
