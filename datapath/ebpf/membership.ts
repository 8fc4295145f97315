/** Who is in each network: kept by counting, so that a change costs the same in a network of any size. */
import type { VifNumber } from "../../bpf/layout.gen.ts";
import type { Id, Ip } from "../../model/mod.ts";
import type { Membership } from "./entries.ts";

interface LocalPlace {
  networkId: Id;
  number: VifNumber;
  /** Ports with one wire, machines behind one tag of a card, get one copy of a broadcast among them. */
  wire: string | undefined;
}

interface EndpointPlace {
  networkId: Id;
  remote: Ip | undefined;
  movable: boolean;
}

interface Group {
  locals: Map<Id, LocalPlace>;
  remotes: Map<Ip, number>;
  movable: number;
}

export class Members {
  readonly #locals = new Map<Id, LocalPlace>();
  readonly #endpoints = new Map<Id, EndpointPlace>();
  readonly #groups = new Map<Id, Group>();

  /** Undefined takes it out. Returns the networks whose membership changed. */
  placeLocal(id: Id, place: LocalPlace | undefined): Id[] {
    const before = this.#locals.get(id);
    if (before?.networkId === place?.networkId && before?.number === place?.number && before?.wire === place?.wire)
      return [];
    if (before !== undefined) this.#group(before.networkId).locals.delete(id);
    if (place === undefined) this.#locals.delete(id);
    else {
      this.#locals.set(id, place);
      this.#group(place.networkId).locals.set(id, place);
    }
    return [before, place].flatMap((each) => each?.networkId ?? []);
  }

  /** Likewise. */
  placeEndpoint(id: Id, place: EndpointPlace | undefined): Id[] {
    const before = this.#endpoints.get(id);
    const changed = [...this.#count(before, -1), ...this.#count(place, 1)];
    if (place === undefined) this.#endpoints.delete(id);
    else this.#endpoints.set(id, place);
    return changed;
  }

  /** Returns the network if its first member of a kind came or its last one went. */
  #count(place: EndpointPlace | undefined, by: 1 | -1): Id[] {
    if (place === undefined) return [];
    const group = this.#group(place.networkId);
    let changed = false;
    if (place.remote !== undefined) {
      const count = (group.remotes.get(place.remote) ?? 0) + by;
      if (count === 0) group.remotes.delete(place.remote);
      else group.remotes.set(place.remote, count);
      changed = count === (by === 1 ? 1 : 0);
    }
    if (place.movable) {
      group.movable += by;
      changed ||= group.movable === (by === 1 ? 1 : 0);
    }
    return changed ? [place.networkId] : [];
  }

  #group(networkId: Id): Group {
    const group = this.#groups.get(networkId) ?? { locals: new Map(), remotes: new Map(), movable: 0 };
    this.#groups.set(networkId, group);
    return group;
  }

  /** In an order that does not depend on how it came about, so that a restart finds nothing to change. */
  of(networkId: Id): Membership {
    const group = this.#groups.get(networkId);
    if (group === undefined) return { locals: [], remotes: [], movable: false };
    const wires = new Set<string>();
    const locals = [...group.locals.values()]
      .sort((a, b) => a.number - b.number)
      .filter(({ wire }) => wire === undefined || (!wires.has(wire) && wires.add(wire)));
    return {
      locals: locals.map(({ number }) => number),
      remotes: [...group.remotes.keys()].sort(),
      movable: group.movable > 0,
    };
  }

  /** Forgets an empty network. */
  forget(networkId: Id): void {
    const group = this.#groups.get(networkId);
    if (group !== undefined && group.locals.size === 0 && group.remotes.size === 0 && group.movable === 0) {
      this.#groups.delete(networkId);
    }
  }
}
