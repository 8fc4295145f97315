/** Questions by UDP. */
import { createSocket, type Socket } from "node:dgram";
import type { Id, Ip, ViewPort } from "../../model/mod.ts";
import { DNS_UDP_SIZE, EDNS_SIZE } from "../../wire/mod.ts";
import type { Answerer } from "./answer.ts";

export interface Place {
  ip: Ip;
  port: number;
}

export interface Clients {
  /** Whose packet one from this address is. */
  clientOf(address: Ip): Id | undefined;
  portOf(id: Id): ViewPort | undefined;
  /** The largest IP packet that the port takes, in bytes. */
  mtuOf(port: ViewPort): number;
}

/** Of IPv6 and UDP, the larger ones. */
const HEADERS_BYTES = 48;

/** An answer by UDP is never in fragments: what they would need of a host that forgets them is an invitation. */
export function udpLimit(ednsSize: number | undefined, mtuBytes: number): number {
  const wanted = Math.max(DNS_UDP_SIZE, Math.min(ednsSize ?? DNS_UDP_SIZE, EDNS_SIZE));
  return Math.min(wanted, Math.max(DNS_UDP_SIZE, mtuBytes - HEADERS_BYTES));
}

/** Opens a socket with a receive buffer of that size, as a descriptor. */
export type OpenUdp = (ip: Ip, port: number, bufferBytes: number) => number;

/** Several thousand questions: what a dozen ports may send at once, and those of others behind them. */
const BUFFER_BYTES = 4 * 1024 * 1024;

/** @throws Error EADDRINUSE and the like, when the socket cannot be had */
export async function listenUdp(
  place: Place,
  answerer: Answerer,
  clients: Clients,
  open: OpenUdp | undefined,
): Promise<Socket> {
  const socket = createSocket({ type: place.ip.includes(":") ? "udp6" : "udp4" });
  socket.on("message", (bytes, { address, port: from }) => {
    const id = clients.clientOf(address as Ip);
    const port = id === undefined ? undefined : clients.portOf(id);
    if (port === undefined) return;
    const send = (answer: Uint8Array | undefined) => {
      // A workload that has gone meanwhile is no error of ours.
      if (answer !== undefined && isOpen(socket)) socket.send(answer, from, address, () => {});
    };
    const limit = (size: number | undefined) => udpLimit(size, clients.mtuOf(port));
    const answer = answerer.answer(bytes, { port, limit });
    if (answer instanceof Promise) void answer.then(send);
    else send(answer);
  });
  const { ip, port } = place;
  const at = open === undefined ? { address: ip, port } : { fd: open(ip, port, BUFFER_BYTES) };
  await new Promise<void>((resolve, reject) => socket.once("error", reject).bind(at, resolve));
  // From now on an error is that of one packet.
  socket.removeAllListeners("error").on("error", () => {});
  return socket;
}

function isOpen(socket: Socket): boolean {
  try {
    socket.address();
    return true;
  } catch {
    return false;
  }
}
