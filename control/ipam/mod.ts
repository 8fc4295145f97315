/**
 * IPAM: allocation pools, which addresses a port is to have, and the choice of free ones. Pure: it never reads or
 * writes the store; the caller's transaction makes an address the port's own.
 * Invariant: an address that is used is never chosen, and none is refused while a free one exists in the pools.
 */
export * from "./choose.ts";
export * from "./eligible.ts";
export * from "./fixed-ips.ts";
export * from "./pools.ts";
export * from "./prefix-set.ts";
export * from "./subnets.ts";
