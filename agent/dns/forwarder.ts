/** Asks other servers what nobody here knows: one after the other until one says something, each question once. */
import type { Id } from "../../model/mod.ts";
import { DNS_FLAG, keepSeconds, RCODE, withoutOpt } from "../../wire/mod.ts";
import { Cache, type Kept } from "./cache.ts";
import { type Answered, type Exchange, exchange, type Question } from "./exchange.ts";
import type { Server } from "./servers.ts";

/** How long a server has in the first round and in the second; a client of the C library waits for 5 s (resolv.conf(5)). */
const ROUNDS_MS = [800, 1_600];
const DEADLINE_MS = 4_500;
/** A server that did not answer is asked last for so long. */
const SHUN_MS = 10_000;
/** RFC 9520 section 3.2: that nobody could tell is remembered as well. */
const FAILURE_MS = 1_000;
const MOST_FAILURES = 10_000;
/** RFC 2308 section 5, RFC 8767 section 4: nothing is kept for as long as it says, if it says for ever. */
const MOST_SECONDS = 86_400;
const MOST_SECONDS_NEGATIVE = 3_600;
const CACHE_BYTES = 4 * 1024 * 1024;

/** Questions under way: of one port, and of all together. */
const MOST_OF_PORT = 128;
const MOST = 4_096;

export type Given =
  | (Kept & { how: "cached" | "forwarded"; ageSeconds: number })
  | "failed"
  | "too_many"
  | "no_upstream";

export interface ForwarderParts {
  servers(): readonly Server[];
  exchange?: Exchange;
  nowMs?: () => number;
}

export class Forwarder {
  readonly cache = new Cache(CACHE_BYTES);
  readonly #servers: () => readonly Server[];
  readonly #exchange: Exchange;
  readonly #nowMs: () => number;
  readonly #underWay = new Map<string, Promise<Given>>();
  readonly #ofPort = new Map<Id, number>();
  #waiting = 0;
  readonly #shunned = new Map<string, number>();
  readonly #failures = new Map<string, number>();

  constructor(parts: ForwarderParts) {
    this.#servers = parts.servers;
    this.#exchange = parts.exchange ?? exchange;
    this.#nowMs = parts.nowMs ?? (() => performance.now());
  }

  /** Of questions that a port waits for; of all. */
  get waiting(): number {
    return this.#waiting;
  }

  /** At once what is in the cache, or cannot be asked. Never rejects. */
  ask(portId: Id, question: Question): Given | Promise<Given> {
    const { name, type, dnssec, checkingDisabled } = question;
    const key = `${type} ${Number(dnssec)}${Number(checkingDisabled)} ${name}`;
    const kept = this.cache.get(key, this.#nowMs());
    if (kept !== undefined) return { ...kept, how: "cached" };
    const failedMs = this.#failures.get(key);
    if (failedMs !== undefined && this.#nowMs() - failedMs < FAILURE_MS) return "failed";
    const servers = this.#servers();
    if (servers.length === 0) return "no_upstream";
    if (this.#waiting >= MOST || (this.#ofPort.get(portId) ?? 0) >= MOST_OF_PORT) return "too_many";
    return this.#wait(portId, key, question, servers);
  }

  async #wait(portId: Id, key: string, question: Question, servers: readonly Server[]): Promise<Given> {
    this.#note(portId, 1);
    try {
      let given = this.#underWay.get(key);
      if (given === undefined) {
        given = this.#resolve(key, question, servers).finally(() => this.#underWay.delete(key));
        this.#underWay.set(key, given);
      }
      return await given;
    } finally {
      this.#note(portId, -1);
    }
  }

  #note(portId: Id, by: 1 | -1): void {
    this.#waiting += by;
    const count = (this.#ofPort.get(portId) ?? 0) + by;
    if (count > 0) this.#ofPort.set(portId, count);
    else this.#ofPort.delete(portId);
  }

  async #resolve(key: string, question: Question, servers: readonly Server[]): Promise<Given> {
    const answer = await this.#askAll(question, servers);
    if (answer === undefined) {
      this.#fail(key);
      return "failed";
    }
    const kept = withoutOpt(answer.bytes, answer.message);
    const isFailure = !isSaid(answer);
    const isYes = kept.message.records.some(({ section }) => section === "answer");
    const most = isYes ? MOST_SECONDS : MOST_SECONDS_NEGATIVE;
    const seconds = isFailure ? 0 : Math.min(keepSeconds(kept.bytes, kept.message), most);
    if (isFailure) this.#fail(key);
    if (seconds > 0) this.cache.put(key, kept, seconds, this.#nowMs());
    return { ...kept, how: "forwarded", ageSeconds: 0 };
  }

  /** What the first server says that can tell; what the last of the others said; undefined when none says anything. */
  async #askAll(question: Question, servers: readonly Server[]): Promise<Answered | undefined> {
    const untilMs = this.#nowMs() + DEADLINE_MS;
    let poor: Answered | undefined;
    for (const roundMs of ROUNDS_MS) {
      for (const server of this.#inOrder(servers)) {
        const leftMs = Math.min(roundMs, untilMs - this.#nowMs());
        if (leftMs <= 0) return poor;
        try {
          const answer = await this.#exchange(server, question, leftMs);
          this.#shunned.delete(keyOf(server));
          if (isSaid(answer)) return answer;
          poor = answer;
        } catch {
          this.#shunned.set(keyOf(server), this.#nowMs() + SHUN_MS);
        }
      }
      // Who has said that it cannot tell says so again.
      if (poor !== undefined) return poor;
    }
    return undefined;
  }

  #inOrder(servers: readonly Server[]): Server[] {
    const isShunned = (server: Server) => (this.#shunned.get(keyOf(server)) ?? 0) > this.#nowMs();
    return servers.toSorted((a, b) => Number(isShunned(a)) - Number(isShunned(b)));
  }

  #fail(key: string): void {
    this.#failures.delete(key);
    this.#failures.set(key, this.#nowMs());
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MOST_FAILURES && oldest !== undefined) this.#failures.delete(oldest);
  }
}

const keyOf = ({ address, port }: Server) => `${address} ${port}`;

/** Whether a server has told what there is, be it that there is nothing. */
function isSaid({ message }: Answered): boolean {
  const rcode = message.flags & DNS_FLAG.rcode;
  return (rcode === RCODE.noError || rcode === RCODE.nameError) && (message.edns?.extendedCode ?? 0) === 0;
}
