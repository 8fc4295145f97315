/**
 * What this host says on external networks of itself: that an address is here from now on, and, before any packet has to
 * wait for it, who the next hops are.
 */
import { MAPS, type NetNumber } from "../../bpf/layout.gen.ts";
import type { BpfMap } from "../../host/mod.ts";
import { type Ip, ipFamily, linkLocalAddress, type Mac } from "../../model/mod.ts";
import { announcement, type NeighbourAddress, neighbourQuestion } from "../../wire/mod.ts";
import type { WantedGateway } from "../datapath.ts";
import { type Answered, answeredOf } from "./gateways.ts";

/** Gateways and floating IPs with the external network's number. */
export interface OutsidePart {
  net: NetNumber;
  gateway: WantedGateway;
}

interface Question {
  net: NetNumber;
  target: Ip;
  asker: NeighbourAddress;
}

const TICK_MS = 1_000;
/** A frame may be lost: said again with the next ticks. */
const TIMES = 3;
const ASK_EVERY_TICKS = 15;
/** Two ticks may be late. About when another host takes over from one whose agent died. */
const LEASE_NS = 3_000_000_000n;
/** The control nodes wait as long for one that was stopped. */
const LEAVE_NS = 30_000_000_000n;

export class Announcer {
  readonly #send: (net: NetNumber, frame: Uint8Array) => void;
  readonly #neighbours: BpfMap;
  readonly #leases: BpfMap;
  readonly #nowNs: () => bigint;
  /** Called when a next hop has another MAC than before: flows keep the old one. */
  readonly #onMoved: () => void;
  /** By network, address and MAC: how often it is still to be announced. */
  readonly #answered = new Map<string, Answered & { net: NetNumber; due: number }>();
  #questions: Question[] = [];
  readonly #macs = new Map<string, string>();
  #tick = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    parts: { send(net: NetNumber, frame: Uint8Array): void; neighbours: BpfMap; leases: BpfMap; onMoved(): void },
    nowNs = process.hrtime.bigint,
  ) {
    this.#send = parts.send;
    this.#neighbours = parts.neighbours;
    this.#leases = parts.leases;
    this.#onMoved = parts.onMoved;
    this.#nowNs = nowNs;
  }

  /** From now on these are here; what is new is told at once. To be called when the data plane has it in force. */
  update(parts: Iterable<OutsidePart>): void {
    const now = new Map<string, Answered & { net: NetNumber }>();
    const questions = new Map<string, Question>();
    for (const { net, gateway } of parts) {
      for (const each of answeredOf(gateway)) now.set(`${net} ${each.ip} ${each.mac}`, { ...each, net });
      for (const question of questionsOf(net, gateway)) questions.set(`${net} ${question.target}`, question);
    }
    const asked = new Set(this.#questions.map(({ net, target }) => `${net} ${target}`));
    this.#questions = [...questions.values()];
    for (const [key, question] of questions) if (!asked.has(key)) this.#ask(question);
    for (const key of this.#answered.keys()) if (!now.has(key)) this.#answered.delete(key);
    for (const [key, answered] of now) {
      const known = this.#answered.get(key);
      if (known !== undefined) known.leased = answered.leased;
      if (known !== undefined) continue;
      this.#answered.set(key, { ...answered, due: TIMES - 1 });
      this.#send(answered.net, announcement(answered));
    }
    this.#renew(LEASE_NS);
    this.#run();
  }

  /** The lease lasts until this agent's successor will be there. */
  leave(): void {
    this.#renew(LEAVE_NS);
    this.stop();
  }

  #renew(forNs: bigint): void {
    if (![...this.#answered.values()].some(({ leased }) => leased)) return;
    const untilNs = this.#nowNs() + forNs;
    this.#leases.update(MAPS.leases.key.encode(0), MAPS.leases.value.encode({ untilNs }));
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #run(): void {
    if (this.#answered.size + this.#questions.length === 0) this.stop();
    else this.#timer ??= setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** One second's work. */
  tick(): void {
    this.#renew(LEASE_NS);
    for (const answered of this.#answered.values()) {
      if (answered.due === 0) continue;
      answered.due--;
      this.#send(answered.net, announcement(answered));
    }
    const isRound = this.#tick++ % ASK_EVERY_TICKS === 0;
    for (const question of this.#questions) {
      const mac = this.#macOf(question);
      if (isRound || mac === undefined) this.#ask(question);
    }
  }

  /** The MAC that the data plane has of it, undefined while it has none. */
  #macOf({ net, target }: Question): string | undefined {
    const value = this.#neighbours.lookup(MAPS.neighbours.key.encode({ net, ip: target }));
    const found = value && MAPS.neighbours.value.decode(value);
    if (found === undefined || found.heardNs === 0n) return undefined;
    const key = `${net} ${target}`;
    const before = this.#macs.get(key);
    this.#macs.set(key, found.mac);
    if (before !== undefined && before !== found.mac) this.#onMoved();
    return found.mac;
  }

  #ask({ net, target, asker }: Question): void {
    this.#send(net, neighbourQuestion(asker, target));
  }
}

/** The next hops of a gateway that is here, or of the floating IPs that are. */
function questionsOf(net: NetNumber, gateway: WantedGateway): Question[] {
  const [floating] = gateway.floatings;
  return gateway.routes.flatMap(({ nextHop }): Question[] => {
    if (nextHop === null) return [];
    const family = ipFamily(nextHop);
    const own = gateway.ips.find((ip) => ipFamily(ip) === family);
    if (gateway.own !== null && family === 4) return [{ net, target: nextHop, asker: gateway.own }];
    if (gateway.here) {
      const ip = own ?? (family === 6 ? linkLocalAddress(gateway.mac) : undefined);
      return ip === undefined ? [] : [{ net, target: nextHop, asker: { ip, mac: gateway.mac as Mac } }];
    }
    if (family === 6 || floating === undefined) return [];
    return [{ net, target: nextHop, asker: { ip: floating.ip, mac: floating.mac } }];
  });
}
