/** Over the loopback device: what is tested here is that the wrong answer is not believed, and what ports and sockets do. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { createServer, type Socket } from "node:net";
import { afterEach, test } from "node:test";
import { DNS_HEADER } from "../../wire/mod.ts";
import { exchange } from "./exchange.ts";
import { Framer, framed } from "./framing.ts";

const asked = { name: "www.example.org", type: 1, dnssec: false, checkingDisabled: false };
const open: (() => unknown)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

type Reply = (query: Buffer) => Buffer[];

/** A server that answers by UDP and TCP at one port what these say. Counts the questions. */
async function serverWith(udp: Reply, tcp: Reply = () => []) {
  const seen = { udp: 0, tcp: 0, letters: new Set<string>(), ports: new Set<number>() };
  const socket = createSocket("udp4");
  socket.on("message", (query, { address, port }) => {
    seen.udp++;
    seen.letters.add(query.toString("latin1", DNS_HEADER, DNS_HEADER + 17));
    seen.ports.add(port);
    for (const answer of udp(query)) socket.send(answer, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  const connections = new Set<Socket>();
  const server = createServer((connection) => {
    connections.add(connection);
    const framer = new Framer(65_535, (query) => {
      seen.tcp++;
      for (const answer of tcp(query)) connection.write(framed(answer));
    });
    connection.on("error", () => {}).on("data", (chunk) => framer.take(chunk));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  open.push(
    () => socket.close(),
    () => server.close(),
    () => connections.forEach((each) => void each.destroy()),
  );
  return { server: { address: "127.0.0.1", port }, seen };
}

/** The question given back as an answer, with some flags. */
const answer = (query: Buffer, flags = 0x8180): Buffer => {
  const bytes = Buffer.from(query);
  bytes.writeUInt16BE(flags, 2);
  return bytes;
};
const changed = (query: Buffer, at: number, by: number): Buffer => {
  const bytes = answer(query);
  bytes[at] = (bytes[at] as number) ^ by;
  return bytes;
};

test("answers that are not to the question are passed over", async () => {
  const { server } = await serverWith((query) => [
    Buffer.alloc(3),
    Buffer.from(query),
    changed(query, 0, 1),
    changed(query, DNS_HEADER + 17, 1),
    changed(query, DNS_HEADER + 1, 1),
    answer(query, 0x8181),
  ]);
  const { message } = await exchange(server, asked, 2_000);
  assert.deepEqual([message.flags, message.question.name], [0x8181, "www.example.org"]);
});

test("each question has an id, letters and a port of its own", async () => {
  const ids = new Set<number>();
  const { server, seen } = await serverWith((query) => {
    ids.add(query.readUInt16BE(0));
    return [answer(query)];
  });
  await Promise.all(Array.from({ length: 40 }, () => exchange(server, asked, 2_000)));
  assert.ok(ids.size > 30 && seen.letters.size > 30 && seen.ports.size > 10);
});

const byTcp: [what: string, udp: Reply][] = [
  ["what is cut short", (query) => [answer(query, 0x8380)]],
  [
    "an answer in other letters",
    (query) => {
      const bytes = answer(query);
      for (let at = DNS_HEADER; at < DNS_HEADER + 17; at++)
        if ((bytes[at] as number) > 63) bytes[at] = (bytes[at] as number) ^ 0x20;
      return [bytes];
    },
  ],
];
for (const [what, udp] of byTcp) {
  test(`${what} is asked for by TCP`, async () => {
    const { server, seen } = await serverWith(udp, (query) => [changed(query, 0, 1), answer(query, 0x8180)]);
    assert.equal((await exchange(server, asked, 2_000)).message.flags, 0x8180);
    assert.deepEqual([seen.udp, seen.tcp], [1, 1]);
  });
}

test("silence, nobody at the port, and a connection that is closed are told", async () => {
  const silent = await serverWith(() => []);
  await assert.rejects(exchange(silent.server, asked, 50), /in time/);
  const closing = await serverWith((query) => [answer(query, 0x8380)]);
  await assert.rejects(exchange(closing.server, asked, 100), /in time/);
  await assert.rejects(exchange({ address: "127.0.0.1", port: 1 }, asked, 2_000), /ECONNREFUSED/);
  await assert.rejects(exchange({ address: "255.255.255.255", port: 53 }, asked, 2_000), /EACCES/);
});

test("a stream is taken apart wherever it is cut, and ends at what is too large", () => {
  const messages = ["a", "", "ccc"].map((text) => Buffer.from(text));
  const stream = Buffer.concat(messages.map(framed));
  for (let size = 1; size <= stream.length; size++) {
    const got: string[] = [];
    const framer = new Framer(3, (bytes) => got.push(bytes.toString()));
    for (let at = 0; at < stream.length; at += size) assert.ok(framer.take(stream.subarray(at, at + size)));
    assert.deepEqual(got, ["a", "", "ccc"]);
  }
  assert.equal(new Framer(3, () => {}).take(framed(Buffer.alloc(4))), false);
});
