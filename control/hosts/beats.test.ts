/** Who is there: hosts with a stream, and those that go. The clock is the tests'. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it, mock } from "node:test";
import { pino } from "pino";
import type { HostBeatRecord } from "../../model/mod.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { keys } from "../../store/mod.ts";
import { MemoryCache } from "../memory-cache.ts";
import { Beats } from "./beats.ts";

const log = pino({ level: "silent" });
const turns = async () => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe("beats", () => {
  let store: MemoryStore;
  let memory: MemoryCache;
  let nowMs = 0;
  let nodes: Beats[] = [];

  before(() => {
    mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
    mock.method(performance, "now", () => nowMs);
  });
  after(() => mock.reset());
  beforeEach(async () => {
    for (const node of nodes) node.close();
    store = new MemoryStore();
    memory = await MemoryCache.start(store, log);
    const value = '{"name":"h"}';
    const { revision } = await store.commit({
      guards: [],
      writes: [{ kind: "put", key: keys.record("host", "h"), value }],
    });
    await memory.reached(revision);
    nodes = [1, 2].map(() => new Beats({ store, memory, log }));
  });
  after(() => memory.close());

  /** Time passes in steps short enough for the clock that tells whether a process was held up. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      nowMs += 100;
      mock.timers.tick(100);
      await turns();
    }
  }
  const beat = (): HostBeatRecord | undefined => memory.get("host_beat", "h")?.record;
  const isGone = () => beat()?.gone_at !== undefined;

  it("a stream is noted, and its end a moment later", async () => {
    const close = nodes[0]!.opened("h");
    for (let i = 0; i < 50 && beat() === undefined; i++) await pass(100);
    assert.notEqual(beat(), undefined);
    close();
    await pass(1_000);
    assert.equal(isGone(), false);
    for (let i = 0; i < 20 && !isGone(); i++) await pass(100);
    assert.equal(isGone(), true);
  });

  it("who opens another stream meanwhile, here or elsewhere, has not gone", async () => {
    for (const next of nodes) {
      const close = nodes[0]!.opened("h");
      await turns();
      close();
      await pass(500);
      const closeNext = next.opened("h");
      await pass(2_000);
      assert.equal(isGone(), false);
      closeNext();
      await pass(2_000);
    }
  });

  it("who promised reports is missed when three do not come, though his stream looks open", async () => {
    nodes[0]!.opened("h");
    for (let i = 0; i < 5; i++) {
      nodes[0]!.heard("h", 400);
      await pass(400);
    }
    assert.equal(isGone(), false);
    await pass(1_200);
    assert.equal(isGone(), true);
    await pass(31_000);
    assert.equal(isGone(), true, "and the stream does not bring him back");
    nodes[0]!.heard("h", 400);
    await turns();
    assert.equal(isGone(), false, "but a report does");
  });

  it("who reports to another control node from now on is not missed there", async () => {
    nodes[0]!.heard("h", 400);
    await pass(800);
    for (let i = 0; i < 5; i++) {
      nodes[1]!.heard("h", 400);
      await pass(400);
    }
    assert.equal(isGone(), false);
  });

  it("who says that he will be back is waited for", async () => {
    const close = nodes[0]!.opened("h");
    nodes[0]!.heard("h", 400);
    nodes[0]!.heard("h", 10_000);
    close();
    await pass(29_000);
    assert.equal(isGone(), false);
    await pass(2_000);
    assert.equal(isGone(), true);
  });

  it("a control node that was held up itself misses nobody at once", async () => {
    nodes[0]!.heard("h", 400);
    await turns();
    nowMs += 5_000;
    mock.timers.tick(200);
    await turns();
    assert.equal(isGone(), false);
    await pass(400);
    assert.equal(isGone(), true, "but after that");
  });

  it("one that ends its streams because it stops says nothing", async () => {
    const close = nodes[0]!.opened("h");
    await turns();
    nodes[0]!.close();
    close();
    await pass(3_000);
    assert.equal(isGone(), false);
  });
});
