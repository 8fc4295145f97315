/** A {@link Host} in memory. `log` tells every change as a line of text, for golden tests. */
import type { Cidr, Ip, Mac } from "../../model/mod.ts";
import { type Host, type Link, type Links, SystemError, type Tap } from "../host.ts";
import { FakeBpf } from "./bpf.ts";
import { FakeLinks, FakeNamespace } from "./links.ts";

export class FakeTap implements Tap {
  readonly link: Link;
  /** What was sent into the device. */
  readonly sent: Buffer[] = [];
  #handler: ((frame: Buffer) => void) | undefined;
  closed = false;

  constructor(link: Link) {
    this.link = link;
  }

  onFrame(handler: (frame: Buffer) => void): void {
    this.#handler = handler;
  }

  send(frame: Uint8Array): void {
    if (!this.closed) this.sent.push(Buffer.from(frame));
  }

  /** A frame that the kernel delivers. */
  deliver(frame: Uint8Array): void {
    if (!this.closed) this.#handler?.(Buffer.from(frame));
  }

  close(): void {
    this.closed = true;
  }
}

export class FakeHost implements Host {
  readonly log: string[] = [];
  /** Of the host's own namespace; add cards and TAP devices here. */
  readonly home: FakeNamespace;
  readonly links: Links;
  readonly bpf: FakeBpf;
  /** Those open now, by name. */
  readonly taps = new Map<string, FakeTap>();
  readonly #namespaces = new Map<string, FakeNamespace>();
  readonly #fds: FakeNamespace[] = [];
  readonly #peers = new WeakMap<Link, { namespace: FakeNamespace; link: Link }>();
  readonly #udp = new Set<string>();
  #here: FakeNamespace;

  constructor() {
    const log = (line: string) => void this.log.push(line);
    this.home = new FakeNamespace("", log);
    this.home.add({ name: "lo", kind: "", mtuBytes: 65536, up: true });
    this.#here = this.home;
    this.links = this.#linksOf(this.home);
    this.bpf = new FakeBpf(() => this.#here, log);
  }

  /** Makes a namespace that {@link inNamespace} then finds. */
  addNamespace(path: string): FakeNamespace {
    const namespace = new FakeNamespace(path, (line) => void this.log.push(line));
    namespace.add({ name: "lo", kind: "", mtuBytes: 65536 });
    this.#namespaces.set(path, namespace);
    return namespace;
  }

  /** The lines since the last call. */
  takeLog(): string[] {
    return this.log.splice(0);
  }

  #linksOf(namespace: FakeNamespace): Links {
    return new FakeLinks(namespace, (fd) => this.#byFd(fd), this.#peers);
  }

  #byFd(fd: number): FakeNamespace {
    const namespace = this.#fds[fd];
    if (namespace === undefined) throw new SystemError("netns", "EBADF", `descriptor ${fd}`);
    return namespace;
  }

  openTap(name: string, options: { mac?: Mac; mtuBytes: number }): Tap {
    if (this.taps.get(name)?.closed === false) throw new SystemError("ioctl TUNSETIFF", "EBUSY", name);
    const link = this.#here.byName(name) ?? this.#here.add({ name, kind: "tun" });
    Object.assign(link, {
      up: true,
      mtuBytes: options.mtuBytes,
      ...(options.mac === undefined ? {} : { mac: options.mac }),
    });
    this.#here.log(`tap open ${name} mtu ${options.mtuBytes}${options.mac === undefined ? "" : ` mac ${options.mac}`}`);
    const tap = new FakeTap({ ...link });
    this.taps.set(name, tap);
    return tap;
  }

  /** The number of a descriptor that is none. */
  openUdp(ip: Ip, port: number, bufferBytes: number): number {
    const place = `${this.#here.path} ${ip} ${port}`;
    if (this.#udp.has(place)) throw new SystemError(`open UDP port ${port} of ${ip}`, "EADDRINUSE");
    this.#udp.add(place);
    this.#here.log(`udp open ${ip} port ${port} buffer ${bufferBytes}`);
    return -1;
  }

  inNamespace<T>(path: string, work: (links: Links, netnsFd: number) => T): T {
    const namespace = this.#namespaces.get(path);
    if (namespace === undefined) throw new SystemError("open namespace", "ENOENT", path);
    const before = this.#here;
    this.#here = namespace;
    try {
      return work(this.#linksOf(namespace), this.#fds.push(namespace) - 1);
    } finally {
      this.#here = before;
    }
  }

  mountBpf(path: string): void {
    this.log.push(`mount bpf ${path}`);
  }

  masquerade(from: readonly Cidr[], inside: string): void {
    this.log.push(`masquerade ${from.join(" ")} save to ${inside}*`);
  }

  removePins(directory: string): void {
    for (const pins of [this.bpf.pins, this.bpf.programPins]) {
      for (const path of [...pins.keys()]) if (path.startsWith(`${directory}/`)) pins.delete(path);
    }
    this.log.push(`remove pins ${directory}`);
  }
}

export function fakeHost(): FakeHost {
  return new FakeHost();
}
