/** An agent as it is shown (neutron/db/agents_db.py _make_agent_dict). */
import type { DerivedRow } from "../../../api/mod.ts";
import type { AgentRole, HostRecord } from "../../../model/mod.ts";
import type { Env } from "../env.ts";
import type { Reader } from "../reader.ts";
import { agentId, isUp, ROLES, zoneOf } from "./roles.ts";

/** neutron/conf/agent/database/agents_db.py agent_down_time. */
const DOWN_TIME_MS = 75_000;

/** As Neutron writes these times, which differ from those of other resources: without T and Z. */
const spaced = (time: string) => time.replace("T", " ").replace("Z", "");

function configurations(env: Env, { name, facts }: HostRecord, role: AgentRole): Record<string, unknown> {
  // Every port of a host is served there, whatever its network; counting networks would mean to look at each port.
  const ports = env.memory.portsOfHost(name).size;
  if (role === "dhcp") return { ports, log_agent_heartbeats: false };
  // What Neutron calls an agent of distributed routers: it has all of them, and nobody chooses which.
  if (role === "l3") return { agent_mode: "dvr", log_agent_heartbeats: false };
  return {
    devices: ports,
    bridge_mappings: facts?.physical_networks ?? {},
    tunnel_types: ["vxlan"],
    tunneling_ip: facts?.tunnel_ip ?? null,
    datapath_type: facts?.datapath ?? null,
    agent_version: facts?.agent_version ?? null,
    log_agent_heartbeats: false,
  };
}

export function agentRow(env: Env, reader: Reader, host: HostRecord, role: AgentRole): DerivedRow {
  const { agent_type, topic, zoned } = ROLES[role];
  const beat = reader.get("host_beat", host.name);
  const seenAt = beat?.seen_at ?? host.created_at;
  return {
    id: agentId(host.name, role),
    agent_type,
    binary: "cable-agent",
    topic,
    host: host.name,
    admin_state_up: isUp(host, role),
    created_at: spaced(host.created_at),
    started_at: spaced(beat?.started_at ?? host.created_at),
    heartbeat_timestamp: spaced(seenAt),
    alive:
      beat !== undefined && beat.gone_at === undefined && Date.parse(env.now()) - Date.parse(seenAt) <= DOWN_TIME_MS,
    configurations: configurations(env, host, role),
    description: host.agents?.[role]?.description ?? null,
    availability_zone: zoned === null ? null : zoneOf(host),
    // Placement is told of what Cable has by nobody.
    resources_synced: null,
  };
}
