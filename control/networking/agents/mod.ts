/**
 * The hosts as Neutron's clients know them: agents with types, the availability zones these are in, and what they are
 * said to serve. All of it is derived from the host records; what is set of an agent is kept there.
 */
export { agentNetworkPlan, agentPlan, agentRouterPlan, networkAgentPlan, routerAgentPlan } from "./plan.ts";
export { availabilityZonePlan, checkZones, zonesOfNetwork, zonesOfRouters } from "./zones.ts";
