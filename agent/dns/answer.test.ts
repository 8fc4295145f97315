import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Ip } from "../../model/mod.ts";
import { type DnsMessage, decodeDns, encodeDnsQuestion, encodeName } from "../../wire/mod.ts";
import { aPort, fakeLog } from "../fake/mod.ts";
import { Answerer } from "./answer.ts";
import type { Given } from "./forwarder.ts";
import type { Known } from "./names.ts";
import { udpLimit } from "./udp.ts";

const TYPES: Record<string, number> = { A: 1, NS: 2, SOA: 6, PTR: 12, MX: 15, AAAA: 28, OPT: 41, AXFR: 252, ANY: 255 };
const RCODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

const KNOWN: Record<string, Known> = {
  "web.x": { kind: "host", ips: ["10.0.0.1", "10.0.0.2", "fd00::1"] as Ip[], zone: "x" },
  "four.x": { kind: "host", ips: ["10.0.0.1"] as Ip[], zone: "x" },
  "1.0.0.10.in-addr.arpa": { kind: "address", name: "web.x", zone: "0.0.10.in-addr.arpa" },
  x: { kind: "zone", zone: "x" },
  "nobody.x": { kind: "nobody", zone: "x" },
  "maybe.y": { kind: "foreign", zone: "y" },
};

const question = (name: string, type: string) => {
  const asked = { id: 7, name: encodeName(name)!, type: TYPES[type]!, dnssec: false, checkingDisabled: false };
  return Buffer.from(encodeDnsQuestion(asked));
};

function setUp(given: Given) {
  const forwarded: string[] = [];
  const forwarder = {
    ask: (_port: string, { name }: { name: string }) => {
      forwarded.push(name);
      return Promise.resolve(given);
    },
  };
  const log = fakeLog();
  const look = (_port: unknown, name: string): Known => KNOWN[name] ?? { kind: "foreign" };
  const answerer = new Answerer({ look }, forwarder, log);
  const asker = { port: aPort(1, 1), limit: (size: number | undefined) => udpLimit(size, 1450) };
  const ask = async (bytes: Uint8Array) => {
    const answer = await answerer.answer(bytes, asker);
    return answer && decodeDns(answer);
  };
  return { ask, answerer, asker, forwarded, log };
}

const shortOf = ({ flags, records }: DnsMessage): string => {
  const types = (section: string) =>
    records
      .filter((record) => record.section === section && record.type !== TYPES.OPT)
      .map(({ type }) => Object.keys(TYPES).find((name) => TYPES[name] === type) ?? type);
  const own = flags & 0x0400 ? "own" : "not own";
  return [RCODES[flags & 15], own, ...types("answer"), ...types("authority").map((type) => `(${type})`)].join(" ");
};

const rows: [name: string, type: string, answer: string][] = [
  ["web.x", "A", "NOERROR own A A"],
  ["web.x", "AAAA", "NOERROR own AAAA"],
  ["web.x", "MX", "NOERROR own (SOA)"],
  ["four.x", "AAAA", "NOERROR own (SOA)"],
  ["1.0.0.10.in-addr.arpa", "PTR", "NOERROR own PTR"],
  ["1.0.0.10.in-addr.arpa", "A", "NOERROR own (SOA)"],
  ["x", "SOA", "NOERROR own SOA"],
  ["x", "NS", "NOERROR own (SOA)"],
  ["nobody.x", "A", "NXDOMAIN own (SOA)"],
  ["web.x", "ANY", "NOERROR not own 13"],
  ["www.example.org", "ANY", "NOERROR not own 13"],
  ["web.x", "AXFR", "REFUSED not own"],
  ["web.x", "OPT", "REFUSED not own"],
];
for (const [name, type, answer] of rows) {
  test(`${name} ${type}: ${answer}`, async () => {
    const { ask, forwarded } = setUp("failed");
    assert.equal(shortOf((await ask(question(name, type)))!), answer);
    assert.deepEqual(forwarded, []);
  });
}

const fromElsewhere: [given: Given, name: string, answer: string][] = [
  ["failed", "www.example.org", "SERVFAIL not own"],
  ["no_upstream", "www.example.org", "SERVFAIL not own"],
  ["too_many", "www.example.org", "REFUSED not own"],
  ["no_upstream", "maybe.y", "NXDOMAIN own (SOA)"],
  ["failed", "maybe.y", "SERVFAIL not own"],
];
for (const [given, name, answer] of fromElsewhere) {
  test(`others are asked for ${name}: ${given}, so ${answer}`, async () => {
    const { ask, forwarded } = setUp(given);
    assert.equal(shortOf((await ask(question(name, "A")))!), answer);
    assert.deepEqual(forwarded, [name]);
  });
}

