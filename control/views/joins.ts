/** Which networks routers join: an interface of a router is a port, and says so itself. */
import type { Id, PortRecord } from "../../model/mod.ts";

interface End {
  router: Id;
  network: Id;
}

const NONE: ReadonlyMap<Id, Id> = new Map();

export class Joins {
  /** Router to its interfaces' ports, with the network of each. */
  readonly #ports = new Map<Id, Map<Id, Id>>();
  readonly #routersOfNetwork = new Map<Id, Map<Id, number>>();

  /** Takes in a port's change. Returns the ends concerned: none, one or two. */
  change(id: Id, before: PortRecord | undefined, after: PortRecord | undefined): End[] {
    const [from, to] = [endOf(before), endOf(after)];
    if (from !== undefined) {
      this.#ports.get(from.router)?.delete(id);
      if (this.#ports.get(from.router)?.size === 0) this.#ports.delete(from.router);
      this.#count(from, -1);
    }
    if (to !== undefined) {
      this.#ports.set(to.router, (this.#ports.get(to.router) ?? new Map()).set(id, to.network));
      this.#count(to, 1);
    }
    return [from, to].filter((end) => end !== undefined);
  }

  /** The ports that are a router's interfaces, with their networks. */
  portsOf(router: Id): ReadonlyMap<Id, Id> {
    return this.#ports.get(router) ?? NONE;
  }

  routersOf(network: Id): Iterable<Id> {
    return this.#routersOfNetwork.get(network)?.keys() ?? [];
  }

  /** The networks, and all that routers join to them, over however many. */
  joinedTo(networks: Iterable<Id>): Set<Id> {
    const found = new Set(networks);
    // A set is walked in the order of insertion, what is added on the way included.
    for (const network of found) {
      for (const router of this.routersOf(network)) for (const next of this.portsOf(router).values()) found.add(next);
    }
    return found;
  }

  #count({ router, network }: End, by: 1 | -1): void {
    const routers = this.#routersOfNetwork.get(network) ?? new Map<Id, number>();
    const count = (routers.get(router) ?? 0) + by;
    if (count > 0) routers.set(router, count);
    else routers.delete(router);
    if (routers.size > 0) this.#routersOfNetwork.set(network, routers);
    else this.#routersOfNetwork.delete(network);
  }
}

function endOf(port: PortRecord | undefined): End | undefined {
  const is = port?.router_port;
  return port === undefined || is?.type !== "interface"
    ? undefined
    : { router: is.router_id, network: port.network_id };
}
