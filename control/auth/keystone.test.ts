import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import type { Caller } from "../../api/mod.ts";
import { type FakeToken, reply } from "./fake-keystone.ts";
import {
  type Headers,
  keystone,
  keystoneForEach,
  made,
  outcome,
  REFUSED,
  stopClock,
  token,
} from "./keystone.fixture.ts";
import type { KeystoneAuthOptions } from "./keystone.ts";

keystoneForEach();
const inOneMinute = () => Date.now() + 60_000;

describe("a token's holder is", () => {
  const member = {
    requestId: "r",
    userId: "u",
    projectId: "p",
    roles: ["member"],
    isAdmin: false,
    identity: { userName: "User", userDomain: "default", projectName: "Project", projectDomain: "default" },
  };
  const noProject = { userName: "User", userDomain: "default" };
  const rows: [name: string, token: FakeToken, caller: Caller][] = [
    ["a member of a project", {}, member],
    ["an administrator", { roles: ["member", "admin"] }, { ...member, roles: ["member", "admin"], isAdmin: true }],
    ["one in whatever case", { roles: ["Admin"] }, { ...member, roles: ["Admin"], isAdmin: true }],
    [
      "nobody in particular without a scope",
      { project: null, roles: [] },
      { ...member, projectId: "", roles: [], identity: noProject },
    ],
    [
      "an administrator of a domain",
      { project: null, domain: { id: "d" }, roles: ["admin"] },
      { ...member, projectId: "", roles: ["admin"], isAdmin: true, identity: { ...noProject, domainScope: "d" } },
    ],
    [
      "an administrator of the system, whose roles may come twice",
      { project: null, system: { all: true }, roles: ["admin", "member", "member"] },
      {
        ...member,
        projectId: "",
        roles: ["admin", "member"],
        isAdmin: true,
        identity: { ...noProject, systemScope: "all" },
      },
    ],
    ["an application with every right of its user", { application_credential: { id: "a", restricted: true } }, member],
  ];
  for (const [name, facts, caller] of rows) {
    it(name, async () => {
      keystone.tokens.set("this", facts);
      assert.deepEqual(await made().authenticate(token("this"), "r"), caller);
    });
  }
});

describe("refused is", () => {
  const rows: [name: string, headers: Headers][] = [
    ["no token", {}],
    ["an empty token", token("")],
    ["a blank token", token("  ")],
    ["an unknown token", token("unknown")],
    ["two tokens", { "x-auth-token": ["good", "good"] }],
    ["a token with a space", token("good good")],
    ["a token beyond ASCII", token("g\u00f6\u00f6d")],
    ["a token with control characters", token("good\r\nx-auth-token: own-1")],
    ["a token of more than 16 KiB", token("g".repeat(16 * 1024 + 1))],
    ["a bearer token, which Keystone's clients do not send", { authorization: "Bearer good" }],
    ["a good token with an unknown service token", { ...token("good"), "x-service-token": "unknown" }],
    ["a service token alone", { "x-service-token": "good" }],
    ["an object's inherited name", token("__proto__")],
  ];
  for (const [name, headers] of rows) it(name, async () => assert.equal(await outcome(made(), headers), REFUSED));

  for (const status of [400, 404, 413, 431]) {
    it(`a token that Keystone answers with ${status}`, async () => {
      const auth = made();
      assert.equal(await outcome(auth, token("good")), "member");
      keystone.instead.push((response) => reply(response, status, {}));
      assert.equal(await outcome(auth, token("other")), REFUSED);
    });
  }

  it("what is no token without asking Keystone", async () => {
    for (const [, headers] of rows.filter(([name]) => !name.includes("unknown"))) await outcome(made(), headers);
    assert.deepEqual(new Set(keystone.asked), new Set(["LOGIN", "CHECK __proto__", "CHECK good"]));
  });
});

describe("headers of any content", () => {
  it("are nobody, never a failure", async () => {
    const auth = made();
    const anything = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.array(fc.string(), { maxLength: 3 }),
      fc.constantFrom("good", "", undefined),
    );
    const names = fc.constantFrom("x-auth-token", "x-service-token", "x-storage-token", "authorization", "x-roles");
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, anything), async (headers) => {
        const isGood = headers["x-auth-token"] === "good" || headers["x-storage-token"] === "good";
        assert.ok([REFUSED, ...(isGood ? ["member"] : [])].includes(await outcome(auth, headers as Headers)));
      }),
      { numRuns: 300 },
    );
  });
});

describe("a token is let in", () => {
  it("with blanks around it", async () => assert.equal(await outcome(made(), token(" good ")), "member"));
  it("as X-Storage-Token too", async () => {
    assert.equal(await outcome(made(), { "x-storage-token": "good" }), "member");
  });
});

