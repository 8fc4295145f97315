/**
 * Events for Nova are written in the transaction that makes them true, so that none is lost with the control node that
 * made it: whoever is alive finds them in the store and sends them (courier.ts).
 */
import type { FloatingIpRecord, Id, Kind, PortRecord } from "../../model/mod.ts";
import { keys, type Store, type Transaction, type Write } from "../../store/mod.ts";
import { decodeKey } from "../decode.ts";
import type { Memory } from "../memory.ts";
import { floatingIpEvents, type NovaEvent, portEvents } from "./events.ts";

/** An event as it waits. */
export interface Letter {
  event: NovaEvent;
  /** The control node that should send it; others do when it does not. */
  from: string;
}

/** The store with an outbox: `from` names this control node. */
export function withOutbox(store: Store, memory: Memory, from: string): Store {
  return {
    list: (prefix) => store.list(prefix),
    revision: () => store.revision(),
    watch: (prefix, revision, handler) => store.watch(prefix, revision, handler),
    close: () => store.close(),
    commit: (transaction) => store.commit(withLetters(transaction, memory, from)),
  };
}

function withLetters(transaction: Transaction, memory: Memory, from: string): Transaction {
  const events = transaction.writes.flatMap((write) => eventsOf(write, memory));
  if (events.length === 0) return transaction;
  // A later event of the same name says all that an unsent one said.
  const letters = new Map(events.map((event) => [keys.novaEvent(event.tag, event.name), { event, from }]));
  const puts = [...letters].map(([key, letter]): Write => ({ kind: "put", key, value: JSON.stringify(letter) }));
  return { guards: transaction.guards, writes: [...transaction.writes, ...puts] };
}

/** What a write makes of a record; memory has the record as it was, or the transaction's guards do not hold. */
function eventsOf(write: Write, memory: Memory): NovaEvent[] {
  const name = decodeKey(write.key);
  if (name?.kind !== "port" && name?.kind !== "floatingip") return [];
  const before = memory.get<Kind>(name.kind, name.id)?.record;
  const after: unknown = write.kind === "put" ? JSON.parse(write.value) : undefined;
  if (name.kind === "port") return portEvents(before as PortRecord | undefined, after as PortRecord | undefined);
  const portOf = (id: Id) => memory.get("port", id)?.record;
  return floatingIpEvents(before as FloatingIpRecord | undefined, after as FloatingIpRecord | undefined, portOf);
}
