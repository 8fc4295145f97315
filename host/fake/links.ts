/** Links in memory. A namespace is one {@link FakeNamespace}; its links behave as rtnetlink's do. */
import { type Cidr, type Ip, type Mac, mac } from "../../model/mod.ts";
import { type Link, type LinkEvent, type Links, SystemError } from "../host.ts";

/** Devices of one namespace and what was done to them. `log` is shared with the host. */
export class FakeNamespace {
  readonly path: string;
  readonly links = new Map<number, Link>();
  readonly addresses = new Map<number, { ip: Ip; prefixLength: number }[]>();
  readonly routes = new Map<string, { destination: Cidr; gateway: Ip | null; index: number }>();
  readonly watchers = new Set<(event: LinkEvent) => void>();
  readonly #log: (line: string) => void;
  #nextIndex = 1;

  constructor(path: string, log: (line: string) => void) {
    this.path = path;
    this.#log = (line) => log(path === "" ? line : `${line} in ${path}`);
  }

  log(line: string): void {
    this.#log(line);
  }

  byName(name: string): Link | undefined {
    return [...this.links.values()].find((link) => link.name === name);
  }

  /** A new device, as if someone else had made it: a card, a virtual machine's TAP. */
  add(options: { name: string } & Partial<Omit<Link, "index" | "name">>): Link {
    if (this.byName(options.name) !== undefined) throw new SystemError(`add link ${options.name}`, "EEXIST");
    const index = this.#nextIndex++;
    const made = mac(`02:fa:ce:00:${hex(index >> 8)}:${hex(index & 255)}`);
    const link = { kind: "", mac: made, mtuBytes: 1500, up: false, peerIndex: null, ...options, index };
    this.links.set(index, link);
    this.tell({ kind: "changed", link: { ...link } });
    return link;
  }

  /** Takes a device away; nothing happens when it is not there. */
  drop(index: number): Link | undefined {
    const link = this.links.get(index);
    if (link === undefined) return undefined;
    this.links.delete(index);
    this.addresses.delete(index);
    this.tell({ kind: "removed", index, name: link.name });
    return link;
  }

  /** Watchers hear later, as those of a netlink socket do. */
  tell(event: LinkEvent): void {
    for (const watcher of this.watchers) {
      setImmediate(() => {
        if (this.watchers.has(watcher)) watcher(event);
      });
    }
  }
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/** {@link Links} of one fake namespace. */
export class FakeLinks implements Links {
  readonly #here: FakeNamespace;
  readonly #byFd: (netnsFd: number) => FakeNamespace;
  readonly #peers: WeakMap<Link, { namespace: FakeNamespace; link: Link }>;

  constructor(
    here: FakeNamespace,
    byFd: (netnsFd: number) => FakeNamespace,
    peers: WeakMap<Link, { namespace: FakeNamespace; link: Link }>,
  ) {
    this.#here = here;
    this.#byFd = byFd;
    this.#peers = peers;
  }

  list(): Link[] {
    return [...this.#here.links.values()].map((link) => ({ ...link }));
  }

  byName(name: string): Link | undefined {
    const link = this.#here.byName(name);
    return link === undefined ? undefined : { ...link };
  }

  watch(onEvent: (event: LinkEvent) => void): { close(): void } {
    const watcher = (event: LinkEvent) => onEvent(event);
    this.#here.watchers.add(watcher);
    return { close: () => void this.#here.watchers.delete(watcher) };
  }

  createVeth(options: Parameters<Links["createVeth"]>[0]): Link {
    const { name, mtuBytes, peer } = options;
    const there = peer.netnsFd === undefined ? this.#here : this.#byFd(peer.netnsFd);
    if (there.byName(peer.name) !== undefined) throw new SystemError(`add link ${name}`, "EEXIST", peer.name);
    const link = this.#here.add({ name, kind: "veth", mtuBytes });
    const other = there.add({ name: peer.name, kind: "veth", mtuBytes, mac: peer.mac, peerIndex: link.index });
    link.peerIndex = other.index;
    this.#peers.set(link, { namespace: there, link: other });
    this.#peers.set(other, { namespace: this.#here, link });
    const where = there === this.#here ? "" : ` in ${there.path}`;
    this.#here.log(`link add veth ${name} mtu ${mtuBytes} peer ${peer.name} mac ${peer.mac}${where}`);
    return { ...link };
  }

  createVxlan(options: Parameters<Links["createVxlan"]>[0]): Link {
    const link = this.#here.add({ name: options.name, kind: "vxlan", mtuBytes: options.mtuBytes });
    this.#here.log(`link add vxlan ${options.name} port ${options.port} external mtu ${options.mtuBytes}`);
    return { ...link };
  }

  set(index: number, change: Parameters<Links["set"]>[1]): void {
    const link = this.#link(index, "set");
    Object.assign(link, {
      ...(change.up === undefined ? {} : { up: change.up }),
      ...(change.mtuBytes === undefined ? {} : { mtuBytes: change.mtuBytes }),
      ...(change.mac === undefined ? {} : { mac: change.mac }),
    });
    this.#here.log(`link set ${link.name} ${changeText(change)}`);
    this.#here.tell({ kind: "changed", link: { ...link } });
  }

  remove(index: number): void {
    const link = this.#here.drop(index);
    if (link === undefined) return;
    this.#here.log(`link del ${link.name}`);
    const peer = this.#peers.get(link);
    peer?.namespace.drop(peer.link.index);
  }

  staticIpv6(name: string): void {
    if (this.#here.byName(name) !== undefined) this.#here.log(`ipv6 static on ${name}`);
  }

  addresses(index: number): { ip: Ip; prefixLength: number }[] {
    return [...(this.#here.addresses.get(index) ?? [])];
  }

  addAddress(index: number, address: { ip: Ip; prefixLength: number; noDad: boolean }): void {
    const link = this.#link(index, "add address to");
    const have = this.#here.addresses.get(index) ?? [];
    if (have.some(({ ip }) => ip === address.ip)) return;
    const { ip, prefixLength } = address;
    this.#here.addresses.set(index, [...have, { ip, prefixLength }]);
    this.#here.log(`address add ${ip}/${prefixLength} dev ${link.name}${address.noDad ? " nodad" : ""}`);
  }

  addRoute(route: { destination: Cidr; gateway: Ip | null; index: number }): void {
    const link = this.#link(route.index, "add route to");
    this.#here.routes.set(route.destination, route);
    const via = route.gateway === null ? "" : ` via ${route.gateway}`;
    this.#here.log(`route add ${route.destination}${via} dev ${link.name}`);
  }

  #link(index: number, call: string): Link {
    const link = this.#here.links.get(index);
    if (link === undefined) throw new SystemError(`${call} link ${index}`, "ENODEV");
    return link;
  }

  close(): void {}
}

function changeText(change: Parameters<Links["set"]>[1]): string {
  const words = [
    change.up === undefined ? "" : change.up ? "up" : "down",
    change.arp === undefined ? "" : `arp ${change.arp ? "on" : "off"}`,
    change.promiscuous === undefined ? "" : `promisc ${change.promiscuous ? "on" : "off"}`,
    change.mtuBytes === undefined ? "" : `mtu ${change.mtuBytes}`,
    change.mac === undefined ? "" : `mac ${change.mac satisfies Mac}`,
  ];
  return words.filter((word) => word !== "").join(" ");
}
