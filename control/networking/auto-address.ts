/** The addresses that the present ports of a network form in a new SLAAC subnet (add_auto_addrs_on_network_ports). */
import { type FixedIp, type Id, type PortRecord, prefix, type SubnetRecord, slaacAddress } from "../../model/mod.ts";
import { keys } from "../../store/mod.ts";
import { candidateSubnets, isRouterSide } from "../ipam/mod.ts";
import type { Draft } from "./draft.ts";
import type { Env } from "./env.ts";
import { touched } from "./standard.ts";

const PORTS_AT_A_TIME = 200;

/**
 * Stages the address for the next ports that lack it. Ports created after the subnet got it at once: their plan rested
 * on the network's record, which the new subnet rewrote.
 */
export function followAutoAddress(env: Env, draft: Draft, subnetId: Id): "more" | "done" {
  const subnet = draft.get("subnet", subnetId);
  if (subnet === undefined) return "done";
  let staged = 0;
  for (const portId of draft.memory.portsOfNetwork(subnet.network_id)) {
    const port = draft.get("port", portId);
    const entry = port === undefined ? undefined : missingAddress(draft, port, subnet);
    if (port === undefined || entry === undefined) continue;
    if (++staged > PORTS_AT_A_TIME) return "more";
    draft.present("subnet", subnetId);
    draft.claim(keys.ip(subnetId, entry.ip_address), portId);
    draft.replace("port", portId, touched(env, { ...port, fixed_ips: [...port.fixed_ips, entry] }));
  }
  return "done";
}

function missingAddress(draft: Draft, port: PortRecord, subnet: SubnetRecord): FixedIp | undefined {
  if (isRouterSide(port.device_owner) || port.fixed_ips.some((entry) => entry.subnet_id === subnet.id))
    return undefined;
  if (candidateSubnets([subnet], port.device_owner).length === 0) return undefined;
  const address = slaacAddress(prefix(subnet.cidr), port.mac_address);
  // Somebody asked for just this address by name: the port does without, as in Neutron.
  const key = keys.ip(subnet.id, address);
  if (draft.isIpUsed(subnet.id, address) || draft.isTaken(key)) return undefined;
  return { subnet_id: subnet.id, ip_address: address };
}
