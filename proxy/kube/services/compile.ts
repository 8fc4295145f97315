/** A service as a balancer. Pure. */
import { type BalancerFront, type Ip, parseIp } from "../../../model/mod.ts";
import type { EndpointSlice, Service } from "../objects.ts";
import { backendsOf } from "./backends.ts";

/** Kubernetes' default of sessionAffinityConfig.clientIP.timeoutSeconds: three hours. */
const AFFINITY_SECONDS = 10_800;

/** The label of slices that names their service. */
export const SERVICE_NAME = "kubernetes.io/service-name";

/** Undefined for a service without an address of its own: headless ones, and names of others. */
export function compileService(service: Service, slices: readonly EndpointSlice[]): BalancerFront[] | undefined {
  const { spec, status } = service;
  if (spec.type === "ExternalName") return undefined;
  const inside = addresses([...(spec.clusterIPs ?? []), spec.clusterIP]);
  const outside = addresses([
    ...(spec.externalIPs ?? []),
    ...(status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip),
  ]).filter((ip) => !inside.includes(ip));
  if (inside.length + outside.length === 0) return undefined;
  const affinity = spec.sessionAffinity === "ClientIP";
  const affinity_seconds = affinity ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS) : null;
  // A client inside the cluster is no external traffic, whatever address of the service it uses.
  const isLocal = spec.internalTrafficPolicy === "Local";
  const groups = isLocal
    ? [
        { ips: inside, local_only: true },
        { ips: outside, local_only: false },
      ]
    : [{ ips: [...inside, ...outside], local_only: false }];
  return (spec.ports ?? []).flatMap(({ name, protocol = "TCP", port }) => {
    const known = protocol ?? "TCP";
    const all = backendsOf(slices, name ?? "", known);
    // A changed port would need SCTP's checksum made anew.
    const backends = known === "SCTP" ? all.filter((backend) => backend.port === port) : all;
    return groups
      .filter(({ ips }) => ips.length > 0)
      .map(({ ips, local_only }) => ({
        ips,
        protocol: known.toLowerCase() as BalancerFront["protocol"],
        port,
        affinity_seconds,
        local_only,
        backends,
      }));
  });
}

/** Each once, in their order; "None" of a headless service is no address. */
function addresses(texts: readonly (string | null | undefined)[]): Ip[] {
  return [...new Set(texts.flatMap((text) => parseIp(text ?? "") ?? []))];
}
