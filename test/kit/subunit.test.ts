import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { readSubunit } from "./subunit.ts";

const STATUS = { none: 0, exists: 1, inprogress: 2, success: 3, skip: 5, fail: 6 } as const;

/** A number in as few bytes as it takes, or in `size` of them. */
function number(value: number, size = value < 64 ? 1 : value < 16_384 ? 2 : value < 4_194_304 ? 3 : 4): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value + (size - 1) * 2 ** (size * 8 - 2), 0, size);
  return bytes;
}

const text = (value: string) => Buffer.concat([number(Buffer.byteLength(value)), Buffer.from(value)]);

interface Parts {
  id: string;
  status?: keyof typeof STATUS;
  time?: boolean;
  tags?: string[];
  file?: [name: string, content: string];
}

function packet({ id, status = "none", time, tags, file }: Parts): Buffer {
  const fields: Buffer[] = [];
  let flags = 0x2800 | STATUS[status];
  if (time) {
    flags |= 0x0200;
    fields.push(Buffer.from([1, 2, 3, 4]), number(123_456_789));
  }
  fields.push(text(id));
  if (tags) {
    flags |= 0x0080;
    fields.push(number(tags.length), ...tags.map(text));
  }
  if (file) {
    flags |= 0x0060;
    fields.push(text("text/plain"), text(file[0]), text(file[1]));
  }
  const body = Buffer.concat(fields);
  const lengthSize = [1, 2, 3].find((size) => body.length + 7 + size < 2 ** (size * 8 - 2)) ?? 3;
  const head = Buffer.alloc(3);
  head.writeUInt8(0xb3);
  head.writeUInt16BE(flags, 1);
  const unsigned = Buffer.concat([head, number(body.length + 7 + lengthSize, lengthSize), body]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(unsigned));
  return Buffer.concat([unsigned, sum]);
}

test("each test ends with its status and its files, put together from their pieces", () => {
  const long = "x".repeat(20_000);
  const stream = Buffer.concat([
    packet({ id: "a", status: "exists" }),
    packet({ id: "a", status: "inprogress", time: true }),
    packet({ id: "b", status: "inprogress" }),
    packet({ id: "a", file: ["traceback", "Traceb"], time: true }),
    packet({ id: "a", file: ["traceback", `ack\n${long}`] }),
    packet({ id: "b", status: "skip", file: ["reason", "no ä"], tags: ["worker-0", "slow"] }),
    packet({ id: "a", status: "fail", time: true, tags: ["worker-1"] }),
  ]);
  assert.deepEqual(readSubunit(stream), [
    { id: "b", status: "skip", files: { reason: "no ä" } },
    { id: "a", status: "fail", files: { traceback: `Traceback\n${long}` } },
  ]);
});

test("a test that began and did not end is told as in progress", () => {
  assert.deepEqual(readSubunit(packet({ id: "a", status: "inprogress" })), [
    { id: "a", status: "inprogress", files: {} },
  ]);
});

test("what a runner prints between packets is passed over", () => {
  const stream = Buffer.concat([
    Buffer.from("warning\n"),
    packet({ id: "a", status: "success" }),
    Buffer.from("end\n"),
  ]);
  assert.deepEqual(readSubunit(stream), [{ id: "a", status: "success", files: {} }]);
});

test("a stream that is cut off or broken is refused", () => {
  const whole = packet({ id: "a", status: "success" });
  const wrong = Buffer.from(whole);
  wrong.writeUInt8(wrong.readUInt8(6) ^ 1, 6);
  assert.throws(() => readSubunit(whole.subarray(0, -1)), /ends within a packet/);
  assert.throws(() => readSubunit(whole.subarray(0, 2)), /ends within a packet/);
  assert.throws(() => readSubunit(wrong), /wrong checksum at byte 0/);
  assert.throws(() => readSubunit(Buffer.from([0xb3, 0x18, 0x03, 8, 0, 0, 0, 0])), /version 1/);
});
