/**
 * Which agents serve a network or have a router. DHCP is answered on the host of each port, so a network is on all DHCP
 * agents: with its first port, when Neutron schedules it, and with a subnet that has DHCP, since in Neutron it stays on
 * them when its last port goes. It can be put on one before its first port, and be taken off one. A router is on every
 * host.
 */
import type { Attributes } from "../../../api/mod.ts";
import { fault, type HostRecord, type NetworkRecord } from "../../../model/mod.ts";
import { attribute, isText } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { touched } from "../standard.ts";
import { findAgent, isUp } from "./roles.ts";

export function serves(env: Env, { name }: HostRecord, network: NetworkRecord): boolean {
  const { dhcp_excluded_hosts: excluded = [], dhcp_added_hosts: added = [] } = network;
  return added.includes(name) || (!excluded.includes(name) && (hasPorts(env, network) || hasDhcp(env, network)));
}

const hasPorts = ({ memory }: Env, { id }: NetworkRecord) => memory.portsOfNetwork(id).size > 0;

function hasDhcp({ memory }: Env, { id }: NetworkRecord): boolean {
  return [...memory.subnetsOfNetwork(id)].some((subnet) => memory.get("subnet", subnet)?.record.enable_dhcp);
}

/** The host among those that are added, or among those that are excluded. */
function place(env: Env, draft: Draft, network: NetworkRecord, name: string, to: "added" | "excluded"): void {
  const without = (hosts: string[] = []) => hosts.filter((host) => host !== name);
  const { dhcp_added_hosts: added, dhcp_excluded_hosts: excluded } = network;
  const after: NetworkRecord = {
    ...network,
    dhcp_added_hosts: [...without(added), ...(to === "added" ? [name] : [])],
    dhcp_excluded_hosts: [...without(excluded), ...(to === "excluded" ? [name] : [])],
  };
  draft.present("host", name);
  draft.replace("network", network.id, touched(env, after));
}

/** neutron/db/agentschedulers_db.py add_network_to_dhcp_agent. */
export function addNetwork(env: Env, draft: Draft, body: Attributes) {
  const networkId = attribute(body, "network_id", isText, "");
  const agentId = attribute(body, "agent_id", isText, "");
  const network = draft.get("network", networkId);
  if (network === undefined) throw fault("NetworkNotFound", { net_id: networkId });
  const agent = findAgent(draft, agentId);
  if (agent === undefined) throw fault("AgentNotFound", { id: agentId });
  if (agent.role !== "dhcp" || !isUp(agent.host, "dhcp")) throw fault("InvalidDHCPAgent", { id: agentId });
  const isScheduled = hasPorts(env, network) || network.dhcp_added_hosts?.includes(agent.host.name);
  if (isScheduled && serves(env, agent.host, network)) {
    throw fault("NetworkHostedByDHCPAgent", { network_id: networkId, agent_id: agentId });
  }
  place(env, draft, network, agent.host.name, "added");
  return { agent_id: agentId, id: networkId };
}

/** remove_network_from_dhcp_agent. */
export function removeNetwork(env: Env, draft: Draft, agentId: string, body: Attributes) {
  const networkId = attribute(body, "network_id", isText, "");
  const network = draft.get("network", networkId);
  const agent = findAgent(draft, agentId);
  if (network === undefined || agent?.role !== "dhcp" || !serves(env, agent.host, network)) {
    throw fault("NetworkNotHostedByDhcpAgent", { network_id: networkId, agent_id: agentId });
  }
  place(env, draft, network, agent.host.name, "excluded");
  return {};
}

/**
 * neutron/db/l3_agentschedulers_db.py add_router_to_l3_agent: a router that the agent has already stays as it is, and
 * here each has all of them.
 */
export function addRouter(draft: Draft, body: Attributes) {
  const routerId = attribute(body, "router_id", isText, "");
  const agentId = attribute(body, "agent_id", isText, "");
  if (draft.get("router", routerId) === undefined) throw fault("RouterNotFound", { router_id: routerId });
  const agent = findAgent(draft, agentId);
  if (agent === undefined) throw fault("AgentNotFound", { id: agentId });
  if (agent.role !== "l3" || !isUp(agent.host, "l3")) throw fault("InvalidL3Agent", { id: agentId });
  return { agent_id: agentId, id: routerId };
}
