/**
 * Keeps the claims on map entries in step with the wanted objects, object by object. No I/O: devices come resolved.
 *
 *     network ──► its vifs ──► endpoints that are these vifs        group ──► sets with it ──► their rules
 *      │ ▲          │              │                                           ▲
 *      │ └──────────┴── members ───┤                                           │
 *      ├──► routers in it          ├────────── a set that is new or gone ──────┤
 *      └──► address pairs in it ◄──┴───────────────────────────────────────────┘        router ──► its balancers
 */
import type { NetNumber, RouterNumber, VifNumber } from "../../bpf/layout.gen.ts";
import type { Id, Ip } from "../../model/mod.ts";
import type { Wanted, WantedChange, WantedEndpoint, WantedNetwork, WantedVif } from "../datapath.ts";
import type { OutsidePart } from "./announcer.ts";
import { Balancers } from "./balancers.ts";
import type { Claims } from "./claims.ts";
import {
  type Card,
  endpointEntries,
  netNumber,
  networkEntries,
  providerWire,
  uplinkEntries,
  vifEntries,
  type Wire,
} from "./entries.ts";
import { Members } from "./membership.ts";
import { Mirrors } from "./mirrors.ts";
import type { VifNumbers } from "./numbers.ts";
import { Pairs } from "./pairs.ts";
import { Policies } from "./policies.ts";
import { Routers } from "./router-claims.ts";
import type { GroupSets } from "./sets.ts";
import type { Slots } from "./slots.ts";

export interface Surroundings {
  /** The card of a physical network, while this host has it. */
  card(physicalNetwork: string): Card | undefined;
  /** Whether physical machines may hang on that card. */
  allowsMachines(nic: string): boolean;
}

/** Numbers that were given out before. */
export interface Numbered {
  sets: GroupSets;
  routers: Slots<RouterNumber>;
  /** Told, in a sentence, what has no number. */
  warn(sentence: string): void;
}

interface KnownNetwork {
  net: NetNumber;
  card: Card | undefined;
}

const UPLINKS = "uplinks";

export class Desired {
  /** Vifs that cannot be made, and a sentence why. */
  readonly failed = new Map<Id, string>();
  /** Numbers given out for the first time since the last {@link takeFresh}. */
  #fresh: VifNumber[] = [];
  readonly #claims: Claims;
  readonly #numbers: VifNumbers;
  readonly #around: Surroundings;
  readonly #members = new Members();
  readonly #policies: Policies;
  readonly #pairs: Pairs;
  readonly #routers: Routers;
  readonly #mirrors: Mirrors;
  readonly #balancers: Balancers;
  readonly #networks = new Map<Id, KnownNetwork>();
  readonly #wires = new Map<string, Wire>();
  /** The networks of vifs and endpoints, so that a network that comes or changes its number brings them. */
  readonly #vifNetwork = new Map<Id, Id>();
  readonly #endpoints = new Map<Id, WantedEndpoint>();

  constructor(claims: Claims, numbers: VifNumbers, around: Surroundings, { sets, routers, warn }: Numbered) {
    this.#claims = claims;
    this.#numbers = numbers;
    this.#around = around;
    this.#policies = new Policies(claims, sets);
    this.#mirrors = new Mirrors(claims, (port) => this.#numbers.of(port));
    this.#pairs = new Pairs(claims, (name, groups) => this.#policies.ofEndpoint(name, groups));
    this.#routers = new Routers(claims, routers, warn);
    this.#balancers = new Balancers(claims, (router) => this.#routers.numberOf(router));
  }

