/** UDP sockets for who must not lose what comes at once. */
import { closeSync } from "node:fs";
import { type Ip, ipBytes16, ipFamily } from "../../model/mod.ts";
import { SystemError } from "../host.ts";
import { bind, setReceiveRoom, socket } from "./libc.ts";

const AF_INET = 2;
const AF_INET6 = 10;
/** SOCK_DGRAM, close on exec, without blocking. */
const SOCK_DGRAM = 0x80802;

/** struct sockaddr_in or sockaddr_in6. */
function socketAddress(ip: Ip, port: number): Buffer {
  const isFour = ipFamily(ip) === 4;
  const address = Buffer.alloc(isFour ? 16 : 28);
  address.writeUInt16LE(isFour ? AF_INET : AF_INET6, 0);
  address.writeUInt16BE(port, 2);
  const bytes = ipBytes16(ip);
  address.set(isFour ? bytes.subarray(12) : bytes, isFour ? 4 : 8);
  return address;
}

export function openUdp(ip: Ip, port: number, bufferBytes: number): number {
  const fd = socket(ipFamily(ip) === 4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
  try {
    setReceiveRoom(fd, bufferBytes);
    bind(fd, socketAddress(ip, port));
    return fd;
  } catch (error) {
    closeSync(fd);
    if (error instanceof SystemError) throw new SystemError(`open UDP port ${port} of ${ip}`, error.code);
    throw error;
  }
}
