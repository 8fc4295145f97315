/**
 * Networks, subnets and ports: what they mean, who may do what with them, and their allocation. It implements
 * api/networking.ts for every door, reads from memory, and writes each request as one transaction of the store.
 * It never speaks a foreign protocol and never reads the store but to learn its revision.
 * Invariant: an address, a MAC, a segment belongs to one record at a time, whatever number of control nodes write,
 * because each is a key in the store that is made and removed in the transaction that writes its record.
 */
export { DEFAULT_OPTIONS, type NetworkingOptions } from "./env.ts";
export * from "./networking.ts";
