import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { etcdStore } from "../../store/mod.ts";
import { collector, storeContract } from "../../store/store.contract.ts";
import { type Store, StoreUnavailable, StoreUnknown } from "../../store/store.ts";
import { type Etcd, freePort, startEtcd } from "../kit/etcd.ts";
import { TcpLink } from "../kit/tcp-link.ts";

storeContract("etcd", async () => {
  const etcd = await startEtcd();
  const store = etcdStore({ endpoints: [etcd.endpoint] });
  return {
    store,
    compact: (revision) => etcd.compact(revision),
    async close() {
      await store.close();
      await etcd.stop();
    },
  };
});

describe("the store when etcd fails", () => {
  let etcd: Etcd;
  let store: Store;
  before(async () => {
    etcd = await startEtcd();
    store = etcdStore({ endpoints: [etcd.endpoint], connectMs: 300, requestMs: 700 });
  });
  after(async () => {
    await store.close();
    await etcd.stop();
  });
  const put = (key: string, value: string) =>
    store.commit({ guards: [], writes: [{ kind: "put", key: `/faults/${key}`, value }] });
  const list = async (prefix: string) =>
    (await store.list(`/faults/${prefix}`)).entries.map(({ key, value }) => `${key.slice(8)}=${value}`);

  it("a killed etcd refuses reads and writes as unavailable, and works again after its restart", async () => {
    await put("killed/a", "1");
    await etcd.kill();
    await assert.rejects(store.list("/faults/"), StoreUnavailable);
    await assert.rejects(store.revision(), StoreUnavailable);
    // The first may still find the connection open; from then on it is certain.
    await assert.rejects(put("killed/b", "1"));
    await assert.rejects(put("killed/c", "1"), StoreUnavailable);
    await etcd.start();
    await put("killed/d", "1");
    assert.deepEqual(await list("killed/"), ["killed/a=1", "killed/d=1"]);
  });

  it("a write to a paused etcd has an unknown outcome, and the store works again when etcd goes on", async () => {
    await put("paused/a", "1");
    etcd.pause();
    try {
      await assert.rejects(put("paused/b", "1"), StoreUnknown);
      await assert.rejects(store.revision(), StoreUnavailable);
    } finally {
      etcd.resume();
    }
    await put("paused/c", "1");
    // Whether b is there depends on which etcd reads first, the write or its cancellation: unknown means just that.
    const there = await list("paused/");
    assert.deepEqual(
      there.filter((row) => row !== "paused/b=1"),
      ["paused/a=1", "paused/c=1"],
    );
  });

  it("a watch goes on over kills and restarts: each change once, in order, none missed", async () => {
    const { handler, seen, until } = collector();
    const watcher = store.watch("/faults/watch/", (await store.revision()) + 1, handler);
    const other = etcdStore({ endpoints: [etcd.endpoint], connectMs: 5000 });
    const expected: string[] = [];
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 20; i++) {
        const key = `/faults/watch/${round}-${i}`;
        const { revision } = await other.commit({ guards: [], writes: [{ kind: "put", key, value: "1" }] });
        expected.push(`${revision}: ${key}=1`);
      }
      await etcd.kill();
      await etcd.start();
    }
    await until(() => seen.length >= expected.length);
    assert.deepEqual(seen, expected);
    await other.close();
    await watcher.close();
  });

  it("a watch whose place was compacted while the link was down says so", async () => {
    const link = await TcpLink.to(etcd.endpoint);
    const far = etcdStore({ endpoints: [link.endpoint] });
    const { handler, state, seen, until } = collector();
    const watcher = far.watch("/faults/gap/", (await far.revision()) + 1, handler);
    await put("gap/a", "1");
    await until(() => seen.length === 1);
    link.break();
    await put("gap/a", "2");
    const last = await put("gap/a", "3");
    await etcd.compact(last.revision);
    link.mend();
    await until(() => state.compacted);
    assert.equal(seen.length, 1);
    await watcher.close();
    await far.close();
    await link.close();
  });

  it("a cut in the middle of writes never calls a write refused that was done", async () => {
    const link = await TcpLink.to(etcd.endpoint);
    const far = etcdStore({ endpoints: [link.endpoint], connectMs: 300, requestMs: 1000 });
    // A busy machine may take longer than that to mend.
    const reached = async () => {
      for (;;) {
        try {
          return await far.revision();
        } catch (error) {
          if (!(error instanceof StoreUnavailable)) throw error;
        }
      }
    };
    const refused: string[] = [];
    const done: string[] = [];
    for (let round = 0; round < 5; round++) {
      await reached();
      const writes = Array.from({ length: 30 }, async (_, i) => {
        const key = `/faults/cut/${round}-${i}`;
        try {
          await far.commit({ guards: [], writes: [{ kind: "put", key, value: "1" }] });
          done.push(key);
        } catch (error) {
          if (error instanceof StoreUnavailable) refused.push(key);
          else assert.ok(error instanceof StoreUnknown);
        }
      });
      setTimeout(() => link.break(), 2 * round);
      await Promise.all(writes);
      link.mend();
    }
    const there = new Set((await store.list("/faults/cut/")).entries.map(({ key }) => key));
    assert.deepEqual(
      done.filter((key) => !there.has(key)),
      [],
    );
    assert.deepEqual(
      refused.filter((key) => there.has(key)),
      [],
    );
    await far.close();
    await link.close();
  });

  it("a watch tells when etcd's data went back in time", async () => {
    const { handler, state, until } = collector();
    await put("past/a", "1");
    await put("past/a", "2");
    const watcher = store.watch("/faults/past/", (await store.revision()) + 1, handler);
    await etcd.wipe();
    await until(() => state.compacted);
    await watcher.close();
  });

  it("with several endpoints a dead or paused one is passed over", async () => {
    const dead = `127.0.0.1:${await freePort()}`;
    const paused = await startEtcd();
    const several = etcdStore({ endpoints: [dead, paused.endpoint, etcd.endpoint], connectMs: 500, requestMs: 500 });
    try {
      await several.revision();
      paused.pause();
      // Whichever answered first was taken; reads move on by themselves, a write to the paused one is not repeated.
      await several.revision();
      assert.ok((await several.commit({ guards: [], writes: [{ kind: "put", key: "/faults/f", value: "1" }] })).ok);
    } finally {
      await several.close();
      paused.resume();
      await paused.stop();
    }
  });
});
