/**
 * The nouns of Cable: addresses, records, host views, faults. No I/O, no clock, imports nothing of ours.
 * Invariant: a value of a branded type was checked by the one parser that makes it.
 */
export * from "./dns.ts";
export * from "./explain.ts";
export * from "./faults.ts";
export * from "./ip.ts";
export * from "./mac.ts";
export * from "./protocol.ts";
export * from "./records.ts";
export * from "./view.ts";
