import { type Datapath, noChange, type WantedChange, type WantedVif } from "../../datapath/mod.ts";
import { type Links, SystemError } from "../../host/mod.ts";
import type { HostView, Id, PortReport, ViewMessage } from "../../model/mod.ts";
import { Backoff } from "../backoff.ts";
import type { Log } from "../log.ts";
import { type AddressAt, type Here, Planner } from "../plan/mod.ts";
import type { RouterHere } from "../report/mod.ts";
import { HeldView, type ViewChange } from "../view/mod.ts";
import type { LocalLinks } from "./devices.ts";

interface Parts {
  here: Here;
  links: Links;
  localLinks: LocalLinks;
  datapath: Datapath;
  /** The host's end of the veth pair of a container's port. */
  containerDevice(portId: Id): string | undefined;
  log: Log;
}

/** What an apply did, for those who tell others. */
export interface Applied {
  /** Ports of this host whose state may be another than before; also those that left the view. */
  ports: Set<Id>;
  /** Ports that the view named since the last apply: what was told of them may no longer be what is believed. */
  named: ReadonlySet<Id>;
  /** More than a newer revision. */
  hasViewChanged: boolean;
  /** Routers that may be others than before, or that the view named. */
  routers: ReadonlySet<Id>;
  /** Addresses of others that are at another MAC than before. */
  moved: readonly AddressAt[];
  durationMs: number;
}

const RETRY_MS = 5_000;

