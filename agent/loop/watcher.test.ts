import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { FakeControl, fakeLog, turns } from "../fake/mod.ts";
import { HeldView } from "../view/mod.ts";
import { Watcher } from "./watcher.ts";

function setUp(silenceMs?: number) {
  const control = new FakeControl();
  const held = new HeldView();
  const heard: string[] = [];
  const follower = {
    revision: () => held.revision,
    receive: (message: Parameters<HeldView["receive"]>[0]) => void held.receive(message),
    connected: () => void heard.push("connected"),
    interrupted: () => {
      heard.push("interrupted");
      held.interrupted();
    },
  };
  const watcher = new Watcher(control, follower, fakeLog(), silenceMs);
  watcher.start();
  return { control, held, heard, watcher };
}

test("the stream is resumed from the last complete revision", async (t) => {
  const { control, heard, watcher } = setUp();
  t.after(() => watcher.stop());
  assert.equal(control.watches[0]?.since, undefined);
  assert.equal(watcher.isConnected, false);
  control.watches[0]?.send({ type: "snapshot" });
  control.watches[0]?.send({ type: "synced", revision: 12 });
  assert.equal(watcher.isConnected, true);
  control.watches[0]?.end(new Error("reset"));
  await sleep(150);
  assert.equal(control.watches[1]?.since, 12);
  assert.deepEqual(heard, ["connected", "interrupted"]);
});

test("a revision that is too old leads to a whole snapshot at once, and the view stays meanwhile", async (t) => {
  const { control, held, watcher } = setUp();
  t.after(() => watcher.stop());
  control.watches[0]?.send({ type: "snapshot" });
  control.watches[0]?.send({ type: "synced", revision: 12 });
  control.watches[0]?.end("ended");
  await sleep(150);
  control.watches[1]?.end("too-old");
  await turns();
  assert.equal(control.watches[2]?.since, undefined);
  assert.equal(held.revision, 12);
});

test("a stream that falls silent is given up", async (t) => {
  const { control, watcher } = setUp(30);
  t.after(() => watcher.stop());
  control.watches[0]?.send({ type: "snapshot" });
  await sleep(300);
  assert.ok(control.watches.length > 1);
});

test("stopping ends it", async () => {
  const { control, watcher } = setUp();
  await watcher.stop();
  await sleep(150);
  assert.equal(control.watches.length, 1);
});
