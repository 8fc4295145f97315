import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  ANY_ANSWER,
  type DnsMessage,
  decodeDns,
  dnsHeader,
  encodeDnsFault,
  encodeDnsQuestion,
  encodeDnsReply,
  encodeName,
  encodeRelayed,
  keepSeconds,
  nameEnd,
  RCODE,
  readName,
  withoutOpt,
} from "./mod.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
const toHex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString("hex");
const ascii = (text: string) => Buffer.from(text, "latin1").toString("hex");

const names: [what: string, bytes: string, text: string | undefined, end?: number][] = [
  ["the root", "00", "", 1],
  ["two labels, in lower case", `03${ascii("WwW")} 02${ascii("eX")} 00`, "www.ex", 8],
  ["a dot and a backslash within a label", `05${ascii("a.b\\c")} 00`, "a\\.b\\\\c", 7],
  ["octets that are no letters", "02 ff00 00", "\u00ff\u0000", 4],
  ["one that is cut short", `05${ascii("ab")}`, undefined],
  ["one without an end", `02${ascii("ab")}`, undefined],
  ["a label of a kind that there is not", "41 00", undefined],
  ["a pointer that is cut short", "c0", undefined],
  ["a pointer to itself", "c000", undefined],
  ["a pointer ahead", "c002 00", undefined],
];
for (const [what, bytes, text, end] of names) {
  test(`names: ${what}`, () => {
    const expected = text === undefined ? undefined : { text, end };
    assert.deepEqual(readName(hex(bytes), 0), expected);
    if (text !== undefined) assert.deepEqual(readName(encodeName(text) as Uint8Array, 0)?.text, text);
  });
}

test("names: a pointer back is followed, one that goes in a circle is not", () => {
  const bytes = hex(`01${ascii("a")}00 01${ascii("b")}c000 c003 c009`);
  assert.deepEqual(readName(bytes, 3), { text: "b.a", end: 7 });
  assert.deepEqual(readName(bytes, 7), { text: "b.a", end: 9 });
  assert.equal(readName(bytes, 9), undefined);
  assert.equal(readName(hex(`01${ascii("a")}c000`), 0), undefined);
});

test("names: 255 octets are a name, 256 are none, nor is a label of 64 or of none", () => {
  const label = "a".repeat(63);
  const longest = [label, label, label, "a".repeat(61)].join(".");
  assert.equal(encodeName(longest)?.length, 255);
  assert.equal(readName(encodeName(longest) as Uint8Array, 0)?.text, longest);
  for (const text of [`${longest}a`, "a".repeat(64), "a..b", ".", "a.", ".a"])
    assert.equal(encodeName(text), undefined);
  const tooLong = Buffer.concat([...Array(4).fill(hex(`3f${"61".repeat(63)}`)), hex("00")]);
  assert.equal(readName(tooLong, 0), undefined);
});

const question = (name: string, type = 1, more = {}) =>
  encodeDnsQuestion({ id: 0x1234, name: encodeName(name)!, type, dnssec: false, checkingDisabled: false, ...more });

test("a question is read back as it was sent", () => {
  const bytes = question("web.example", 28, { dnssec: true, checkingDisabled: true });
  const message = decodeDns(bytes) as DnsMessage;
  assert.deepEqual(message.question, { name: "web.example", type: 28, class: 1 });
  assert.deepEqual([message.id, message.flags], [0x1234, 0x0130]);
  assert.deepEqual(message.edns, { size: 1232, version: 0, extendedCode: 0, dnssec: true });
});

const good = toHex(question("a")) as string;
const bad: [what: string, bytes: string][] = [
  ["less than a header", good.slice(0, 22)],
  ["a header alone", good.slice(0, 24)],
  ["two questions", good.replace(/^(.{8})0001/, "$10002")],
  ["no question", good.replace(/^(.{8})0001/, "$10000")],
  ["a record that is cut short", good.slice(0, -2)],
  ["more records than there are", good.replace(/^(.{20})0001/, "$1ffff")],
  ["two OPT records", `${good.replace(/^(.{20})0001/, "$10002")}${good.slice(-22)}`],
  ["an OPT record among the answers", good.replace(/^(.{12})0000(.{4})0001/, "$10001$20000")],
  ["an OPT record of a name", good.replace(/00(0029.{16})$/, "c00c$1")],
];
for (const [what, bytes] of bad) test(`${what} is no message`, () => assert.equal(decodeDns(hex(bytes)), undefined));

test("an answer that does not fit says so, and holds the question and our size", () => {
  const bytes = question("many");
  const asked = { bytes, message: decodeDns(bytes)! };
  const answers = Array.from({ length: 40 }, (_, i) => ({ type: 1, ttlSeconds: 0, data: Uint8Array.of(10, 0, 0, i) }));
  const reply = { rcode: RCODE.noError, authoritative: true, answers };
  const [short, long] = [encodeDnsReply(asked, reply, 512), encodeDnsReply(asked, reply, 65_535)].map(
    (r) => decodeDns(r)!,
  );
  assert.deepEqual([short?.flags, short?.records.length, short?.edns?.size], [0x8780, 1, 1232]);
  assert.deepEqual([long?.flags, long?.records.length], [0x8580, 41]);
});

test("a code of more than four bits is in both places", () => {
  const bytes = question("a");
  const reply = encodeDnsReply(
    { bytes, message: decodeDns(bytes)! },
    { rcode: RCODE.badVersion, authoritative: false },
    512,
  );
  assert.deepEqual([decodeDns(reply)!.flags & 15, decodeDns(reply)!.edns?.extendedCode], [0, 1]);
});

