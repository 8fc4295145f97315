/**
 * The only code that touches Linux. Never runs a command: netlink, bpf(2), setns(2) and ioctl(2) by library calls.
 * Invariant: every call is repeatable, and what it could not do it throws as a {@link SystemError}.
 */
export * from "./host.ts";
export { linuxHost } from "./linux/host.ts";
export { entryText, keyText } from "./map-text.ts";
