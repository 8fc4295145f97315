/** Every object passes this kernel's verifier, and what it is made of is what the code beside it says. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { MAPS, type MapName } from "../../bpf/layout.gen.ts";
import { SystemError } from "../../host/host.ts";
import { linuxBpf } from "../../host/linux/bpf.ts";
import { ip } from "../../model/mod.ts";
import { buildBpf, compile, OBJECTS } from "../../tools/build-bpf.ts";
import { OBJECT_NAMES } from "./kit/plane.ts";
import { goPrivate, ifindexOf, run } from "./kit/privacy.ts";
import { testTap } from "./kit/tap.ts";

goPrivate();
buildBpf();
const bpf = linuxBpf();
const folder = mkdtempSync(join(tmpdir(), "cable-bpf-"));
after(() => rmSync(folder, { recursive: true }));
const pinDir = "/sys/fs/bpf/load/v1";
const object = (name: string) => join(OBJECTS, `${name}.o`);

for (const name of OBJECT_NAMES) {
  test(`${name} passes the verifier`, () => bpf.load(object(name), { pinDir }).close());
}

test("every map has the sizes that its tables say", () => {
  const loaded = bpf.load(object("slow"), { pinDir });
  for (const [name, { key, value }] of Object.entries(MAPS)) {
    const map = bpf.openPinned(join(pinDir, name));
    assert.ok(map, name);
    assert.deepEqual([map.keySize, map.valueSize], [key.size, value.size], name);
    map.close();
  }
  loaded.close();
});

test("a map that is pinned already keeps its entries and its size", () => {
  const first = bpf.load(object("workload"), { pinDir: "/sys/fs/bpf/again", mapSizes: { macs: 100 } });
  const [key, value] = [Buffer.alloc(12, 1), Buffer.alloc(24, 2)];
  first.map("macs").update(key, value);
  first.close();
  const second = bpf.load(object("workload"), { pinDir: "/sys/fs/bpf/again", mapSizes: { macs: 200 } });
  assert.equal(second.map("macs").maxEntries, 100);
  assert.deepEqual(second.map("macs").lookup(key), value);
  second.close();
});

test("what the verifier refuses is said in its own words", () => {
  const source = join(folder, "bad.bpf.c");
  writeFileSync(
    source,
    `#include <linux/bpf.h>
     #include <bpf/bpf_helpers.h>
     SEC("tc") int bad(struct __sk_buff *skb) { return *(int *)(long)skb->data; }
     char _license[] SEC("license") = "GPL";`,
  );
  compile(source, join(folder, "bad.o"));
  assert.throws(
    () => bpf.load(join(folder, "bad.o"), { pinDir }),
    (error: unknown) =>
      error instanceof SystemError && error.code === "EACCES" && /invalid access to packet/.test(error.message),
  );
  assert.throws(() => bpf.load(join(folder, "none.o"), { pinDir }), { code: "ENOENT" });
});

test("maps of every kind are filled, walked and emptied", () => {
  const loaded = bpf.load(object("slow"), { pinDir, mapSizes: {} });
  const map = loaded.map("macs");
  const key = (i: number) => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt32LE(i);
    return bytes;
  };
  const entries = Array.from({ length: 3000 }, (_, i) => [key(i), Buffer.alloc(24, i)] as const);
  map.updateBatch(entries);
  assert.equal(new Set([...map.entries()].map(([k]) => k.toString("hex"))).size, 3000);
  const keys = entries.map(([k]) => k);
  const missing = map.deleteBatch([key(9998), ...keys.slice(0, 1000), key(9999), ...keys.slice(1000), key(9997)]);
  assert.deepEqual([...missing], [0, 1001, 3002]);
  assert.deepEqual([...map.entries()], []);
  map.delete(key(1));
  const tree = loaded.map("sources");
  const source = MAPS.sources.key;
  const at = (prefixLength: number) =>
    source.encode({ prefixLength, vif: 1, mac: "02:00:00:00:00:01", ip: "10.0.0.1" } as never);
  tree.updateBatch([96 + 96 + 24, 96 + 128].map((length) => [at(length), Buffer.alloc(4)] as const));
  assert.equal([...tree.entries()].length, 2);
  tree.deleteBatch([at(96 + 96 + 24), at(96 + 128)]);
  assert.deepEqual([...tree.entries()], []);
  assert.throws(() => map.lookup(Buffer.alloc(3)), RangeError);
  loaded.close();
});

test("a full map says so", () => {
  const loaded = bpf.load(object("workload"), { pinDir: "/sys/fs/bpf/full", mapSizes: { peers: 1 } });
  const peers = loaded.map("peers");
  peers.update(Buffer.alloc(20, 1), Buffer.alloc(4));
  assert.throws(() => peers.update(Buffer.alloc(20, 2), Buffer.alloc(4)), { code: "E2BIG" });
  loaded.close();
});

test("a program is attached, replaced, found and taken off", () => {
  const tap = testTap("cb1hook");
  const index = ifindexOf("cb1hook");
  const [first, second] = [bpf.load(object("workload"), { pinDir }), bpf.load(object("workload"), { pinDir })];
  assert.equal(bpf.attachedIngress(index), undefined);
  bpf.attachIngress(index, first.program("workload"));
  const id = bpf.attachedIngress(index);
  assert.ok(id);
  bpf.attachIngress(index, second.program("workload"));
  assert.notEqual(bpf.attachedIngress(index), id);
  assert.equal(run("tc filter show dev cb1hook ingress").match(/direct-action/g)?.length, 1);
  bpf.detachIngress(index);
  assert.equal(bpf.attachedIngress(index), undefined);
  bpf.detachIngress(index);
  assert.throws(() => bpf.attachIngress(99_999, first.program("workload")), { code: "ENODEV" });
  tap.close();
  for (const loaded of [first, second]) loaded.close();
});

test("the generated layout is what C says", () => {
  execFileSync(process.execPath, [join(import.meta.dirname, "../../tools/gen-layout.ts"), "--check"]);
});

test("a record survives a real map", () => {
  const loaded = bpf.load(object("workload"), { pinDir });
  const { key, value } = MAPS["flows" satisfies MapName];
  const flow = {
    key: { ingress: 0x80000064, src: "10.0.0.1", dst: "fd00::1", srcPort: 443, dstPort: 65_535, proto: 6 },
    value: {
      generation: 7,
      flags: 2,
      dstMac: "02:00:00:00:00:01",
      srcMac: "02:00:00:00:00:02",
      target: { kind: 2, vif: 0, remote: "192.0.2.1" },
      vifIn: 9,
      tunnelPeer: "2001:db8::1",
      mtu: 1450,
      out: 0x01000064,
      packets: 2n ** 40n,
      bytes: 2n ** 63n,
      lastSeenNs: 5n,
      newDstMac: "02:00:00:00:00:03",
      newSrcMac: "02:00:00:00:00:04",
      rewrite: 3,
      hops: 2,
      nat: { src: ip("fd00::1"), dst: ip("10.0.0.1"), srcPort: 1000, dstPort: 53 },
      natRouter: 7,
      owner: 9,
      back: 0x40000009,
      metered: 8,
      balancer: 10,
    },
  };
  loaded.map("flows").update(key.encode(flow.key as never), value.encode(flow.value as never));
  const [[rawKey, rawValue] = []] = [...loaded.map("flows").entries()];
  assert.deepEqual(key.decode(rawKey!), flow.key);
  assert.deepEqual(value.decode(rawValue!), flow.value);
  assert.equal(rawKey!.readUInt16BE(36), 443, "ports are in network order");
  loaded.close();
});
