/**
 * Mirrors of ports: tap services and the flows to them, and mirrors to an address outside. Services and flows
 * are ACTIVE while their ports are and the source's host says that it makes the copies.
 * Invariants: they name only ports that are there and go with them; a project uses a tunnel id for one mirror.
 */
export { tapFlowPlan } from "./flow.ts";
export { tapMirrorPlan } from "./mirror.ts";
export { removeTapsOfPort } from "./port.ts";
export { tapServicePlan } from "./service.ts";
