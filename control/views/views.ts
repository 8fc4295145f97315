/** All views: turns each revision's changes into lines for exactly the hosts concerned, and opens and resumes streams. */
import { DEFAULT_DNS_DOMAIN, type Id, type ViewRule } from "../../model/mod.ts";
import type { Memory, RecordChange } from "../memory.ts";
import { viewBalancer } from "./balancers.ts";
import { viewGroup, viewRouter, viewRule } from "./derive-policy.ts";
import { DirtMarker, type Dirty, isEmpty, noDirt } from "./dirty.ts";
import { HostFeed, SHARED_KINDS, type SharedKind } from "./host-feed.ts";
import { bookmarkLine, deleteLine, putLine, rulesLine, snapshotLine, syncedLine } from "./lines.ts";
import { NetworkFeed } from "./network-feed.ts";
import { ObjectFeed } from "./object-feed.ts";

/** One open stream. */
export interface Reader {
  /** Must not throw; a reader too slow for what it gets ends itself. */
  send(text: string): void;
  /** The view is over: its host was removed, or the store went back in time. */
  end(): void;
}

type ObjectKind = Exclude<SharedKind, "network">;

/** What a host's readers are told of one revision, in this order. */
interface HostNews {
  /** Of what it was told of before, by object. */
  changed: Map<string, string>;
  joined: string;
  ports: string;
  left: string;
}

