/**
 * The one seam to Linux: links, namespaces, TAP devices and eBPF. `host/linux` does it, `host/fake` records it as text
 * for golden tests; host.contract.ts holds both to the same behaviour. Everything here is synchronous unless it says
 * otherwise: each call is some microseconds of system call, far below what a promise round trip would add to a batch.
 */
import type { Cidr, Ip, Mac } from "../model/mod.ts";

/** A failed system call. `code` is errno's name ("ENOENT"). */
export class SystemError extends Error {
  override readonly name = "SystemError";
  readonly call: string;
  readonly code: string;
  constructor(call: string, code: string, detail = "") {
    super(`${call}: ${code}${detail === "" ? "" : ` (${detail})`}`);
    this.call = call;
    this.code = code;
  }
}

export interface Link {
  index: number;
  name: string;
  /** "veth", "tun", "vxlan", "bridge", ... or "" for a physical card. */
  kind: string;
  mac: Mac;
  mtuBytes: number;
  up: boolean;
  /** ifindex of the veth peer, when the kernel tells it. */
  peerIndex: number | null;
}

export type LinkEvent = { kind: "changed"; link: Link } | { kind: "removed"; index: number; name: string };

/** rtnetlink in one network namespace. */
export interface Links {
  list(): Link[];
  byName(name: string): Link | undefined;
  /** Calls back for every change from now on; first list, then rely on it. Closing ends it. */
  watch(onEvent: (event: LinkEvent) => void): { close(): void };
  /**
   * A veth pair whose peer is born in another namespace (an open descriptor of it), or beside it.
   * @throws SystemError EEXIST when either name is taken
   */
  createVeth(options: { name: string; mtuBytes: number; peer: { name: string; mac: Mac; netnsFd?: number } }): Link;
  /** A VXLAN device in external (collect metadata) mode. @throws SystemError EEXIST */
  createVxlan(options: { name: string; port: number; mtuBytes: number }): Link;
  /**
   * `arp` off: the device asks nobody for addresses, and sends under its own. `promiscuous`: hears frames for any MAC address;
   * what others asked of the card remains.
   */
  set(
    index: number,
    change: { up?: boolean; arp?: boolean; mtuBytes?: number; mac?: Mac; promiscuous?: boolean },
  ): void;
  /** Removing what is not there is success. */
  remove(index: number): void;
  /**
   * IPv6 on for this link, whatever its namespace's default is, and router advertisements unheard: its addresses are
   * given to it, and must not begin to age because an advertisement names them too. Nothing where there is no IPv6.
   */
  staticIpv6(name: string): void;
  addresses(index: number): { ip: Ip; prefixLength: number }[];
  /** Repeatable. `noDad` skips duplicate address detection, since the control node already knows (IPv6). */
  addAddress(index: number, address: { ip: Ip; prefixLength: number; noDad: boolean }): void;
  /** Repeatable. No gateway means on link. */
  addRoute(route: { destination: Cidr; gateway: Ip | null; index: number }): void;
  close(): void;
}

/** A TAP device held open, frames in and out. */
export interface Tap {
  readonly link: Link;
  /** Frames as the kernel delivers them, many a wake-up. */
  onFrame(handler: (frame: Buffer) => void): void;
  /** Drops the frame when the queue is full, as a wire would. */
  send(frame: Uint8Array): void;
  close(): void;
}

/** A map by its raw bytes; sizes are fixed when it is made. */
export interface BpfMap {
  readonly name: string;
  readonly keySize: number;
  /** For per-CPU maps the size of one CPU's value (8-byte aligned), and lookups return all CPUs' values end to end. */
  readonly valueSize: number;
  readonly maxEntries: number;
  lookup(key: Uint8Array): Buffer | undefined;
  /** @throws SystemError E2BIG when full */
  update(key: Uint8Array, value: Uint8Array): void;
  /** Deleting what is not there is success. */
  delete(key: Uint8Array): void;
  updateBatch(entries: readonly (readonly [Uint8Array, Uint8Array])[]): void;
  /** Returns the indexes of keys that were not there. */
  deleteBatch(keys: readonly Uint8Array[]): Set<number>;
  /** A walk in batches; entries written meanwhile may or may not be seen. */
  entries(): IterableIterator<[Buffer, Buffer]>;
  close(): void;
}

export interface BpfProgram {
  readonly name: string;
  readonly fd: number;
  /** BPF_PROG_TEST_RUN on one packet; `ctx` is a raw struct __sk_buff. Runs for real, effects on maps included. */
  testRun(options: { packet: Uint8Array; ctx?: Uint8Array; repeat?: number }): {
    verdict: number;
    packet: Buffer;
    ctx: Buffer;
    durationNs: number;
  };
}

/** A program that was found by its pin; closing gives the descriptor back, the program stays. */
export interface PinnedProgram extends BpfProgram {
  close(): void;
}

export interface BpfObject {
  program(name: string): BpfProgram;
  map(name: string): BpfMap;
  close(): void;
}

export interface Bpf {
  /**
   * Opens an object file, loads its programs, and pins the maps that ask for it (LIBBPF_PIN_BY_NAME) under `pinDir`;
   * a map already pinned there is used instead of a new one. `mapSizes` overrides max_entries before loading.
   * @throws SystemError with the verifier's last lines in `detail`
   */
  load(file: string, options: { pinDir: string; mapSizes?: Record<string, number> }): BpfObject;
  /** {@link load} without keeping the thread while the kernel looks through the programs. */
  loadAside(file: string, options: { pinDir: string; mapSizes?: Record<string, number> }): Promise<BpfObject>;
  /** SHA-256 of an object file, which tells one build from another. @throws SystemError ENOENT */
  digest(file: string): string;
  openPinned(path: string): BpfMap | undefined;
  /** Pins a program, so that it outlives the process and is found again; makes the directory. @throws SystemError EEXIST */
  pinProgram(program: BpfProgram, path: string): void;
  openPinnedProgram(path: string): PinnedProgram | undefined;
  /** Puts a program at a device's tc ingress (clsact), replacing ours that is there in one step: no packet goes past. */
  attachIngress(ifindex: number, program: BpfProgram): void;
  /** The id of our program at that hook, or undefined. */
  attachedIngress(ifindex: number): number | undefined;
  detachIngress(ifindex: number): void;
}

export interface Host {
  links: Links;
  bpf: Bpf;
  /** Opens, or makes, a TAP device that stays when the process ends. */
  openTap(name: string, options: { mac?: Mac; mtuBytes: number }): Tap;
  /**
   * A UDP socket at an address of its own, as a descriptor that is the caller's, with a receive buffer of that size whatever
   * the system's limit is: so that a flood from one does not push out what others send. @throws SystemError EADDRINUSE
   */
  openUdp(ip: Ip, port: number, bufferBytes: number): number;
  /**
   * Runs `work` with the calling thread in another network namespace. `work` must be synchronous; links opened within
   * stay in that namespace. @throws SystemError ENOENT when the path is gone
   */
  inNamespace<T>(path: string, work: (links: Links, netnsFd: number) => T): T;
  /** Makes sure that a bpf file system is mounted there. */
  mountBpf(path: string): void;
  /**
   * Lets this host pass packets on between its devices, and sends what comes from these prefixes out under its own address,
   * save out of devices whose names begin with `inside`. In place of what was asked before. @throws SystemError
   */
  masquerade(from: readonly Cidr[], inside: string): void;
  /** Removes a directory of pins with all in it; what a program or another process uses lives on. None there is success. */
  removePins(directory: string): void;
}