  /** Takes over what changed. Without `change` everything that may be other is looked at. */
  update(wanted: Wanted, change: WantedChange | undefined): void {
    const networks = new Set(change?.networks ?? [...wanted.networks.keys(), ...this.#networks.keys()]);
    const vifs = new Set(change?.vifs ?? [...wanted.vifs.keys(), ...this.#vifNetwork.keys()]);
    const endpoints = new Set(change?.endpoints ?? this.#otherEndpoints(wanted.endpoints));
    this.#retryFailed(wanted, networks, vifs);
    const touched = new Set(networks);
    const renumbered = new Set([...networks].filter((id) => this.#network(id, wanted.networks.get(id))));
    if (renumbered.size > 0) this.#addDependents(renumbered, vifs, endpoints);
    for (const id of vifs) {
      for (const network of this.#vif(id, wanted.vifs.get(id))) touched.add(network);
      endpoints.add(id);
    }
    for (const id of endpoints) {
      for (const network of this.#endpoint(id, wanted.endpoints.get(id))) touched.add(network);
    }
    const numberOf = (id: Id) => this.#networks.get(id)?.net;
    this.#pairs.update(numberOf);
    this.#mirrors.update();
    this.#policies.update(wanted, change?.groups);
    const joined = this.#routers.update(wanted.routers, change?.routers, networks, numberOf);
    this.#balancers.update(wanted.balancers, change?.balancers, this.#routers.takeRenumbered());
    for (const id of this.#routers.withNeighbours([...touched, ...joined]))
      this.#claimNetwork(id, wanted.networks.get(id));
    this.#claims.set(UPLINKS, uplinkEntries(this.#wires.values()));
  }

  /**
   * Those to look at in a full comparison. There can be a hundred thousand; one that is the very object it was has the
   * same entries, unless its network or its vif, which bring it themselves, are others.
   */
  *#otherEndpoints(wanted: ReadonlyMap<Id, WantedEndpoint>): Iterable<Id> {
    for (const [id, endpoint] of wanted)
      if (endpoint.location.kind === "local" || this.#endpoints.get(id) !== endpoint) yield id;
    for (const id of this.#endpoints.keys()) if (!wanted.has(id)) yield id;
  }

  /** Numbers that were never in use in this run or an earlier one: their counters are a former port's. */
  takeFresh(): VifNumber[] {
    return this.#fresh.splice(0);
  }

  /** The ways outside that this host has a part in. */
  *outside(): Iterable<OutsidePart> {
    for (const { networkId, gateway } of this.#routers.answered()) {
      const net = this.#networks.get(networkId)?.net;
      if (net !== undefined) yield { net, gateway };
    }
  }

  /** Routers for which there is no room, and a sentence that says so. */
  get failedRouters(): ReadonlyMap<Id, string> {
    return this.#routers.leftOut;
  }

  /** The networks that are here, by their numbers. */
  networks(): Map<NetNumber, Id> {
    return new Map([...this.#networks].map(([id, { net }]) => [net, id] as const));
  }

  /** The cards in use, by index. */
  cards(): Set<number> {
    return new Set([...this.#wires.values()].map(({ ifindex }) => ifindex));
  }

  /** The vif whose entries an owner's claim stands for, if it is one of a vif or of its endpoint. */
  vifOf(owner: string): Id | undefined {
    const id = owner.slice(owner.indexOf(":") + 1);
    return this.#numbers.of(id) === undefined ? undefined : id;
  }

  /** What stood in a vif's way, a card that was missing or a tag in use, may be gone. */
  #retryFailed(wanted: Wanted, networks: Set<Id>, vifs: Set<Id>): void {
    for (const id of this.failed.keys()) {
      vifs.add(id);
      const network = wanted.vifs.get(id)?.networkId;
      if (network !== undefined && !this.#networks.has(network)) networks.add(network);
    }
  }

  #addDependents(networks: ReadonlySet<Id>, vifs: Set<Id>, endpoints: Set<Id>): void {
    for (const [id, network] of this.#vifNetwork) if (networks.has(network)) vifs.add(id);
    // A provider network's own tag goes before a machine's that was given the same.
    for (const network of networks) {
      const wire = this.#wires.get(`network:${network}`);
      for (const [owner, other] of wire === undefined ? [] : this.#wires) {
        if (owner.startsWith("vif:") && isSameTag(wire as Wire, other)) vifs.add(owner.slice("vif:".length));
      }
    }
    for (const [id, { networkId }] of this.#endpoints) if (networks.has(networkId)) endpoints.add(id);
  }

  /** Whether its number is another now, or its card. */
  #network(id: Id, network: WantedNetwork | undefined): boolean {
    const before = this.#networks.get(id);
    const now = network === undefined ? undefined : this.#number(network);
    const owner = `network:${id}`;
    this.#wires.delete(owner);
    if (network === undefined || now === undefined) {
      this.#networks.delete(id);
    } else {
      this.#networks.set(id, now);
      if (now.card !== undefined) this.#wires.set(owner, providerWire(network.segment, now.net, now.card));
    }
    return before?.net !== now?.net || before?.card?.ifindex !== now?.card?.ifindex;
  }

  #number({ segment }: WantedNetwork): KnownNetwork | undefined {
    if (segment.kind === "vxlan") return { net: netNumber(segment, undefined), card: undefined };
    const card = this.#around.card(segment.physicalNetwork);
    return card === undefined ? undefined : { net: netNumber(segment, card), card };
  }

  #claimNetwork(id: Id, network: WantedNetwork | undefined): void {
    const known = this.#networks.get(id);
    if (network === undefined || known === undefined) {
      this.#claims.set(`network:${id}`, []);
      this.#members.forget(id);
    } else {
      this.#claims.set(
        `network:${id}`,
        networkEntries(network, known.net, known.card, this.#members.of(id), this.#peersOf(id)),
      );
    }
  }

  /** Whoever has a port in it, or in a network that routers join to it, or is the way outside for one of them. */
  #peersOf(id: Id): Ip[] {
    const joined = this.#routers.withNeighbours([id]);
    const peers = [...joined].flatMap((each) => this.#members.of(each).remotes);
    return [...new Set([...peers, ...this.#routers.gatewaysOf(joined)])].sort();
  }

  /** Returns the networks whose members changed. */
  #vif(id: Id, vif: WantedVif | undefined): Id[] {
    this.failed.delete(id);
    this.#wires.delete(`vif:${id}`);
    if (vif === undefined) {
      this.#vifNetwork.delete(id);
      return this.#withoutVif(id);
    }
    this.#vifNetwork.set(id, vif.networkId);
    const known = this.#networks.get(vif.networkId);
    const obstacle = this.#obstacle(vif, known);
    if (known === undefined || obstacle !== undefined) {
      this.failed.set(id, obstacle ?? "its network is not here");
      return this.#withoutVif(id);
    }
    const taken = this.#numbers.take(id, known.net, vif.mac);
    if (taken === undefined) {
      this.failed.set(id, "this host has no room for a further port: move ports to other hosts");
      return this.#withoutVif(id);
    }
    if (taken.fresh) this.#fresh.push(taken.number);
    const wire = machineWire(vif, known.net);
    if (wire !== undefined) this.#wires.set(`vif:${id}`, wire);
    const policy = this.#policies.ofPort(id, vif.groups);
    if (policy === undefined) {
      this.failed.set(id, "this host has no room for a further combination of security groups");
      return this.#withoutVif(id);
    }
    this.#claims.set(`vif:${id}`, vifEntries(vif, taken.number, known.net, policy));
    this.#mirrors.place(id, vif);
    const tag = wire === undefined ? undefined : `${wire.ifindex}/${wire.vlan}`;
    return this.#members.placeLocal(id, { networkId: vif.networkId, number: taken.number, wire: tag });
  }

  #withoutVif(id: Id): Id[] {
    this.#numbers.giveBack(id);
    this.#policies.ofPort(id, null);
    this.#claims.set(`vif:${id}`, []);
    this.#mirrors.place(id, undefined);
    return this.#members.placeLocal(id, undefined);
  }

  #obstacle(vif: WantedVif, known: KnownNetwork | undefined): string | undefined {
    if (known === undefined) {
      return `network ${vif.networkId} is not on this host: its physical network has no card here, see the agent's --physical-network`;
    }
    const { name, kind } = vif.device;
    if (kind === "physical" && !this.#around.allowsMachines(name)) {
      return `physical machines may not hang on ${name}: allow the card in this agent's options, or correct binding:profile's physical.nic`;
    }
    const wire = machineWire(vif, known.net);
    const other = wire === undefined ? undefined : this.#otherNetwork(wire);
    if (wire === undefined || other === undefined) return undefined;
    return `VLAN ${wire.vlan} of ${name} leads to another network already: choose a VLAN that is free on that card`;
  }

  #otherNetwork(wire: Wire): Wire | undefined {
    return [...this.#wires.values()].find((other) => isSameTag(wire, other) && other.net !== wire.net);
  }

  /** Likewise. */
  #endpoint(id: Id, endpoint: WantedEndpoint | undefined): Id[] {
    if (endpoint === undefined) this.#endpoints.delete(id);
    else this.#endpoints.set(id, endpoint);
    const known = endpoint === undefined ? undefined : this.#networks.get(endpoint.networkId);
    if (endpoint === undefined || known === undefined) {
      this.#policies.ofEndpoint(id, []);
      this.#pairs.place(id, undefined);
      this.#claims.set(`endpoint:${id}`, []);
      return this.#members.placeEndpoint(id, undefined);
    }
    const { location, networkId, movableCidrs } = endpoint;
    const vif = location.kind === "local" ? this.#numbers.of(location.vifId) : undefined;
    this.#claims.set(
      `endpoint:${id}`,
      endpointEntries(endpoint, known.net, vif, this.#policies.ofEndpoint(id, endpoint.groups)),
    );
    this.#pairs.place(id, endpoint);
    const remote = location.kind === "remote" ? location.tunnelIp : undefined;
    return this.#members.placeEndpoint(id, { networkId, remote, movable: movableCidrs.length > 0 });
  }
}

function machineWire(vif: WantedVif, net: NetNumber): Wire | undefined {
  const { kind, ifindex, vlan } = vif.device;
  return kind === "physical" ? { ifindex, vlan: vlan ?? 0, net, kind: "machines" } : undefined;
}

function isSameTag(a: Wire, b: Wire): boolean {
  return a.ifindex === b.ifindex && a.vlan === b.vlan;
}
