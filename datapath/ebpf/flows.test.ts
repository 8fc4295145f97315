/** Ageing of flows, and whose quota they are in. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FLOW_VIF, Flow, FlowAged, FlowCount, FlowKey, Fragment, MAPS } from "../../bpf/layout.gen.ts";
import { FakeMap } from "../../host/fake/mod.ts";
import { ip } from "../../model/mod.ts";
import { FlowAging, nextPeriodMs } from "./flows.ts";
import { FLOW_TIMEOUTS } from "./idle.ts";
import { EVERYBODY, FlowCounts, quotaOf } from "./quota.ts";

const [A, B] = [ip("10.0.0.1"), ip("10.0.0.2")];
const EMPTY = Flow.decode(Buffer.alloc(Flow.size));
const SECOND = 1_000_000_000n;
const fake = (name: "flows" | "flow_counts" | "flow_aged" | "fragments") => new FakeMap(name, 10_000, () => {});

/** A table with UDP flows of some owner, in which the data plane has counted `live` entries of each. */
function tableOf(flows: { port: number; lastSeenNs: bigint; owner?: number; back?: boolean; packets?: bigint }[]) {
  const maps = {
    flows: fake("flows"),
    counts: fake("flow_counts"),
    aged: fake("flow_aged"),
    fragments: fake("fragments"),
  };
  const counted = new Map<number, bigint>();
  const count = (owner: number) => counted.set(owner, (counted.get(owner) ?? 0n) + 1n);
  for (const { port, lastSeenNs, owner = 1, back = false, packets = 1n } of flows) {
    const ends = back ? { src: B, dst: A, srcPort: 53, dstPort: port } : { src: A, dst: B, srcPort: port, dstPort: 53 };
    const [here, there] = back ? [2, 1] : [1, 2];
    const key = { ingress: FLOW_VIF | here, ...ends, proto: 17 };
    const flow = { ...EMPTY, packets, lastSeenNs, owner, back: FLOW_VIF | there };
    maps.flows.update(FlowKey.encode(key), Flow.encode(flow));
    count(owner);
    count(EVERYBODY);
  }
  for (const [owner, live] of counted)
    maps.counts.update(MAPS.flow_counts.key.encode(owner), FlowCount.encode({ live, made: live }));
  const left = () => [...maps.flows.entries()].map(([key]) => FlowKey.decode(key).ingress & 0xff);
  const aging = (seconds: bigint) => new FlowAging(maps, 1000, FLOW_TIMEOUTS, () => seconds * SECOND);
  return { maps, left, aging };
}

test("idle entries go, others stay", () => {
  const table = tableOf([
    { port: 1, lastSeenNs: 0n },
    { port: 2, lastSeenNs: 30n * SECOND },
  ]);
  assert.equal(table.aging(61n).turn(), true);
  const [[key] = []] = [...table.maps.flows.entries()];
  assert.equal(FlowKey.decode(key as Buffer).srcPort, 2);
});

test("a packet newer than the clock that was read is not idle", () => {
  const table = tableOf([{ port: 1, lastSeenNs: 200n * SECOND }]);
  table.aging(100n).turn();
  assert.equal(table.left().length, 1);
});

test("an entry stays while its other direction has packets, and goes with it", () => {
  const table = tableOf([
    { port: 1, lastSeenNs: 0n, packets: 1n },
    { port: 1, lastSeenNs: 170n * SECOND, back: true, packets: 9n },
  ]);
  table.aging(300n).turn();
  assert.deepEqual(table.left(), [1, 2], "answered 130 s ago, and it may be asked again");
  table.aging(351n).turn();
  assert.deepEqual(table.left(), []);
});

test("a large table is walked in several turns", () => {
  const table = tableOf(Array.from({ length: 5000 }, (_, port) => ({ port, lastSeenNs: 0n })));
  const aging = table.aging(61n);
  assert.deepEqual([aging.turn(), aging.turn(), aging.turn()], [false, false, true]);
  assert.equal(table.left().length, 0);
  assert.equal(aging.entriesOf(1), 0);
});

test("an empty table is looked at every 30 s, a full one every second", () => {
  assert.equal(nextPeriodMs(0), 30_000);
  assert.equal(nextPeriodMs(1), 1_000);
  assert.ok(nextPeriodMs(0.5) < 5_000);
});

