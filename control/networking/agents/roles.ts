/** The agents of a host: one for each thing that it does, by the types that clients look for. */
import { createHash } from "node:crypto";
import type { AgentRole, HostRecord, Id } from "../../../model/mod.ts";
import { index } from "../indexes.ts";
import type { Reader } from "../reader.ts";

export interface Role {
  agent_type: string;
  topic: string;
  /** Whether it counts as being in its host's zone (neutron/db/agents_db.py _list_availability_zones). */
  zoned: "network" | "router" | null;
}

/** `agent_type` and `topic` are Neutron's (neutron_lib/constants.py, neutron/common/topics.py) but for what is Cable's own. */
export const ROLES: Readonly<Record<AgentRole, Role>> = {
  dhcp: { agent_type: "DHCP agent", topic: "dhcp_agent", zoned: "network" },
  l3: { agent_type: "L3 agent", topic: "l3_agent", zoned: "router" },
  l2: { agent_type: "Cable agent", topic: "N/A", zoned: null },
};
export const ROLE_NAMES = Object.keys(ROLES) as AgentRole[];

export const DEFAULT_ZONE = "nova";

export const zoneOf = ({ availability_zone = DEFAULT_ZONE }: HostRecord) => availability_zone;
export const isUp = ({ agents }: HostRecord, role: AgentRole) => agents?.[role]?.admin_state_up ?? true;

/** RFC 9562 section 5.5: the same on every control node without being stored. The name space is Cable's own. */
const NAMESPACE = Buffer.from("3f1d8c58d3a24d6fb6f06d7f0b9a6d51", "hex");

export function agentId(host: string, role: AgentRole): Id {
  const hash = createHash("sha1").update(NAMESPACE).update(`${role}/${host}`).digest().subarray(0, 16);
  hash[6] = ((hash[6] as number) & 0x0f) | 0x50;
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80;
  return hash.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const BY_AGENT = index("host", ({ name }) => ROLE_NAMES.map((role) => agentId(name, role)));

/** The host and role that an agent's id stands for; undefined also for one that was deleted and has not come back. */
export function findAgent(reader: Reader, id: Id): { host: HostRecord; role: AgentRole } | undefined {
  const [host] = reader.select(BY_AGENT, id);
  const role = host && ROLE_NAMES.find((name) => agentId(host.name, name) === id);
  return host && role && isThere(reader, host, role) ? { host, role } : undefined;
}

/** A deleted agent is there again once its host was seen after that. */
export function isThere(reader: Reader, host: HostRecord, role: AgentRole): boolean {
  const removedAt = host.agents?.[role]?.removed_at;
  return removedAt === undefined || (reader.get("host_beat", host.name)?.seen_at ?? "") > removedAt;
}
