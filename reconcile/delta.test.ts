import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Delta } from "./delta.ts";

const numbers = () => new Delta<number>((a, b) => a === b);

test("what is wanted and not there is written, and settled once seen", () => {
  const delta = numbers();
  delta.want("a", 1);
  assert.deepEqual(delta.toWrite(), [["a", 1]]);
  delta.wrote("a", 1);
  assert.deepEqual(delta.toWrite(), []);
});

test("a write that failed is asked for again", () => {
  const delta = numbers();
  delta.want("a", 1);
  delta.toWrite();
  assert.deepEqual(delta.toWrite(), [["a", 1]]);
});

test("a restart sees what is there and changes only the difference", () => {
  const delta = numbers();
  for (const [key, value] of [
    ["same", 1],
    ["other", 2],
    ["stale", 3],
  ] as const)
    delta.saw(key, value);
  delta.want("same", 1);
  delta.want("other", 9);
  delta.want("new", 4);
  assert.deepEqual(delta.toWrite().sort(), [
    ["new", 4],
    ["other", 9],
  ]);
  assert.deepEqual(delta.toRemove(), ["stale"]);
});

test("what is wanted again before its removal stays", () => {
  const delta = numbers();
  delta.want("a", 1);
  delta.saw("a", 1);
  delta.unwant("a");
  delta.want("a", 1);
  assert.deepEqual([delta.toWrite(), delta.toRemove()], [[], []]);
});

test("whatever the history, doing what it says makes the world as desired", () => {
  const key = fc.constantFrom("a", "b", "c");
  const step = fc.oneof(
    fc.record({ do: fc.constant("want" as const), key, value: fc.nat(2) }),
    fc.record({ do: fc.constant("unwant" as const), key }),
    fc.record({ do: fc.constant("drift" as const), key, value: fc.option(fc.nat(2), { nil: undefined }) }),
    fc.record({ do: fc.constant("settle" as const), key }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const delta = numbers();
      const desired = new Map<string, number>();
      const world = new Map<string, number>();
      const settle = () => {
        for (const [name, value] of delta.toWrite()) {
          world.set(name, value);
          delta.wrote(name, value);
        }
        for (const name of delta.toRemove()) {
          world.delete(name);
          delta.saw(name, undefined);
        }
      };
      for (const next of steps) {
        if (next.do === "want") {
          desired.set(next.key, next.value);
          delta.want(next.key, next.value);
        } else if (next.do === "unwant") {
          desired.delete(next.key);
          delta.unwant(next.key);
        } else if (next.do === "drift") {
          if (next.value === undefined) world.delete(next.key);
          else world.set(next.key, next.value);
          delta.saw(next.key, next.value);
        } else settle();
      }
      settle();
      assert.deepEqual([...world].sort(), [...desired].sort());
    }),
  );
});
