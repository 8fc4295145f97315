/** The numbers of local ports. A port keeps its number while it is here, over restarts of the agent too. */
import type { NetNumber, Vif, VifNumber } from "../../bpf/layout.gen.ts";
import type { Id, Mac } from "../../model/mod.ts";

/** What tells a port in the `vifs` map: no other in its network has its MAC. */
const identity = (net: NetNumber, mac: Mac): string => `${net} ${mac}`;

export class VifNumbers {
  readonly #byId = new Map<Id, VifNumber>();
  readonly #ids = new Map<VifNumber, Id>();
  readonly #adopted = new Map<string, VifNumber>();
  /** In use, or given back and perhaps still named by some entry. */
  readonly #taken = new Set<VifNumber>();
  #givenBack: VifNumber[] = [];
  #lowestFree = 1;
  readonly #capacity: number;

  /** `capacity`: slots of the `vifs` map; slot 0 is no port. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The ports that an earlier run left; each waits for its owner to {@link take} it. */
  adopt(vifs: Iterable<readonly [VifNumber, Vif]>): void {
    for (const [number, { net, mac }] of vifs) {
      this.#adopted.set(identity(net, mac), number);
      this.#taken.add(number);
    }
  }

  /** The port's number, a new one if it has none; undefined when all are in use. */
  take(id: Id, net: NetNumber, mac: Mac): { number: VifNumber; fresh: boolean } | undefined {
    const held = this.#byId.get(id);
    if (held !== undefined) return { number: held, fresh: false };
    const adopted = this.#adopted.get(identity(net, mac));
    const number = adopted ?? this.#free();
    if (number === undefined) return undefined;
    this.#adopted.delete(identity(net, mac));
    this.#taken.add(number);
    this.#byId.set(id, number);
    this.#ids.set(number, id);
    return { number, fresh: adopted === undefined };
  }

  #free(): VifNumber | undefined {
    let number = this.#lowestFree;
    while (this.#taken.has(number as VifNumber)) number++;
    this.#lowestFree = number;
    return number < this.#capacity ? (number as VifNumber) : undefined;
  }

  /** The number is free again only after {@link settle}: until then entries may still name it. */
  giveBack(id: Id): void {
    const number = this.#byId.get(id);
    if (number === undefined) return;
    this.#byId.delete(id);
    this.#ids.delete(number);
    this.#givenBack.push(number);
  }

  /** All that named the given back is gone, and so are ports of the earlier run that nobody took. */
  settle(): void {
    this.#givenBack.push(...this.#adopted.values());
    this.#adopted.clear();
    for (const number of this.#givenBack) {
      this.#taken.delete(number);
      this.#lowestFree = Math.min(this.#lowestFree, number);
    }
    this.#givenBack = [];
  }

  of(id: Id): VifNumber | undefined {
    return this.#byId.get(id);
  }

  idOf(number: VifNumber): Id | undefined {
    return this.#ids.get(number);
  }
}
