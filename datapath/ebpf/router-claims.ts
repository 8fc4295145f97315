/** The routers that are here: their claims, and which networks they join. */
import type { NetNumber, RouterNumber } from "../../bpf/layout.gen.ts";
import type { Id, Ip } from "../../model/mod.ts";
import type { WantedGateway, WantedRouter } from "../datapath.ts";
import type { Claims } from "./claims.ts";
import { routerEntries, routerWords } from "./routers.ts";
import type { Slots } from "./slots.ts";

export const routerKey = (words: readonly number[]) => words.join();

export class Routers {
  readonly #claims: Claims;
  readonly #slots: Slots<RouterNumber>;
  readonly #warn: (sentence: string) => void;
  readonly #routers = new Map<Id, WantedRouter>();
  /** There was no number for them; tried again with the next change. */
  readonly leftOut = new Map<Id, string>();
  /** Came, went, or have a number after all. */
  readonly #renumbered = new Set<Id>();

  constructor(claims: Claims, slots: Slots<RouterNumber>, warn: (sentence: string) => void) {
    this.#claims = claims;
    this.#slots = slots;
    this.#warn = warn;
  }

  /** Takes over what changed; `networks` may have other numbers. Returns the networks that are joined otherwise now. */
  update(
    wanted: ReadonlyMap<Id, WantedRouter>,
    changed: ReadonlySet<Id> | undefined,
    networks: ReadonlySet<Id>,
    numberOf: (networkId: Id) => NetNumber | undefined,
  ): Set<Id> {
    const due = new Set(changed ?? [...wanted.keys(), ...this.#routers.keys()]);
    for (const id of this.leftOut.keys()) due.add(id);
    for (const [id, { interfaces, gateway }] of this.#routers) {
      const ends = gateway === null ? interfaces : [...interfaces, gateway];
      if (ends.some(({ networkId }) => networks.has(networkId))) due.add(id);
    }
    const joined = new Set<Id>();
    for (const id of due) {
      const [before, after] = [this.#routers.get(id), wanted.get(id)];
      if (before !== after) for (const each of networksOf(before)) joined.add(each);
      if (before !== after) for (const each of networksOf(after)) joined.add(each);
      this.#claim(id, after, numberOf);
    }
    return joined;
  }

  #claim(id: Id, router: WantedRouter | undefined, numberOf: (networkId: Id) => NetNumber | undefined): void {
    const key = routerKey(routerWords(id));
    const before = this.#slots.of(key);
    const number = router && this.#slots.take(key);
    if (before !== number) this.#renumbered.add(id);
    if (router === undefined || number !== undefined) this.leftOut.delete(id);
    else if (!this.leftOut.has(id)) {
      const reason = "this host has no room for a further router, move ports to other hosts";
      this.leftOut.set(id, reason);
      this.#warn(`router ${id} does not work here: ${reason}`);
    }
    if (router === undefined || number === undefined) {
      this.#routers.delete(id);
      this.#slots.giveBack(key);
      this.#claims.set(`router:${id}`, []);
      return;
    }
    this.#routers.set(id, router);
    this.#claims.set(`router:${id}`, routerEntries(router, number, numberOf));
  }

  /** Undefined: it is not here. */
  numberOf(id: Id): RouterNumber | undefined {
    return this.#slots.of(routerKey(routerWords(id)));
  }

  /** Those that have another number, or none any more, since the last call. */
  takeRenumbered(): Id[] {
    const ids = [...this.#renumbered];
    this.#renumbered.clear();
    return ids;
  }

  /** Hosts that are the way outside for networks. */
  gatewaysOf(networks: ReadonlySet<Id>): Ip[] {
    return [...this.#routers.values()].flatMap((router) =>
      router.gateway?.remote && networksOf(router).some((id) => networks.has(id)) ? [router.gateway.remote] : [],
    );
  }

  /** What this host answers for on each external network. */
  *answered(): Iterable<{ networkId: Id; gateway: WantedGateway }> {
    for (const { gateway } of this.#routers.values()) {
      if (gateway !== null) yield { networkId: gateway.networkId, gateway };
    }
  }

  /** The networks, and all that can be reached from them by way of routers. */
  withNeighbours(networks: Iterable<Id>): Set<Id> {
    const found = new Set(networks);
    if (this.#routers.size === 0) return found;
    for (let before = -1; before !== found.size; ) {
      before = found.size;
      for (const router of this.#routers.values()) {
        const ends = networksOf(router);
        if (ends.some((id) => found.has(id))) for (const id of ends) found.add(id);
      }
    }
    return found;
  }
}

const networksOf = (router: WantedRouter | undefined): Id[] =>
  router?.interfaces.map(({ networkId }) => networkId) ?? [];
