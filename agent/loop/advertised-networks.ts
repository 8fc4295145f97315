import type { HostView, ViewNetwork } from "../../model/mod.ts";
import { type Advertised, advertisedIn } from "../services/mod.ts";

/** What is advertised in each network of the view, found out once: a host may have a thousand ports in one. */
export class AdvertisedNetworks {
  readonly #view: () => HostView;
  #known = new WeakMap<ViewNetwork, readonly Advertised[]>();

  constructor(view: () => HostView) {
    this.#view = view;
  }

  of(network: ViewNetwork): readonly Advertised[] {
    const found = this.#known.get(network) ?? advertisedIn(network, this.#view().routers.values());
    this.#known.set(network, found);
    return found;
  }

  /** A network that is another than it was is another value of the view, too; of a router only this tells. */
  routersChanged(): void {
    this.#known = new WeakMap();
  }
}
