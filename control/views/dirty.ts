/** From a revision's changes to what of the views may be another now; deriving it again tells whether it is. */
import type { HostRecord, Id, NetworkRecord } from "../../model/mod.ts";
import type { Memory, RecordChange } from "../memory.ts";
import { Balancers } from "./balancers.ts";
import { Joins } from "./joins.ts";
import { Outside } from "./outside.ts";
import { segmentsOf } from "./place.ts";
import { QOS_USERS, QosUsers } from "./qos.ts";
import { RuleIndex } from "./rule-index.ts";
import { Taps } from "./taps.ts";

export interface Dirty {
  networks: Set<Id>;
  endpoints: Map<Id, Set<Id>>; // network -> ports
  ports: Map<string, Set<Id>>; // host -> ports
  groups: Set<Id>;
  /** Group -> single rules of it. */
  rules: Map<Id, Set<Id>>;
  routers: Set<Id>;
  balancers: Set<Id>;
  /** Hosts that may be told of other routers than before, for the sake of gateways. */
  hosts: Set<string>;
  /** Networks that routers may join to others than before: of their hosts, who is told of what. */
  joins: Set<Id>;
}

export const noDirt = (): Dirty => ({
  networks: new Set(),
  endpoints: new Map(),
  ports: new Map(),
  groups: new Set(),
  rules: new Map(),
  routers: new Set(),
  balancers: new Set(),
  hosts: new Set(),
  joins: new Set(),
});

export const isEmpty = (dirty: Dirty): boolean => Object.values(dirty).every((part) => part.size === 0);

