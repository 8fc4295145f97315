/** The system calls that Node does not offer, by koffi. Each throws a {@link SystemError} that names the call. */
import koffi from "koffi";
import { SystemError } from "../host.ts";

const libc = koffi.load("libc.so.6");

const call = {
  socket: libc.func("int socket(int, int, int)"),
  bind: libc.func("int bind(int, const void *, unsigned int)"),
  setsockopt: libc.func("int setsockopt(int, int, int, const void *, unsigned int)"),
  send: libc.func("int64_t send(int, const void *, size_t, int)"),
  recv: libc.func("int64_t recv(int, void *, size_t, int)"),
  read: libc.func("int64_t read(int, void *, size_t)"),
  write: libc.func("int64_t write(int, const void *, size_t)"),
  setns: libc.func("int setns(int, int)"),
  ioctl: libc.func("int ioctl(int, unsigned long, void *)"),
  mount: libc.func("int mount(str, str, str, unsigned long, str)"),
};

const ERRNO_NAMES = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));

/** "ENOENT" for 2; "E123" for a number that has no name here. */
export function errnoName(errno: number): string {
  // Two names for one number: the kernel documents the first.
  if (errno === koffi.os.errno.EAGAIN) return "EAGAIN";
  if (errno === koffi.os.errno.EOPNOTSUPP) return "EOPNOTSUPP";
  return ERRNO_NAMES.get(errno) ?? `E${errno}`;
}

function checked(name: string, result: number, detail?: string): number {
  if (result >= 0) return result;
  throw new SystemError(name, errnoName(koffi.errno()), detail);
}

export function socket(domain: number, type: number, protocol: number): number {
  return checked("socket", call.socket(domain, type, protocol));
}

export function bind(fd: number, address: Uint8Array): void {
  checked("bind", call.bind(fd, address, address.length));
}

export function setSocketOption(fd: number, level: number, option: number, value: Uint8Array): void {
  checked("setsockopt", call.setsockopt(fd, level, option, value, value.length));
}

const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;

/** Room for what has come and was not read yet, whatever the system's limit is (net.core.rmem_max). */
export function setReceiveRoom(fd: number, sizeBytes: number): void {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(sizeBytes);
  setSocketOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, size);
}

export function send(fd: number, data: Uint8Array): void {
  checked("send", Number(call.send(fd, data, data.length, 0)));
}

/** How many bytes came. @throws SystemError EAGAIN when there is nothing and MSG_DONTWAIT was asked */
export function receive(fd: number, into: Uint8Array, flags: number): number {
  return checked("recv", Number(call.recv(fd, into, into.length, flags)));
}

/** Bytes read, or undefined when there is nothing to read now. */
export function readNow(fd: number, into: Uint8Array): number | undefined {
  const size = Number(call.read(fd, into, into.length));
  if (size < 0 && koffi.errno() === koffi.os.errno.EAGAIN) return undefined;
  return checked("read", size);
}

/** False when the descriptor would have blocked. */
export function writeNow(fd: number, data: Uint8Array): boolean {
  const size = Number(call.write(fd, data, data.length));
  if (size < 0 && koffi.errno() === koffi.os.errno.EAGAIN) return false;
  checked("write", size);
  return true;
}

export function setNetworkNamespace(fd: number): void {
  const CLONE_NEWNET = 0x40000000;
  checked("setns", call.setns(fd, CLONE_NEWNET));
}

export function ioctl(name: string, fd: number, request: number, argument: Uint8Array | number, detail?: string): void {
  // An ioctl whose argument is a number takes it in the pointer's place.
  const pointer = typeof argument === "number" ? BigInt(argument) : argument;
  checked(`ioctl ${name}`, call.ioctl(fd, request, pointer), detail);
}

/** A new descriptor of the network namespace that a socket was made in. */
export function socketNamespace(fd: number): number {
  const SIOCGSKNS = 0x894c;
  return checked("ioctl SIOCGSKNS", call.ioctl(fd, SIOCGSKNS, null));
}

export function mount(source: string, target: string, type: string): void {
  checked("mount", call.mount(source, target, type, 0, null), `${type} on ${target}`);
}
