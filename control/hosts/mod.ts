/**
 * The native API (api/hosts.ts): hosts, their view streams, their status reports and the ports of their containers.
 * It never speaks Neutron. Invariant: a host's token reaches that host's paths only, and a port's status is
 * written only by the host that the port is bound to.
 */
export { Beats } from "./beats.ts";
export { type HostRoutesParts, hostRoutes } from "./routes.ts";
