/**
 * Trunks: a port that carries other ports' frames, told apart by their VLAN.
 * Invariant: a port is in one trunk at most, as its parent or as one of its subports, by a key of the store.
 */
export { followParent, trunkStatus } from "./carry.ts";
export { checkNotInTrunk, withTrunk } from "./ports.ts";
export { trunkPlan } from "./trunk.ts";