test("what cannot be read is answered by a header alone", () => {
  const bytes = encodeDnsFault({ id: 7, flags: 0x2900 }, RCODE.notImplemented);
  assert.equal(toHex(bytes), "0007a9840000000000000000");
});

/** An answer to `question("a")`: records of its own name, then an OPT record, then one more. */
function answerOf(records: [type: number, ttl: number, data: string][], sections = [records.length, 0, 1]): Uint8Array {
  const asked = question("a").subarray(0, 19);
  const record = ([type, ttl, data]: (typeof records)[number]) => {
    const bytes = Buffer.concat([hex("c00c 0000 0001 00000000 0000"), hex(data)]);
    bytes.writeUInt16BE(type, 2);
    bytes.writeUInt32BE(ttl, 6);
    bytes.writeUInt16BE(bytes.length - 12, 10);
    return bytes;
  };
  const bytes = Buffer.concat([asked, ...records.map(record), hex("00 0029 1000 00000000 0000")]);
  bytes.writeUInt16BE(0x8180, 2);
  sections.forEach((count, i) => void bytes.writeUInt16BE(count, 6 + 2 * i));
  return bytes;
}
const A = "0a000001";
const SOA = `00 00 ${"00000001".repeat(4)} 0000003c`;

const kept: [what: string, records: [number, number, string][], sections: number[], seconds: number][] = [
  [
    "the shortest TTL",
    [
      [1, 300, A],
      [1, 30, A],
    ],
    [2, 0, 1],
    30,
  ],
  ["no TTL beyond 31 bits", [[1, 0x8000_0001, A]], [1, 0, 1], 0],
  ["of a no what its SOA says", [[6, 600, SOA]], [0, 1, 1], 60],
  ["of a no the SOA's own TTL if it is shorter", [[6, 20, SOA]], [0, 1, 1], 20],
  ["a no without SOA not at all", [[2, 600, "00"]], [0, 1, 1], 0],
];
for (const [what, records, sections, seconds] of kept) {
  test(`how long an answer is kept: ${what}`, () => {
    const bytes = answerOf(records, sections);
    assert.equal(keepSeconds(bytes, decodeDns(bytes)!), seconds);
  });
}

test("an answer is handed on in the client's letters, aged, with its own OPT record or none", () => {
  const bytes = answerOf([[1, 300, A]]);
  const stored = withoutOpt(bytes, decodeDns(bytes)!);
  const plain = hex("4242 0120 0001 0000 0000 0000 0141 00 0001 0001");
  const relayed = encodeRelayed(stored, { bytes: plain, message: decodeDns(plain)! }, 100, 512);
  assert.equal(
    toHex(relayed),
    `424281800001000100000000 0141000001 0001 c00c00010001000000c800040a000001`.replaceAll(" ", ""),
  );
  const old = encodeRelayed(stored, { bytes: plain, message: decodeDns(plain)! }, 1000, 512);
  assert.equal(toHex(old)?.slice(-20, -12), "00000000");
  const withEdns = question("a");
  const other = decodeDns(encodeRelayed(stored, { bytes: withEdns, message: decodeDns(withEdns)! }, 0, 512))!;
  assert.deepEqual([other.records.length, other.edns?.size], [2, 1232]);
  const cut = decodeDns(encodeRelayed(stored, { bytes: plain, message: decodeDns(plain)! }, 0, 20))!;
  assert.deepEqual([cut.flags & 0x0200, cut.records.length], [0x0200, 0]);
});

test("octets of any kind are read without harm, and what is read stands within them", () => {
  const header = fc.uint8Array({ minLength: 12, maxLength: 12 });
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(header, fc.uint8Array({ maxLength: 200 })).map(([head, tail]) => {
      head.set([0, 1], 4);
      return Buffer.concat([head, tail]);
    }),
    // A good answer with some octets changed.
    fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 4 }).map((changes) => {
      const bytes = answerOf(
        [
          [1, 300, A],
          [6, 20, SOA],
        ],
        [1, 1, 1],
      );
      for (const [at, octet] of changes) bytes[at] = octet;
      return bytes;
    }),
  );
  fc.assert(
    fc.property(anything, fc.nat(300), (bytes, offset) => {
      const name = readName(bytes, offset);
      if (name !== undefined) assert.ok(name.end <= bytes.length && name.end === nameEnd(bytes, offset));
      dnsHeader(bytes);
      const message = decodeDns(bytes);
      if (message === undefined) return;
      for (const { at, dataAt, end } of message.records) assert.ok(at < dataAt && dataAt <= end && end <= bytes.length);
      keepSeconds(bytes, message);
      const asked = { bytes, message };
      for (const limit of [512, 65_535]) {
        const answers = [ANY_ANSWER, { type: 1, ttlSeconds: 1, data: hex(A) }];
        const reply = encodeDnsReply(asked, { rcode: RCODE.noError, authoritative: true, answers, zone: "x" }, limit);
        assert.deepEqual(decodeDns(reply)?.question, message.question);
        const relayed = encodeRelayed(withoutOpt(bytes, message), asked, 5, limit);
        assert.deepEqual(decodeDns(relayed)?.question, message.question);
      }
    }),
    { numRuns: 3000 },
  );
});

test("any name can be written and read", () => {
  const label = fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), minLength: 1, maxLength: 63 });
  const text = label.map((raw) => raw.toLowerCase().replaceAll(/[.\\]/g, "\\$&"));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 3 }), (labels) => {
      const bytes = encodeName(labels.join("."));
      // Lower case of Latin-1 is not what DNS knows: A to Z alone.
      if (bytes !== undefined) assert.equal(readName(bytes, 0)?.text, labels.join("."));
    }),
  );
});
