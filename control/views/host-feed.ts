/** One host's own part: its ports' lines, the networks it is in, when each changed, and who reads. */
import type { Id } from "../../model/mod.ts";
import type { Memory } from "../memory.ts";
import { ChangeLog } from "./change-log.ts";
import { viewPort } from "./derive.ts";
import { deleteLine, putLine } from "./lines.ts";
import type { Reader } from "./views.ts";

interface Membership {
  ports: number;
  joinedRevision: number;
}

export class HostFeed {
  readonly name: string;
  readonly readers = new Set<Reader>();
  readonly networks = new Map<Id, Membership>();
  readonly #memory: Memory;
  readonly #ports = new Map<Id, { networkId: Id; line: string }>();
  readonly #portLog: ChangeLog;
  /** Networks left; a later joining does not remove the entry. */
  readonly #leftLog: ChangeLog;

  constructor(memory: Memory, name: string, revision: number) {
    this.#memory = memory;
    this.name = name;
    this.#portLog = new ChangeLog(revision);
    this.#leftLog = new ChangeLog(revision);
  }

  /** Derives a port again; the line that tells its change, or nothing when it is as before. */
  refreshPort(id: Id, revision: number): string {
    const view = viewPort(this.#memory, this.name, id);
    const before = this.#ports.get(id);
    const line = view === undefined ? undefined : putLine("port", view);
    if (line === before?.line) return "";
    if (view === undefined || line === undefined) this.#ports.delete(id);
    else {
      this.#ports.set(id, { networkId: view.networkId, line });
      this.#count(view.networkId, 1, revision);
    }
    if (before !== undefined) this.#count(before.networkId, -1, revision);
    this.#portLog.record(id, revision);
    return line ?? deleteLine("port", id);
  }

  /** Of the networks in `touched`, those that the host has no port in any more are forgotten, and returned. */
  leave(touched: Iterable<Id>, revision: number): Id[] {
    const left: Id[] = [];
    for (const id of touched) {
      if (this.networks.get(id)?.ports !== 0) continue;
      this.networks.delete(id);
      this.#leftLog.record(id, revision);
      left.push(id);
    }
    return left;
  }

  ports(): string {
    let text = "";
    for (const { line } of this.#ports.values()) text += line;
    return text;
  }

  networkOf(portId: Id): Id | undefined {
    return this.#ports.get(portId)?.networkId;
  }

  knows(since: number): boolean {
    return this.#portLog.knows(since) && this.#leftLog.knows(since);
  }

  portsAfter(since: number): string {
    let text = "";
    for (const id of this.#portLog.after(since)) text += this.#ports.get(id)?.line ?? deleteLine("port", id);
    return text;
  }

  /** Networks that the host may have been in at `since` and left afterwards, perhaps to join again. */
  leftAfter(since: number): Iterable<Id> {
    return this.#leftLog.after(since);
  }

  #count(networkId: Id, change: 1 | -1, revision: number): void {
    const membership = this.networks.get(networkId);
    if (membership === undefined) this.networks.set(networkId, { ports: change, joinedRevision: revision });
    else membership.ports += change;
  }
}
