/** One host's own part: its ports' lines, the networks, groups and routers it is told of, when each changed, and who reads. */
import type { Id, ViewPort } from "../../model/mod.ts";
import type { Memory } from "../memory.ts";
import { ChangeLog } from "./change-log.ts";
import { viewPort } from "./derive.ts";
import { deleteLine, putLine } from "./lines.ts";
import type { Taps } from "./taps.ts";
import type { Reader } from "./views.ts";

/** Kinds of objects that a host is told of for the sake of its ports. */
export const SHARED_KINDS = ["network", "group", "router", "balancer"] as const;
export type SharedKind = (typeof SHARED_KINDS)[number];

/** What a host is told of one kind: since which revision, and what it was told of before. */
class Told {
  readonly joined = new Map<Id, number>();
  readonly #left: ChangeLog;

  constructor(revision: number) {
    this.#left = new ChangeLog(revision);
  }

  /** Makes it these; returns what is new and what is no more. */
  become(wanted: ReadonlySet<Id>, revision: number): { joined: Id[]; left: Id[] } {
    const joined = [...wanted].filter((id) => !this.joined.has(id));
    const left = [...this.joined.keys()].filter((id) => !wanted.has(id));
    for (const id of joined) this.joined.set(id, revision);
    for (const id of left) {
      this.joined.delete(id);
      this.#left.record(id, revision);
    }
    return { joined, left };
  }

  knows(since: number): boolean {
    return this.#left.knows(since);
  }

  /** What the host may have been told of at `since` and was told off afterwards, perhaps to be told again. */
  leftAfter(since: number): Iterable<Id> {
    return this.#left.after(since);
  }
}

/** How many ports of the host each id stands for. */
class Counts {
  readonly #counts = new Map<Id, number>();

  add(ids: Iterable<Id>, by: 1 | -1): void {
    for (const id of ids) {
      const count = (this.#counts.get(id) ?? 0) + by;
      if (count === 0) this.#counts.delete(id);
      else this.#counts.set(id, count);
    }
  }

  ids(): Iterable<Id> {
    return this.#counts.keys();
  }
}

type KnownPort = Pick<ViewPort, "networkId" | "securityGroups"> & { line: string };

export class HostFeed {
  readonly name: string;
  readonly readers = new Set<Reader>();
  readonly told: Readonly<Record<SharedKind, Told>>;
  /** For which state of balancers and routers it was told of the former last. */
  balancersOf = "";
  readonly #memory: Memory;
  readonly #taps: Taps;
  readonly #ports = new Map<Id, KnownPort>();
  readonly #portLog: ChangeLog;
  readonly #networks = new Counts();
  readonly #groups = new Counts();

  constructor(memory: Memory, name: string, revision: number, taps: Taps) {
    this.#memory = memory;
    this.#taps = taps;
    this.name = name;
    this.#portLog = new ChangeLog(revision);
    this.told = {
      network: new Told(revision),
      group: new Told(revision),
      router: new Told(revision),
      balancer: new Told(revision),
    };
  }

  /** The networks in which it has ports. */
  ownNetworks(): Iterable<Id> {
    return this.#networks.ids();
  }

  /** The security groups of its ports. */
  ownGroups(): Iterable<Id> {
    return this.#groups.ids();
  }

  /** Derives a port again; the line that tells its change, or nothing when it is as before. */
  refreshPort(id: Id, revision: number): string {
    const view = viewPort(this.#memory, this.name, id, this.#taps);
    const before = this.#ports.get(id);
    const line = view === undefined ? undefined : putLine("port", view);
    if (line === before?.line) return "";
    if (view === undefined || line === undefined) this.#ports.delete(id);
    else this.#ports.set(id, { networkId: view.networkId, securityGroups: view.securityGroups, line });
    this.#count(view, 1);
    this.#count(before, -1);
    this.#portLog.record(id, revision);
    return line ?? deleteLine("port", id);
  }

  ports(): string {
    let text = "";
    for (const { line } of this.#ports.values()) text += line;
    return text;
  }

  knows(since: number): boolean {
    return this.#portLog.knows(since) && SHARED_KINDS.every((kind) => this.told[kind].knows(since));
  }

  portsAfter(since: number): string {
    let text = "";
    for (const id of this.#portLog.after(since)) text += this.#ports.get(id)?.line ?? deleteLine("port", id);
    return text;
  }

  #count(port: Pick<ViewPort, "networkId" | "securityGroups"> | undefined, by: 1 | -1): void {
    if (port === undefined) return;
    this.#networks.add([port.networkId], by);
    this.#groups.add(port.securityGroups, by);
  }
}
