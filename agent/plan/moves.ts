/** Addresses that are at another MAC than before: workloads of their network remember the former one. Pure. */
import type { WantedEndpoint, WantedRouter } from "../../datapath/mod.ts";
import type { Id, Ip, Mac } from "../../model/mod.ts";

export interface AddressAt {
  networkId: Id;
  ip: Ip;
  mac: Mac;
}

/** What an object's addresses were, and what they are; none without. */
export interface AddressChange {
  before: AddressAt[];
  after: AddressAt[];
}

/** Former places that are remembered: a workload forgets within minutes, and far fewer addresses change hands meanwhile. */
const REMEMBERED = 10_000;

export const addressesOfEndpoint = (endpoint: WantedEndpoint | undefined): AddressAt[] =>
  endpoint?.ips.map((ip) => ({ networkId: endpoint.networkId, ip, mac: endpoint.mac })) ?? [];

export const addressesOfRouter = (router: WantedRouter | undefined): AddressAt[] =>
  router?.interfaces.flatMap(({ networkId, mac, ips }) => ips.map((ip) => ({ networkId, ip, mac }))) ?? [];

const keyOf = ({ networkId, ip }: AddressAt) => `${networkId} ${ip}`;

export class Moves {
  /** Where an address was that is nobody's now; the oldest first. */
  readonly #former = new Map<string, Mac>();

  /** Takes in changes that belong together, whatever their order; returns the addresses that have moved. */
  take(changes: Iterable<AddressChange>): AddressAt[] {
    const came: AddressAt[] = [];
    for (const { before, after } of changes) {
      const same = (all: AddressAt[], one: AddressAt) =>
        all.some((each) => each.mac === one.mac && keyOf(each) === keyOf(one));
      for (const each of before) if (!same(after, each)) this.#remember(each);
      for (const each of after) if (!same(before, each)) came.push(each);
    }
    if (this.#former.size === 0) return [];
    return came.filter((each) => {
      const former = this.#former.get(keyOf(each));
      return this.#former.delete(keyOf(each)) && former !== each.mac;
    });
  }

  #remember(address: AddressAt): void {
    this.#former.delete(keyOf(address));
    this.#former.set(keyOf(address), address.mac);
    for (const oldest of this.#former.keys()) {
      if (this.#former.size <= REMEMBERED) break;
      this.#former.delete(oldest);
    }
  }
}
