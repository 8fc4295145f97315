import assert from "node:assert/strict";
import { test } from "node:test";
import { groupCommit } from "./group-commit.ts";
import { MemoryStore } from "./memory-store.ts";
import { storeContract } from "./store.contract.ts";
import { type Commit, type Guard, type Store, StoreRefused, StoreUnavailable, type Transaction } from "./store.ts";

storeContract("memory, in groups", async () => {
  const inner = new MemoryStore();
  const store = groupCommit(inner);
  return { store, compact: async (revision) => inner.compact(revision), close: () => store.close() };
});

/** A store that takes its time, and notes what it was given. */
function slow(inner = new MemoryStore(), before: (transaction: Transaction) => void = () => {}) {
  const journeys: Transaction[] = [];
  const store: Store = {
    list: (prefix) => inner.list(prefix),
    revision: () => inner.revision(),
    watch: (...args) => inner.watch(...args),
    close: () => inner.close(),
    async commit(transaction) {
      journeys.push(transaction);
      await new Promise((resolve) => setTimeout(resolve, 2));
      before(transaction);
      return inner.commit(transaction);
    },
  };
  return { inner, journeys, store: groupCommit(store) };
}

const put = (key: string, ...guards: Guard[]): Transaction => ({
  guards: [{ kind: "absent", key }, ...guards],
  writes: [{ kind: "put", key, value: key }],
});
const summary = (commits: Commit[]) => commits.map(({ ok }) => (ok ? "ok" : "no")).join(" ");
const sizes = (journeys: Transaction[]) => journeys.map(({ writes }) => writes.length).join(" ");
const letters = [..."abcdefgh"];

test("what comes while one is under way goes together, and each is told its revision", async () => {
  const { store, journeys, inner } = slow();
  const commits = await Promise.all(letters.map((key) => store.commit(put(key))));
  assert.equal(sizes(journeys), "1 7");
  assert.equal(summary(commits), "ok ok ok ok ok ok ok ok");
  const { entries } = await inner.list("");
  for (const [i, key] of letters.entries()) {
    assert.equal(entries.find((entry) => entry.key === key)?.modRevision, commits[i]?.revision, key);
  }
});

test("a guard that all have is asked once", async () => {
  const { store, journeys, inner } = slow();
  const { revision: modRevision } = await inner.commit(put("network"));
  const commits = await Promise.all(
    letters.map((key) => store.commit(put(key, { kind: "unchanged", key: "network", modRevision }))),
  );
  assert.equal(summary(commits), "ok ok ok ok ok ok ok ok");
  assert.equal(journeys[1]?.guards.length, 8);
});

test("guards that ask different things of one key are all asked", async () => {
  const { store, inner } = slow();
  await inner.commit(put("n"));
  const atMost = [9, 9, 1, 0, 1, 0, 9, 1];
  const commits = await Promise.all(
    letters.map((key, i) => store.commit(put(key, { kind: "writtenAtMost", key: "n", times: atMost[i] ?? 0 }))),
  );
  assert.equal(summary(commits), "ok ok ok no ok no ok ok");
});

test("a failed guard stops its own transaction only, which is told of its own guards only", async () => {
  const { store, inner } = slow();
  for (const key of ["d", "f"]) await inner.commit(put(key));
  const commits = await Promise.all(letters.map((key) => store.commit(put(key))));
  assert.equal(summary(commits), "ok ok ok no ok no ok ok");
  assert.deepEqual(commits[3]?.ok === false && commits[3].failed, [{ kind: "absent", key: "d" }]);
});

test("a transaction whose companions fail again and again goes alone in the end", async () => {
  const inner = new MemoryStore();
  const { store, journeys } = slow(inner);
  for (let i = 0; i < 40; i++) await inner.commit(put(`taken${i}`));
  let isDone = false;
  const good = store.commit(put("first")).then(() => store.commit(put("good")));
  void good.then(() => {
    isDone = true;
  });
  const bad = Array.from({ length: 4 }, async (_, lane) => {
    for (let i = lane; !isDone && i < 40; i += 4) await store.commit(put(`taken${i}`));
  });
  assert.equal((await good).ok, true);
  await Promise.all(bad);
  const tries = journeys.filter(({ writes }) => writes.some(({ key }) => key === "good")).length;
  assert.ok(tries <= 3, `${tries} journeys`);
});

const mark = (key: string, lane: string, times = 9, counted = ["l0", "l1", "l2"]): Transaction => ({
  guards: [{ kind: "absent", key }, ...counted.map((each): Guard => ({ kind: "writtenAtMost", key: each, times }))],
  writes: [
    { kind: "put", key, value: key },
    { kind: "put", key: "used", value: "" },
    { kind: "put", key: lane, value: "", counted: true },
  ],
});

test("marks of different keys go together, each counted, and what all write alike is written once", async () => {
  const { store, journeys, inner } = slow();
  const lanes = ["l0", "l1", "l0", "l1", "l2"];
  const commits = await Promise.all(lanes.map((lane, i) => store.commit(mark(`k${i}`, lane))));
  assert.equal(summary(commits), "ok ok ok ok ok");
  assert.equal(sizes(journeys), "3 7 3");
  const versions = (await inner.list("l")).entries.map(({ version }) => version);
  assert.deepEqual(versions, [2, 2, 1]);
});