test("what is aged no longer counts for its owner, and for nobody else", () => {
  const table = tableOf([
    { port: 1, lastSeenNs: 0n, owner: 1 },
    { port: 2, lastSeenNs: 0n, owner: 1 },
    { port: 3, lastSeenNs: 60n * SECOND, owner: 1 },
    { port: 4, lastSeenNs: 60n * SECOND, owner: 5000 },
  ]);
  const aging = table.aging(61n);
  aging.turn();
  assert.deepEqual(
    [1, 5000, EVERYBODY].map((owner) => aging.entriesOf(owner)),
    [1, 1, 2],
  );
  assert.equal(aging.entries, 2);
});

test("one that the data plane had deleted already is not counted out twice", () => {
  const table = tableOf([{ port: 1, lastSeenNs: 0n }]);
  const { flows } = table.maps;
  const [[key] = []] = [...flows.entries()];
  const entries = flows.entries.bind(flows);
  // The walk still shows what is deleted while it goes on.
  flows.entries = function* () {
    for (const each of entries()) {
      flows.delete(key as Buffer);
      yield each;
    }
  };
  const count = { live: 0n, made: 1n };
  for (const owner of [1, EVERYBODY])
    table.maps.counts.update(MAPS.flow_counts.key.encode(owner), FlowCount.encode(count));
  table.aging(61n).turn();
  assert.equal(FlowAged.decode(table.maps.aged.lookup(MAPS.flow_aged.key.encode(1)) as Buffer).entries, 0n);
});

test("first fragments are forgotten once no other can follow", () => {
  const table = tableOf([]);
  const first = Fragment.decode(Buffer.alloc(Fragment.size));
  for (const slot of [1, 2]) {
    const seenNs = slot === 1 ? 0n : 20n * SECOND;
    table.maps.fragments.update(MAPS.fragments.key.encode({ owner: 1, slot }), Fragment.encode({ ...first, seenNs }));
  }
  table.aging(31n).turn();
  const left = [...table.maps.fragments.entries()].map(([key]) => MAPS.fragments.key.decode(key).slot);
  assert.deepEqual(left, [2]);
});

const counting = (live: bigint, made: bigint, aged: bigint) => {
  const maps = { counts: fake("flow_counts"), aged: fake("flow_aged") };
  const set = (count: FlowCount) => maps.counts.update(MAPS.flow_counts.key.encode(7), FlowCount.encode(count));
  set({ live, made });
  maps.aged.update(MAPS.flow_aged.key.encode(7), FlowAged.encode({ entries: aged }));
  return { counts: new FlowCounts(maps.counts, maps.aged), set };
};

const corrections = [
  { what: "is right: stays", seen: 5, moved: [0n, 0n], right: 5 },
  { what: "too many, and nothing moved", seen: 3, moved: [0n, 0n], right: 3 },
  { what: "too few, and nothing moved", seen: 8, moved: [0n, 0n], right: 8 },
  { what: "within what came meanwhile: stays", seen: 5, moved: [2n, 2n], right: 7 },
  { what: "more than came meanwhile", seen: 3, moved: [1n, 1n], right: 4 },
  { what: "within what went meanwhile: stays", seen: 5, moved: [0n, -2n], right: 3 },
  { what: "less than can have gone", seen: 9, moved: [0n, -2n], right: 7 },
] as const;
for (const { what, seen, moved, right } of corrections) {
  test(`a walk that sees ${seen} where 5 are counted, ${what}`, () => {
    const { counts, set } = counting(15n, 100n, 10n);
    counts.beginWalk();
    set({ live: 15n + moved[1], made: 100n + moved[0] });
    counts.endWalk(new Map([[7, seen]]));
    assert.equal(counts.of(7), right);
  });
}

test("one owner has a quarter of the table, and a small share of its last quarter", () => {
  assert.deepEqual(quotaOf(262_144), { quota: 65_536, share: 4096, room: 196_608 });
  assert.deepEqual(quotaOf(1024, 8), { quota: 8, share: 8, room: 768 });
  assert.deepEqual(quotaOf(16), { quota: 4, share: 1, room: 12 });
});
