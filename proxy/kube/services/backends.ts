/** Who answers for a service: the endpoints of its slices, port by port. */
import { type Ip, parseIp } from "../../../model/mod.ts";
import type { EndpointSlice, Protocol, SliceEndpoint } from "../objects.ts";

export interface Backend {
  ip: Ip;
  port: number;
}

/** Conditions that are not told are taken as the API does (EndpointConditions): ready, and serving as it is ready. */
function isReady({ conditions }: SliceEndpoint): boolean {
  return conditions?.ready ?? true;
}

/** On its way out, but still answering: better than nobody. */
function isLeaving({ conditions }: SliceEndpoint): boolean {
  return conditions?.terminating === true && (conditions.serving ?? conditions.ready ?? true);
}

/** Those for the service's port of this name: the ready ones, or, where there are none, those still answering. */
export function backendsOf(slices: readonly EndpointSlice[], name: string, protocol: Protocol): Backend[] {
  const ready = new Map<string, Backend>();
  const leaving = new Map<string, Backend>();
  for (const { addressType, endpoints, ports } of slices) {
    if (addressType !== "IPv4" && addressType !== "IPv6") continue;
    for (const port of ports ?? []) {
      if ((port.name ?? "") !== name || (port.protocol ?? "TCP") !== protocol || port.port == null) continue;
      for (const endpoint of endpoints ?? []) {
        const into = isReady(endpoint) ? ready : isLeaving(endpoint) ? leaving : undefined;
        // All addresses of one endpoint are the same one's (Endpoint.addresses): the first stands for it.
        const ip = parseIp(endpoint.addresses[0] ?? "");
        if (into !== undefined && ip !== undefined) into.set(`${ip} ${port.port}`, { ip, port: port.port });
      }
    }
  }
  const found = ready.size > 0 ? ready : leaving;
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, backend]) => backend);
}
