import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isAllowed, pathMatches } from "./access-rules.ts";

describe("a path matches a rule's path", () => {
  const rows: [pattern: string, path: string, isMatch: boolean][] = [
    ["/v2.0/networks", "/v2.0/networks", true],
    ["/v2.0/networks", "/v2.0/networks/1", false],
    ["/v2.0/networks", "/v2x0/networks", false],
    ["/v2.0/networks/{id}", "/v2.0/networks/1", true],
    ["/v2.0/networks/{id}", "/v2.0/networks/", false],
    ["/v2.0/networks/{id}", "/v2.0/networks/1/tags", false],
    ["/v2.0/networks/*", "/v2.0/networks/1", true],
    ["/v2.0/*/1", "/v2.0/networks/1", true],
    ["/v2.0/*works", "/v2.0/networks", true],
    ["/v2.0/*works", "/v2.0/works", false],
    ["/v2.0/**", "/v2.0/networks/1/tags", true],
    ["/v2.0/**", "/v2.0/", true],
    ["/v2.0/**", "/v2.0", false],
    ["/**/tags", "/v2.0/networks/1/tags", true],
    ["**", "", true],
    ["", "", true],
    ["", "/", false],
    ["{", "", true],
  ];
  for (const [pattern, path, isMatch] of rows) {
    it(`${pattern} ${isMatch ? "for" : "not for"} ${path}`, () => assert.equal(pathMatches(pattern, path), isMatch));
  }

  it("in time that grows with the lengths only", () => {
    assert.equal(pathMatches(`${"/**".repeat(40)}/x`, "/a".repeat(4000)), false);
  });
});

describe("a request is allowed by a rule", () => {
  const rule = { service: "network", method: "GET", path: "/v2.0/networks" };
  const rows: [name: string, rules: (typeof rule)[], isAllowed: boolean][] = [
    ["of its service, method and path", [rule], true],
    ["among others", [{ ...rule, path: "/other" }, rule], true],
    ["not of another service", [{ ...rule, service: "compute" }], false],
    ["not of another method", [{ ...rule, method: "POST" }], false],
    ["not without rules", [], false],
  ];
  for (const [name, rules, expected] of rows) {
    it(name, () => assert.equal(isAllowed(rules, "network", { method: "GET", path: "/v2.0/networks" }), expected));
  }
});