describe("an answer of Keystone's", () => {
  it("serves all who ask at the same time, and those who come later, over one connection", async () => {
    const auth = made();
    const all = await Promise.all(Array.from({ length: 50 }, () => outcome(auth, token("good"))));
    assert.deepEqual(new Set(all), new Set(["member"]));
    assert.equal(await outcome(auth, token("good")), "member");
    assert.deepEqual(keystone.asked, ["LOGIN", "CHECK good"]);
    assert.equal(keystone.connections, 1);
  });

  it("costs no new connection for another token", async () => {
    const auth = made();
    for (let i = 0; i < 20; i++) {
      keystone.tokens.set(`t${i}`, {});
      await outcome(auth, token(`t${i}`));
    }
    assert.deepEqual([keystone.count("CHECK"), keystone.connections], [20, 1]);
  });

  it("is believed for the time of the cache: then a revocation is seen", async (t) => {
    const tick = stopClock(t);
    const auth = made({ cache: { seconds: 10 } });
    await outcome(auth, token("good"));
    keystone.tokens.delete("good");
    tick(9_999);
    assert.equal(await outcome(auth, token("good")), "member");
    tick(1);
    assert.equal(await outcome(auth, token("good")), REFUSED);
  });

  it("is not believed beyond the token's own end", async (t) => {
    const tick = stopClock(t);
    const auth = made();
    keystone.tokens.set("short", { expiresAt: inOneMinute() });
    assert.equal(await outcome(auth, token("short")), "member");
    tick(60_000);
    assert.equal(await outcome(auth, token("short")), REFUSED);
    assert.equal(keystone.count("CHECK"), 1);
  });

  it("is kept for so many tokens only", async () => {
    const auth = made({ cache: { entries: 2 } });
    for (const name of ["a", "b", "c"]) keystone.tokens.set(name, {});
    for (const name of ["a", "b", "c", "c", "b", "a"]) await outcome(auth, token(name));
    assert.deepEqual(keystone.asked.slice(1), ["CHECK a", "CHECK b", "CHECK c", "CHECK a"]);
  });
});

describe("a service token", () => {
  beforeEach(() => {
    keystone.tokens.set("nova", { roles: ["service"] });
    keystone.tokens.set("somebody", { roles: ["member"] });
    keystone.tokens.set("expired", { expiresAt: Date.now() - 1 });
  });
  const both = (user: string, service: string) => ({ ...token(user), "x-service-token": service });

  it("is told in the caller", async () => {
    const { identity } = await made().authenticate(both("good", "nova"), "r");
    assert.equal(identity?.serviceUser, "u");
    assert.equal((await made().authenticate(token("good"), "r")).identity?.serviceUser, undefined);
  });

  const rows: [name: string, headers: Headers, options: Partial<KeystoneAuthOptions>, outcome: string][] = [
    ["lets an expired token in", both("expired", "nova"), {}, "member"],
    ["does not do so without its role", both("expired", "somebody"), {}, REFUSED],
    ["does not do so when it is expired itself", both("good", "expired"), {}, REFUSED],
    ["does not make an unknown token good", both("unknown", "nova"), {}, REFUSED],
    ["without its role does no harm", both("good", "somebody"), {}, "member"],
    ["without its role is refused on demand", both("good", "somebody"), { serviceTokenRolesRequired: true }, REFUSED],
    ["with its role is not", both("good", "nova"), { serviceTokenRolesRequired: true }, "member"],
    ["has the role that is configured", both("expired", "somebody"), { serviceRoles: ["member"] }, "member"],
  ];
  for (const [name, headers, options, expected] of rows) {
    it(name, async () => assert.equal(await outcome(made(options), headers), expected));
  }

  it("does not help one who asks for the same token at the same time", async () => {
    const auth = made();
    await outcome(auth, both("good", "nova"));
    const all = await Promise.all([both("expired", "nova"), token("expired")].map((each) => outcome(auth, each)));
    assert.deepEqual(all, ["member", REFUSED]);
    const reversed = await Promise.all(
      [token("expired"), both("expired", "nova")].map((each) => outcome(made(), each)),
    );
    assert.deepEqual(reversed, [REFUSED, "member"]);
  });

  it("is what an expired token needs each time, in the cache or not", async (t) => {
    const tick = stopClock(t);
    const auth = made();
    keystone.tokens.set("short", { expiresAt: inOneMinute() });
    assert.equal(await outcome(auth, token("short")), "member");
    tick(60_001);
    assert.equal(await outcome(auth, both("short", "nova")), "member");
    assert.equal(await outcome(auth, token("short")), REFUSED);
    assert.equal(await outcome(auth, both("expired", "nova")), "member");
    assert.equal(await outcome(auth, token("expired")), REFUSED);
  });
});

describe("an application credential with access rules", () => {
  const request = { method: "GET", path: "/v2.0/networks" };
  beforeEach(() => {
    const access_rules = [{ id: "1", service: "network", method: "GET", path: "/v2.0/networks" }];
    keystone.tokens.set("app", { application_credential: { id: "a", access_rules } });
    keystone.tokens.set("none", { application_credential: { id: "a", access_rules: [] } });
    keystone.tokens.set("nova", { roles: ["service"] });
  });

  const rows: [name: string, headers: Headers, request: typeof request | undefined, outcome: string][] = [
    ["is good for what they allow", token("app"), request, "member"],
    ["not for another method", token("app"), { ...request, method: "POST" }, REFUSED],
    ["not for another path", token("app"), { ...request, path: "/v2.0/ports" }, REFUSED],
    ["not if the request is not known", token("app"), undefined, REFUSED],
    ["for nothing if there are none", token("none"), request, REFUSED],
    ["for all that a service does for it", { ...token("none"), "x-service-token": "nova" }, request, "member"],
    ["not for what a user adds a token to", { ...token("none"), "x-service-token": "good" }, request, REFUSED],
  ];
  for (const [name, headers, line, expected] of rows) {
    it(name, async () => assert.equal(await outcome(made(), headers, line), expected));
  }
});
