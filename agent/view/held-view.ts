import { isDeepStrictEqual } from "node:util";
import { type HostView, type Id, type ViewKind, type ViewMessage, withRules } from "../../model/mod.ts";

/** The ids whose value was put, changed or deleted since the change set was last taken. */
export interface ViewChange {
  networks: Set<Id>;
  ports: Set<Id>;
  endpoints: Set<Id>;
  groups: Set<Id>;
  routers: Set<Id>;
  balancers: Set<Id>;
}

export const noViewChange = (): ViewChange => ({
  networks: new Set(),
  ports: new Set(),
  endpoints: new Set(),
  groups: new Set(),
  routers: new Set(),
  balancers: new Set(),
});

export const emptyView = (): HostView => ({
  networks: new Map(),
  ports: new Map(),
  endpoints: new Map(),
  groups: new Map(),
  routers: new Map(),
  balancers: new Map(),
});

const TABLES = {
  network: "networks",
  port: "ports",
  endpoint: "endpoints",
  group: "groups",
  router: "routers",
  balancer: "balancers",
} as const satisfies Record<ViewKind, keyof HostView>;

/**
 * Applies the messages of the view stream. A snapshot is gathered aside and swapped in when it is complete, so a stream
 * that breaks half-way leaves the old view; other changes take effect as they come.
 */
export class HeldView {
  /** The last complete revision: what to resume the stream from. Undefined: none yet. */
  revision: number | undefined;
  /** The control node itself has said that nothing is missing. Until then nothing may be removed from the host. */
  complete = false;
  #view = emptyView();
  #staging: HostView | undefined;
  #change = noViewChange();

  get view(): HostView {
    return this.#view;
  }

  /** Returns true when `revision` is complete now: the moment to act. */
  receive(message: ViewMessage): boolean {
    switch (message.type) {
      case "snapshot":
        this.#staging = emptyView();
        return false;
      case "put":
      case "delete":
        this.#alter(message);
        return false;
      case "rules": {
        const group = (this.#staging ?? this.#view).groups.get(message.group);
        const value = group && withRules(group, message.put, message.delete);
        if (value !== undefined) this.#alter({ type: "put", kind: "group", value });
        return false;
      }
      case "synced":
        if (this.#staging !== undefined) this.#swap(this.#staging);
        this.complete = true;
        this.revision = message.revision;
        return true;
      case "bookmark":
        // A bookmark inside a snapshot says nothing about the objects still to come.
        if (this.#staging !== undefined) return false;
        this.revision = message.revision;
        return true;
    }
  }

  /** The stream broke: what it had not completed is forgotten. */
  interrupted(): void {
    this.#staging = undefined;
  }

  /** Starts from what was kept on disk. Good for adding to the host; removing waits for the control node. */
  restore(view: HostView, revision: number): void {
    this.#swap(view);
    this.revision = revision;
  }

  takeChange(): ViewChange {
    const change = this.#change;
    this.#change = noViewChange();
    return change;
  }

  #alter(message: Extract<ViewMessage, { type: "put" | "delete" }>): void {
    const target = this.#staging ?? this.#view;
    const id = message.type === "put" ? message.value.id : message.id;
    const table: Map<Id, unknown> = target[TABLES[message.kind]];
    if (message.type === "put") table.set(id, this.#known(message.kind, id, message.value));
    else table.delete(id);
    const gone = message.type === "delete" && message.kind === "network" ? dropEndpoints(target, id) : [];
    if (target === this.#staging) return;
    this.#change[TABLES[message.kind]].add(id);
    for (const endpoint of gone) this.#change.endpoints.add(endpoint);
  }

  /**
   * The very object that is held already, if the new one is its like. A snapshot is mostly that, and so compared as it comes
   * rather than all at once in the end.
   */
  #known(kind: ViewKind, id: Id, value: unknown): unknown {
    const held = this.#staging && this.#view[TABLES[kind]].get(id);
    return held !== undefined && isDeepStrictEqual(held, value) ? held : value;
  }

  #swap(next: HostView): void {
    for (const table of Object.values(TABLES)) {
      const before: Map<Id, unknown> = this.#view[table];
      const after: Map<Id, unknown> = next[table];
      for (const id of before.keys()) if (!after.has(id)) this.#change[table].add(id);
      for (const [id, value] of after) if (!isDeepStrictEqual(value, before.get(id))) this.#change[table].add(id);
    }
    this.#view = next;
    this.#staging = undefined;
  }
}

function dropEndpoints(view: HostView, networkId: Id): Id[] {
  const gone = [...view.endpoints.values()].filter((endpoint) => endpoint.networkId === networkId);
  for (const { id } of gone) view.endpoints.delete(id);
  return gone.map(({ id }) => id);
}
