/** The veth pairs by which the host itself is on networks: the far end is the port's device. */
import { isDeepStrictEqual } from "node:util";
import { type Host, type Link, SystemError } from "../../host/mod.ts";
import { HOST_DEVICE_PREFIX, type HostView, hostDevices, type Id, type Mac, mac } from "../../model/mod.ts";
import type { Log } from "../log.ts";
import type { ViewChange } from "../view/mod.ts";
import { type NodeDevice, planNodeDevice } from "./plan.ts";

/** Of the far ends, which are no frame's destination. */
const FAR_MAC: Mac = mac("02:ca:b1:e0:00:04");

interface Parts {
  host: Host;
  log: Log;
  /** A device was made or removed just now. */
  refresh(device: string): void;
}

export class Node {
  readonly #parts: Parts;
  /** What was made, or found right. */
  #made = new Map<Id, NodeDevice>();
  /** Undefined: not known, as after a start. */
  #masqueraded: string | undefined;
  #wasComplete = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Brings about the devices that the view asks for; others go only where it is whole. */
  follow({ ports, networks }: Pick<ViewChange, "ports" | "networks">, view: HostView, isComplete: boolean): void {
    const isFirst = isComplete && !this.#wasComplete;
    this.#wasComplete = isComplete;
    if (isFirst || ports.size > 0 || networks.size > 0) this.#update(view, isComplete, isFirst);
  }

  #update(view: HostView, isComplete: boolean, isFirst: boolean): void {
    const wanted = new Map<Id, NodeDevice>();
    for (const port of view.ports.values()) {
      const network = port.place.kind === "host" ? view.networks.get(port.networkId) : undefined;
      if (network !== undefined) wanted.set(port.id, planNodeDevice(port, network));
    }
    for (const [id, device] of wanted) {
      if (!isDeepStrictEqual(this.#made.get(id), device)) this.#try(id, () => this.#make(id, device));
    }
    if (!isComplete) return;
    this.#removeOthers(wanted, isFirst);
    this.#masquerade([...wanted.values()]);
  }

  /** One device that cannot be is no reason for the agent to stop. */
  #try(id: Id | undefined, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#parts.log.error(
        { port: id ?? null, reason: error.message },
        "the host cannot be on a network as it should",
      );
    }
  }

  #make(id: Id, device: NodeDevice): void {
    const { own, far } = hostDevices(id);
    if (this.#isRight(own, device)) {
      this.#route(this.#parts.host.links.byName(own)?.index ?? 0, device.routes);
    } else {
      this.#remove(own);
      this.#create(own, far, device);
    }
    this.#made.set(id, device);
    for (const name of [own, far]) this.#parts.refresh(name);
  }

  #isRight(name: string, { mac: wanted, mtuBytes, addresses }: NodeDevice): boolean {
    const { links } = this.#parts.host;
    const link = links.byName(name);
    if (link === undefined || link.mac !== wanted || link.mtuBytes !== mtuBytes || !link.up) return false;
    const present = new Set(links.addresses(link.index).map(({ ip, prefixLength }) => `${ip}/${prefixLength}`));
    return addresses.every(({ ip, prefixLength }) => present.has(`${ip}/${prefixLength}`));
  }

  #create(own: string, far: string, { mac: address, mtuBytes, addresses, routes }: NodeDevice): void {
    const { links } = this.#parts.host;
    const near = links.createVeth({ name: own, mtuBytes, peer: { name: far, mac: FAR_MAC } });
    if (addresses.some(({ ip }) => ip.includes(":"))) links.staticIpv6(own);
    links.set(near.index, { mac: address, up: true });
    links.set((links.byName(far) as Link).index, { mtuBytes, up: true });
    for (const { ip, prefixLength } of addresses) links.addAddress(near.index, { ip, prefixLength, noDad: true });
    this.#route(near.index, routes);
  }

  /** One that the host's kernel refuses, say since it has a better one, is no reason to be without the network. */
  #route(index: number, routes: NodeDevice["routes"]): void {
    for (const route of routes) {
      try {
        this.#parts.host.links.addRoute({ ...route, index });
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        this.#parts.log.warn({ ...route, reason: error.message }, "the host's kernel refused a route of its network");
      }
    }
  }

  /** An earlier run's are looked for once: a host has hundreds of links, and listing them takes longer than all else here. */
  #removeOthers(wanted: ReadonlyMap<Id, NodeDevice>, isFirst: boolean): void {
    const names = new Set([...wanted.keys()].map((id) => hostDevices(id).own));
    const earlier = isFirst ? this.#parts.host.links.list().map(({ name }) => name) : [];
    const gone = [...this.#made.keys()].filter((id) => !wanted.has(id));
    for (const id of gone) this.#made.delete(id);
    for (const name of new Set([...earlier, ...gone.map((id) => hostDevices(id).own)])) {
      if (name.startsWith(HOST_DEVICE_PREFIX) && !names.has(name)) this.#try(undefined, () => this.#remove(name));
    }
  }

  #remove(name: string): void {
    const { links } = this.#parts.host;
    const link = links.byName(name);
    if (link === undefined) return;
    links.remove(link.index);
    this.#parts.refresh(name);
  }

  /** A host that is on no network as itself, and never was, is left as it is. */
  #masquerade(devices: readonly NodeDevice[]): void {
    const cidrs = [...new Set(devices.flatMap((device) => device.cidrs))].sort();
    const text = cidrs.join(" ");
    if (text === this.#masqueraded || (text === "" && this.#masqueraded === undefined)) return;
    this.#try(undefined, () => {
      this.#parts.host.masquerade(cidrs, HOST_DEVICE_PREFIX);
      this.#masqueraded = text;
    });
  }
}
