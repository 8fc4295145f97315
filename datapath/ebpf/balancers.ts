/** Balancers as entries, in step with the numbers of their routers. */
import type { RouterNumber } from "../../bpf/layout.gen.ts";
import { type Id, ipFamily } from "../../model/mod.ts";
import type { WantedBalancer } from "../datapath.ts";
import type { Claims } from "./claims.ts";
import { type Entry, entry } from "./entry.ts";

/** Pure. Of a front for this host's backends only, the others are not there. */
export function balancerEntries({ fronts }: WantedBalancer, router: RouterNumber): Entry[] {
  return fronts.flatMap(({ ips, protocol: proto, port, affinitySeconds, localOnly, backends: all }) =>
    ips.flatMap((ip) => {
      const of = { ip, router, port, proto };
      const backends = all.filter(
        (backend) => ipFamily(backend.ip) === ipFamily(ip) && (backend.isLocal || !localOnly),
      );
      return [
        entry("balancers", of, { backends: backends.length, affinitySeconds: affinitySeconds ?? 0 }),
        ...backends.map(({ ip: to, port: at }, index) => entry("backends", { of, index }, { ip: to, port: at })),
        ...backends.map(({ ip: to, port: at }) => entry("backings", { of, ip: to, port: at }, { flags: 0 })),
      ];
    }),
  );
}

export class Balancers {
  readonly #claims: Claims;
  readonly #numberOf: (router: Id) => RouterNumber | undefined;
  readonly #balancers = new Map<Id, WantedBalancer>();
  readonly #ofRouter = new Map<Id, Set<Id>>();

  /** `numberOf`: of a router that is here. */
  constructor(claims: Claims, numberOf: (router: Id) => RouterNumber | undefined) {
    this.#claims = claims;
    this.#numberOf = numberOf;
  }

  /** Takes over what changed; `routers` may have other numbers. Without `changed`, all that may be other is looked at. */
  update(wanted: ReadonlyMap<Id, WantedBalancer>, changed: ReadonlySet<Id> | undefined, routers: Iterable<Id>): void {
    const due = new Set(changed ?? [...wanted.keys(), ...this.#balancers.keys()]);
    for (const router of routers) for (const id of this.#ofRouter.get(router) ?? []) due.add(id);
    for (const id of due) this.#claim(id, wanted.get(id));
  }

  #claim(id: Id, balancer: WantedBalancer | undefined): void {
    const before = this.#balancers.get(id);
    if (before !== undefined && before.routerId !== balancer?.routerId) {
      const others = this.#ofRouter.get(before.routerId);
      others?.delete(id);
      if (others?.size === 0) this.#ofRouter.delete(before.routerId);
    }
    if (balancer === undefined) {
      this.#balancers.delete(id);
      this.#claims.set(`balancer:${id}`, []);
      return;
    }
    this.#balancers.set(id, balancer);
    this.#ofRouter.set(balancer.routerId, (this.#ofRouter.get(balancer.routerId) ?? new Set()).add(id));
    const router = this.#numberOf(balancer.routerId);
    this.#claims.set(`balancer:${id}`, router === undefined ? [] : balancerEntries(balancer, router));
  }
}
