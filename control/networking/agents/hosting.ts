/**
 * Which agents serve a network or have a router. DHCP is answered on the host of each port, and a router is on every
 * host, so by itself each agent has them all; a network can be taken off the DHCP agents of single hosts.
 */
import type { Attributes } from "../../../api/mod.ts";
import { fault, type HostRecord, type NetworkRecord } from "../../../model/mod.ts";
import { attribute, isText } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { touched } from "../standard.ts";
import { findAgent, isUp } from "./roles.ts";

export const serves = (host: HostRecord, { dhcp_excluded_hosts: excluded = [] }: NetworkRecord) =>
  !excluded.includes(host.name);

function exclude(env: Env, draft: Draft, network: NetworkRecord, hosts: string[]): void {
  draft.replace("network", network.id, touched(env, { ...network, dhcp_excluded_hosts: hosts }));
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
  if (serves(agent.host, network)) {
    throw fault("NetworkHostedByDHCPAgent", { network_id: networkId, agent_id: agentId });
  }
  const { name } = agent.host;
  exclude(
    env,
    draft,
    network,
    (network.dhcp_excluded_hosts ?? []).filter((excluded) => excluded !== name),
  );
  return { agent_id: agentId, id: networkId };
}

/** remove_network_from_dhcp_agent. */
export function removeNetwork(env: Env, draft: Draft, agentId: string, body: Attributes) {
  const networkId = attribute(body, "network_id", isText, "");
  const network = draft.get("network", networkId);
  const agent = findAgent(draft, agentId);
  if (network === undefined || agent?.role !== "dhcp" || !serves(agent.host, network)) {
    throw fault("NetworkNotHostedByDhcpAgent", { network_id: networkId, agent_id: agentId });
  }
  draft.present("host", agent.host.name);
  exclude(env, draft, network, [...(network.dhcp_excluded_hosts ?? []), agent.host.name]);
  return {};
}

/** neutron/db/l3_agentschedulers_db.py add_router_to_l3_agent: nobody chooses where a distributed router is. */
export function addRouter(draft: Draft, body: Attributes): never {
  const routerId = attribute(body, "router_id", isText, "");
  const agentId = attribute(body, "agent_id", isText, "");
  if (draft.get("router", routerId) === undefined) throw fault("RouterNotFound", { router_id: routerId });
  const agent = findAgent(draft, agentId);
  if (agent === undefined) throw fault("AgentNotFound", { id: agentId });
  if (agent.role !== "l3") throw fault("InvalidL3Agent", { id: agentId });
  throw fault("DVRL3CannotAssignToDvrAgent");
}
