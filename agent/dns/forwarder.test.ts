import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeDns, encodeDnsQuestion, encodeName } from "../../wire/mod.ts";
import type { Answered, Exchange } from "./exchange.ts";
import { Forwarder } from "./forwarder.ts";
import type { Server } from "./servers.ts";

const server = (n: number): Server => ({ address: `192.0.2.${n}`, port: 53 });
const asked = { name: "www.example.org", type: 1, dnssec: false, checkingDisabled: false };

/** An answer to `asked` with one record, an address of this TTL. */
function answerOf(rcode: number, ttl?: number): Answered {
  const question = encodeDnsQuestion({ ...asked, id: 1, name: encodeName(asked.name)! }).subarray(0, -11);
  const record = Buffer.from("c00c00010001000000000004c0000201", "hex");
  if (ttl !== undefined) record.writeUInt32BE(ttl, 6);
  const bytes = Buffer.concat([question, ...(ttl === undefined ? [] : [record])]);
  bytes.writeUInt16BE(0x8180 | rcode, 2);
  [1, ttl === undefined ? 0 : 1, 0, 0].forEach((count, i) => void bytes.writeUInt16BE(count, 4 + 2 * i));
  return { bytes, message: decodeDns(bytes)! };
}

/** `says`: what each server answers, or nothing at all; each question takes its whole time if there is no answer. */
function setUp(says: Record<string, (() => Answered) | undefined>, servers = [1, 2, 3]) {
  const log: string[] = [];
  const clock = { nowMs: 0 };
  const exchange: Exchange = async ({ address }, _question, timeoutMs) => {
    const last = address.slice(-1);
    log.push(last);
    const answer = says[last];
    if (answer !== undefined) return answer();
    clock.nowMs += timeoutMs;
    throw new Error("no answer in time");
  };
  const forwarder = new Forwarder({ servers: () => servers.map(server), exchange, nowMs: () => clock.nowMs });
  const ask = async (more: Partial<typeof asked> = {}, port = "p") => {
    const given = await forwarder.ask(port, { ...asked, ...more });
    return typeof given === "string" ? given : `${given.how} ${given.message.flags & 15} after ${given.ageSeconds} s`;
  };
  return { forwarder, clock, log, says, ask };
}

test("the first server that answers is believed, and its answer kept as long as it says", async () => {
  const { ask, clock, log, forwarder } = setUp({ 1: () => answerOf(0, 60) });
  assert.equal(await ask(), "forwarded 0 after 0 s");
  clock.nowMs += 59_900;
  assert.equal(await ask(), "cached 0 after 59 s");
  clock.nowMs += 100;
  assert.equal(await ask(), "forwarded 0 after 0 s");
  assert.deepEqual([log, forwarder.waiting], [["1", "1"], 0]);
});

test("what DNSSEC adds, and another type, are other questions", async () => {
  const { ask, log } = setUp({ 1: () => answerOf(0, 60) });
  for (const more of [{}, { dnssec: true }, { checkingDisabled: true }, { type: 28 }, { name: "b" }, {}])
    await ask(more);
  assert.equal(log.length, 5);
});

test("one that is silent is passed over, and asked last for a while", async () => {
  const { ask, clock, log } = setUp({ 2: () => answerOf(0, 0) });
  assert.equal(await ask(), "forwarded 0 after 0 s");
  await ask();
  clock.nowMs += 10_000;
  await ask();
  assert.deepEqual(log, ["1", "2", "2", "1", "2"]);
});

test("one that cannot tell is passed over, its word is the last", async () => {
  const { ask, log, says } = setUp({ 1: () => answerOf(2), 2: () => answerOf(5), 3: () => answerOf(0, 0) });
  assert.equal(await ask(), "forwarded 0 after 0 s");
  says[3] = () => answerOf(2);
  assert.equal(await ask(), "forwarded 2 after 0 s");
  assert.deepEqual(log, ["1", "2", "3", "1", "2", "3"]);
});

test("when all are silent it fails within the time that clients wait, and again at once for a second", async () => {
  const { ask, clock, log } = setUp({});
  assert.equal(await ask(), "failed");
  assert.ok(clock.nowMs <= 4_500);
  const count = log.length;
  assert.equal(await ask(), "failed");
  assert.equal(log.length, count);
  clock.nowMs += 1_000;
  assert.equal(await ask(), "failed");
  assert.ok(log.length > count);
});

test("without any server that is said at once", async () => {
  assert.equal(await setUp({}, []).ask(), "no_upstream");
});

test("a question that many ask is asked once", async () => {
  const { ask, log } = setUp({ 1: () => answerOf(0, 0) });
  await Promise.all([ask({}, "p"), ask({}, "q"), ask({}, "p")]);
  assert.equal(log.length, 1);
});

test("one port has no more than its part of the questions under way, and others theirs all the same", async () => {
  const waiting: (() => void)[] = [];
  const exchange: Exchange = () => new Promise((resolve) => waiting.push(() => resolve(answerOf(0, 0))));
  const forwarder = new Forwarder({ servers: () => [server(1)], exchange });
  const all = Array.from({ length: 200 }, (_, i) => forwarder.ask("p", { ...asked, name: `n${i}` }));
  const refused = all.filter((given) => given === "too_many");
  assert.deepEqual([refused.length, forwarder.waiting], [72, 128]);
  const other = forwarder.ask("q", asked);
  assert.notEqual(other, "too_many");
  for (const answer of waiting) answer();
  await Promise.all([...all, other]);
  assert.equal(forwarder.waiting, 0);
  assert.notEqual(forwarder.ask("p", asked), "too_many");
  waiting.at(-1)?.();
});

test("what is kept has bounds: the longest unused goes", async () => {
  const { ask, forwarder, log } = setUp({ 1: () => answerOf(0, 3_600) });
  for (let i = 0; i < 12_000; i++) {
    await ask({ name: `n${i}` });
    if (i % 100 === 0) await ask({ name: "n0" });
  }
  assert.ok(forwarder.cache.bytes <= 4 * 1024 * 1024 && forwarder.cache.size > 5_000);
  const count = log.length;
  assert.equal(await ask({ name: "n0" }), "cached 0 after 0 s");
  await ask({ name: "n1" });
  assert.equal(log.length, count + 1);
});
