import { isDeepStrictEqual } from "node:util";
import { emptyWanted, noChange, type Wanted, type WantedChange } from "../../datapath/mod.ts";
import { type HostView, type Id, type Ip, ipFamily, type Mac } from "../../model/mod.ts";
import { Balancers } from "./balancers.ts";
import { planEndpoint } from "./endpoint.ts";
import { planHostAddress } from "./gateway.ts";
import { Groups } from "./groups.ts";
import { type AddressAt, type AddressChange, addressesOfEndpoint, addressesOfRouter, Moves } from "./moves.ts";
import { planRouter } from "./router.ts";
import { type Devices, deviceName, type Here, planNetwork, planVif, SNAT_OWNER } from "./vif.ts";

/** What may have changed since the last plan; more than has changed is harmless. */
export interface PlanChange {
  networks: Iterable<Id>;
  ports: Iterable<Id>;
  endpoints: Iterable<Id>;
  groups: Iterable<Id>;
  routers: Iterable<Id>;
  balancers: Iterable<Id>;
  /** Names of links that came, went or have another index. */
  devices: Iterable<string>;
}

/**
 * Keeps the plan up to date, object by object, along these dependents:
 *
 *     device ──► port ──► vif ──► endpoint of the same id
 *     network ──► its ports and endpoints, the routers with an interface in it
 */
export class Planner {
  readonly wanted: Wanted = emptyWanted();
  /** The ports of this host that cannot be up, and why. */
  readonly down = new Map<Id, string>();
  readonly #here: Here;
  readonly #devices: Devices;
  readonly #portsOfNetwork = new Groups();
  readonly #endpointsOfNetwork = new Groups();
  readonly #portsOfDevice = new Groups();
  readonly #addresses = new Map<Id, { id: Id; mac: Mac; ip: Ip }>();
  /** Ports that are the host itself. */
  readonly #hosts = new Map<Id, { networkId: Id; ips: Ip[] }>();
  /** Ports that are, or were, addresses of this host's own: planned as routers. */
  readonly #ownPorts = new Set<Id>();
  readonly #balancers = new Balancers();
  readonly #moves = new Moves();
  #addressChanges: AddressChange[] = [];

  constructor(here: Here, devices: Devices) {
    this.#here = here;
    this.#devices = devices;
  }

