/** Balancers in the data plane under test, as the driver makes entries of them. */
import type { MapKey, MapName, RouterNumber } from "../../../bpf/layout.gen.ts";
import { balancerEntries } from "../../../datapath/ebpf/balancers.ts";
import { ip } from "../../../model/mod.ts";
import type { Plane } from "./plane.ts";

export interface TestBalancer {
  ip: string;
  protocol: number;
  port: number;
  backends: readonly { ip: string; port: number; isLocal?: boolean }[];
  affinitySeconds?: number;
  localOnly?: boolean;
  router?: number;
}

/** Takes away what the balancer has beyond these. */
function retain(plane: Plane, of: MapKey<"balancers">, kept: ReadonlySet<string>): void {
  const isOf = (key: { of: MapKey<"balancers"> }) => JSON.stringify(key.of) === JSON.stringify(of);
  for (const map of ["backends", "backings"] as const)
    for (const [key] of plane.all(map))
      if (isOf(key as MapKey<"backends">) && !kept.has(JSON.stringify([map, key]))) plane.remove(map, key as never);
}

/** Puts it in, or changes it, as the driver does while packets come: no flow is told. */
export function setBalancer(plane: Plane, balancer: TestBalancer): void {
  const { backends, affinitySeconds = null, localOnly = false, router = 1, protocol, port } = balancer;
  const front = {
    ips: [ip(balancer.ip)],
    protocol,
    port,
    affinitySeconds,
    localOnly,
    backends: backends.map((each) => ({ ip: ip(each.ip), port: each.port, isLocal: each.isLocal ?? false })),
  };
  const entries = balancerEntries({ id: "b", routerId: "r", fronts: [front] }, router as RouterNumber);
  for (const { map, key, value } of entries.toReversed()) plane.put(map as MapName, key, value);
  const of = { ip: ip(balancer.ip), router: router as RouterNumber, port, proto: protocol };
  retain(plane, of, new Set(entries.map(({ map, key }) => JSON.stringify([map, key]))));
}

export function removeBalancers(plane: Plane): void {
  for (const map of ["balancers", "backends", "backings", "affinities"] as const)
    for (const [key] of plane.all(map)) plane.remove(map, key as never);
}
