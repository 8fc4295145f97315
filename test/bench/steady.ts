/** What of a load passes in a second once it has settled, in what limits count. */
import { setTimeout as sleep } from "node:timers/promises";
import { load, type Path, type Received, received } from "./netload.ts";

const DATAGRAM_BYTES = 1400;
const SMALL_BYTES = 64;
const ETHERNET = 14;
const UDP_HEADER = 8;
const TCP_HEADER = 32;
/** Of a lab's VXLAN network: a full segment. */
const MTU = 1450;

export interface Kind {
  name: string;
  start(path: Path, seconds: number): Promise<void>;
  /** What of a count is limited; `ipHeader` in bytes. */
  amount(of: Received, ipHeader: number): number;
}

/** In bytes on the wire, from the Ethernet header on. */
export const streams = (times: number): Kind => ({
  name: times === 1 ? "one TCP stream" : `${times} TCP streams`,
  start: (path, seconds) => load(path, "stream", seconds, { times }),
  amount: ({ bytes }, ipHeader) => (bytes * (ETHERNET + MTU)) / (MTU - ipHeader - TCP_HEADER),
});

export const FLOOD: Kind = {
  name: "UDP",
  start: (path, seconds) => load(path, "udp", seconds, { size: DATAGRAM_BYTES }),
  amount: ({ datagrams }, ipHeader) => datagrams * (ETHERNET + ipHeader + UDP_HEADER + DATAGRAM_BYTES),
};

/** Many at once are one packet to the kernel, until the receiver's: else a small machine cannot send enough. */
export const FAST_FLOOD: Kind = {
  ...FLOOD,
  name: "UDP in segments",
  start: (path, seconds) => load(path, "udp", seconds, { size: DATAGRAM_BYTES, segments: 32 }),
};

/** In packets. */
export const SMALL_FLOOD: Kind = {
  name: "UDP",
  start: (path, seconds) => load(path, "udp", seconds, { size: SMALL_BYTES }),
  amount: ({ datagrams }) => datagrams,
};

/** A second's amount, over so many seconds from now on, of a load that runs. */
export async function rateNow(path: Path, kind: Kind, seconds: number): Promise<number> {
  const ipHeader = path.serverIp.includes(":") ? 40 : 20;
  const before = await received(path.serverNetns);
  await sleep(seconds * 1000);
  const after = await received(path.serverNetns);
  return ((kind.amount(after, ipHeader) - kind.amount(before, ipHeader)) / (after.ns - before.ns)) * 1e9;
}

/** The same, so many times, of a load of its own that has run for `warmUpSeconds`: until the burst is used up, and TCP has found its pace. */
export async function steadyRates(
  path: Path,
  kind: Kind,
  warmUpSeconds: number,
  seconds: number,
  times: number,
): Promise<number[]> {
  const loading = kind.start(path, warmUpSeconds + seconds * times + 1);
  await sleep(warmUpSeconds * 1000);
  const rates: number[] = [];
  while (rates.length < times) rates.push(await rateNow(path, kind, seconds));
  await loading;
  return rates;
}
