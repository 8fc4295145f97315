import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ifMatch } from "./if-match.ts";

describe("If-Match asks for", () => {
  const rows: [header: string | undefined, revision: number | undefined][] = [
    [undefined, undefined],
    ["*", undefined],
    ["some-etag", undefined],
    ["revision_number=5", 5],
    ['"revision_number=5"', 5],
    ['"other", "revision_number=12"', 12],
  ];
  for (const [header, revision] of rows) {
    test(`${revision} with ${header}`, () => assert.equal(ifMatch(header), revision));
  }
});

describe("If-Match is refused", () => {
  const format = "Revision number etag must be in the format of revision_number=<int>";
  const rows: [header: string, message: string][] = [
    ["revision_number=x", format],
    ["revision_number=", format],
    ["revision_number=1.5", format],
    ['"revision_number=1", "revision_number=2"', "Multiple revision_number etags are not supported."],
  ];
  for (const [header, message] of rows) {
    test(header, () => {
      const expected = { code: "BadRequest", facts: { resource: "if-match", msg: message } };
      assert.throws(() => ifMatch(header), expected);
    });
  }
});
