/** Every record in memory, fed by one watch of the store: the interface that the control node's parts read through. */
import type { Id, Ip, Kind, RecordTypes } from "../model/mod.ts";

export interface Held<K extends Kind> {
  record: RecordTypes[K];
  /** The store's revision of the last write to it. */
  modRevision: number;
  /** How often it was written. */
  version: number;
}

export type RecordChange = {
  [K in Kind]: { kind: K; id: Id; before: Held<K> | undefined; after: Held<K> | undefined };
}[Kind];

export interface Memory {
  /** Everything up to this revision of the store is here. */
  readonly revision: number;
  get<K extends Kind>(kind: K, id: Id): Held<K> | undefined;
  all<K extends Kind>(kind: K): Iterable<Held<K>>;
  count(kind: Kind): number;
  /** Indexes; an unknown id gives an empty set. */
  subnetsOfNetwork(networkId: Id): ReadonlySet<Id>;
  portsOfNetwork(networkId: Id): ReadonlySet<Id>;
  portsOfHost(host: string): ReadonlySet<Id>;
  portsOfDevice(deviceId: string): ReadonlySet<Id>;
  /** The addresses in use in a subnet, with the port that has each. */
  ipsOfSubnet(subnetId: Id): ReadonlyMap<Ip, Id>;
  /** Resolves once `revision` has been reached: a writer waits for its own write before it answers. */
  reached(revision: number): Promise<void>;
  /** Called after each revision's changes are in; must not throw. Returns the way to stop. */
  onChange(listener: (changes: RecordChange[], revision: number) => void): () => void;
}
