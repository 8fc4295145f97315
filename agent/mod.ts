/**
 * The process on every host: follows the host's view, keeps its data plane at it, serves its ports and its containers.
 * Never speaks to the store, never decides what the network is, and forwards no packet itself.
 * Invariant: stopping it, by whatever means, takes nothing out of force.
 */
export { main } from "./main.ts";
