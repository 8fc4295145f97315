/**
 * What the agent tells the control node: facts of the host, ports up or down, routers' ends and floating IPs, the
 * revision in force.
 * Never tells the same twice, except after a reconnect. Invariant: one request is under way at a time, so that an
 * older report cannot overtake a newer one.
 */
export * from "./reporter.ts";
export { type RouterHere, RouterReporter } from "./routers.ts";
