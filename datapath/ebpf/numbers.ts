/** The numbers of local ports. A port keeps its number while it is here, over restarts of the agent too. */
import type { NetNumber, Vif, VifNumber } from "../../bpf/layout.gen.ts";
import type { Id, Mac } from "../../model/mod.ts";
import { Slots } from "./slots.ts";

/** What tells a port in the `vifs` map: no other in its network has its MAC. */
const identity = (net: NetNumber, mac: Mac): string => `${net} ${mac}`;

export class VifNumbers {
  readonly #slots: Slots<VifNumber>;
  readonly #ids = new Map<VifNumber, Id>();

  /** `capacity`: slots of the `vifs` map; slot 0 is no port. */
  constructor(capacity: number) {
    this.#slots = new Slots(capacity);
  }

  /** The ports that an earlier run left; each waits for its owner to {@link take} it. */
  adopt(vifs: Iterable<readonly [VifNumber, Vif]>): void {
    this.#slots.adopt([...vifs].map(([number, { net, mac }]) => [identity(net, mac), number] as const));
  }

  /** The port's number, a new one if it has none; undefined when all are in use. */
  take(id: Id, net: NetNumber, mac: Mac): { number: VifNumber; fresh: boolean } | undefined {
    const left = identity(net, mac);
    const fresh = this.#slots.of(id) === undefined && !this.#slots.isLeft(left);
    const number = this.#slots.take(id, left);
    if (number === undefined) return undefined;
    this.#ids.set(number, id);
    return { number, fresh };
  }

  /** The number is free again only after {@link settle}: until then entries may still name it. */
  giveBack(id: Id): void {
    const number = this.#slots.of(id);
    if (number !== undefined) this.#ids.delete(number);
    this.#slots.giveBack(id);
  }

  /** All that named the given back is gone, and so are ports of the earlier run that nobody took. */
  settle(): void {
    this.#slots.settle();
  }

  of(id: Id): VifNumber | undefined {
    return this.#slots.of(id);
  }

  idOf(number: VifNumber): Id | undefined {
    return this.#ids.get(number);
  }
}