/** The heart of the agent: gathers what changed, and applies it in one go at the end of the event loop's turn. */
export class Loop {
  readonly held = new HeldView();
  /** The revision that the data plane has in force. */
  revisionInForce = 0;
  readonly #parts: Parts;
  readonly #planner: Planner;
  readonly #listeners: ((applied: Applied) => void)[] = [];
  readonly #viewListeners: ((change: ViewChange) => void)[] = [];
  /** Ports to look at again although the view did not change: attached, detached, or to be retried. */
  readonly #again = new Set<Id>();
  /** What an apply that threw did not bring into force. */
  #owed = noChange();
  /** For the listeners, since they were told last. */
  #named = new Set<Id>();
  #moved: AddressAt[] = [];
  #routers = new Set<Id>();
  #hasViewChanged = false;
  #up: ReadonlySet<Id> = new Set();
  #failed: ReadonlyMap<Id, string> = new Map();
  /** The next apply compares everything, and removes. */
  #isFullDue = false;
  #scheduled: NodeJS.Immediate | undefined;
  #retry: NodeJS.Timeout | undefined;
  #backoff = new Backoff(50, RETRY_MS);

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#planner = new Planner(parts.here, {
      linkIndex: (name) => parts.localLinks.get(name)?.index,
      containerDevice: parts.containerDevice,
    });
  }

  /** A whole view of the control node has been applied, with everything removed that it lacks. */
  get isSynced(): boolean {
    return this.held.complete && !this.#isFullDue;
  }

  get view(): HostView {
    return this.held.view;
  }

  get planner(): Pick<Planner, "wanted" | "down" | "portsIn"> {
    return this.#planner;
  }

  onApplied(listener: (applied: Applied) => void): void {
    this.#listeners.push(listener);
  }

  /** Told what is new in the view, before it is in the data plane, and whether or not it can be. */
  onViewChange(listener: (change: ViewChange) => void): void {
    this.#viewListeners.push(listener);
  }

  /** Takes a message of the view stream. */
  receive(message: ViewMessage): void {
    this.held.receive(message);
    if (message.type === "synced") this.#isFullDue = true;
    this.nudge();
  }

  /** Applies at the end of this turn whatever has changed by then. */
  nudge(): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      // What a full comparison looks at is looked at in several turns: services and CNI calls are answered in between.
      if (this.#isFullNext && this.#parts.datapath.look()) this.nudge();
      else this.applyNow();
    });
  }

  get #isFullNext(): boolean {
    return this.#isFullDue && this.held.complete;
  }

  /** Looks at a port again at the next apply: its device was made or removed, or it failed before. */
  again(portId: Id): void {
    this.#again.add(portId);
    // Its trunk's subports are on its device.
    for (const { id, place } of this.view.ports.values())
      if (place.kind === "subport" && place.parentId === portId) this.#again.add(id);
  }

  stop(): void {
    clearImmediate(this.#scheduled);
    clearTimeout(this.#retry);
  }

  /** What there is to say of a port of this host. */
  state(portId: Id): PortReport {
    if (this.#planner.wanted.routers.get(portId)?.gateway?.here) return { up: true, device: "" };
    const reason = this.#planner.down.get(portId) ?? this.#failed.get(portId);
    if (reason !== undefined) return { up: false, reason };
    const vif = this.#planner.wanted.vifs.get(portId);
    if (vif === undefined || !this.#up.has(portId)) return { up: false, reason: "not in the data plane yet" };
    if (!vif.adminUp) return { up: false, reason: "admin_state_up of the port or its network is false" };
    const mirrors = [...new Set(vif.mirrors?.map(({ id }) => id))];
    return { up: true, device: vif.device.name, ...(mirrors.length > 0 && { mirrors }) };
  }

  /** A router, and how it fares here. */
  router(id: Id): RouterHere {
    const failure = this.#failed.get(id);
    return { router: this.view.routers.get(id), wanted: this.#planner.wanted.routers.get(id), failure };
  }

  /** Whether the data plane has the port, be it administratively down. */
  isInForce(portId: Id): boolean {
    return this.#planner.wanted.vifs.has(portId) && this.#up.has(portId);
  }

  applyNow(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const startMs = performance.now();
    const viewChange = this.held.takeChange();
    for (const listener of this.#viewListeners) listener(viewChange);
    this.#hasViewChanged ||= Object.values(viewChange).some(({ size }) => size > 0);
    for (const id of viewChange.ports) this.#named.add(id);
    const { changed, ports, moved } = this.#planner.update(this.view, {
      ...viewChange,
      ports: [...viewChange.ports, ...this.#again],
      devices: this.#parts.localLinks.takeChanged(),
    });
    this.#moved.push(...moved);
    for (const id of [...viewChange.routers, ...changed.routers]) this.#routers.add(id);
    for (const id of this.#again) {
      if (!this.#planner.wanted.vifs.has(id)) continue;
      changed.vifs.add(id);
      changed.endpoints.add(id);
    }
    this.#again.clear();
    merge(changed, this.#owed);
    const isFull = this.#isFullNext;
    if (isFull || Object.values(changed).some(({ size }) => size > 0)) {
      if (!this.#apply(changed, isFull, ports)) return;
    }
    this.revisionInForce = this.held.revision ?? this.revisionInForce;
    const durationMs = performance.now() - startMs;
    const applied: Applied = {
      ports,
      named: this.#named,
      hasViewChanged: this.#hasViewChanged,
      moved: this.#moved.splice(0),
      routers: this.#routers,
      durationMs,
    };
    this.#named = new Set();
    this.#routers = new Set();
    this.#hasViewChanged = false;
    for (const listener of this.#listeners) listener(applied);
  }

  /** False when the data plane refused the whole of it; it is tried again later. */
  #apply(changed: WantedChange, isFull: boolean, ports: Set<Id>): boolean {
    for (const id of isFull ? this.#planner.wanted.vifs.keys() : changed.vifs) this.#prepare(id);
    for (const network of changed.networks) for (const id of this.#planner.portsIn(network)) this.#prepare(id);
    try {
      const { up, failed } = this.#parts.datapath.apply(this.#planner.wanted, isFull ? undefined : changed);
      const touched = isFull ? this.view.ports.keys() : [...changed.vifs, ...this.#failed.keys(), ...failed.keys()];
      for (const id of touched) ports.add(id);
      for (const id of [...this.#failed.keys(), ...failed.keys()]) if (this.view.routers.has(id)) this.#routers.add(id);
      this.#up = up;
      this.#failed = failed;
    } catch (error) {
      this.#parts.log.error({ reason: String(error) }, "the data plane could not be changed; trying again");
      this.#owed = changed;
      for (const id of ports) this.#again.add(id);
      this.#retryLater([]);
      return false;
    }
    this.#owed = noChange();
    if (isFull) this.#isFullDue = false;
    if (this.#failed.size > 0) this.#retryLater(this.#failed.keys());
    else this.#backoff.reset();
    return true;
  }

  /** Brings a workload's device up and to the network's MTU. */
  #prepare(id: Id): void {
    const vif = this.#planner.wanted.vifs.get(id);
    const network = vif && this.#planner.wanted.networks.get(vif.networkId);
    if (vif === undefined || network === undefined || isOthersDevice(vif)) return;
    const link = this.#parts.localLinks.get(vif.device.name);
    if (link === undefined || (link.up && link.mtuBytes === network.mtuBytes)) return;
    try {
      this.#parts.links.set(link.index, { up: true, mtuBytes: network.mtuBytes });
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      // Mostly it went away this very moment, and the event that says so is on its way.
      this.#parts.log.warn({ device: link.name, reason: error.message }, "device could not be brought up");
    }
  }

  #retryLater(ids: Iterable<Id>): void {
    for (const id of ids) this.#again.add(id);
    if (this.#retry !== undefined) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.nudge();
    }, this.#backoff.nextMs());
  }
}

/** A network card is its owner's, and a subport's device its parent's. */
const isOthersDevice = ({ device: { kind } }: WantedVif) => kind === "physical" || kind === "subport";

function merge(into: WantedChange, from: WantedChange): void {
  for (const table of Object.keys(from) as (keyof WantedChange)[]) for (const id of from[table]) into[table].add(id);
}
