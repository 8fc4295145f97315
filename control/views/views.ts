/** All views: turns each revision's changes into lines for exactly the hosts concerned, and opens and resumes streams. */
import type { HostRecord, Id, NetworkRecord } from "../../model/mod.ts";
import type { Memory, RecordChange } from "../memory.ts";
import { segmentsOf } from "./derive.ts";
import { HostFeed } from "./host-feed.ts";
import { bookmarkLine, deleteLine, snapshotLine, syncedLine } from "./lines.ts";
import { NetworkFeed } from "./network-feed.ts";

/** One open stream. */
export interface Reader {
  /** Must not throw; a reader too slow for what it gets ends itself. */
  send(text: string): void;
  /** The view is over: its host was removed, or the store went back in time. */
  end(): void;
}

/** What a revision may have changed; deriving again tells. */
interface Dirty {
  networks: Set<Id>;
  endpoints: Map<Id, Set<Id>>; // network -> ports
  ports: Map<string, Set<Id>>; // host -> ports
}

export class Views {
  readonly #memory: Memory;
  readonly #networks = new Map<Id, NetworkFeed>();
  readonly #hosts = new Map<string, HostFeed>();
  readonly #stop: () => void;
  #horizon = 0;
  #lastChange = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
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
      this.#hosts.set(record.name, this.#hostFeed(record.name, revision));
    const dirty = noDirt();
    for (const { record } of this.#memory.all("network")) this.#markNetwork(dirty, record.id);
    this.#refresh(dirty, revision);
  }

  /** The store was restored: no revision that a reader names means what it did. */
  #startOver(): void {
    for (const host of this.#hosts.values()) endReaders(host);
    this.#hosts.clear();
    this.#networks.clear();
    this.#build();
  }

  #hostFeed(name: string, revision: number): HostFeed {
    return new HostFeed(this.#memory, name, revision);
  }

  #whole(host: HostFeed): string {
    const networks = [...host.networks.keys()].map((id) => this.#networks.get(id)!.whole());
    return snapshotLine + networks.join("") + host.ports();
  }

  #after(host: HostFeed, since: number): string | undefined {
    if (since < this.#horizon || since > this.#memory.revision || !host.knows(since)) return undefined;
    let text = "";
    for (const id of host.leftAfter(since)) text += deleteLine("network", id);
    for (const [id, { joinedRevision }] of host.networks) {
      const feed = this.#networks.get(id)!;
      if (joinedRevision > since) text += feed.whole();
      else if (feed.knows(since)) text += feed.after(since);
      else return undefined;
    }
    return text + host.portsAfter(since);
  }

