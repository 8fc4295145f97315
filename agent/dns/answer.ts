/** From a question to its answer: names of our own at once, everything else by way of the forwarder. */
import { type Ip, ipBytes16, ipFamily, type ViewPort } from "../../model/mod.ts";
import {
  ANY_ANSWER,
  type Asked,
  DNS_CLASS,
  DNS_FLAG,
  DNS_TYPE,
  type DnsAnswer,
  type DnsMessage,
  type DnsReply,
  decodeDns,
  dnsHeader,
  encodeDnsFault,
  encodeDnsReply,
  encodeName,
  encodeRelayed,
  ip4Bytes,
  RCODE,
  type Rcode,
  soaAnswer,
} from "../../wire/mod.ts";
import type { Log } from "../log.ts";
import type { Forwarder } from "./forwarder.ts";
import type { Known, Names } from "./names.ts";

/** By what became of it, for the agent's figures. */
export type Outcomes = Map<string, number>;

/** As Neutron's dnsmasq: a name that changes is never known by its old address. */
const TTL_SECONDS = 0;

export interface Asker {
  port: ViewPort;
  /** The largest answer that its transport takes, given what its EDNS says. */
  limit(ednsSize: number | undefined): number;
}

type Answer = Uint8Array | undefined;

export class Answerer {
  readonly outcomes: Outcomes = new Map();
  readonly #names: Pick<Names, "look">;
  readonly #forwarder: Pick<Forwarder, "ask">;

  readonly #log: Pick<Log, "error">;

  constructor(names: Pick<Names, "look">, forwarder: Pick<Forwarder, "ask">, log: Pick<Log, "error">) {
    this.#names = names;
    this.#forwarder = forwarder;
    this.#log = log;
  }

  /** Undefined for what gets no answer: less than a header, or an answer itself. Never throws. */
  answer(bytes: Uint8Array, asker: Asker): Answer | Promise<Answer> {
    try {
      return this.#answer(bytes, asker);
    } catch (error) {
      // One workload's odd question must not stop the service of the others.
      const reason = error instanceof Error ? error.stack : String(error);
      this.#log.error({ port: asker.port.id, reason }, "question of DNS not answered");
      return this.#count("fault", undefined);
    }
  }

  #answer(bytes: Uint8Array, asker: Asker): Answer | Promise<Answer> {
    const header = dnsHeader(bytes);
    if (header === undefined || header.flags & DNS_FLAG.response) return this.#count("no_question", undefined);
    if (header.flags & DNS_FLAG.opcode)
      return this.#count("not_implemented", encodeDnsFault(header, RCODE.notImplemented));
    const message = decodeDns(bytes);
    if (message === undefined) return this.#count("malformed", encodeDnsFault(header, RCODE.formatError));
    const asked = { bytes, message };
    const limit = asker.limit(message.edns?.size);
    const refusal = refusalOf(message);
    if (refusal !== undefined) return this.#say(refusal[0], asked, { rcode: refusal[1], authoritative: false }, limit);
    if (message.question.type === DNS_TYPE.any)
      return this.#say("any", asked, { rcode: RCODE.noError, authoritative: false, answers: [ANY_ANSWER] }, limit);
    const known = this.#names.look(asker.port, message.question.name);
    const own = ownAnswer(message.question.type, known);
    if (own !== undefined) return this.#say(own.rcode === RCODE.nameError ? "nobody" : "own", asked, own, limit);
    return this.#forward(asker.port, asked, known, limit);
  }

  #forward(
    port: ViewPort,
    asked: Asked & { message: DnsMessage },
    known: Known,
    limit: number,
  ): Answer | Promise<Answer> {
    const { flags, question, edns } = asked.message;
    const refused = { rcode: RCODE.refused, authoritative: false };
    if (!(flags & DNS_FLAG.recursionDesired)) return this.#say("not_recursive", asked, refused, limit);
    const found = this.#forwarder.ask(port.id, {
      name: question.name,
      type: question.type,
      dnssec: edns?.dnssec ?? false,
      checkingDisabled: (flags & DNS_FLAG.checkingDisabled) !== 0,
    });
    const finish = (given: Awaited<typeof found>): Answer => {
      if (typeof given !== "string")
        return this.#count(given.how, encodeRelayed(given, asked, given.ageSeconds, limit));
      if (given === "too_many") return this.#say("too_many", asked, refused, limit);
      const zone = known.kind === "foreign" ? known.zone : undefined;
      // Nobody to ask, so nobody else knows more of a domain of ours.
      if (given === "no_upstream" && zone !== undefined)
        return this.#say("nobody", asked, { rcode: RCODE.nameError, authoritative: true, zone }, limit);
      return this.#say("failed", asked, { rcode: RCODE.serverFailure, authoritative: false }, limit);
    };
    return found instanceof Promise ? found.then(finish) : finish(found);
  }

  #say(outcome: string, asked: Asked, reply: DnsReply, limit: number): Uint8Array {
    return this.#count(outcome, encodeDnsReply(asked, reply, limit));
  }

  #count<T>(outcome: string, value: T): T {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    return value;
  }
}

/** Kinds of questions that are about no name's records (RFC 6895 section 3.1), zone transfers among them. */
const isMeta = (type: number) => type === DNS_TYPE.opt || (type >= 128 && type < DNS_TYPE.any);

function refusalOf({ question, edns }: DnsMessage): [outcome: string, rcode: Rcode] | undefined {
  if (edns !== undefined && edns.version > 0) return ["bad_version", RCODE.badVersion];
  if (question.class !== DNS_CLASS.in || isMeta(question.type)) return ["refused", RCODE.refused];
  return undefined;
}

/** Undefined for what others know. */
function ownAnswer(type: number, known: Known): DnsReply | undefined {
  switch (known.kind) {
    case "host": {
      const answers = known.ips.flatMap((ip) => addressAnswer(type, ip));
      return answers.length > 0 ? yes(answers) : { ...yes([]), zone: known.zone };
    }
    case "address": {
      const data = encodeName(known.name);
      if (type !== DNS_TYPE.ptr || data === undefined) return { ...yes([]), zone: known.zone };
      return yes([{ type, ttlSeconds: TTL_SECONDS, data }]);
    }
    case "zone":
      return type === DNS_TYPE.soa ? yes([soaAnswer(known.zone)]) : { ...yes([]), zone: known.zone };
    case "nobody":
      return { rcode: RCODE.nameError, authoritative: true, zone: known.zone };
    case "foreign":
      return undefined;
  }
}

const yes = (answers: DnsAnswer[]): DnsReply => ({ rcode: RCODE.noError, authoritative: true, answers });

function addressAnswer(type: number, ip: Ip): DnsAnswer[] {
  const own = ipFamily(ip) === 4 ? DNS_TYPE.a : DNS_TYPE.aaaa;
  const data = () => (own === DNS_TYPE.a ? ip4Bytes(ip) : ipBytes16(ip));
  return type === own ? [{ type, ttlSeconds: TTL_SECONDS, data: data() }] : [];
}
