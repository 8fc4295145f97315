/** TAP devices by /dev/net/tun. */
import { closeSync, constants, openSync } from "node:fs";
import type { Mac } from "../../model/mod.ts";
import { type Link, SystemError, type Tap } from "../host.ts";
import { ioctl, readNow, writeNow } from "./libc.ts";
import type { LinuxLinks } from "./links.ts";
import { pollReadable } from "./poll.ts";

const TUNSETIFF = 0x400454ca;
const TUNSETPERSIST = 0x400454cb;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const IFREQ_SIZE = 40;
const IFNAMSIZ = 16;

// A TAP frame can be as large as a device's MTU allows, plus headers; one that is offloaded up to 64 KiB.
const FRAME_MAX = 65536 + 64;
/** Frames handled before other work gets its turn; epoll tells of the rest again. */
const FRAMES_PER_WAKEUP = 256;

function attach(name: string): number {
  const fd = openSync("/dev/net/tun", constants.O_RDWR | constants.O_NONBLOCK);
  const request = Buffer.alloc(IFREQ_SIZE);
  request.write(name, 0, IFNAMSIZ - 1, "latin1");
  request.writeUInt16LE(IFF_TAP | IFF_NO_PI, IFNAMSIZ);
  try {
    ioctl("TUNSETIFF", fd, TUNSETIFF, request, name);
    ioctl("TUNSETPERSIST", fd, TUNSETPERSIST, 1, name);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return fd;
}

class LinuxTap implements Tap {
  readonly link: Link;
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(FRAME_MAX);
  #poll: { close(): void } | undefined;
  #closed = false;

  constructor(fd: number, link: Link) {
    this.#fd = fd;
    this.link = link;
  }

  onFrame(handler: (frame: Buffer) => void): void {
    this.#poll?.close();
    this.#poll = pollReadable(this.#fd, () => this.#drain(handler));
  }

  #drain(handler: (frame: Buffer) => void): void {
    for (let count = 0; count < FRAMES_PER_WAKEUP && !this.#closed; count++) {
      const size = this.#read();
      if (size === undefined) return;
      handler(Buffer.from(this.#buffer.subarray(0, size)));
    }
  }

  #read(): number | undefined {
    try {
      return readNow(this.#fd, this.#buffer);
    } catch (error) {
      // The device was removed under us: there is nothing to come any more.
      if (!(error instanceof SystemError) || !["EBADFD", "EIO", "ENODEV"].includes(error.code)) throw error;
      this.#poll?.close();
      return undefined;
    }
  }

  send(frame: Uint8Array): void {
    if (this.#closed) return;
    try {
      writeNow(this.#fd, frame);
    } catch (error) {
      // A device that is down or gone, or a frame too short to be one: lost, as on a wire.
      if (!(error instanceof SystemError) || !["EIO", "EBADFD", "ENODEV", "EINVAL", "ENOBUFS"].includes(error.code))
        throw error;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#poll?.close();
    closeSync(this.#fd);
  }
}

/** See {@link import("../host.ts").Host.openTap}; the device is up when this returns. */
export function openTap(links: LinuxLinks, name: string, options: { mac?: Mac; mtuBytes: number }): Tap {
  if (name.length === 0 || Buffer.byteLength(name) >= IFNAMSIZ) {
    throw new SystemError("openTap", "EINVAL", `a device's name has 1 to ${IFNAMSIZ - 1} bytes: "${name}"`);
  }
  const fd = attach(name);
  try {
    const made = links.byName(name);
    if (made === undefined) throw new SystemError("openTap", "ENODEV", name);
    const mac = options.mac !== undefined && options.mac !== made.mac ? { mac: options.mac } : {};
    links.set(made.index, { mtuBytes: options.mtuBytes, ...mac });
    if (!made.up) links.silence(made);
    links.set(made.index, { up: true });
    return new LinuxTap(fd, links.byName(name) ?? made);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
