import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore } from "../../store/memory-store.ts";
import { keys } from "../../store/mod.ts";
import { MemoryCache } from "../memory-cache.ts";
import { Beats } from "./beats.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };

async function started(...hosts: string[]) {
  const store = new MemoryStore();
  const writes = hosts.map((name) => ({
    kind: "put" as const,
    key: keys.record("host", name),
    value: JSON.stringify({ name, token_sha256: name }),
  }));
  await store.commit({ guards: [], writes });
  const memory = await MemoryCache.start(store, log);
  const beats = new Beats({ store, memory, log });
  const seen = () => [...memory.all("host_beat")].map(({ record }) => record.name).sort();
  return { store, memory, beats, seen };
}

test("a host that opens a stream is noted with the next tick, all that have one with every third", async () => {
  const { store, memory, beats, seen } = await started("a", "b");
  const close = beats.opened("a");
  assert.deepEqual(seen(), []);
  await beats.tick();
  assert.deepEqual(seen(), ["a"]);
  const revision = await store.revision();
  await beats.tick();
  assert.equal(await store.revision(), revision, "nothing is new");
  beats.opened("b");
  await beats.tick();
  assert.deepEqual(seen(), ["a", "b"]);
  assert.equal(await store.revision(), revision + 1);
  close();
  const before = memory.get("host_beat", "a")?.modRevision;
  for (let i = 0; i < 3; i++) await beats.tick();
  assert.equal(memory.get("host_beat", "a")?.modRevision, before, "a is away");
  await memory.close();
});

test("when it came stays, until it was away", async () => {
  const { store, memory, beats } = await started("a");
  const put = async (seen_at: string, started_at: string) => {
    const value = JSON.stringify({ name: "a", seen_at, started_at });
    const { revision } = await store.commit({
      guards: [],
      writes: [{ kind: "put", key: keys.record("host_beat", "a"), value }],
    });
    await memory.reached(revision);
  };
  const ago = (seconds: number) => `${new Date(Date.now() - seconds * 1000).toISOString().slice(0, 19)}Z`;
  const started_at = ago(5000);
  await put(ago(20), started_at);
  beats.opened("a");
  await beats.tick();
  assert.equal(memory.get("host_beat", "a")?.record.started_at, started_at);
  await put(ago(100), started_at);
  beats.opened("a");
  await beats.tick();
  assert.notEqual(memory.get("host_beat", "a")?.record.started_at, started_at);
  await memory.close();
});

test("a host that is removed leaves no beat behind", async () => {
  const { store, memory, beats, seen } = await started("a");
  beats.opened("a");
  const { revision } = await store.commit({ guards: [], writes: [{ kind: "delete", key: keys.record("host", "a") }] });
  await beats.tick();
  await memory.reached(revision);
  await beats.tick();
  assert.deepEqual(seen(), []);
  await memory.close();
});
