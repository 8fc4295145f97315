/** Agents, where they are, and scheduling on them. */
import { type Extension, row } from "./row.ts";

export const AGENT: readonly Extension[] = [
  row("agent", "agent", "2013-02-03T10:00:00-00:00", "The agent management extension."),
  row(
    "agent-resources-synced",
    "Agent's Resource View Synced to Placement",
    "2018-12-19T00:00:00-00:00",
    "Stores success/failure of last sync to Placement",
  ),
  row(
    "agent_sort_key",
    "Agents Sort Key",
    "2013-02-03T10:00:00-00:00",
    "Enabling the keyword sort_key for sorting in agents.",
  ),
  row("availability_zone", "Availability Zone", "2015-01-01T10:00:00-00:00", "The availability zone extension."),
  row(
    "availability_zone_filter",
    "Availability Zone Filter Extension",
    "2018-06-22T10:00:00-00:00",
    "Add filter parameters to AvailabilityZone resource",
  ),
  row(
    "dhcp_agent_scheduler",
    "DHCP Agent Scheduler",
    "2013-02-07T10:00:00-00:00",
    "Schedule networks among dhcp agents",
  ),
  row(
    "l3-agent-scheduler-ha-chassis-priority",
    "L3 Agent Scheduler HA Chassis Priority",
    "2026-03-31T00:00:00-00:00",
    "Exposes the HA_Chassis priority in the L3 Agent Scheduler API responses and allows setting priority when scheduling a router to a chassis.",
  ),
  row("l3_agent_scheduler", "L3 Agent Scheduler", "2013-02-07T10:00:00-00:00", "Schedule routers among l3 agents"),
  row(
    "network_availability_zone",
    "Network Availability Zone",
    "2015-01-01T10:00:00-00:00",
    "Availability zone support for network.",
  ),
  row(
    "router_availability_zone",
    "Router Availability Zone",
    "2015-01-01T10:00:00-00:00",
    "Availability zone support for router.",
  ),
];
