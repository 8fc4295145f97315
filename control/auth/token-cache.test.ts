import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { type CacheLimits, TokenCache } from "./token-cache.ts";

function made(t: TestContext, limits: Partial<CacheLimits> = {}) {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const cache = new TokenCache<string>({ seconds: 300, entries: 3, ...limits });
  const load = (key: string, value: string | undefined = key) => cache.load(key, "", async () => value);
  return { cache, load };
}

describe("what is known of tokens", () => {
  it("is believed for a time, and not longer", async (t) => {
    const { cache, load } = made(t);
    await load("a");
    t.mock.timers.tick(299_999);
    assert.equal(cache.get("a"), "a");
    t.mock.timers.tick(1);
    assert.equal(cache.get("a"), undefined);
  });

  it("is bounded: the oldest goes first", async (t) => {
    const { cache, load } = made(t);
    for (const key of ["a", "b", "c", "d"]) await load(key);
    assert.deepEqual(
      ["a", "b", "c", "d"].map((key) => cache.get(key)),
      [undefined, "b", "c", "d"],
    );
    assert.equal(cache.size, 3);
  });

  it("takes no room when it is old", async (t) => {
    const { cache, load } = made(t);
    await load("a");
    await load("b");
    t.mock.timers.tick(300_000);
    await load("c");
    assert.equal(cache.size, 1);
  });

  it("is asked again when it was not found", async (t) => {
    const { cache, load } = made(t);
    assert.equal(await cache.load("a", "", async () => undefined), undefined);
    assert.equal(await load("a", "now"), "now");
    assert.equal(cache.size, 1);
  });

  it("is not kept at all with 0 seconds", async (t) => {
    const { cache, load } = made(t, { seconds: 0 });
    assert.equal(await load("a"), "a");
    assert.equal(cache.get("a"), undefined);
  });

  it("is asked once by many at a time, for each question", async () => {
    const cache = new TokenCache<string>({ seconds: 300, entries: 3 });
    let count = 0;
    const ask = async () => `answer ${++count}`;
    const all = await Promise.all([1, 2, 3].map(() => cache.load("a", "", ask)).concat(cache.load("a", "other", ask)));
    assert.deepEqual(all, ["answer 1", "answer 1", "answer 1", "answer 2"]);
  });

  it("is asked again after a failure", async () => {
    const cache = new TokenCache<string>({ seconds: 300, entries: 3 });
    await assert.rejects(cache.load("a", "", () => Promise.reject(new Error("out"))));
    assert.equal(await cache.load("a", "", async () => "in"), "in");
  });
});
