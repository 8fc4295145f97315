import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import type { EtcdRpc, WatchStream } from "./etcd-rpc.ts";
import { EtcdWatch, type WatchSource } from "./etcd-watch.ts";

const nothing = () => {};
const handler = { onChange: nothing, onProgress: nothing, onCompacted: nothing };
const turn = () => new Promise(setImmediate);

function watching() {
  const marks: PromiseWithResolvers<void>[] = [];
  const stream = Object.assign(new PassThrough({ objectMode: true }), { cancel: nothing }) as unknown as WatchStream;
  const source: WatchSource = {
    rpc: { watch: async () => ({ stream, failed: nothing }) } as unknown as EtcdRpc,
    revision: async () => 1,
    isMarker: () => false,
    mark() {
      const mark = Promise.withResolvers<void>();
      marks.push(mark);
      return mark.promise;
    },
  };
  return { marks, watch: new EtcdWatch(source, "/p/", "/p0", 1, handler) };
}

test("a request for progress while a marker is on its way gets a marker of its own", async () => {
  const { marks, watch } = watching();
  watch.requestProgress();
  watch.requestProgress();
  watch.requestProgress();
  assert.equal(marks.length, 1);
  marks[0]?.resolve();
  await turn();
  assert.equal(marks.length, 2);
  marks[1]?.resolve();
  await turn();
  assert.equal(marks.length, 2);
  watch.requestProgress();
  assert.equal(marks.length, 3);
  await watch.close();
});

test("a marker that cannot be written is not tried again before there is a connection", async () => {
  const { marks, watch } = watching();
  watch.requestProgress();
  marks[0]?.reject(new Error("away"));
  await turn();
  assert.equal(marks.length, 1);
  await watch.close();
});
