/** The service at sockets of the loopback device, asked as workloads ask it. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, test } from "node:test";
import type { Ip } from "../../model/mod.ts";
import { decodeDns, dnsHeader, encodeDnsQuestion, encodeName } from "../../wire/mod.ts";
import { aNetwork, anEndpoint, aPort, aView, fakeLog, portId } from "../fake/mod.ts";
import { Framer, framed } from "./framing.ts";
import { startDns } from "./mod.ts";

const HERE = "127.0.0.1" as Ip;
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A port that was free just now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, HERE);
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

async function setUp(isKnown = true) {
  const view = aView([aNetwork(1)], [aPort(1, 1)], [anEndpoint(1, 1, "h1", { dnsName: "web" })]);
  const port = await freePort();
  const clientOf = () => (isKnown ? portId(1) : undefined);
  // Nobody answers there.
  const upstream = [{ address: "127.0.0.1", port: 1 }];
  const dns = await startDns({ sockets: [{ ip: HERE, port }], clientOf, view: () => view, upstream, log: fakeLog() });
  open.push(() => dns.close());
  return { port, dns };
}

const question = (id: number, name = "web") =>
  encodeDnsQuestion({ id, name: encodeName(name)!, type: 1, dnssec: false, checkingDisabled: false });

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, HERE);
  open.push(() => socket.destroy());
  await once(socket, "connect");
  return socket.on("error", () => {});
}

/** Ids and codes of the next answers. */
function answers(socket: Socket, count: number): Promise<[id: number, rcode: number][]> {
  return new Promise((resolve) => {
    const got: [number, number][] = [];
    const framer = new Framer(65_535, (bytes) => {
      const { id, flags } = dnsHeader(bytes)!;
      if (got.push([id, flags & 15]) === count) resolve(got);
    });
    socket.on("data", (chunk) => framer.take(chunk));
  });
}

test("by UDP: an answer to a question, nothing to who is no port", async () => {
  for (const isKnown of [true, false]) {
    const { port, dns } = await setUp(isKnown);
    const socket = createSocket("udp4");
    open.push(() => socket.close());
    const heard = once(socket, "message");
    socket.send(question(7), port, HERE);
    if (isKnown) assert.equal(decodeDns((await heard)[0] as Buffer)?.id, 7);
    else await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual([...dns.outcomes], isKnown ? [["own", 1]] : []);
  }
});

test("by TCP: many questions at once, in pieces, each answered when its answer is there", async () => {
  const { port } = await setUp();
  const socket = await connected(port);
  const ids = Array.from({ length: 200 }, (_, i) => i);
  const stream = Buffer.concat(ids.map((id) => framed(question(id, id === 0 ? "www.example.org" : "web"))));
  const all = answers(socket, ids.length);
  for (let at = 0; at < stream.length; at += 500) socket.write(stream.subarray(at, at + 500));
  const got = new Map(await all);
  assert.equal(got.get(0), 2, "others were asked, and said nothing");
  assert.deepEqual([got.size, new Set(got.values())], [200, new Set([0, 2])]);
});

test("by TCP: a question that is too large ends the connection, what is none does not", async () => {
  const { port } = await setUp();
  const socket = await connected(port);
  const first = answers(socket, 2);
  socket.write(framed(Buffer.alloc(20)));
  socket.write(framed(question(9)));
  assert.deepEqual(await first, [
    [0, 1],
    [9, 0],
  ]);
  const closed = once(socket, "close");
  socket.write(framed(Buffer.alloc(5_000)));
  await closed;
});

test("by TCP: one port has its part of the connections", async () => {
  const { port } = await setUp();
  const sockets = await Promise.all(Array.from({ length: 32 }, () => connected(port)));
  const extra = await connected(port);
  await once(extra, "close");
  const [first] = sockets as [Socket];
  first.destroy();
  await once(first, "close");
  const again = await connected(port);
  const answered = answers(again, 1);
  again.write(framed(question(1)));
  assert.deepEqual(await answered, [[1, 0]]);
});