export class Views {
  readonly #memory: Memory;
  readonly #cloudDomain: string;
  readonly #networks = new Map<Id, NetworkFeed>();
  readonly #objects: Readonly<Record<ObjectKind, Map<Id, ObjectFeed>>> = {
    group: new Map(),
    router: new Map(),
    balancer: new Map(),
  };
  readonly #hosts = new Map<string, HostFeed>();
  #marker: DirtMarker;
  readonly #stop: () => void;
  #horizon = 0;
  #lastChange = 0;

  /** `cloudDomain`: of names in networks that have no domain of their own. */
  constructor(memory: Memory, cloudDomain = DEFAULT_DNS_DOMAIN) {
    this.#memory = memory;
    this.#cloudDomain = cloudDomain;
    this.#marker = new DirtMarker(memory);
    this.#build();
    this.#stop = memory.onChange((changes, revision) => {
      if (revision < this.#lastChange) this.#startOver();
      else this.#change(changes, revision);
      this.#lastChange = revision;
    });
  }

  /**
   * Sends the view to `reader`, whole or what changed after `since`, and everything from then on.
   * Returns the way to stop, or undefined when `since` is not known here and the reader must ask for the whole.
   * @throws RangeError for a host without a record
   */
  open(hostName: string, since: number | undefined, reader: Reader): (() => void) | undefined {
    const host = this.#hosts.get(hostName);
    if (host === undefined) throw new RangeError(`no host ${hostName}`);
    const text = since === undefined ? this.#whole(host) : this.#after(host, since);
    if (text === undefined) return undefined;
    reader.send(text + syncedLine(this.#memory.revision));
    host.readers.add(reader);
    return () => void host.readers.delete(reader);
  }

  /** Tells every reader the revision reached; to be called at least every 15 s. */
  bookmark(): void {
    const line = bookmarkLine(this.#memory.revision);
    for (const { readers } of this.#hosts.values()) for (const reader of readers) reader.send(line);
  }

  get readers(): number {
    let count = 0;
    for (const { readers } of this.#hosts.values()) count += readers.size;
    return count;
  }

  close(): void {
    this.#stop();
    for (const host of this.#hosts.values()) endReaders(host);
  }

  #build(): void {
    const revision = this.#memory.revision;
    this.#horizon = revision;
    for (const { record } of this.#memory.all("host"))
      this.#hosts.set(record.name, new HostFeed(this.#memory, record.name, revision, this.#marker.taps));
    this.#refresh(this.#marker.everything(), revision);
  }

  /** The store was restored: no revision that a reader names means what it did. */
  #startOver(): void {
    for (const host of this.#hosts.values()) endReaders(host);
    for (const table of [this.#hosts, this.#networks, ...Object.values(this.#objects)]) table.clear();
    this.#marker = new DirtMarker(this.#memory);
    this.#build();
  }

  #whole(host: HostFeed): string {
    let text = snapshotLine;
    for (const kind of SHARED_KINDS) for (const id of host.told[kind].joined.keys()) text += this.#lines(kind, id);
    return text + host.ports();
  }

  #after(host: HostFeed, since: number): string | undefined {
    if (since < this.#horizon || since > this.#memory.revision || !host.knows(since)) return undefined;
    let text = "";
    for (const kind of SHARED_KINDS) for (const id of host.told[kind].leftAfter(since)) text += deleteLine(kind, id);
    for (const kind of SHARED_KINDS) {
      for (const [id, joinedRevision] of host.told[kind].joined) {
        const lines = joinedRevision > since ? this.#lines(kind, id) : this.#linesAfter(kind, id, since);
        if (lines === undefined) return undefined;
        text += lines;
      }
    }
    return text + host.portsAfter(since);
  }

  /** All there is to say of an object. */
  #lines(kind: SharedKind, id: Id): string {
    if (kind === "network") return this.#networks.get(id)?.whole() ?? "";
    return this.#feeds(kind).get(id)?.line ?? "";
  }

  #linesAfter(kind: SharedKind, id: Id, since: number): string | undefined {
    if (kind === "network") {
      const feed = this.#networks.get(id)!;
      return feed.knows(since) ? feed.after(since) : undefined;
    }
    const feed = this.#feeds(kind).get(id);
    return feed !== undefined && feed.lineRevision > since ? feed.line || deleteLine(kind, id) : "";
  }

  #feeds(kind: ObjectKind): Map<Id, ObjectFeed> {
    return this.#objects[kind];
  }

  #members(kind: SharedKind, id: Id): Set<string> | undefined {
    return (kind === "network" ? this.#networks : this.#feeds(kind)).get(id)?.members;
  }

  #change(changes: RecordChange[], revision: number): void {
    for (const { kind, id, before } of changes) {
      if (kind === "host" && before === undefined)
        this.#hosts.set(id, new HostFeed(this.#memory, id, revision, this.#marker.taps));
    }
    const dirty = noDirt();
    for (const change of changes) this.#marker.mark(dirty, change);
    if (!isEmpty(dirty)) this.#refresh(dirty, revision);
    for (const { kind, id, after } of changes) {
      if (after !== undefined) continue;
      if (kind === "network") this.#networks.delete(id);
      else if (kind === "security_group") forget(this.#objects.group, id);
      else if (kind === "router" || kind === "balancer") forget(this.#objects[kind], id);
      else if (kind === "host") this.#removeHost(id);
    }
  }

  #refresh(dirty: Dirty, revision: number): void {
    const news = new Map<string, HostNews>();
    /** Who may be told of other objects than before. */
    const hosts = new Set<HostFeed>();
    const { joins } = this.#marker;
    const fresh = [...dirty.networks].filter((id) => !this.#networks.get(id)?.isThere);
    const names = new Set(dirty.hosts);
    for (const network of joins.joinedTo([...dirty.joins, ...fresh])) {
      for (const name of this.#members("network", network) ?? []) names.add(name);
      for (const router of joins.routersOf(network))
        for (const name of this.#marker.hostsServing(router)) names.add(name);
    }
    for (const name of names) {
      const host = this.#hosts.get(name);
      if (host !== undefined) hosts.add(host);
    }
    this.#refreshObjects(dirty, news, revision);
    for (const [name, ids] of dirty.ports) {
      const host = this.#hosts.get(name);
      if (host === undefined) continue;
      const of = newsOf(news, name);
      for (const id of ids) of.ports += host.refreshPort(id, revision);
      hosts.add(host);
    }
    for (const host of hosts) this.#tellOf(host, newsOf(news, host.name), revision);
    this.#send(news, revision);
  }

  /** Derives what is dirty again, and tells those who know it already. */
  #refreshObjects(dirty: Dirty, news: Map<string, HostNews>, revision: number): void {
    const tell = (kind: SharedKind, id: Id, lines: string) => {
      if (lines === "") return;
      for (const name of this.#members(kind, id) ?? []) {
        const { changed } = newsOf(news, name);
        changed.set(`${kind}/${id}`, (changed.get(`${kind}/${id}`) ?? "") + lines);
      }
    };
    for (const id of dirty.networks) {
      const feed = found(this.#networks, id, () => new NetworkFeed(this.#memory, id, revision, this.#cloudDomain));
      tell("network", id, feed.refresh(revision));
    }
    for (const [id, ports] of dirty.endpoints) {
      const feed = this.#networks.get(id);
      for (const port of feed === undefined ? [] : ports) tell("network", id, feed!.refreshEndpoint(port, revision));
    }
    for (const [id, rules] of dirty.rules) {
      const feed = this.#feed("group", id, revision);
      feed.touch(revision);
      const isToldWhole = dirty.groups.has(id) || this.#memory.get("security_group", id) === undefined;
      if (!isToldWhole && this.#isHeard(feed.members)) tell("group", id, this.#rulesLine(id, rules));
    }
    const objects = { group: dirty.groups, router: dirty.routers, balancer: dirty.balancers };
    for (const kind of ["group", "router", "balancer"] as const) {
      for (const id of objects[kind]) {
        const feed = this.#feed(kind, id, revision);
        if (this.#isHeard(feed.members)) tell(kind, id, feed.refresh(deleteLine(kind, id), revision));
        else feed.touch(revision);
      }
    }
  }

  #isHeard(members: ReadonlySet<string>): boolean {
    for (const name of members) if ((this.#hosts.get(name)?.readers.size ?? 0) > 0) return true;
    return false;
  }

  #feed(kind: ObjectKind, id: Id, revision: number): ObjectFeed {
    return found(this.#feeds(kind), id, () => new ObjectFeed(revision, () => this.#objectLine(kind, id)));
  }

  #objectLine(kind: ObjectKind, id: Id): string {
    switch (kind) {
      case "group":
        return this.#groupLine(id);
      case "router":
        return this.#routerLine(id);
      case "balancer": {
        const view = viewBalancer(this.#memory, id);
        return view === undefined ? "" : putLine("balancer", view);
      }
    }
  }

  #groupLine(id: Id): string {
    const view = viewGroup(this.#memory, id, this.#marker.rules.rulesOf(id));
    return view === undefined ? "" : putLine("group", view);
  }

  /** Of a group's rules these alone: a group can have a thousand, and as many hosts that hear of it. */
  #rulesLine(id: Id, rules: Iterable<Id>): string {
    const there: ViewRule[] = [];
    const gone: Id[] = [];
    for (const rule of rules) {
      const record = this.#memory.get("security_group_rule", rule)?.record;
      if (record?.security_group_id === id) there.push(viewRule(this.#memory, record));
      else gone.push(rule);
    }
    return rulesLine(id, there, gone);
  }

  #routerLine(id: Id): string {
    const { joins, outside } = this.#marker;
    const view = viewRouter(this.#memory, id, joins.portsOf(id).keys(), outside);
    return view === undefined ? "" : putLine("router", view);
  }

  /** What the host is told of from now on: for the sake of its ports, and over routers. */
  #tellOf(host: HostFeed, news: HostNews, revision: number): void {
    const { networks, routers } = this.#reachOf(host);
    const wanted: Partial<Record<SharedKind, Set<Id>>> = {
      network: networks,
      group: new Set(host.ownGroups()),
      router: routers,
      ...this.#balancersFor(host, routers),
    };
    for (const [kind, ids] of Object.entries(wanted) as [SharedKind, Set<Id>][]) {
      // A group, router or balancer may be named before its record comes; a network is nothing without.
      if (kind !== "network") for (const id of ids) this.#feed(kind, id, revision);
      const there = new Set([...ids].filter((id) => kind !== "network" || this.#networks.get(id)?.isThere));
      const { joined, left } = host.told[kind].become(there, revision);
      for (const id of left) {
        this.#members(kind, id)?.delete(host.name);
        news.changed.delete(`${kind}/${id}`);
        news.left += deleteLine(kind, id);
      }
      for (const id of joined) {
        this.#members(kind, id)?.add(host.name);
        news.joined += this.#lines(kind, id);
      }
    }
  }

  /** There can be ten thousand, and most changes of a host's ports bring it no other ones: then nothing is looked through. */
  #balancersFor(host: HostFeed, routers: ReadonlySet<Id>): { balancer?: Set<Id> } {
    const { balancers } = this.#marker;
    const state = `${balancers.version} ${[...routers].sort().join(" ")}`;
    if (host.balancersOf === state) return {};
    host.balancersOf = state;
    return { balancer: balancers.behind(routers) };
  }

  /** The networks of its ports and of the routers that it is the gateway of, over routers to all that these join. */
  #reachOf(host: HostFeed): { networks: Set<Id>; routers: Set<Id> } {
    const { joins, outside } = this.#marker;
    const routers = new Set<Id>(outside.routersOfHost(host.name));
    const own = new Set<Id>(host.ownNetworks());
    for (const router of routers) for (const network of joins.portsOf(router).values()) own.add(network);
    const networks = joins.joinedTo(own);
    for (const network of networks) for (const router of joins.routersOf(network)) routers.add(router);
    // External networks come along, and whoever else is in them does not.
    for (const router of routers) {
      const gateway = this.#memory.get("router", router)?.record.gateways?.[0];
      if (gateway !== undefined) networks.add(gateway.network_id);
    }
    return { networks, routers };
  }

  #send(news: Map<string, HostNews>, revision: number): void {
    const bookmark = bookmarkLine(revision);
    for (const [name, { changed, left, joined, ports }] of news) {
      const text = [...changed.values()].join("") + joined + ports + left;
      if (text === "") continue;
      for (const reader of this.#hosts.get(name)?.readers ?? []) reader.send(text + bookmark);
    }
  }

  #removeHost(name: string): void {
    const host = this.#hosts.get(name);
    if (host === undefined) return;
    this.#hosts.delete(name);
    for (const kind of SHARED_KINDS)
      for (const id of host.told[kind].joined.keys()) this.#members(kind, id)?.delete(name);
    endReaders(host);
  }
}

function newsOf(news: Map<string, HostNews>, name: string): HostNews {
  return found(news, name, () => ({ changed: new Map(), left: "", joined: "", ports: "" }));
}

/** The map's value, made if it is not there. */
function found<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

/** One that hosts still name stays, without a line. */
function forget(feeds: Map<Id, ObjectFeed>, id: Id): void {
  if (feeds.get(id)?.members.size === 0) feeds.delete(id);
}

function endReaders(host: HostFeed): void {
  for (const reader of host.readers) reader.end();
  host.readers.clear();
}