export class DirtMarker {
  readonly joins = new Joins();
  readonly rules = new RuleIndex();
  readonly taps: Taps;
  readonly balancers = new Balancers();
  readonly outside: Outside;
  readonly #qos = new QosUsers();
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.outside = new Outside(memory);
    this.taps = new Taps(memory);
  }

  /** Everything there is, taken in for the first time. */
  everything(): Dirty {
    const dirty = noDirt();
    this.outside.everything();
    this.taps.everything();
    for (const kind of QOS_USERS)
      for (const { record } of this.#memory.all(kind)) this.#qos.change(kind, record.id, undefined, record);
    for (const { record } of this.#memory.all("host")) dirty.hosts.add(record.name);
    for (const { record } of this.#memory.all("port")) this.joins.change(record.id, undefined, record);
    for (const { record } of this.#memory.all("security_group_rule")) this.rules.change(record.id, undefined, record);
    for (const { record } of this.#memory.all("network")) this.#markNetwork(dirty, record.id);
    for (const { record } of this.#memory.all("security_group")) dirty.groups.add(record.id);
    for (const { record } of this.#memory.all("router")) dirty.routers.add(record.id);
    for (const { record } of this.#memory.all("balancer")) {
      this.balancers.change(record.id, undefined, record);
      dirty.balancers.add(record.id);
    }
    return dirty;
  }

  /** Takes a change in, and marks what it may make another. */
  mark(dirty: Dirty, change: RecordChange): void {
    this.#markQos(dirty, change);
    switch (change.kind) {
      case "port":
        this.#port(dirty, change);
        break;
      case "subnet":
        for (const side of [change.before, change.after]) if (side) dirty.networks.add(side.record.network_id);
        break;
      case "network":
        if (samePorts(change.before?.record, change.after?.record)) dirty.networks.add(change.id);
        else this.#markNetwork(dirty, change.id);
        for (const router of this.outside.routersOfNetwork(change.id)) this.#markRouter(dirty, router);
        break;
      case "host":
        if (!sameReach(change.before?.record, change.after?.record)) this.#markHost(dirty, change.id);
        break;
      case "security_group":
        // Made before any port has it, and deleted when none has it any more: its hosts stay the same.
        dirty.groups.add(change.id);
        break;
      case "security_group_rule":
        this.rules.change(change.id, change.before?.record, change.after?.record);
        for (const side of [change.before, change.after])
          if (side) add(dirty.rules, side.record.security_group_id, change.id);
        break;
      case "address_group":
        for (const [rule, group] of this.rules.naming(change.id)) add(dirty.rules, group, rule);
        break;
      case "router":
        this.#markRouter(dirty, change.id);
        this.outside.changeRouter(change.before?.record, change.after?.record);
        for (const side of [change.before, change.after]) {
          for (const host of side?.record.gateways?.[0]?.hosts ?? []) dirty.hosts.add(host);
        }
        break;
      case "balancer":
        dirty.balancers.add(change.id);
        // Who hears of its router hears of it.
        if (this.balancers.change(change.id, change.before?.record, change.after?.record))
          for (const side of [change.before, change.after]) if (side) this.#markRouter(dirty, side.record.router_id);
        break;
      case "tap_service":
      case "tap_flow":
      case "tap_mirror":
        for (const port of this.taps.change(change)) this.#markOwn(dirty, port);
        break;
      case "trunk":
        for (const side of [change.before, change.after])
          for (const { port_id } of side?.record.sub_ports ?? []) this.#markSubport(dirty, port_id);
        break;
      case "floatingip":
      case "port_forwarding":
      case "ndp_proxy":
        for (const router of this.outside.change(change)) dirty.routers.add(router);
        break;
    }
  }

  /** Ports see their policy's change, and that of their network's, which may have another policy too. */
  #markQos(dirty: Dirty, { kind, id, before, after }: RecordChange): void {
    if (kind === "qos_policy") {
      for (const network of this.#qos.of(id, "network")) {
        this.#markPorts(dirty, this.#memory.portsOfNetwork(network));
        for (const router of this.outside.routersOfNetwork(network)) dirty.routers.add(router);
      }
      this.#markPorts(dirty, this.#qos.of(id, "port"));
      for (const router of this.#qos.of(id, "router")) dirty.routers.add(router);
      for (const floating of this.#qos.of(id, "floatingip")) {
        const router = this.#memory.get("floatingip", floating)?.record.router_id;
        if (router) dirty.routers.add(router);
      }
    }
    if (kind !== "port" && kind !== "network" && kind !== "router" && kind !== "floatingip") return;
    const isOther = this.#qos.change(kind, id, before?.record, after?.record);
    if (isOther && kind === "network") this.#markPorts(dirty, this.#memory.portsOfNetwork(id));
  }

  /** As their own hosts see them. */
  #markPorts(dirty: Dirty, ports: Iterable<Id>): void {
    for (const id of ports) {
      const host = this.#memory.get("port", id)?.record["binding:host_id"];
      if (host) add(dirty.ports, host, id);
    }
  }

  /** The router's own view, and who is told of what over it. */
  #markRouter(dirty: Dirty, id: Id): void {
    dirty.routers.add(id);
    for (const network of this.joins.portsOf(id).values()) dirty.joins.add(network);
    for (const host of this.hostsServing(id)) dirty.hosts.add(host);
  }

  #port(dirty: Dirty, { id, before, after }: Extract<RecordChange, { kind: "port" }>): void {
    for (const side of [before, after]) {
      if (side !== undefined) this.#markPort(dirty, id, side.record.network_id, side.record["binding:host_id"]);
    }
    for (const router of this.outside.routersOfPort(id)) dirty.routers.add(router);
    for (const side of [before, after]) {
      const is = side?.record.router_port;
      if (is?.type === "gateway") this.#markRouter(dirty, is.router_id);
      if (is?.type === "interface") for (const host of this.hostsServing(is.router_id)) dirty.hosts.add(host);
    }
    const was = before?.record.router_port;
    // Those who were joined before are told of it as well.
    if (was?.type === "interface")
      for (const network of this.joins.portsOf(was.router_id).values()) dirty.joins.add(network);
    for (const { router, network } of this.joins.change(id, before?.record, after?.record)) {
      dirty.routers.add(router);
      dirty.joins.add(network);
      for (const other of this.joins.portsOf(router).values()) dirty.joins.add(other);
    }
  }

  /** The hosts of its gateway: that which serves it, and its standby. */
  hostsServing(router: Id): readonly string[] {
    return this.#memory.get("router", router)?.record.gateways?.[0]?.hosts ?? [];
  }

  #markSubport(dirty: Dirty, id: Id): void {
    const port = this.#memory.get("port", id)?.record;
    if (port !== undefined) this.#markPort(dirty, id, port.network_id, port["binding:host_id"]);
  }

  /** What its own host is told of it. */
  #markOwn(dirty: Dirty, id: Id): void {
    const host = this.#memory.get("port", id)?.record["binding:host_id"] ?? "";
    if (host !== "") add(dirty.ports, host, id);
  }

  #markPort(dirty: Dirty, id: Id, networkId: Id, host: string): void {
    add(dirty.endpoints, networkId, id);
    if (host !== "") add(dirty.ports, host, id);
    for (const partner of this.taps.partnersOf(id)) this.#markOwn(dirty, partner);
  }

  #markNetwork(dirty: Dirty, networkId: Id): void {
    dirty.networks.add(networkId);
    dirty.joins.add(networkId);
    for (const id of this.#memory.portsOfNetwork(networkId)) {
      this.#markPort(dirty, id, networkId, this.#memory.get("port", id)!.record["binding:host_id"]);
    }
    for (const joined of this.joins.joinedTo([networkId])) dirty.joins.add(joined);
  }

  #markHost(dirty: Dirty, host: string): void {
    for (const router of this.outside.routersOfHost(host)) this.#markRouter(dirty, router);
    for (const id of this.#memory.portsOfHost(host)) {
      this.#markPort(dirty, id, this.#memory.get("port", id)!.record.network_id, host);
      for (const router of this.outside.routersOfPort(id)) dirty.routers.add(router);
    }
  }
}

function add<K>(map: Map<K, Set<Id>>, key: K, id: Id): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([id]));
  else set.add(id);
}

/** Whether the same ports are usable on the same hosts, and in the same way, before and after. */
function samePorts(before: NetworkRecord | undefined, after: NetworkRecord | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  const ways = (network: NetworkRecord) => JSON.stringify([segmentsOf(network), network.dhcp_excluded_hosts]);
  return ways(before) === ways(after);
}

/** Whether a host's ports are reached in the same way before and after. */
function sameReach(before: HostRecord | undefined, after: HostRecord | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  const reach = ({ facts, agents }: HostRecord) =>
    JSON.stringify([facts?.tunnel_ip, facts?.physical_networks, agents?.dhcp?.admin_state_up !== false]);
  return reach(before) === reach(after);
}
