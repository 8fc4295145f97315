import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLabelPrefix } from "./prefix.ts";

const ROWS: [text: string, stored: string | undefined, cidr?: string][] = [
  ["10.0.0.7/24", "10.0.0.7/24", "10.0.0.0/24"],
  ["10.0.0.5", "10.0.0.5/32", "10.0.0.5/32"],
  ["10.0.0.0/255.255.255.0", "10.0.0.0/24", "10.0.0.0/24"],
  ["10.0.0.0/0.0.0.255", "10.0.0.0/24", "10.0.0.0/24"],
  ["10.0.0.0/0.0.0.0", "10.0.0.0/0", "0.0.0.0/0"],
  ["10.0.0.0/255.255.255.255", "10.0.0.0/32", "10.0.0.0/32"],
  ["2001:DB8::1/64", "2001:db8::1/64", "2001:db8::/64"],
  ["fe80::1", "fe80::1/128", "fe80::1/128"],
  ["10.0.0.0/255.0.255.0", undefined],
  ["10.0.0.0/33", undefined],
  ["10.0.0.0/", undefined],
  ["10.0.0.0/24/24", undefined],
  ["10.0.0", undefined],
  ["fe80::/200", undefined],
  ["fe80::/255.255.255.0", undefined],
  ["10.0.0.0/ffff::", undefined],
  ["x/24", undefined],
  ["", undefined],
];
for (const [text, stored, cidr] of ROWS) {
  test(`"${text}" is ${stored ?? "no prefix"}`, () => {
    const parsed = parseLabelPrefix(text);
    assert.equal(parsed?.text, stored);
    assert.equal(parsed?.prefix.cidr, cidr);
  });
}
