/** Addresses and ports that stand for several backends. Invariant: a balancer's router is there as long as it is. */
export { balancerPlan, removeBalancersOf } from "./balancer.ts";
