/** A TAP device as a workload: what is sent goes through the data plane before send() returns. */
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import koffi from "koffi";
import { ifindexOf, run } from "./privacy.ts";

const TUNSETIFF = 0x400454ca;
const IFF_TAP_NO_PI = 0x1002;
const FRAME_SIZE = 65_536;
const ioctl = koffi.load(null).func("int ioctl(int fd, unsigned long request, void *argument)");

export interface TestTap {
  readonly name: string;
  readonly ifindex: number;
  send(frame: Uint8Array): void;
  /** All frames that came since the last call. */
  received(): Buffer[];
  close(): void;
}

/** Makes a device that goes when it is closed, and sets it up. */
export function testTap(name: string, options = "mtu 9000"): TestTap {
  const fd = openSync("/dev/net/tun", constants.O_RDWR | constants.O_NONBLOCK);
  const request = Buffer.alloc(40);
  request.write(name);
  request.writeUInt16LE(IFF_TAP_NO_PI, 16);
  if (ioctl(fd, TUNSETIFF, request) !== 0) throw new Error(`TUNSETIFF ${name}: errno ${koffi.errno()}`);
  run(`ip link set ${name} ${options} up`);
  return {
    name,
    ifindex: ifindexOf(name),
    send(frame) {
      writeSync(fd, frame);
    },
    received() {
      const frames: Buffer[] = [];
      const buffer = Buffer.alloc(FRAME_SIZE);
      for (;;) {
        try {
          frames.push(Buffer.from(buffer.subarray(0, readSync(fd, buffer))));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === "EAGAIN") return frames;
          throw error;
        }
      }
    },
    close: () => closeSync(fd),
  };
}
