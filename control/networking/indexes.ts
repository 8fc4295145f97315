/** What networking has to find quickly and memory has no index for; kept up to date by memory's changes. */
import type { HostFacts, Id, NetworkRecord, RecordTypes } from "../../model/mod.ts";
import type { Memory, RecordChange } from "../memory.ts";

type OwnedKind = "network" | "subnet" | "port";

const isOpen = (network: NetworkRecord) => network.shared || network["router:external"];

const EMPTY: ReadonlySet<never> = new Set();

class Groups<K, V> {
  readonly #sets = new Map<K, Set<V>>();

  of(key: K): ReadonlySet<V> {
    return this.#sets.get(key) ?? EMPTY;
  }

  add(key: K, value: V): void {
    const set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, new Set([value]));
    else set.add(value);
  }

  remove(key: K, value: V): void {
    const set = this.#sets.get(key);
    set?.delete(value);
    if (set?.size === 0) this.#sets.delete(key);
  }
}

export class Indexes {
  readonly #memory: Memory;
  readonly #owned = {
    network: new Groups<string, Id>(),
    subnet: new Groups<string, Id>(),
    port: new Groups<string, Id>(),
  };
  readonly #open = new Set<Id>();
  readonly #vlans = new Groups<string, number>();
  #facts: HostFacts[] | undefined;

  constructor(memory: Memory) {
    this.#memory = memory;
    for (const kind of ["network", "subnet", "port"] as const) {
      for (const { record } of memory.all(kind)) this.#count(kind, record, "add");
    }
    memory.onChange((changes) => {
      for (const change of changes) this.#apply(change);
    });
  }

  ownedBy(kind: OwnedKind, projectId: string): ReadonlySet<Id> {
    return this.#owned[kind].of(projectId);
  }

  /** Networks that are shared or external: every project sees them. */
  get openNetworks(): ReadonlySet<Id> {
    return this.#open;
  }

  usedVlans(physicalNetwork: string): ReadonlySet<number> {
    return this.#vlans.of(physicalNetwork);
  }

  /** What the hosts have reported of themselves. */
  get hostFacts(): readonly HostFacts[] {
    this.#facts ??= [...this.#memory.all("host")].flatMap(({ record }) => record.facts ?? []);
    return this.#facts;
  }

  #apply(change: RecordChange): void {
    if (change.kind === "host") {
      this.#facts = undefined;
      return;
    }
    if (change.before !== undefined) this.#count(change.kind, change.before.record, "remove");
    if (change.after !== undefined) this.#count(change.kind, change.after.record, "add");
  }

  #count<K extends OwnedKind>(kind: K, record: RecordTypes[K], how: "add" | "remove"): void {
    this.#owned[kind][how](record.project_id, record.id);
    if (kind !== "network") return;
    const network = record as NetworkRecord;
    if (how === "remove" || !isOpen(network)) this.#open.delete(network.id);
    else this.#open.add(network.id);
    const { "provider:physical_network": physicalNetwork, "provider:segmentation_id": vlan } = network;
    if (network["provider:network_type"] === "vlan" && physicalNetwork !== null && vlan !== null) {
      this.#vlans[how](physicalNetwork, vlan);
    }
  }
}
