/**
 * Mirrors of ports: tap services and the flows to them, and mirrors to an address outside. Nothing is mirrored here:
 * services and flows are DOWN until a data plane says otherwise.
 * Invariants: they name only ports that are there and go with them; a project uses a tunnel id for one mirror.
 */
export { tapFlowPlan } from "./flow.ts";
export { tapMirrorPlan } from "./mirror.ts";
export { removeTapsOfPort } from "./port.ts";
export { tapServicePlan } from "./service.ts";
