import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { aNetwork, aView, fakeLog } from "../fake/mod.ts";
import { HeldView } from "../view/mod.ts";
import { Saver } from "./saver.ts";

function setUp() {
  const held = new HeldView();
  const saved: number[] = [];
  let failures = 0;
  const file = {
    load: async () => undefined,
    save: async (_view: unknown, revision: number) => {
      if (failures-- > 0) throw new Error("disk full");
      saved.push(revision);
    },
  };
  const fail = (times: number) => {
    failures = times;
  };
  return { held, saved, fail, saver: new Saver(held, file, fakeLog(), 10) };
}

test("many changes are one write, of the last", async () => {
  const { held, saved, saver } = setUp();
  for (const revision of [1, 2, 3]) {
    held.restore(aView([aNetwork(1)], [], []), revision);
    saver.changed();
  }
  await sleep(40);
  assert.deepEqual(saved, [3]);
  await saver.stop();
  assert.deepEqual(saved, [3]);
});

test("stopping writes what is not on disk yet", async () => {
  const { held, saved, saver } = setUp();
  held.restore(aView([], [], []), 4);
  saver.changed();
  await saver.stop();
  assert.deepEqual(saved, [4]);
});

test("a write that fails is done again", async () => {
  const { held, saved, saver, fail } = setUp();
  fail(1);
  held.restore(aView([], [], []), 4);
  saver.changed();
  await sleep(60);
  assert.deepEqual(saved, [4]);
  await saver.stop();
});

test("without a view nothing is written", async () => {
  const { saved, saver } = setUp();
  saver.changed();
  await sleep(30);
  await saver.stop();
  assert.deepEqual(saved, []);
});
