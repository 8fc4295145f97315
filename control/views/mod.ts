/**
 * Host views: what each host needs to know, derived from the records and streamed as lines. Never writes, and knows
 * neither the store nor HTTP. Invariant: a reader that has seen "synced" or "bookmark" at a revision holds exactly what
 * derive.ts makes of the records at that revision, whether it started fresh or resumed.
 */
export { hostOfFloatingIp } from "./derive-outside.ts";
export { placeOf, segmentsOf } from "./place.ts";
export { type Reader, Views } from "./views.ts";
