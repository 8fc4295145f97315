import type { WantedBalancer } from "../../datapath/mod.ts";
import type { HostView, Id, Ip, ViewBalancer } from "../../model/mod.ts";

/** Balancers as the data plane needs them: with the backends told apart that are on this host. */
export class Balancers {
  /** The addresses of this host's ports, by port. */
  readonly #ips = new Map<Id, readonly Ip[]>();
  /** How many of this host's ports have an address, in whatever networks. */
  readonly #here = new Map<Ip, number>();
  /** The balancers that have a backend there. */
  readonly #users = new Map<Ip, Set<Id>>();
  readonly #backends = new Map<Id, readonly Ip[]>();

  /** Takes in the ports that changed; returns the balancers of which a backend came to this host or left it. */
  portsChanged(view: HostView, ports: Iterable<Id>): Set<Id> {
    const touched = new Set<Id>();
    for (const id of ports) {
      const before = this.#ips.get(id) ?? [];
      const after = view.ports.get(id)?.fixedIps.map(({ ip }) => ip) ?? [];
      if (after.length === 0) this.#ips.delete(id);
      else this.#ips.set(id, after);
      const was = new Map([...before, ...after].map((ip) => [ip, this.#here.has(ip)]));
      for (const ip of after) this.#count(ip, 1);
      for (const ip of before) this.#count(ip, -1);
      for (const [ip, isBefore] of was) {
        if (isBefore !== this.#here.has(ip)) for (const user of this.#users.get(ip) ?? []) touched.add(user);
      }
    }
    return touched;
  }

  /** Undefined: it is gone. */
  plan(id: Id, balancer: ViewBalancer | undefined): WantedBalancer | undefined {
    const backends = balancer?.fronts.flatMap((front) => front.backends.map(({ ip }) => ip)) ?? [];
    for (const ip of this.#backends.get(id) ?? []) {
      const users = this.#users.get(ip);
      users?.delete(id);
      if (users?.size === 0) this.#users.delete(ip);
    }
    if (balancer === undefined) {
      this.#backends.delete(id);
      return undefined;
    }
    this.#backends.set(id, backends);
    for (const ip of backends) this.#users.set(ip, (this.#users.get(ip) ?? new Set()).add(id));
    const fronts = balancer.fronts.map(({ backends: all, ...front }) => ({
      ...front,
      backends: all.map((backend) => ({ ...backend, isLocal: this.#here.has(backend.ip) })),
    }));
    return { id, routerId: balancer.routerId, fronts };
  }

  #count(ip: Ip, by: 1 | -1): void {
    const count = (this.#here.get(ip) ?? 0) + by;
    if (count === 0) this.#here.delete(ip);
    else this.#here.set(ip, count);
  }
}
