/**
 * Where subnets come from: subnet pools, the parts of them that subnets have, and address scopes over them.
 * Invariant: no two subnets of a pool overlap, nor two pools of a scope, however many control nodes there are.
 */
export { checkAffinity, scopesOf } from "./affinity.ts";
export { allocate, firstHost } from "./allocate.ts";
export { subnetPoolPlan } from "./pool.ts";
export { rangeKey, releaseRange } from "./ranges.ts";
export { defaultPool, poolOf, wantedOf } from "./request.ts";
export { addressScopePlan } from "./scope.ts";