const word = (value: number, at: number) => (bytes: Buffer) => void bytes.writeUInt16BE(value, at);
const altered: [what: string, change: (bytes: Buffer) => void, answer: string][] = [
  ["another class", word(3, 21), "0007 8185"],
  ["another operation", word(0x2900, 2), "0007 a984"],
  ["no question", word(0, 4), "0007 8181"],
  ["a version of EDNS to come", word(1, 28), "0007 8180"],
  ["an answer", word(0x8180, 2), "nothing"],
];
for (const [what, change, expected] of altered) {
  test(`${what} gets ${expected}`, async () => {
    const { answerer, asker } = setUp("failed");
    const bytes = question("web.x", "A");
    change(bytes);
    const answer = await answerer.answer(bytes, asker);
    const short = answer === undefined ? "nothing" : Buffer.from(answer).toString("hex", 0, 4).replace(/^..../, "$& ");
    assert.equal(short, expected);
  });
}

test("less than a header gets nothing", async () => {
  const { answerer, asker } = setUp("failed");
  assert.equal(await answerer.answer(question("web.x", "A").subarray(0, 11), asker), undefined);
  assert.deepEqual([...answerer.outcomes], [["no_question", 1]]);
});

test("who asks for no recursion is told own names only", async () => {
  const { ask, forwarded } = setUp("failed");
  const without = (name: string) => {
    const bytes = question(name, "A");
    bytes.writeUInt16BE(0, 2);
    return bytes;
  };
  assert.equal(shortOf((await ask(without("web.x")))!), "NOERROR own A A");
  assert.equal(shortOf((await ask(without("www.example.org")))!), "REFUSED not own");
  assert.deepEqual(forwarded, []);
});

test("an answer keeps the letters of its question", async () => {
  const { answerer, asker } = setUp("failed");
  const bytes = question("web.x", "A");
  bytes.write("WeB", 13);
  assert.match(Buffer.from((await answerer.answer(bytes, asker))!).toString("latin1"), /WeB/);
});

test("by UDP no more is sent than the client, its network and common paths take", () => {
  const limits = [
    udpLimit(undefined, 1450),
    udpLimit(100, 1450),
    udpLimit(900, 1450),
    udpLimit(4096, 1450),
    udpLimit(4096, 1000),
  ];
  assert.deepEqual(limits, [512, 512, 900, 1232, 952]);
});

test("whatever is asked, the answer is to the question, and nothing is thrown", async () => {
  const { answerer, asker, log } = setUp("failed");
  const changes = fc.array(fc.tuple(fc.nat(34), fc.nat(255)), { maxLength: 5 });
  const name = fc.constantFrom(...Object.keys(KNOWN), "www.example.org", "");
  const whole = fc.tuple(name, fc.nat(65_535), changes).map(([asked, type, altered]) => {
    const id = 7;
    const encoded = { id, name: encodeName(asked)!, type, dnssec: false, checkingDisabled: false };
    const bytes = Buffer.from(encodeDnsQuestion(encoded));
    for (const [at, octet] of altered) bytes[at] = octet;
    return bytes;
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(whole, fc.uint8Array({ maxLength: 100 })), async (bytes) => {
      const answer = await answerer.answer(bytes, asker);
      if (answer === undefined) return;
      assert.deepEqual([answer[0], answer[1], (answer[2] as number) & 0x80], [bytes[0], bytes[1], 0x80]);
      const [asked, told] = [decodeDns(bytes), decodeDns(answer)];
      // What cannot be read, or is no question, is answered by a header alone.
      if (told !== undefined) assert.deepEqual(told.question, asked?.question);
      assert.ok(answer.length <= 1232);
    }),
    { numRuns: 2000 },
  );
  assert.deepEqual(log.lines, []);
});

test("a fault of our own is logged, and ends nothing", () => {
  const log = fakeLog();
  const look = () => {
    throw new Error("a fault");
  };
  const answerer = new Answerer({ look }, { ask: () => "failed" }, log);
  assert.equal(answerer.answer(question("a", "A"), { port: aPort(1, 1), limit: () => 512 }), undefined);
  assert.deepEqual(log.lines, ["error: question of DNS not answered"]);
});