test("marks of one key never go together", async () => {
  const { store, journeys, inner } = slow();
  await Promise.all(letters.map((key) => store.commit(mark(key, "l0"))));
  assert.equal(sizes(journeys), "3 3 3 3 3 3 3 3");
  assert.equal((await inner.list("l0")).entries[0]?.version, 8);
});

for (const most of [0, 1, 2, 3, 7]) {
  test(`of many marks at once that allow ${most} before them, no more come through`, async () => {
    const { store, inner } = slow();
    const made = async (i: number) => {
      // Each allows so many in all, split over the keys, as seen by one that has read nothing.
      const shares = ["l0", "l1", "l2"].map((_, lane) => Math.floor(most / 3) + (lane === i % 3 ? most % 3 : 0));
      const guards = shares.map((times, lane): Guard => ({ kind: "writtenAtMost", key: `l${lane}`, times }));
      return store.commit({ ...mark(`k${i}`, `l${i % 3}`), guards });
    };
    const commits = await Promise.all(Array.from({ length: 20 }, (_, i) => made(i)));
    const count = commits.filter(({ ok }) => ok).length;
    const versions = (await inner.list("l")).entries.reduce((sum, { version }) => sum + version, 0);
    assert.equal(versions, count);
    assert.ok(count >= 1 && count <= most + 1, `${count} of ${most} + 1`);
  });
}

const DELETE = (key: string): Transaction => ({ guards: [], writes: [{ kind: "delete", key }] });
const apart: [string, Transaction, Transaction][] = [
  ["both write one key", put("x"), { guards: [], writes: [{ kind: "put", key: "x", value: "2" }] }],
  ["one writes what the other wants absent", put("x"), put("y", { kind: "absent", key: "x" })],
  ["one removes what the other wants present", DELETE("x"), put("y", { kind: "present", key: "x" })],
  [
    "one removes what the other wants unchanged",
    put("y", { kind: "unchanged", key: "x", modRevision: 1 }),
    DELETE("x"),
  ],
  ["one marks what the other wants absent", mark("x", "l0"), put("y", { kind: "absent", key: "l0" })],
  ["one removes what the other counts", DELETE("l0"), mark("y", "l1")],
  ["one counts what the other removes", mark("y", "l1"), DELETE("l0")],
  ["two put different values", put("x"), { guards: [], writes: [{ kind: "put", key: "x", value: "other" }] }],
  ["one writes where the other wants nothing", put("x/1"), put("y", { kind: "emptyUnder", prefix: "x/" })],
  ["one wants quiet where the other writes", put("y", { kind: "quietUnder", prefix: "x/", revision: 9 }), put("x/1")],
];
for (const [name, one, other] of apart) {
  test(`they do not go together when ${name}`, async () => {
    const { store, journeys } = slow();
    const rest = [put("p")].map((transaction) => store.commit(transaction));
    await Promise.all([...rest, store.commit(one), store.commit(other)]);
    assert.equal(journeys.length, 3);
  });
}

test("one key incremented by many at once counts them all: those who lose are told", async () => {
  const { store, inner } = slow();
  await inner.commit(put("n"));
  const increment = async () => {
    for (;;) {
      const entry = (await inner.list("n")).entries[0]!;
      const value = String((Number(entry.value) || 0) + 1);
      const guards: Guard[] = [{ kind: "unchanged", key: "n", modRevision: entry.modRevision }];
      if ((await store.commit({ guards, writes: [{ kind: "put", key: "n", value }] })).ok) return;
    }
  };
  await Promise.all(Array.from({ length: 12 }, increment));
  assert.equal((await inner.list("n")).entries[0]?.value, "12");
});

test("a store that is away is told to all who were on the way", async () => {
  const { store } = slow(new MemoryStore(), () => {
    throw new StoreUnavailable("away");
  });
  const results = await Promise.allSettled(letters.map((key) => store.commit(put(key))));
  for (const result of results) {
    assert.ok(result.status === "rejected" && result.reason instanceof StoreUnavailable);
  }
});

test("a refusal of a group is made out one by one", async () => {
  const { store } = slow(new MemoryStore(), ({ writes }) => {
    if (writes.some(({ key }) => key === "e")) throw new StoreRefused("too large");
  });
  const results = await Promise.allSettled(letters.map((key) => store.commit(put(key))));
  assert.equal(results.map(({ status }) => status[0]).join(""), "ffffrfff");
});

test("a large transaction waits for nobody", async () => {
  const { store, journeys } = slow();
  const writes = Array.from({ length: 101 }, (_, i) => ({ kind: "put" as const, key: `large${i}`, value: "" }));
  const small = letters.map((key) => store.commit(put(key)));
  await Promise.all([...small, store.commit({ guards: [], writes })]);
  assert.equal(sizes(journeys), "1 101 7");
});
