/**
 * The Neutron door: OpenStack's network API v2.0 in front of the networking interface. Checks the form of requests,
 * asks the policy, renders answers; knows nothing of how anything is stored, allocated or bound, and keeps no state.
 * Invariant: what reaches the networking interface has passed its attribute's row, and every error that leaves has
 * Neutron's body.
 */
export type { Row } from "./attribute.ts";
export { convertKnown } from "./body.ts";
export { type NeutronDoorOptions, neutronDoor } from "./door.ts";
export { hintOf } from "./list.ts";
export { PolicyFile } from "./policy/mod.ts";
export { compileFilters } from "./query.ts";
export { renderer } from "./render.ts";
export type { Resource } from "./resource.ts";
export { RESOURCES } from "./resources.ts";
