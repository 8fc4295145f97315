/**
 * From the view and the devices of this host to what its data plane should be. Pure: no I/O, no clock.
 * Never decides what is removed and when; that is the loop's.
 * Invariant: planning change by change ends where planning the whole at once does.
 */
export * from "./endpoint.ts";
export type { AddressAt } from "./moves.ts";
export * from "./planner.ts";
export * from "./text.ts";
export * from "./vif.ts";
