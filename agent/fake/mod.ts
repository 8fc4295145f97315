/**
 * Stand-ins for the agent's neighbours, for unit tests only: views from short descriptions, a data plane and a control
 * node in memory. Product code never imports it.
 * Invariant: a stand-in refuses what the real one would refuse.
 */
export * from "./control.ts";
export * from "./datapath.ts";
export * from "./log.ts";
export * from "./turns.ts";
export * from "./views.ts";
