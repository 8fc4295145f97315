/** What every store does; run on the memory double (unit) and on a real etcd (contract). */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Guard, Store, StoreEvent, WatchHandler } from "./store.ts";
import { StoreRefused } from "./store.ts";

export interface Subject {
  store: Store;
  /** Makes the store forget its history up to `revision`. */
  compact(revision: number): Promise<void>;
  close(): Promise<void>;
}

/** A watch that collects what it is told, and waits for it. */
export function collector() {
  const seen: string[] = [];
  const state = { progress: 0, compacted: false };
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const each of waiting) each();
  };
  const text = (event: StoreEvent) =>
    event.kind === "put" ? `${event.entry.key}=${event.entry.value}` : `${event.key} deleted`;
  const handler: WatchHandler = {
    onChange(events, revision) {
      seen.push(`${revision}: ${events.map(text).sort().join(" ")}`);
      wake();
    },
    onProgress(revision) {
      state.progress = Math.max(state.progress, revision);
      wake();
    },
    onCompacted() {
      state.compacted = true;
      wake();
    },
  };
  async function until(holds: () => boolean, timeoutMs = 10_000): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const check = () => holds() && resolve();
    const timer = setTimeout(() => reject(new Error(`not in ${timeoutMs} ms; seen: ${seen.join(" | ")}`)), timeoutMs);
    waiting.add(check);
    check();
    await promise.finally(() => {
      clearTimeout(timer);
      waiting.delete(check);
    });
  }
  return { seen, state, handler, until };
}

let suites = 0;

