/** Questions and announcements as the bytes that the RFCs show. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ip, mac } from "../model/mod.ts";
import { pseudoChecksum } from "./checksum.ts";
import { announced, announcement, neighbourQuestion } from "./neighbour.ts";

const four = { ip: ip("192.0.2.50"), mac: mac("02:00:00:00:04:00") };
const six = { ip: ip("2001:db8::50"), mac: mac("02:00:00:00:04:00") };

test("ARP: a question, and an announcement, which asks for its own address", () => {
  const head = "ffffffffffff" + "020000000400" + "0806" + "0001" + "0800" + "06" + "04" + "0001";
  const sender = "020000000400" + "c0000232";
  assert.equal(neighbourQuestion(four, ip("192.0.2.1")).toString("hex"), `${head}${sender}000000000000c0000201`);
  assert.equal(announcement(four).toString("hex"), `${head}${sender}000000000000c0000232`);
});

const rows = [
  {
    what: "a solicitation to the target's solicited-node address, with the asker's MAC",
    frame: neighbourQuestion(six, ip("2001:db8::a1:b2c3")),
    to: "3333ffa1b2c3",
    destination: "ff0200000000000000000001ffa1b2c3",
    body: "00000000" + "20010db8000000000000000000a1b2c3" + "0101020000000400",
    type: 135,
  },
  {
    what: "an advertisement to all nodes that overrides, with the MAC that it is at",
    frame: announcement(six),
    to: "333300000001",
    destination: "ff020000000000000000000000000001",
    body: "20000000" + "20010db8000000000000000000000050" + "0201020000000400",
    type: 136,
  },
];
for (const { what, frame, to, destination, body, type } of rows) {
  test(`IPv6: ${what}`, () => {
    assert.equal(frame.subarray(0, 14).toString("hex"), `${to}02000000040086dd`);
    assert.equal(frame.subarray(14, 22).toString("hex"), "6000000000203aff");
    assert.equal(frame.subarray(22, 54).toString("hex"), `20010db8000000000000000000000050${destination}`);
    assert.equal(frame[54], type);
    assert.equal(frame.subarray(58).toString("hex"), body);
    assert.equal(pseudoChecksum(frame.subarray(22, 38), frame.subarray(38, 54), 58, frame.subarray(54)), 0);
  });
}

test("what is announced is read back; questions and other frames say nothing", () => {
  for (const each of [four, six]) assert.deepEqual(announced(announcement(each)), each);
  assert.equal(announced(neighbourQuestion(six, ip("2001:db8::1"))), undefined);
  assert.equal(announced(announcement(six).subarray(0, 60)), undefined);
  assert.equal(announced(announcement(four).subarray(0, 40)), undefined);
});
