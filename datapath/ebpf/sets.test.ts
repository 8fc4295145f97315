import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SetNumber } from "../../bpf/layout.gen.ts";
import { GroupSets, setName } from "./sets.ts";
import { Slots } from "./slots.ts";

describe("slots", () => {
  test("start at 1, are kept, and are free again only when all that named them is gone", () => {
    const slots = new Slots<number>(8);
    assert.deepEqual([slots.take("a"), slots.take("b"), slots.take("a")], [1, 2, 1]);
    slots.giveBack("a");
    assert.equal(slots.take("c"), 3);
    slots.settle();
    assert.equal(slots.take("d"), 1);
  });

  test("are those of the earlier run, until everything is known to be there", () => {
    const slots = new Slots<number>(8);
    slots.adopt([
      ["kept", 4],
      ["gone", 1],
    ]);
    assert.deepEqual([slots.take("new"), slots.take("kept")], [2, 4]);
    slots.settle();
    assert.equal(slots.take("another"), 1);
  });

  test("one that comes back before it is free has its number or another, and never one of two owners", () => {
    const slots = new Slots<number>(8);
    slots.take("a");
    slots.giveBack("a");
    const again = slots.take("a");
    slots.settle();
    assert.notEqual(slots.take("b"), again);
  });

  test("run out, and giving back what is not held does nothing", () => {
    const slots = new Slots<number>(2);
    slots.giveBack("nobody");
    assert.deepEqual([slots.take("a"), slots.take("b")], [1, undefined]);
  });
});

describe("sets of groups", () => {
  test("are named by their groups alone", () => {
    assert.deepEqual(setName(["a", "b"]), setName(["a", "b"]));
    assert.notDeepEqual(setName(["a", "b"]), setName(["ab"]));
    assert.notDeepEqual(setName([]), setName(["a"]));
  });

  test("are counted by kind of user: the first one and the last one are told", () => {
    const sets = new GroupSets(8);
    assert.equal(sets.take(["a"], "endpoints")?.isNew, true);
    assert.equal(sets.take(["a"], "endpoints")?.isNew, false);
    assert.equal(sets.take(["a"], "ports")?.isNew, true);
    assert.equal(sets.give(["a"], "endpoints"), false);
    assert.equal(sets.give(["a"], "endpoints"), true);
    assert.equal(sets.find(["a"])?.ports, 1);
    assert.equal(sets.give(["a"], "ports"), true);
    assert.equal(sets.find(["a"]), undefined);
    assert.equal(sets.give(["a"], "ports"), false);
  });

  test("are found by each group in them", () => {
    const sets = new GroupSets(8);
    for (const groups of [["a"], ["a", "b"], ["b"]]) sets.take(groups, "endpoints");
    const numbers = (group: string) => [...sets.with(group)].map(({ number }) => number).sort();
    assert.deepEqual([numbers("a"), numbers("b"), numbers("c")], [[1, 2], [2, 3], []]);
    sets.give(["a", "b"], "endpoints");
    assert.deepEqual([numbers("a"), numbers("b")], [[1], [3]]);
  });

  test("have the numbers of the earlier run, and none when there are no more", () => {
    const sets = new GroupSets(3);
    sets.adopt([[setName(["b"]), 2 as SetNumber]]);
    assert.equal(sets.take(["a"], "ports")?.set.number, 1);
    assert.equal(sets.take(["c"], "ports"), undefined);
    assert.equal(sets.take(["b"], "ports")?.set.number, 2);
  });
});