  #change(changes: RecordChange[], revision: number): void {
    const dirty = noDirt();
    const removed: RecordChange[] = [];
    for (const change of changes) {
      if (change.kind === "port") {
        for (const side of [change.before, change.after]) {
          if (side !== undefined)
            this.#markPort(dirty, change.id, side.record.network_id, side.record["binding:host_id"]);
        }
      } else if (change.kind === "subnet") {
        for (const side of [change.before, change.after]) if (side) dirty.networks.add(side.record.network_id);
      } else if (change.kind === "network") {
        if (samePorts(change.before?.record, change.after?.record)) dirty.networks.add(change.id);
        else this.#markNetwork(dirty, change.id);
      } else if (change.kind === "host") {
        if (change.before === undefined) this.#hosts.set(change.id, this.#hostFeed(change.id, revision));
        if (!sameReach(change.before?.record, change.after?.record)) this.#markHost(dirty, change.id);
      }
      if (change.after === undefined) removed.push(change);
    }
    this.#refresh(dirty, revision);
    for (const { kind, id } of removed) {
      if (kind === "network") this.#networks.delete(id);
      else if (kind === "host") this.#removeHost(id);
    }
  }

  #markPort(dirty: Dirty, id: Id, networkId: Id, host: string): void {
    add(dirty.endpoints, networkId, id);
    if (host !== "") add(dirty.ports, host, id);
  }

  #markNetwork(dirty: Dirty, networkId: Id): void {
    dirty.networks.add(networkId);
    for (const id of this.#memory.portsOfNetwork(networkId)) {
      this.#markPort(dirty, id, networkId, this.#memory.get("port", id)!.record["binding:host_id"]);
    }
  }

  #markHost(dirty: Dirty, host: string): void {
    for (const id of this.#memory.portsOfHost(host)) {
      this.#markPort(dirty, id, this.#memory.get("port", id)!.record.network_id, host);
    }
  }

  #refresh(dirty: Dirty, revision: number): void {
    /** What the members so far of each changed network are told. */
    const news = new Map<Id, string>();
    for (const id of dirty.networks) {
      let feed = this.#networks.get(id);
      if (feed === undefined) {
        feed = new NetworkFeed(this.#memory, id, revision);
        this.#networks.set(id, feed);
      }
      tell(news, id, feed.refresh(revision));
    }
    for (const [networkId, ids] of dirty.endpoints) {
      const feed = this.#networks.get(networkId);
      for (const id of feed === undefined ? [] : ids) tell(news, networkId, feed!.refreshEndpoint(id, revision));
    }
    this.#send(news, this.#refreshPorts(dirty.ports, revision), revision);
  }

  /** Ports and memberships of each host; what its readers are told before and after the news of its networks. */
  #refreshPorts(ports: Dirty["ports"], revision: number): Map<string, HostNews> {
    const news = new Map<string, HostNews>();
    for (const [name, ids] of ports) {
      const host = this.#hosts.get(name);
      if (host === undefined) continue;
      let lines = "";
      const touched = new Set<Id>();
      for (const id of ids) {
        const from = host.networkOf(id);
        lines += host.refreshPort(id, revision);
        const to = host.networkOf(id);
        for (const each of [from, to]) if (each !== undefined) touched.add(each);
      }
      for (const id of host.leave(touched, revision)) {
        this.#networks.get(id)?.members.delete(name);
        lines += deleteLine("network", id);
      }
      news.set(name, { lines, joined: this.#join(host, touched) });
    }
    return news;
  }

  /** Makes the host a member of the networks it now has ports in; returns those that are new to it. */
  #join(host: HostFeed, touched: Iterable<Id>): Set<Id> {
    const joined = new Set<Id>();
    for (const id of touched) {
      const members = this.#networks.get(id)?.members;
      if (!host.networks.has(id) || members === undefined || members.has(host.name)) continue;
      members.add(host.name);
      joined.add(id);
    }
    return joined;
  }

  #send(news: Map<Id, string>, hosts: Map<string, HostNews>, revision: number): void {
    const texts = new Map<string, string>();
    for (const [id, lines] of news) {
      for (const name of this.#networks.get(id)!.members) {
        if (this.#hosts.get(name)!.readers.size === 0 || hosts.get(name)?.joined.has(id)) continue;
        texts.set(name, (texts.get(name) ?? "") + lines);
      }
    }
    for (const [name, { lines, joined }] of hosts) {
      if (this.#hosts.get(name)!.readers.size === 0) continue;
      let text = texts.get(name) ?? "";
      for (const id of joined) text += this.#networks.get(id)!.whole();
      texts.set(name, text + lines);
    }
    const bookmark = bookmarkLine(revision);
    for (const [name, text] of texts) {
      if (text === "") continue;
      for (const reader of this.#hosts.get(name)!.readers) reader.send(text + bookmark);
    }
  }

  #removeHost(name: string): void {
    const host = this.#hosts.get(name);
    if (host === undefined) return;
    this.#hosts.delete(name);
    for (const id of host.networks.keys()) this.#networks.get(id)?.members.delete(name);
    endReaders(host);
  }
}

interface HostNews {
  lines: string;
  joined: Set<Id>;
}

const noDirt = (): Dirty => ({ networks: new Set(), endpoints: new Map(), ports: new Map() });

function add<K>(map: Map<K, Set<Id>>, key: K, id: Id): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([id]));
  else set.add(id);
}

function tell(news: Map<Id, string>, id: Id, line: string): void {
  if (line !== "") news.set(id, (news.get(id) ?? "") + line);
}

function endReaders(host: HostFeed): void {
  for (const reader of host.readers) reader.end();
  host.readers.clear();
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
