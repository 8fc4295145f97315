/** Balancers: which are behind which router, and what a host is told of one. */
import { type BalancerRecord, type Id, IP_PROTOCOLS, type ViewBalancer } from "../../model/mod.ts";
import type { Memory } from "../memory.ts";
import { SetIndex } from "../set-index.ts";

export class Balancers {
  /** Another number when a balancer came, went, or is behind another router. */
  version = 0;
  readonly #ofRouter = new SetIndex<Id>();

  /** Takes a change in; true when a balancer came, went, or is behind another router. */
  change(id: Id, before: BalancerRecord | undefined, after: BalancerRecord | undefined): boolean {
    if (before?.router_id === after?.router_id) return false;
    this.version++;
    if (before !== undefined) this.#ofRouter.remove(before.router_id, id);
    if (after !== undefined) this.#ofRouter.add(after.router_id, id);
    return true;
  }

  behind(routers: Iterable<Id>): Set<Id> {
    const found = new Set<Id>();
    for (const router of routers) for (const id of this.#ofRouter.of(router)) found.add(id);
    return found;
  }
}

/** Undefined for one that is not there. Pure, as derive.ts. */
export function viewBalancer(memory: Memory, id: Id): ViewBalancer | undefined {
  const record = memory.get("balancer", id)?.record;
  if (record === undefined) return undefined;
  const fronts = record.fronts.map(({ ips, protocol, port, affinity_seconds, local_only, backends }) => ({
    ips,
    protocol: IP_PROTOCOLS[protocol],
    port,
    affinitySeconds: affinity_seconds,
    localOnly: local_only,
    backends,
  }));
  return { id, name: record.name, routerId: record.router_id, fronts };
}
