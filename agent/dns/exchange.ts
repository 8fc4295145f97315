/**
 * One question to one server, and its answer, which is believed only if it can be no one else's: from the address and port
 * that were asked, to a port and with an id and letters of the name that nobody could guess (RFC 5452).
 */
import { randomFillSync } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import { DNS_FLAG, DNS_HEADER, type DnsMessage, decodeDns, encodeDnsQuestion, encodeName } from "../../wire/mod.ts";
import { Framer, framed } from "./framing.ts";
import type { Server } from "./servers.ts";

export interface Question {
  /** In lower case, without the last dot. */
  name: string;
  type: number;
  dnssec: boolean;
  checkingDisabled: boolean;
}

export interface Answered {
  bytes: Uint8Array;
  message: DnsMessage;
}

export type Exchange = (server: Server, question: Question, timeoutMs: number) => Promise<Answered>;

/** By UDP; by TCP what does not fit. @throws Error when there is no answer in time, or nobody at the server's port */
export const exchange: Exchange = async (server, question, timeoutMs) => {
  const untilMs = performance.now() + timeoutMs;
  const query = queryFor(question);
  const answer = await askUdp(server, query, timeoutMs);
  if (answer !== "ask by TCP") return answer;
  return askTcp(server, query, Math.max(1, untilMs - performance.now()));
};

interface Query {
  bytes: Uint8Array;
  questionEnd: number;
}

const LATE = "no answer in time";

/** As much chance as one question needs: two octets for the id, a bit for each letter. */
const chance = Buffer.alloc(2 + 255);

function queryFor({ name, type, dnssec, checkingDisabled }: Question): Query {
  const encoded = encodeName(name) as Uint8Array;
  randomFillSync(chance, 0, 2 + encoded.length);
  const letters = encoded.map((octet, i) => {
    const isLetter = octet >= 0x61 && octet <= 0x7a;
    return isLetter && (chance[2 + i] as number) & 1 ? octet & ~0x20 : octet;
  });
  const bytes = encodeDnsQuestion({ id: chance.readUInt16BE(0), name: letters, type, dnssec, checkingDisabled });
  return { bytes, questionEnd: DNS_HEADER + encoded.length + 4 };
}

/** Undefined for what is no answer to the query; true if it is but for the letters, which some servers do not keep. */
function judge(query: Query, bytes: Uint8Array): Answered | "other letters" | undefined {
  const message = decodeDns(bytes);
  if (message === undefined || !(message.flags & DNS_FLAG.response) || message.flags & DNS_FLAG.opcode)
    return undefined;
  if (bytes[0] !== query.bytes[0] || bytes[1] !== query.bytes[1] || message.questionEnd !== query.questionEnd)
    return undefined;
  const question = (from: Uint8Array) => Buffer.from(from.subarray(DNS_HEADER, query.questionEnd)).toString("latin1");
  const [asked, got] = [question(query.bytes), question(bytes)];
  if (asked === got) return { bytes, message };
  return asked.toLowerCase() === got.toLowerCase() ? "other letters" : undefined;
}

function askUdp({ address, port }: Server, query: Query, timeoutMs: number): Promise<Answered | "ask by TCP"> {
  return new Promise((resolve, reject) => {
    // Its own socket for each question, so that each has a port of its own; connected, so that the kernel lets in nobody else.
    const socket = createSocket({ type: isIPv6(address) ? "udp6" : "udp4", lookup: asItIs });
    const end = (settle: () => void) => {
      clearTimeout(late);
      socket.close();
      settle();
    };
    const late = setTimeout(() => end(() => reject(new Error(LATE))), timeoutMs);
    socket.on("error", (error) => end(() => reject(error)));
    socket.on("message", (bytes) => {
      const answer = judge(query, bytes);
      if (answer === undefined) return;
      const byTcp = answer === "other letters" || (answer.message.flags & DNS_FLAG.truncated) !== 0;
      end(() => resolve(byTcp ? "ask by TCP" : (answer as Answered)));
    });
    socket.on("connect", () => socket.send(query.bytes)).connect(port, address);
  });
}

function asItIs(
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, address, isIPv6(address) ? 6 : 4);
}

function askTcp({ address, port }: Server, query: Query, timeoutMs: number): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    const end = (settle: () => void) => {
      clearTimeout(late);
      socket.destroy();
      settle();
    };
    const late = setTimeout(() => end(() => reject(new Error(LATE))), timeoutMs);
    const framer = new Framer(65_535, (bytes) => {
      const answer = judge(query, bytes);
      // Nobody can have guessed his way into a connection, so letters say nothing here.
      if (answer === "other letters") end(() => resolve({ bytes, message: decodeDns(bytes) as DnsMessage }));
      else if (answer !== undefined) end(() => resolve(answer));
    });
    socket.on("error", (error) => end(() => reject(error)));
    socket.on("data", (chunk) => framer.take(chunk));
    socket.on("close", () => end(() => reject(new Error("the server closed the connection"))));
    socket.write(framed(query.bytes));
  });
}
