/**
 * The eBPF driver: programs from bpf/ on the devices of this host, fed through pinned maps. Forwarding goes on without
 * this process. Never decides what should be there, only compares it with what is, and writes the difference.
 * Invariant: an entry is written before what points to it and removed after it; what is not programmed is dropped.
 */
export { ebpfDatapath } from "./driver.ts";
export { FLOW_TIMEOUTS, type FlowTimeouts } from "./idle.ts";
export type { EbpfOptions } from "./options.ts";
