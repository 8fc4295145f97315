/** One network as its hosts see it: its line, its endpoints' lines, and what changed when. Shared by all its hosts. */
import type { Id } from "../../model/mod.ts";
import type { Memory } from "../memory.ts";
import { ChangeLog } from "./change-log.ts";
import { viewEndpoint, viewNetwork } from "./derive.ts";
import { deleteLine, putLine } from "./lines.ts";

export class NetworkFeed {
  readonly id: Id;
  /** Hosts with a port of their view in it. */
  readonly members = new Set<string>();
  readonly #memory: Memory;
  readonly #cloudDomain: string;
  readonly #endpoints = new Map<Id, string>();
  readonly #log: ChangeLog;
  #line = "";
  #lineRevision: number;

  constructor(memory: Memory, id: Id, revision: number, cloudDomain: string) {
    this.#memory = memory;
    this.#cloudDomain = cloudDomain;
    this.id = id;
    this.#log = new ChangeLog(revision);
    this.#lineRevision = revision;
  }

  /** False while there is no such network, or none that can be used. */
  get isThere(): boolean {
    return this.#line !== "";
  }

  /** Derives the network again; its new line, or nothing when it is as before. */
  refresh(revision: number): string {
    const view = viewNetwork(this.#memory, this.id, this.#cloudDomain);
    const line = view === undefined ? "" : putLine("network", view);
    if (line === this.#line) return "";
    this.#line = line;
    this.#lineRevision = revision;
    return line;
  }

  /** Derives an endpoint again; the line that tells its change, or nothing when it is as before. */
  refreshEndpoint(id: Id, revision: number): string {
    const view = viewEndpoint(this.#memory, this.id, id);
    const line = view === undefined ? undefined : putLine("endpoint", view);
    if (line === this.#endpoints.get(id)) return "";
    if (line === undefined) this.#endpoints.delete(id);
    else this.#endpoints.set(id, line);
    this.#log.record(id, revision);
    return line ?? deleteLine("endpoint", id);
  }

  /** The network and all its endpoints. */
  whole(): string {
    return this.#line + [...this.#endpoints.values()].join("");
  }

  knows(since: number): boolean {
    return this.#log.knows(since);
  }

  after(since: number): string {
    let text = this.#lineRevision > since ? this.#line : "";
    for (const id of this.#log.after(since)) text += this.#endpoints.get(id) ?? deleteLine("endpoint", id);
    return text;
  }
}
