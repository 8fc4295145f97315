/**
 * Bytes that have no C side: packet formats as pure encoders and decoders. No I/O, no state, no clock.
 * Invariant: a decoder never throws and never reads past its input; what it refuses it names.
 */
export * from "./checksum.ts";
export * from "./dhcp4.ts";
export * from "./dhcp6.ts";
export * from "./dns/mod.ts";
export * from "./domain-name.ts";
export * from "./neighbour.ts";
export * from "./probe.ts";
export * from "./router-advertisement.ts";
export * from "./udp4.ts";
export * from "./udp6.ts";
