/**
 * Topologies that lead a project to the default external network without its doing.
 * Invariant: one topology a project, whatever other control nodes do.
 */
export { forgetTopology } from "./allocate.ts";
export { autoAllocatedTopologyPlan } from "./plan.ts";
