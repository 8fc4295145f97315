/**
 * The services that a host gives its ports: DHCPv4, DHCPv6 and router advertisements. Pure: a packet and the port's view in,
 * a packet out; no sockets, no state. Invariant: an answer depends on the port alone, never on who answered before.
 */
export * from "./dhcp4.ts";
export * from "./dhcp6.ts";
export { dnsServersOf } from "./port-name.ts";
export * from "./router-advertisement.ts";
