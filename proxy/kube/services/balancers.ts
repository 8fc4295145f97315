/** A cluster's balancers: made equal to what its services are compiled to. */
import type { Caller, Networking, NetworkingTypes } from "../../../api/mod.ts";
import { type BalancerFront, Fault, type Id } from "../../../model/mod.ts";
import { clusterTag, groupName } from "../groups/names.ts";

type Balancer = NetworkingTypes["balancer"];

const AT_A_TIME = 100;

interface Parts {
  networking: Networking;
  caller: Caller;
  cluster: string;
}

/** By the service's name; undefined: no balancer. */
export type WantedBalancers = ReadonlyMap<string, BalancerFront[] | undefined>;

export class Balancers {
  readonly #parts: Parts;
  /** By their names. */
  readonly #known = new Map<string, Balancer>();

  constructor(parts: Parts) {
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

  /** The services that have a balancer, of all that an earlier run made too: their names as balancers. */
  names(): Iterable<string> {
    return this.#known.keys();
  }

  nameOf(service: string): string {
    return groupName(this.#parts.cluster, service);
  }

  /** Takes away those of which `isWanted` says no. */
  async retain(isWanted: (name: string) => boolean): Promise<void> {
    for (const [name, { id }] of [...this.#known]) {
      if (isWanted(name)) continue;
      await this.#delete(id);
      this.#known.delete(name);
    }
  }

  async sync(wanted: WantedBalancers, routerId: Id): Promise<void> {
    const { networking, caller } = this.#parts;
    const missing: [string, BalancerFront[]][] = [];
    for (const [service, fronts] of wanted) {
      const name = this.nameOf(service);
      const known = this.#known.get(name);
      if (fronts === undefined) await this.retain((one) => one !== name);
      else if (known === undefined) missing.push([name, fronts]);
      else if (JSON.stringify(known.fronts) !== JSON.stringify(fronts)) {
        this.#known.set(name, await networking.update(caller, "balancer", known.id, { fronts }));
      }
    }
    for (let first = 0; first < missing.length; first += AT_A_TIME) {
      await this.#create(missing.slice(first, first + AT_A_TIME), routerId);
    }
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
    await networking.delete(caller, "balancer", id).catch((error) => {
      if (!(error instanceof Fault && error.code === "BalancerNotFound")) throw error;
    });
  }
}