/** The suite; `make` is called once, and every test uses its own prefix. */
export function storeContract(name: string, make: () => Promise<Subject>): void {
  describe(`the store contract on ${name}`, () => {
    let subject: Subject;
    let tests = 0;
    const prefix = () => `/contract/${suites}/${tests++}/`;
    before(async () => {
      suites++;
      subject = await make();
    });
    after(() => subject.close());

    const put = async (key: string, value: string) => {
      const result = await subject.store.commit({ guards: [], writes: [{ kind: "put", key, value }] });
      assert.ok(result.ok);
      return result.revision;
    };

    it("lists what was written, in order of key, with its revision, and nothing beside the prefix", async () => {
      const p = prefix();
      const second = await put(`${p}b`, "2");
      const first = await put(`${p}a`, "1");
      await put(`${p.slice(0, -1)}x`, "beside");
      const { entries, revision } = await subject.store.list(p);
      assert.deepEqual(entries, [
        { key: `${p}a`, value: "1", modRevision: first, version: 1 },
        { key: `${p}b`, value: "2", modRevision: second, version: 1 },
      ]);
      assert.ok(revision > first);
      assert.equal(await subject.store.revision(), revision);
    });

    it("counts the writes of a key, in lists and watches, and from one again after its end", async () => {
      const p = prefix();
      const seen: number[] = [];
      const from = (await subject.store.revision()) + 1;
      const { promise, resolve } = Promise.withResolvers<void>();
      const watcher = subject.store.watch(p, from, {
        ...collector().handler,
        onChange: (events) => {
          for (const event of events) if (event.kind === "put") seen.push(event.entry.version);
          if (seen.length === 3) resolve();
        },
      });
      await put(`${p}a`, "1");
      await put(`${p}a`, "2");
      assert.equal((await subject.store.list(p)).entries[0]?.version, 2);
      await subject.store.commit({ guards: [], writes: [{ kind: "delete", key: `${p}a` }] });
      await put(`${p}a`, "3");
      await promise;
      await watcher.close();
      assert.deepEqual(seen, [1, 2, 1]);
    });

    it("keeps text of any script and size as it was", async () => {
      const p = prefix();
      const value = `${"ü漢🜁\u0000".repeat(50_000)}`;
      await put(`${p}text`, value);
      assert.equal((await subject.store.list(p)).entries[0]?.value, value);
    });

    it("lists many more rows than fit one reply", async () => {
      const p = prefix();
      const keys = Array.from({ length: 11_000 }, (_, i) => `${p}${String(i).padStart(5, "0")}`);
      for (let i = 0; i < keys.length; i += 100) {
        const writes = keys.slice(i, i + 100).map((key) => ({ kind: "put" as const, key, value: "row" }));
        assert.ok((await subject.store.commit({ guards: [], writes })).ok);
      }
      assert.deepEqual(
        (await subject.store.list(p)).entries.map(({ key }) => key),
        keys,
      );
    });

    interface GuardRow {
      name: string;
      guard: (p: string, revision: number) => Guard;
      ok: boolean;
    }
    const guards: GuardRow[] = [
      { name: "absent holds for a missing key", guard: (p) => ({ kind: "absent", key: `${p}no` }), ok: true },
      { name: "absent fails for a key that is there", guard: (p) => ({ kind: "absent", key: `${p}yes` }), ok: false },
      { name: "present holds for a key that is there", guard: (p) => ({ kind: "present", key: `${p}yes` }), ok: true },
      { name: "present fails for a missing key", guard: (p) => ({ kind: "present", key: `${p}no` }), ok: false },
      {
        name: "unchanged holds at the key's revision",
        guard: (p, modRevision) => ({ kind: "unchanged", key: `${p}yes`, modRevision }),
        ok: true,
      },
      {
        name: "unchanged fails at another revision",
        guard: (p, revision) => ({ kind: "unchanged", key: `${p}yes`, modRevision: revision - 1 }),
        ok: false,
      },
      {
        name: "unchanged fails for a missing key",
        guard: (p, modRevision) => ({ kind: "unchanged", key: `${p}no`, modRevision }),
        ok: false,
      },
      { name: "emptyUnder holds with no key", guard: (p) => ({ kind: "emptyUnder", prefix: `${p}no/` }), ok: true },
      { name: "emptyUnder fails with one key", guard: (p) => ({ kind: "emptyUnder", prefix: p }), ok: false },
      {
        name: "quietUnder holds when all keys there are as old",
        guard: (p, revision) => ({ kind: "quietUnder", prefix: p, revision }),
        ok: true,
      },
      {
        name: "quietUnder holds with no key",
        guard: (p) => ({ kind: "quietUnder", prefix: `${p}no/`, revision: 1 }),
        ok: true,
      },
      {
        name: "quietUnder fails with a younger key",
        guard: (p, revision) => ({ kind: "quietUnder", prefix: p, revision: revision - 1 }),
        ok: false,
      },
      {
        name: "writtenAtMost holds for a key written so often",
        guard: (p) => ({ kind: "writtenAtMost", key: `${p}yes`, times: 1 }),
        ok: true,
      },
      {
        name: "writtenAtMost holds for a missing key",
        guard: (p) => ({ kind: "writtenAtMost", key: `${p}no`, times: 0 }),
        ok: true,
      },
      {
        name: "writtenAtMost fails for a key written more often",
        guard: (p) => ({ kind: "writtenAtMost", key: `${p}yes`, times: 0 }),
        ok: false,
      },
    ];
    for (const row of guards) {
      it(`guard: ${row.name}`, async () => {
        const p = prefix();
        const guard = row.guard(p, await put(`${p}yes`, "1"));
        const before = await subject.store.list(p);
        const always: Guard = { kind: "present", key: `${p}yes` };
        const result = await subject.store.commit({
          guards: [always, guard, always],
          writes: [{ kind: "put", key: `${p}new`, value: "1" }],
        });
        if (row.ok) return assert.equal(result.ok, true);
        assert.deepEqual(result, { ok: false, revision: before.revision, failed: [guard] });
        assert.deepEqual(await subject.store.list(p), before);
      });
    }

    it("tells every guard that failed, and applies none of the writes", async () => {
      const p = prefix();
      await put(`${p}a`, "1");
      const failing: Guard[] = [
        { kind: "absent", key: `${p}a` },
        { kind: "present", key: `${p}b` },
      ];
      const result = await subject.store.commit({
        guards: [failing[0]!, { kind: "absent", key: `${p}c` }, failing[1]!],
        writes: [
          { kind: "put", key: `${p}c`, value: "1" },
          { kind: "delete", key: `${p}a` },
        ],
      });
      assert.ok(!result.ok);
      assert.deepEqual(result.failed, failing);
      assert.equal((await subject.store.list(p)).entries.length, 1);
    });

    it("lets exactly one of many writers create a key", async () => {
      const p = prefix();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          subject.store.commit({
            guards: [{ kind: "absent", key: `${p}one` }],
            writes: [{ kind: "put", key: `${p}one`, value: String(i) }],
          }),
        ),
      );
      assert.equal(results.filter(({ ok }) => ok).length, 1);
    });

    it("refuses a transaction that writes a key twice", async () => {
      const key = `${prefix()}twice`;
      const writes = [1, 2].map((value) => ({ kind: "put" as const, key, value: String(value) }));
      await assert.rejects(subject.store.commit({ guards: [], writes }), StoreRefused);
    });

    it("does not count a delete of nothing as a write", async () => {
      const p = prefix();
      const before = await subject.store.revision();
      const result = await subject.store.commit({ guards: [], writes: [{ kind: "delete", key: `${p}none` }] });
      assert.deepEqual(result, { ok: true, revision: before });
    });

    it("watch tells all changes of a revision together, in order, from the revision asked for", async () => {
      const p = prefix();
      await put(`${p}a`, "old");
      const from = await put(`${p}a`, "1");
      const { seen, handler, until } = collector();
      const watcher = subject.store.watch(p, from, handler);
      const both = await subject.store.commit({
        guards: [],
        writes: [
          { kind: "put", key: `${p}b`, value: "2" },
          { kind: "delete", key: `${p}a` },
        ],
      });
      await put(`${p.slice(0, -1)}x`, "beside");
      const last = await put(`${p}b`, "3");
      await until(() => seen.length >= 3);
      await watcher.close();
      assert.deepEqual(seen, [`${from}: ${p}a=1`, `${both.revision}: ${p}a deleted ${p}b=2`, `${last}: ${p}b=3`]);
    });

    it("watch from a revision to come tells nothing older", async () => {
      const p = prefix();
      const now = await put(`${p}a`, "1");
      const { seen, handler, until } = collector();
      const watcher = subject.store.watch(p, now + 1, handler);
      const next = await put(`${p}a`, "2");
      await until(() => seen.length > 0);
      await watcher.close();
      assert.deepEqual(seen, [`${next}: ${p}a=2`]);
    });

    it("watch reports progress when asked, though nothing under its prefix changes", async () => {
      const p = prefix();
      const { seen, state, handler, until } = collector();
      const watcher = subject.store.watch(p, (await subject.store.revision()) + 1, handler);
      const elsewhere = await put(`${p.slice(0, -1)}x`, "beside");
      watcher.requestProgress();
      await until(() => state.progress >= elsewhere);
      await watcher.close();
      assert.deepEqual(seen, []);
      assert.deepEqual((await subject.store.list(p)).entries, []);
    });

    it("progress never overtakes events that it covers", async () => {
      const p = prefix();
      const { seen, state, handler, until } = collector();
      let written = 0;
      let wrong = "";
      const from = (await subject.store.revision()) + 1;
      const watcher = subject.store.watch(p, from, {
        ...handler,
        onProgress(revision) {
          handler.onProgress(revision);
          const last = Number.parseInt(seen.at(-1) ?? "0", 10);
          if (revision >= written && last < written) wrong = `progress ${revision} before the event of ${written}`;
        },
      });
      for (let i = 0; i < 50; i++) {
        written = await put(`${p}a`, String(i));
        watcher.requestProgress();
      }
      await until(() => state.progress >= written);
      await watcher.close();
      assert.equal(wrong, "");
      assert.equal(seen.length, 50);
    });

    it("watch from a compacted revision says so and ends", async () => {
      const p = prefix();
      const old = await put(`${p}a`, "1");
      await put(`${p}a`, "2");
      await subject.compact(await put(`${p}a`, "3"));
      const { seen, state, handler, until } = collector();
      const watcher = subject.store.watch(p, old, handler);
      await until(() => state.compacted);
      await put(`${p}a`, "4");
      await watcher.close();
      assert.deepEqual(seen, []);
    });

    it("a closed watch tells nothing more", async () => {
      const p = prefix();
      const { seen, handler, until } = collector();
      const watcher = subject.store.watch(p, (await subject.store.revision()) + 1, handler);
      await put(`${p}a`, "1");
      await until(() => seen.length === 1);
      await watcher.close();
      await put(`${p}a`, "2");
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(seen.length, 1);
    });
  });
}
