/** What a kind of resource has to say about its own creation, change and removal. */
import type { Attributes, Caller, DerivedRow, ListHint, NetworkingTypes, ResourceKind } from "../../api/mod.ts";
import type { Fault, Id, RecordTypes, ResourceRecordKind } from "../../model/mod.ts";
import type { Draft } from "./draft.ts";
import type { Index } from "./indexes.ts";
import type { Reader } from "./reader.ts";

/** A removal is done, or has to happen in steps of which this transaction is one. */
export type Removal = "done" | "again";

/** The record of a kind; for what is no record, the row that is shown. */
export type RecordOf<K extends ResourceKind> = K extends ResourceRecordKind ? RecordTypes[K] : DerivedRow;

/**
 * All parts but `sees` may be absent: what a plan cannot do, the resource does not offer. `draft` is the transaction of
 * the request; whatever a part reads that its outcome rests on must be guarded there (dependOn, present, claim).
 */
export interface ResourcePlan<K extends ResourceKind> {
  create?(draft: Draft, caller: Caller, body: Attributes): RecordOf<K>;
  /** Instead of `create`, where what is made by one request is checked together. */
  createAll?(draft: Draft, caller: Caller, bodies: readonly Attributes[]): RecordOf<K>[];
  /** Whether the caller knows of the record at all; what it may do with it is the door's policy. */
  sees(caller: Caller, record: RecordOf<K>, reader: Reader): boolean;
  update?(draft: Draft, caller: Caller, current: RecordOf<K>, changes: Attributes): RecordOf<K>;
  remove?(draft: Draft, caller: Caller, current: RecordOf<K>): Removal;
  /** What must follow once a new record is committed: further transactions, each planned from fresh memory. */
  follow?(record: RecordOf<K>): ((draft: Draft) => "more" | "done") | undefined;
  /** PUT /routers/ID/add_router_interface and the like, by name. The result is shown as it is. */
  actions?: Readonly<Record<string, Action<K>>>;
  /**
   * What must be there before the caller's first look or creation: a project's default security group. Staged only if
   * missing. `hint` is what a look asks for, and absent for a creation.
   */
  prepare?(caller: Caller, reader: Reader, hint?: ListHint): ((draft: Draft) => void) | undefined;
  /** The revision that If-Match means, guarded; without, the record's own. */
  revision?(record: RecordOf<K>, draft: Draft): number;
  /** The record as a door shows it, with what is not in it; without, as it is. */
  show?(record: RecordOf<K>, caller: Caller, reader: Reader): NetworkingTypes[K];
  /** What rules about other resources may look at, where `show` costs more than a request for one of those should. */
  peek?(record: RecordOf<K>, caller: Caller, reader: Reader): Partial<NetworkingTypes[K]>;
  /** Instead of "no such record", Neutron's own words. */
  notFound(id: Id, parentId: Id): Fault;
  /** Part of another record, which this field names: callers say PARENT/ID, or ID alone where that will do. */
  parent?: keyof RecordOf<K> & string;
  /** For ids that are not the record's own: a local IP's association is known by its port. `parentId` is "" for what is no part. */
  find?(reader: Reader, parentId: Id, id: Id): RecordOf<K> | undefined;
  /** Attributes for which there is an index, to narrow lists by. */
  indexes?: Readonly<Record<string, Index<Extract<K, ResourceRecordKind>>>>;
  /** Ids among which are all that a caller who is no administrator sees; without, its project's own. */
  visible?(caller: Caller): Iterable<Id>;
  /** For what is no record: where its rows are. Records are found by themselves. */
  derived?: {
    get(reader: Reader, id: Id): RecordOf<K> | undefined;
    list(reader: Reader, caller: Caller, hint: ListHint): Iterable<RecordOf<K>>;
  };
}

export type Action<K extends ResourceKind> = (
  draft: Draft,
  caller: Caller,
  current: RecordOf<K>,
  body: Attributes,
) => DerivedRow;

export type Plans = { readonly [K in ResourceKind]?: ResourcePlan<K> };
