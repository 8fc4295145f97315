/** What a kind of resource has to say about its own creation, change and removal. */
import type { Attributes, Caller, ResourceKind } from "../../api/mod.ts";
import type { RecordTypes } from "../../model/mod.ts";
import type { Draft } from "./draft.ts";

/** A removal is done, or has to happen in steps of which this transaction is one. */
export type Removal = "done" | "again";

export interface ResourcePlan<K extends ResourceKind> {
  create(draft: Draft, caller: Caller, body: Attributes): RecordTypes[K];
  sees(caller: Caller, record: RecordTypes[K], draft: Pick<Draft, "get">): boolean;
  update(draft: Draft, caller: Caller, current: RecordTypes[K], changes: Attributes): RecordTypes[K];
  remove(draft: Draft, caller: Caller, current: RecordTypes[K]): Removal;
  /** What must follow once a new record is committed: further transactions, each planned from fresh memory. */
  follow?(record: RecordTypes[K]): ((draft: Draft) => "more" | "done") | undefined;
}
