/**
 * A name server as hosts have it outside: UDP and TCP at 127.0.0.1, a program of its own, since it listens in a host's
 * namespace: dns-upstream.ts PORT. It knows www.example.org, 192.0.2.80, and big.example.org, whose text fits no UDP answer.
 */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { Framer, framed } from "../../agent/dns/framing.ts";
import { type DnsReply, decodeDns, encodeDnsReply, RCODE } from "../../wire/mod.ts";

const [port = ""] = process.argv.slice(2);
const HERE = "127.0.0.1";
const TTL_SECONDS = 60;
const TXT = 16;
const UDP_BYTES = 1232;
/** A hundred strings of 200 letters, each with its length in front. */
const TEXT = Buffer.concat(
  Array.from({ length: 100 }, (_, i) => Buffer.from(`\xc8${String(i).padStart(200, "x")}`, "latin1")),
);

const RECORDS: Record<string, { type: number; data: Uint8Array }> = {
  "www.example.org": { type: 1, data: Uint8Array.of(192, 0, 2, 80) },
  "big.example.org": { type: TXT, data: TEXT },
};

function answer(bytes: Uint8Array, limit: number): Uint8Array | undefined {
  const message = decodeDns(bytes);
  if (message === undefined) return undefined;
  const { name, type } = message.question;
  const found = Object.hasOwn(RECORDS, name) ? RECORDS[name] : undefined;
  const answers = found?.type === type ? [{ type, ttlSeconds: TTL_SECONDS, data: found.data }] : [];
  const rcode = found === undefined ? RCODE.nameError : RCODE.noError;
  const reply: DnsReply = {
    rcode,
    authoritative: false,
    answers,
    ...(answers.length === 0 && { zone: "example.org" }),
  };
  return encodeDnsReply({ bytes, message }, reply, limit);
}

const socket = createSocket("udp4");
socket.on("message", (bytes, from) => {
  const reply = answer(bytes, UDP_BYTES);
  if (reply !== undefined) socket.send(reply, from.port, from.address);
});
socket.bind(Number(port), HERE);
const server = createServer((connection) => {
  const framer = new Framer(65_535, (bytes) => {
    const reply = answer(bytes, 65_535);
    if (reply !== undefined) connection.write(framed(reply));
  });
  connection.on("error", () => {}).on("data", (chunk) => framer.take(chunk));
});
server.listen(Number(port), HERE);
