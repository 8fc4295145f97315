/** {@link Links} by rtnetlink. */
import { closeSync, writeFileSync } from "node:fs";
import {
  formatAddressMessage,
  formatRouteMessage,
  MessageType,
  parseAddressMessage,
  RouteProtocol,
  RouteScope,
  RouteType,
  RoutingTableClass,
} from "netlink/dist/rt/structs.js";
import { AttrStream } from "netlink/dist/structs.js";
import { type Cidr, type Ip, ipBytes16, ipFamily, ipFromBytes16, macBytes, prefix } from "../../model/mod.ts";
import { type Link, type LinkEvent, type Links, SystemError } from "../host.ts";
import { linkBody, linkOf, silentBody, vethBody, vxlanBody } from "./link-codec.ts";
import { drainNetlink, FLAG, Netlink, openNetlink } from "./netlink.ts";
import { inNamespaceOf } from "./netns.ts";
import { pollReadable } from "./poll.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const IFNAMSIZ = 16;

function addressBytes(ip: Ip): Buffer {
  return Buffer.from(ipBytes16(ip).subarray(ipFamily(ip) === 4 ? 12 : 0));
}

function addressOf(bytes: Buffer): Ip {
  if (bytes.length === 16) return ipFromBytes16(bytes);
  const mapped = Buffer.alloc(16);
  mapped.fill(0xff, 10, 12);
  bytes.copy(mapped, 12);
  return ipFromBytes16(mapped);
}

function family(address: Ip | Cidr): number {
  return ipFamily(address) === 4 ? AF_INET : AF_INET6;
}

function isError(error: unknown, ...codes: string[]): boolean {
  return error instanceof SystemError && codes.includes(error.code);
}

/** Link events from one socket. Messages that the kernel had to drop are made good by a new list. */
class LinkWatch {
  readonly #names = new Map<number, string>();
  readonly #fd: number;
  readonly #poll: { close(): void };
  readonly #list: () => Link[];
  readonly #onEvent: (event: LinkEvent) => void;

  constructor(fd: number, list: () => Link[], onEvent: (event: LinkEvent) => void) {
    this.#fd = fd;
    this.#list = list;
    this.#onEvent = onEvent;
    for (const link of list()) this.#names.set(link.index, link.name);
    this.#poll = pollReadable(this.#fd, () => this.#read());
  }

  #read(): void {
    try {
      for (const message of drainNetlink(this.#fd)) {
        const link = linkOf(message);
        if (link === undefined) continue;
        if (message.type === MessageType.NEWLINK) this.#changed(link);
        else if (message.type === MessageType.DELLINK) this.#removed(link.index);
      }
    } catch (error) {
      if (!isError(error, "ENOBUFS")) throw error;
      this.#relist();
    }
  }

  #relist(): void {
    const links = this.#list();
    const present = new Set(links.map((link) => link.index));
    for (const index of this.#names.keys()) if (!present.has(index)) this.#removed(index);
    for (const link of links) this.#changed(link);
  }

  #changed(link: Link): void {
    this.#names.set(link.index, link.name);
    this.#onEvent({ kind: "changed", link });
  }

  #removed(index: number): void {
    const name = this.#names.get(index);
    if (name === undefined) return;
    this.#names.delete(index);
    this.#onEvent({ kind: "removed", index, name });
  }

  close(): void {
    this.#poll.close();
    closeSync(this.#fd);
  }
}

/** /proc/sys/net is that of the calling thread's namespace; netlink has no way to write these. */
function writeIpv6Settings(name: string, settings: Record<string, number>): void {
  for (const [setting, value] of Object.entries(settings)) {
    const path = `/proc/sys/net/ipv6/conf/${name}/${setting}`;
    try {
      writeFileSync(path, String(value));
    } catch (error) {
      const { code = "EIO" } = error as NodeJS.ErrnoException;
      // No IPv6, or a sandbox whose /proc/sys is read-only: if it matters, adding an address says so.
      if (code !== "ENOENT" && code !== "EROFS") throw new SystemError(`write ${path}`, code);
    }
  }
}

/** Links of the namespace in which the calling thread is now; they stay those of that namespace. */
export class LinuxLinks implements Links {
  readonly #netlink = new Netlink();
  readonly #watches = new Set<{ close(): void }>();

  list(): Link[] {
    return this.#netlink
      .request("list links", MessageType.GETLINK, FLAG.dump, linkBody({}))
      .flatMap((message) => linkOf(message) ?? []);
  }

  byName(name: string): Link | undefined {
    if (name.length === 0 || Buffer.byteLength(name) >= IFNAMSIZ) return undefined;
    return this.#get(linkBody({}, { ifname: name }), name);
  }

