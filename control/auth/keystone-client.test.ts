import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type FakeKeystone, PASSWORD, reply } from "./fake-keystone.ts";
import {
  keystone,
  keystoneForEach,
  logged,
  made,
  OUT,
  outcome,
  REFUSED,
  stopClock,
  token,
} from "./keystone.fixture.ts";

keystoneForEach();

describe("our own token", () => {
  it("is renewed two minutes before its end", async (t) => {
    const tick = stopClock(t);
    keystone.lifeMs = 600_000;
    const auth = made({ cache: { seconds: 0 } });
    await outcome(auth, token("good"));
    tick(479_000);
    await outcome(auth, token("good"));
    assert.equal(keystone.count("LOGIN"), 1);
    tick(1_000);
    assert.equal(await outcome(auth, token("good")), "member");
    assert.equal(keystone.count("LOGIN"), 2);
  });

  it("serves half of its life where that is short", async (t) => {
    const tick = stopClock(t);
    keystone.lifeMs = 20_000;
    const auth = made({ cache: { seconds: 0 } });
    await outcome(auth, token("good"));
    tick(9_000);
    await outcome(auth, token("good"));
    assert.equal(keystone.count("LOGIN"), 1);
    tick(1_000);
    await outcome(auth, token("good"));
    assert.equal(keystone.count("LOGIN"), 2);
  });

  it("is got anew when Keystone refuses it, and the user does not notice", async () => {
    const auth = made({ cache: { seconds: 0 } });
    await outcome(auth, token("good"));
    keystone.revokeOwn();
    const all = await Promise.all(["good", "good", "unknown"].map((name) => outcome(auth, token(name))));
    assert.deepEqual(all, ["member", "member", REFUSED]);
    assert.equal(keystone.count("LOGIN"), 2);
  });

  it("is got with the password of that day", async () => {
    let password = "old";
    const auth = made({}, { password: async () => password });
    assert.equal(await outcome(auth, token("good")), OUT);
    password = PASSWORD;
    // A refused login is not repeated at once.
    assert.equal(await outcome(auth, token("good")), OUT);
    assert.equal(keystone.count("LOGIN"), 1);
    await new Promise((resolve) => setTimeout(resolve, 2_050));
    assert.equal(await outcome(auth, token("good")), "member");
  });

  it("validates in the region asked for", async () => {
    assert.equal(await outcome(made({}, { region: "here" }), token("good")), "member");
    assert.equal(await outcome(made({}, { region: "nowhere" }), token("good")), OUT);
    assert.match(logged.join(), /no internal identity endpoint in region nowhere/);
  });
});

describe("an outage", () => {
  it("is 503 for what is not in the cache, told once in the log, and over when it is over", async () => {
    const auth = made();
    await outcome(auth, token("good"));
    const { url } = keystone;
    await keystone.stop();
    assert.equal(await outcome(auth, token("good")), "member");
    for (let i = 0; i < 3; i++) assert.equal(await outcome(auth, token("new")), OUT);
    assert.equal(logged.length, 1, logged.join("\n"));
    assert.ok(logged[0]?.includes(`Keystone at ${url} cannot be reached`), logged[0]);
  });

  const odd: [name: string, answer: FakeKeystone["instead"][number], says: RegExp][] = [
    ["an error", (response) => reply(response, 500, {}), /with 500/],
    ["a refusal of our role", (response) => reply(response, 403, {}), /403: user cable needs the role service/],
    ["a redirection", (response) => reply(response, 300, {}), /with 300/],
    ["no JSON", (response) => response.writeHead(200).end("<html>"), /not as it should be \(the whole\)/],
    ["JSON of another kind", (response) => reply(response, 200, { token: { user: 1 } }), /token\.user/],
    ["a broken connection", (response) => response.destroy(), /cannot be reached/],
    ["half an answer", (response) => response.writeHead(200).end("{".repeat(2_000_000)), /more than 1048576 bytes/],
  ];
  for (const [name, answer, says] of odd) {
    it(`is ${name} too`, async () => {
      const auth = made();
      await outcome(auth, token("good"));
      // Twice: a connection broken when it was reused is tried once more.
      keystone.instead.push(answer, answer);
      assert.equal(await outcome(auth, token("new")), OUT);
      assert.match(logged.join(), says);
      keystone.instead.length = 0;
      assert.equal(await outcome(auth, token("new")), REFUSED);
      assert.match(logged.join(), /answers again/);
    });
  }

  it("of one kept connection is not noticed", async () => {
    const auth = made();
    await outcome(auth, token("good"));
    keystone.instead.push((response) => response.destroy());
    assert.equal(await outcome(auth, token("new")), REFUSED);
  });

  it("at the start is told, whatever the reason", async () => {
    await made({}, { password: async () => "wrong" }).tellWhetherUsable();
    assert.match(logged.join(), /refuses our login as user cable/);
    await made().tellWhetherUsable();
    assert.match(logged.at(-1) ?? "", /^Keystone answers/);
  });
});

describe("no secret", () => {
  it("is in a log or an error, whatever goes wrong", async () => {
    const secrets = [PASSWORD, "good", "sEcReT", "own-1"];
    const said: string[] = [];
    const answers = [401, 403, 500].map(
      (status) => (response: Parameters<typeof reply>[0]) =>
        reply(response, status, { error: { message: "sEcReT own-1" } }),
    );
    for (const answer of answers) {
      const auth = made({ cache: { seconds: 0 } });
      keystone.instead.push(answer);
      said.push(await outcome(auth, token("sEcReT")));
      said.push(await outcome(auth, token("good")));
      keystone.instead.push(answer, answer);
      said.push(await outcome(auth, token("sEcReT")));
    }
    const text = [...logged, ...said.filter((each) => each !== "member")].join("\n");
    for (const secret of secrets) assert.ok(!text.includes(secret), text);
  });
});
