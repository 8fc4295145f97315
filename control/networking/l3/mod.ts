/**
 * Layer 3: routers, floating addresses and what belongs to them, as parts of the request's transaction.
 * It never decides who may ask. Invariant: what a router, a port or a floating address is needed for is found by index,
 * and whoever takes it away demands that nobody began to need it meanwhile.
 */
export { conntrackHelperPlan } from "./conntrack-helper.ts";
export { floatingIpPlan } from "./floatingip.ts";
export { floatingIpPoolPlan } from "./floatingip-pools.ts";
export { forwardingPlan } from "./forwarding.ts";
export { followGateways } from "./gateway-follow.ts";
export { dropIdleFloating, isIdleFloating } from "./idle.ts";
export { localAssociationPlan } from "./local-association.ts";
export { localIpPlan } from "./local-ip.ts";
export { interfacesOf } from "./lookups.ts";
export { ndpProxyPlan } from "./ndp-proxy.ts";
export { checkPortChange, checkPortRemoval, checkRouterDevice } from "./port-rules.ts";
export { releasePort } from "./port-users.ts";
export { routerPlan } from "./router.ts";
