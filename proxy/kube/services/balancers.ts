/** A cluster's balancers: made equal to what its services are compiled to. */
import type { NetworkingTypes } from "../../../api/mod.ts";
import type { BalancerFront, Id } from "../../../model/mod.ts";
import { clusterTag, groupName } from "../groups/names.ts";
import { type ClusterRequests, chunks, ignoring } from "../requests.ts";

type Balancer = NetworkingTypes["balancer"];

/** By the service's name; undefined: no balancer. */
export type WantedBalancers = ReadonlyMap<string, BalancerFront[] | undefined>;

export class Balancers {
  readonly #parts: ClusterRequests;
  /** By their names. */
  readonly #known = new Map<string, Balancer>();

  constructor(parts: ClusterRequests) {
    this.#parts = parts;
  }

  /** What an earlier run, or another control node, has made; what is at another router is made anew. */
  async load(routerId: Id): Promise<void> {
    const { networking, caller, cluster } = this.#parts;
    const rows = await networking.list(caller, "balancer", { project_id: [caller.projectId] });
    this.#known.clear();
    for (const row of rows) {
      if (!row.tags.includes(clusterTag(cluster))) continue;
      if (row.router_id !== routerId || this.#known.has(row.name)) await this.#delete(row.id);
      else this.#known.set(row.name, row);
    }
  }

  nameOf(service: string): string {
    return groupName(this.#parts.cluster, service);
  }

  /** Takes away those of which `isWanted` says no. */
  async retain(isWanted: (name: string) => boolean): Promise<void> {
    for (const name of [...this.#known.keys()]) if (!isWanted(name)) await this.#remove(name);
  }

  async #remove(name: string): Promise<void> {
    const known = this.#known.get(name);
    if (known === undefined) return;
    await this.#delete(known.id);
    this.#known.delete(name);
  }

  async sync(wanted: WantedBalancers, routerId: Id): Promise<void> {
    const { networking, caller } = this.#parts;
    const missing: [string, BalancerFront[]][] = [];
    for (const [service, fronts] of wanted) {
      const name = this.nameOf(service);
      const known = this.#known.get(name);
      if (fronts === undefined) await this.#remove(name);
      else if (known === undefined) missing.push([name, fronts]);
      else if (JSON.stringify(known.fronts) !== JSON.stringify(fronts)) {
        this.#known.set(name, await networking.update(caller, "balancer", known.id, { fronts }));
      }
    }
    for (const part of chunks(missing)) await this.#create(part, routerId);
  }

  async #create(missing: readonly [string, BalancerFront[]][], routerId: Id): Promise<void> {
    const { networking, caller, cluster } = this.#parts;
    const bodies = missing.map(([name, fronts]) => ({
      project_id: caller.projectId,
      name,
      tags: [clusterTag(cluster)],
      router_id: routerId,
      fronts,
    }));
    for (const row of await networking.create(caller, "balancer", bodies)) this.#known.set(row.name, row);
  }

  async #delete(id: Id): Promise<void> {
    const { networking, caller } = this.#parts;
    await ignoring("BalancerNotFound", networking.delete(caller, "balancer", id));
  }
}