  #get(body: AttrStream, what: string): Link | undefined {
    try {
      const [message] = this.#netlink.request(`show link ${what}`, MessageType.GETLINK, 0, body);
      return message === undefined ? undefined : linkOf(message);
    } catch (error) {
      if (isError(error, "ENODEV")) return undefined;
      throw error;
    }
  }

  watch(onEvent: (event: LinkEvent) => void): { close(): void } {
    const watch = new LinkWatch(this.#openEvents(), () => this.list(), onEvent);
    const handle = {
      close: () => {
        if (this.#watches.delete(handle)) watch.close();
      },
    };
    this.#watches.add(handle);
    return handle;
  }

  #openEvents(): number {
    const RTMGRP_LINK = 1;
    const namespace = this.#netlink.namespaceFd();
    try {
      return inNamespaceOf(namespace, () => openNetlink(RTMGRP_LINK));
    } finally {
      closeSync(namespace);
    }
  }

  createVeth(options: Parameters<Links["createVeth"]>[0]): Link {
    return this.#create(options.name, vethBody(options));
  }

  createVxlan(options: Parameters<Links["createVxlan"]>[0]): Link {
    return this.#create(options.name, vxlanBody(options));
  }

  #create(name: string, body: AttrStream): Link {
    this.#netlink.request(`add link ${name}`, MessageType.NEWLINK, FLAG.create | FLAG.exclusive, body);
    const link = this.byName(name);
    if (link === undefined) throw new SystemError(`add link ${name}`, "ENODEV", "it vanished again at once");
    this.silence(link);
    return link;
  }

  /** Keeps the host's own IPv6 stack away from a device that is not up yet; see {@link silentBody}. */
  silence(link: Link): void {
    try {
      this.#netlink.request(`silence link ${link.name}`, MessageType.NEWLINK, 0, silentBody(link.index));
    } catch (error) {
      // No IPv6 on this host, or none for a device of this MTU: silent anyway.
      if (!isError(error, "EAFNOSUPPORT")) throw error;
    }
  }

  set(index: number, change: Parameters<Links["set"]>[1]): void {
    const { up, arp, promiscuous: promisc } = change;
    const data = {
      index,
      flags: {
        ...(up ? { up } : {}),
        ...(arp === false ? { noarp: true as const } : {}),
        ...(promisc ? { promisc } : {}),
      },
      change: {
        ...(up === undefined ? {} : { up: true as const }),
        ...(arp === undefined ? {} : { noarp: true as const }),
        ...(promisc === undefined ? {} : { promisc: true as const }),
      },
    };
    const body = linkBody(data, {
      ...(change.mtuBytes === undefined ? {} : { mtu: change.mtuBytes }),
      ...(change.mac === undefined ? {} : { address: Buffer.from(macBytes(change.mac)) }),
    });
    this.#netlink.request(`set link ${index}`, MessageType.NEWLINK, 0, body);
  }

  remove(index: number): void {
    try {
      this.#netlink.request(`remove link ${index}`, MessageType.DELLINK, 0, linkBody({ index }));
    } catch (error) {
      if (!isError(error, "ENODEV")) throw error;
    }
  }

  staticIpv6(name: string): void {
    const namespace = this.#netlink.namespaceFd();
    try {
      inNamespaceOf(namespace, () => writeIpv6Settings(name, { disable_ipv6: 0, accept_ra: 0 }));
    } finally {
      closeSync(namespace);
    }
  }

  addresses(index: number): { ip: Ip; prefixLength: number }[] {
    const body = new AttrStream();
    formatAddressMessage({ kind: "address", data: {}, attrs: {} }, body);
    return this.#netlink.request("list addresses", MessageType.GETADDR, FLAG.dump, body).flatMap((message) => {
      const { data, attrs } = parseAddressMessage(message.data);
      // IPv4 tells the own address as "local" where the other end of a point-to-point link is the "address".
      const own = attrs.local ?? attrs.address;
      return data.index === index && own !== undefined
        ? [{ ip: addressOf(own), prefixLength: data.prefixlen ?? 0 }]
        : [];
    });
  }

  addAddress(index: number, address: { ip: Ip; prefixLength: number; noDad: boolean }): void {
    const bytes = addressBytes(address.ip);
    const body = new AttrStream();
    const data = {
      family: family(address.ip),
      prefixlen: address.prefixLength,
      index,
      flags: address.noDad ? { nodad: true as const } : {},
    };
    formatAddressMessage({ kind: "address", data, attrs: { local: bytes, address: bytes } }, body);
    const what = `add address ${address.ip}/${address.prefixLength} to link ${index}`;
    this.#netlink.request(what, MessageType.NEWADDR, FLAG.create | FLAG.replace, body);
  }

  addRoute(route: { destination: Cidr; gateway: Ip | null; index: number }): void {
    const { length } = prefix(route.destination);
    const network = route.destination.slice(0, route.destination.indexOf("/")) as Ip;
    const body = new AttrStream();
    const data = {
      family: family(route.destination),
      dstLen: length,
      table: RoutingTableClass.MAIN,
      protocol: RouteProtocol.BOOT,
      scope: route.gateway === null ? RouteScope.LINK : RouteScope.UNIVERSE,
      type: RouteType.UNICAST,
    };
    const attrs = {
      oif: route.index,
      ...(length === 0 ? {} : { dst: addressBytes(network) }),
      ...(route.gateway === null ? {} : { gateway: addressBytes(route.gateway) }),
    };
    formatRouteMessage({ kind: "route", data, attrs }, body);
    const what = `add route ${route.destination} via ${route.gateway ?? `link ${route.index}`}`;
    this.#netlink.request(what, MessageType.NEWROUTE, FLAG.create | FLAG.replace, body);
  }

  close(): void {
    for (const watch of [...this.#watches]) watch.close();
    this.#netlink.close();
  }
}
