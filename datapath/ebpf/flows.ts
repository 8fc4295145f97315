/** Takes idle entries out of the flow table, a part at a time; at rest with an empty table it all but sleeps. */
import { Flow, FlowFlag, FlowKey } from "../../bpf/layout.gen.ts";
import type { BpfMap } from "../../host/mod.ts";
import { isTranslated, partnerKey } from "./partner.ts";

/** After how long without a packet a flow is forgotten. */
export interface FlowTimeouts {
  tcpSeconds: number;
  /** A connection of which only the first packets were seen. */
  tcpOpeningSeconds: number;
  tcpClosedSeconds: number;
  udpSeconds: number;
  /** One packet, no more. */
  udpSingleSeconds: number;
  icmpSeconds: number;
  otherSeconds: number;
}

export const FLOW_TIMEOUTS: FlowTimeouts = {
  tcpSeconds: 7200,
  tcpOpeningSeconds: 60,
  tcpClosedSeconds: 10,
  udpSeconds: 180,
  udpSingleSeconds: 60,
  icmpSeconds: 30,
  otherSeconds: 60,
};

const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMP6 = 58;

const readProto = FlowKey.reader("proto");
const readFlags = Flow.reader("flags");
const readPackets = Flow.reader("packets");
const readLastSeenNs = Flow.reader("lastSeenNs");
const readRewrite = Flow.reader("rewrite");

/** Packets in one direction before a TCP connection counts as open: SYN or SYN+ACK, and one that answers. */
const OPEN_PACKETS = 2n;

/** How long this entry may be idle. Pure. */
export function idleSeconds(proto: number, flow: Pick<Flow, "flags" | "packets">, timeouts: FlowTimeouts): number {
  switch (proto) {
    case TCP:
      if ((flow.flags & FlowFlag.CLOSED) !== 0) return timeouts.tcpClosedSeconds;
      return flow.packets < OPEN_PACKETS ? timeouts.tcpOpeningSeconds : timeouts.tcpSeconds;
    case UDP:
      return flow.packets > 1n ? timeouts.udpSeconds : timeouts.udpSingleSeconds;
    case ICMP:
    case ICMP6:
      return timeouts.icmpSeconds;
    default:
      return timeouts.otherSeconds;
  }
}

/** Entries looked at before other work gets its turn: some milliseconds. */
const ENTRIES_PER_TURN = 2048;
const TURN_PAUSE_MS = 20;
const MIN_PERIOD_MS = 1_000;
const MAX_PERIOD_MS = 30_000;

/** The fuller the table, the sooner the next walk. Pure. */
export function nextPeriodMs(live: number, maxEntries: number): number {
  const free = 1 - Math.min(1, live / maxEntries);
  return Math.round(MIN_PERIOD_MS + (MAX_PERIOD_MS - MIN_PERIOD_MS) * free ** 4);
}

export class FlowAging {
  readonly #map: BpfMap;
  readonly #timeouts: FlowTimeouts;
  readonly #nowNs: () => bigint;
  #timer: NodeJS.Timeout | undefined;
  #walk: IterableIterator<[Buffer, Buffer]> | undefined;
  #live = 0;
  /** What the last whole walk left in the table. */
  entries = 0;

  /** `nowNs`: CLOCK_MONOTONIC, which the data plane stamps entries with. */
  constructor(map: BpfMap, timeouts: FlowTimeouts, nowNs: () => bigint = process.hrtime.bigint) {
    this.#map = map;
    this.#timeouts = timeouts;
    this.#nowNs = nowNs;
  }

  start(): void {
    this.#timer = setTimeout(() => this.#step(), MIN_PERIOD_MS).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#walk = undefined;
  }

  #step(): void {
    const done = this.turn();
    const pause = done ? nextPeriodMs(this.#live, this.#map.maxEntries) : TURN_PAUSE_MS;
    this.#timer = setTimeout(() => this.#step(), pause).unref();
  }

  /** Looks at the next part of the table; true when that was its end. */
  turn(): boolean {
    if (this.#walk === undefined) {
      this.#walk = this.#map.entries();
      this.#live = 0;
    }
    const now = this.#nowNs();
    const idle: Buffer[] = [];
    for (let count = 0; count < ENTRIES_PER_TURN; count++) {
      const next = this.#walk.next();
      if (next.done === true) {
        this.#walk = undefined;
        this.entries = this.#live;
        break;
      }
      const [key, value] = next.value;
      if (this.#isIdle(key, value, now)) idle.push(Buffer.from(key));
      else this.#live++;
    }
    this.#map.deleteBatch(idle);
    return this.#walk === undefined;
  }

  /** Nothing has come for so long; of a flow whose ends are changed, in neither direction. */
  #isIdle(key: Buffer, value: Buffer, nowNs: bigint): boolean {
    if (!this.#isQuiet(key, value, nowNs)) return false;
    const flow = { flags: readFlags(value), rewrite: readRewrite(value) };
    if (!isTranslated(flow)) return true;
    const partner = FlowKey.encode(partnerKey(FlowKey.decode(key), Flow.decode(value)));
    const other = this.#map.lookup(partner);
    return other === undefined || this.#isQuiet(partner, other, nowNs);
  }

  #isQuiet(key: Buffer, value: Buffer, nowNs: bigint): boolean {
    const flow = { flags: readFlags(value), packets: readPackets(value) };
    const limitNs = BigInt(idleSeconds(readProto(key), flow, this.#timeouts)) * 1_000_000_000n;
    return nowNs - readLastSeenNs(value) > limitNs;
  }
}