  /**
   * Plans what `change` touches, and tells which wanted values became new, other or gone, which ports it looked at, and which
   * addresses are at another MAC now.
   */
  update(view: HostView, change: PlanChange): { changed: WantedChange; ports: Set<Id>; moved: AddressAt[] } {
    const networks = new Set(change.networks);
    const ports = new Set(change.ports);
    const endpoints = new Set(change.endpoints);
    for (const device of change.devices) addAll(ports, this.#portsOfDevice.members(device));
    for (const network of networks) {
      addAll(ports, this.#portsOfNetwork.members(network));
      addAll(endpoints, this.#endpointsOfNetwork.members(network));
    }
    for (const network of this.#hostsIn(view, ports)) networks.add(network);
    const changed = noChange();
    for (const id of networks) if (this.#network(view, id)) changed.networks.add(id);
    for (const id of ports) {
      if (this.#port(view, id)) changed.vifs.add(id);
      endpoints.add(id);
    }
    for (const id of endpoints) if (this.#endpoint(view, id)) changed.endpoints.add(id);
    for (const id of change.groups) if (replace(this.wanted.groups, id, view.groups.get(id))) changed.groups.add(id);
    const routers = this.#ownAddresses(view, ports) ? view.routers.keys() : change.routers;
    for (const id of this.#routersOf(view, networks, [...routers, ...change.routers, ...this.#ownPorts])) {
      if (this.#router(view, id)) changed.routers.add(id);
    }
    for (const id of new Set([...change.balancers, ...this.#balancers.portsChanged(view, ports)])) {
      const planned = this.#balancers.plan(id, view.balancers.get(id));
      if (replace(this.wanted.balancers, id, planned)) changed.balancers.add(id);
    }
    return { changed, ports, moved: this.#moves.take(this.#addressChanges.splice(0)) };
  }

  /** The ports of this host in a network. */
  portsIn(networkId: Id): ReadonlySet<Id> {
    return this.#portsOfNetwork.members(networkId);
  }

  /** There are few routers on a host, each with few networks: looked through rather than indexed. */
  #routersOf(view: HostView, networks: ReadonlySet<Id>, changed: Iterable<Id>): Set<Id> {
    const routers = new Set(changed);
    if (networks.size === 0) return routers;
    for (const { id, interfaces, gateway } of view.routers.values()) {
      const ends = gateway === null ? interfaces : [...interfaces, gateway];
      if (ends.some(({ networkId }) => networks.has(networkId))) routers.add(id);
    }
    return routers;
  }

  #router(view: HostView, id: Id): boolean {
    const network = (networkId: Id) => view.networks.get(networkId);
    const [router, port] = [view.routers.get(id), view.ports.get(id)];
    const planned =
      port?.deviceOwner === SNAT_OWNER
        ? planHostAddress(port, network(port.networkId), this.#here)
        : router && planRouter(router, network, this.#here, this.#addresses, (id) => this.#hostAddresses(id));
    const before = addressesOfRouter(this.wanted.routers.get(id));
    const isChanged = replace(this.wanted.routers, id, planned);
    if (isChanged) this.#addressChanges.push({ before, after: addressesOfRouter(planned) });
    return isChanged;
  }

  #hostAddresses(networkId: Id): Ip[] {
    return [...this.#hosts.values()].flatMap((host) => (host.networkId === networkId ? host.ips : []));
  }

  /** Takes in the addresses of this host's own among the ports. True when they are others than before. */
  #ownAddresses(view: HostView, ports: Iterable<Id>): boolean {
    let isChanged = false;
    for (const id of ports) {
      const port = view.ports.get(id);
      const ip = port?.fixedIps.find((each) => ipFamily(each.ip) === 4)?.ip;
      const isOwn = port?.deviceOwner === SNAT_OWNER && ip !== undefined;
      for (const [networkId, own] of this.#addresses) {
        if (own.id === id) isChanged = this.#addresses.delete(networkId) || isChanged;
      }
      if (isOwn) this.#addresses.set(port.networkId, { id, mac: port.mac, ip });
      if (isOwn || this.wanted.routers.get(id)?.gateway?.here) this.#ownPorts.add(id);
      isChanged ||= isOwn;
    }
    return isChanged;
  }

  /** The networks that the host itself came to be on, or left: routers there go by it. */
  #hostsIn(view: HostView, ports: Iterable<Id>): Set<Id> {
    const networks = new Set<Id>();
    for (const id of ports) {
      const port = view.ports.get(id);
      const [before, after] = [this.#hosts.get(id), port?.place.kind === "host" ? port : undefined];
      if (before !== undefined) networks.add(before.networkId);
      if (after === undefined) this.#hosts.delete(id);
      else this.#hosts.set(id, { networkId: after.networkId, ips: after.fixedIps.map(({ ip }) => ip) });
      if (after !== undefined) networks.add(after.networkId);
    }
    return networks;
  }

  #network(view: HostView, id: Id): boolean {
    const network = view.networks.get(id);
    const planned = network && planNetwork(network, this.#here);
    return replace(this.wanted.networks, id, planned === undefined || "reason" in planned ? undefined : planned);
  }

  #port(view: HostView, id: Id): boolean {
    const port = view.ports.get(id);
    this.#portsOfNetwork.place(id, port?.networkId);
    this.#portsOfDevice.place(id, port && deviceName(port, this.#devices));
    if (port === undefined) {
      this.down.delete(id);
      return replace(this.wanted.vifs, id, undefined);
    }
    const planned = planVif(port, view.networks.get(port.networkId), this.#devices, this.#here);
    if ("reason" in planned) this.down.set(id, planned.reason);
    else this.down.delete(id);
    return replace(this.wanted.vifs, id, "reason" in planned ? undefined : planned);
  }

  #endpoint(view: HostView, id: Id): boolean {
    const endpoint = view.endpoints.get(id);
    this.#endpointsOfNetwork.place(id, endpoint?.networkId);
    const network = endpoint && view.networks.get(endpoint.networkId);
    const planned = endpoint && planEndpoint(endpoint, network, this.wanted.vifs.has(id), this.#here);
    const before = addressesOfEndpoint(this.wanted.endpoints.get(id));
    const isChanged = replace(this.wanted.endpoints, id, planned);
    if (isChanged) this.#addressChanges.push({ before, after: addressesOfEndpoint(planned) });
    return isChanged;
  }
}

function addAll<T>(target: Set<T>, values: Iterable<T>): void {
  for (const value of values) target.add(value);
}

/** Puts or deletes; true when that changed anything. */
function replace<V>(table: Map<Id, V>, id: Id, value: V | undefined): boolean {
  if (value === undefined) return table.delete(id);
  if (isDeepStrictEqual(table.get(id), value)) return false;
  table.set(id, value);
  return true;
}
