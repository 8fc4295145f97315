import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeHeaders, encodeHeaders } from "./hpack.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

/** [block, fields]; the strings are those of RFC 7541, appendix C. */
const blocks: [string, Record<string, string>][] = [
  ["88", { ":status": "200" }],
  ["20 8d", { ":status": "404" }],
  ["08 03 333037", { ":status": "307" }],
  ["48 82 6402", { ":status": "302" }],
  ["00 0a 637573746f6d2d6b6579 0d 637573746f6d2d686561646572", { "custom-key": "custom-header" }],
  ["10 88 25a849e95ba97d7f 89 25a849e95bb8e8b4bf", { "custom-key": "custom-value" }],
  ["5f 8b 1d75d0620d263d4c7441ea 88", { ":status": "200" }],
];
for (const [block, fields] of blocks) {
  test(`the block ${block} is ${JSON.stringify(fields)}`, () => {
    assert.deepEqual(Object.fromEntries(decodeHeaders(hex(block))), fields);
  });
}

for (const block of ["ff", "be", "3f e1 1f", "00 0a 63", "00", "7f ff ff ff ff ff 01"]) {
  test(`the block ${block} is refused`, () => assert.throws(() => decodeHeaders(hex(block)), RangeError));
}

test("what is written can be read", () => {
  const fields = [
    [":path", "/etcdserverpb.KV/Txn"],
    ["te", "trailers"],
  ] as const;
  assert.deepEqual([...decodeHeaders(encodeHeaders(fields))], fields);
});
