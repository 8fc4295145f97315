import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bearerToken, digestOf, isTokenOf, noAuth, tokenAuth } from "./mod.ts";

describe("tokens", () => {
  const rows: [string, Record<string, string>, string | undefined][] = [
    ["a bearer token", { authorization: "Bearer abc" }, "abc"],
    ["the scheme in any case", { authorization: "bearer abc" }, "abc"],
    ["OpenStack's header", { "x-auth-token": "abc" }, "abc"],
    ["another scheme", { authorization: "Basic abc" }, undefined],
    ["two words", { authorization: "Bearer a b" }, undefined],
    ["an empty header", { "x-auth-token": "" }, undefined],
    ["nothing", {}, undefined],
  ];
  for (const [name, headers, token] of rows) {
    it(`of ${name}: ${token}`, () => assert.equal(bearerToken(headers), token));
  }

  it("match their own digest only, whatever its form", () => {
    assert.ok(isTokenOf(digestOf("a"), digestOf("a")));
    assert.ok(!isTokenOf(digestOf("a"), digestOf("b")));
    assert.ok(!isTokenOf("", digestOf("a")));
  });
});

describe("no authentication", () => {
  const rows: [string, Record<string, string>, object][] = [
    [
      "nobody is an administrator of project admin",
      {},
      { userId: null, projectId: "admin", roles: ["admin"], isAdmin: true },
    ],
    [
      "headers name user and project",
      { "x-user-id": "u", "x-project-id": "p" },
      { userId: "u", projectId: "p", roles: ["admin"], isAdmin: true },
    ],
    [
      "roles, when given, decide",
      { "x-tenant-id": "p", "x-roles": "member, reader" },
      { userId: null, projectId: "p", roles: ["member", "reader"], isAdmin: false },
    ],
  ];
  for (const [name, headers, caller] of rows) {
    it(name, async () => assert.deepEqual(await noAuth().authenticate(headers, "r"), { requestId: "r", ...caller }));
  }
});

describe("static tokens", () => {
  const secret = "0123456789abcdef";
  const hashed = "fedcba9876543210";
  const file = `
- {token: ${secret}, user: alice, project: demo, roles: [member]}
- {token_sha256: ${digestOf(hashed)}, user: root, project: ops, roles: [admin]}
`;
  it("tell who has them, kept as they are or hashed", async () => {
    const alice = { requestId: "r", userId: "alice", projectId: "demo", roles: ["member"], isAdmin: false };
    assert.deepEqual(await tokenAuth(file).authenticate({ "x-auth-token": secret }, "r"), alice);
    const root = await tokenAuth(file).authenticate({ authorization: `Bearer ${hashed}` }, "r");
    assert.deepEqual([root.userId, root.isAdmin], ["root", true]);
  });
  for (const headers of [{}, { "x-auth-token": "unknown" }, { "x-auth-token": digestOf(hashed) }]) {
    it(`${JSON.stringify(headers)} is nobody`, async () => {
      await assert.rejects(tokenAuth(file).authenticate(headers, "r"), { code: "Unauthorized" });
    });
  }
  const bad: [string, string][] = [
    ["no list", "a: 1"],
    ["a short token", "- {token: short, user: a, project: b, roles: []}"],
    ["neither token nor digest", "- {user: a, project: b, roles: []}"],
    ["both", `- {token: ${secret}, token_sha256: ${digestOf(secret)}, user: a, project: b, roles: []}`],
    ["an unknown field", `- {token: ${secret}, user: a, project: b, roles: [], x: 1}`],
  ];
  for (const [name, text] of bad) {
    it(`a file with ${name} is refused, without telling a secret`, () => {
      assert.throws(
        () => tokenAuth(text),
        (error: Error) => /tokens file is not as it should be/.test(error.message) && !error.message.includes(secret),
      );
    });
  }
});
