import assert from "node:assert/strict";
import { test } from "node:test";
import { decodable } from "./decodable.ts";

const rows: [url: string, becomes: string][] = [
  ["/v2.0/ports/a", "/v2.0/ports/a"],
  ["/v2.0/ports/%C3%A9?name=%20", "/v2.0/ports/%C3%A9?name=%20"],
  ["/v2.0/ports/%zz", "/v2.0/ports/%25zz"],
  ["/v2.0/ports/a%2", "/v2.0/ports/a%252"],
  ["/v2.0/ports/%", "/v2.0/ports/%25"],
  ["/v2.0/ports/%ff%41", "/v2.0/ports/%EF%BF%BD"],
  ["/v2.0/ports/%41%zz%c3", "/v2.0/ports/%41%25zz%EF%BF%BD"],
];

for (const [url, becomes] of rows) {
  test(`${url} is read as ${becomes}`, () => {
    assert.equal(decodable(url), becomes);
    decodeURIComponent(becomes);
  });
}
