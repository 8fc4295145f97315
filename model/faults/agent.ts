/** Agents, availability zones and the schedulers (neutron_lib/exceptions/{agent,availability_zone,dhcpagentscheduler}.py, neutron/extensions/l3agentscheduler.py). */
import { type FaultRow, row } from "./row.ts";

export const AGENT = {
  AgentNotFound: row(404, "Agent %(id)s could not be found."),
  AgentNotFoundByTypeHost: row(404, "Agent with agent_type=%(agent_type)s and host=%(host)s could not be found."),
  MultipleAgentFoundByTypeHost: row(409, "Multiple agents with agent_type=%(agent_type)s and host=%(host)s found."),
  AvailabilityZoneNotFound: row(404, "AvailabilityZone %(availability_zone)s could not be found."),

  // dhcp_agent_scheduler
  InvalidDHCPAgent: row(404, "Agent %(id)s is not a valid DHCP Agent or has been disabled."),
  NetworkHostedByDHCPAgent: row(
    409,
    "The network %(network_id)s has been already hosted by the DHCP Agent %(agent_id)s.",
  ),
  NetworkNotHostedByDhcpAgent: row(409, "The network %(network_id)s is not hosted by the DHCP Agent %(agent_id)s."),

  // l3_agent_scheduler
  InvalidL3Agent: row(404, "Agent %(id)s is not a L3 Agent or has been disabled"),
  RouterHostedByL3Agent: row(409, "The router %(router_id)s has been already hosted by the L3 Agent %(agent_id)s."),
  RouterNotHostedByL3Agent: row(409, "The router %(router_id)s is not hosted by the L3 Agent %(agent_id)s."),
  RouterSchedulingFailed: row(409, "Failed scheduling router %(router_id)s to the L3 Agent %(agent_id)s."),
  RouterReschedulingFailed: row(409, "Failed rescheduling router %(router_id)s: no eligible l3 agent found."),
  RouterL3AgentMismatch: row(409, "Cannot host distributed router %(router_id)s on legacy L3 agent %(agent_id)s."),
  RouterDoesntSupportScheduling: row(409, "Router %(router_id)s does not support agent scheduling."),
  DVRL3CannotAssignToDvrAgent: row(409, "Not allowed to manually assign a router to an agent in 'dvr' mode."),
  DVRL3CannotRemoveFromDvrAgent: row(409, "Not allowed to manually remove a router from an agent in 'dvr' mode."),
  InvalidHAChassisPriority: row(400, "HA Chassis priority must be between 0 and 32767"),
  HAChassisPriorityAlreadyAssigned: row(409, "HA Chassis priority %(ha_chassis_priority)s is already assigned"),
} as const satisfies Record<string, FaultRow>;
