/**
 * Watch, plan, apply: follows the view and the links of the host and keeps the data plane at the plan.
 * Never removes anything before the control node has given one complete view.
 * Invariant: after an apply without failures, the data plane is what the whole plan says.
 */
export * from "./advertised-networks.ts";
export * from "./advertiser.ts";
export * from "./devices.ts";
export * from "./holders.ts";
export * from "./loop.ts";
export * from "./responder.ts";
export * from "./saver.ts";
export * from "./watcher.ts";
export * from "./wires.ts";
