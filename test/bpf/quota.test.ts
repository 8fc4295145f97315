/** Each port's own quota of flows: who fills it loses, and nobody else. */
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { FlowAging } from "../../datapath/ebpf/flows.ts";
import { FLOW_TIMEOUTS } from "../../datapath/ebpf/idle.ts";
import { eth, ip4, tcp, udp } from "./kit/frames.ts";
import { goPrivate } from "./kit/privacy.ts";
import { fromHost, makeWorld, OVERLAY, PORTS, REMOTE } from "./kit/world.ts";

goPrivate();
const SIZE = 400;
const world = makeWorld({ flows: SIZE });
after(() => world.close());
const { plane } = world;
const { a, b, open } = PORTS;

const MAPS = {
  flows: plane.map("flows"),
  counts: plane.map("flow_counts"),
  aged: plane.map("flow_aged"),
  fragments: plane.map("fragments"),
};
const QUOTA = 20;
const limits = (flowQuota: number, flowShare: number, flowRoom: number) =>
  plane.put("settings", 0, { ...plane.get("settings", 0)!, flowQuota, flowShare, flowRoom });
const aging = (quota: number) =>
  new FlowAging(MAPS, quota, FLOW_TIMEOUTS, () => process.hrtime.bigint() + 3_600_000_000_000n);
const entriesOf = (owner: number) => aging(QUOTA).entriesOf(owner);

beforeEach(() => {
  assert.ok(aging(QUOTA).turn(), "all are idle in an hour's time");
  assert.deepEqual([plane.all("flows").length, entriesOf(0), entriesOf(1)], [0, 0, 0]);
  limits(QUOTA, QUOTA, SIZE);
});

type End = { mac: string; ip4: string };
const say = (from: End, to: End, port: number) =>
  eth({ to: to.mac, from: from.mac }, ip4({ from: from.ip4, to: to.ip4 }, udp(1000, port, "hello")));
const ports = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const flood = (from: End, to: End, count: number) =>
  world.flood(
    "a",
    "b",
    ports(count).map((port) => say(from, to, port)),
  );
const isHeard = (from: "a" | "b" | "open", to: "a" | "b" | "open", port: number) =>
  world.send(from, say(PORTS[from], PORTS[to], port))[to].length === 1;

test("a flood of new flows fills the quota of its port; what runs goes on, and so do its neighbours", () => {
  plane.expectMoved({ "1 rx": 200, "2 tx": 10, "1 drop flow_quota": 190 }, () => flood(a, b, 200));
  assert.deepEqual([entriesOf(a.number), entriesOf(0)], [QUOTA, QUOTA]);
  plane.expectMoved({ "1 rx": 1, "2 tx": 1 }, () => assert.ok(isHeard("a", "b", 3), "an old one of its own"));
  for (let port = 1; port <= 9; port++) assert.ok(isHeard("b", "open", port), "a neighbour's new ones");
  assert.ok(isHeard("open", "a", 1), "and to the port itself");
  assert.ok(!isHeard("a", "open", 1));
});

test("a flood of SYNs likewise, and its entries are forgotten in half a minute", () => {
  const syn = (port: number) =>
    eth({ to: b.mac, from: a.mac }, ip4({ from: a.ip4, to: b.ip4 }, tcp(port, 80, ["syn"])));
  plane.expectMoved({ "1 rx": 200, "2 tx": 10, "1 drop flow_quota": 190 }, () => {
    world.flood("a", "b", ports(200).map(syn));
  });
  const soon = new FlowAging(MAPS, QUOTA, FLOW_TIMEOUTS, () => process.hrtime.bigint() + 31_000_000_000n);
  soon.turn();
  assert.equal(entriesOf(a.number), 0);
});

test("from another host it fills the quota of the port that it is for", () => {
  plane.expectMoved({ "2 tx": 10, "2 drop flow_quota": 90 }, () => {
    world.flood(
      "nic",
      "b",
      ports(100).map((port) => fromHost(REMOTE.host, OVERLAY, say(REMOTE, b, port))),
    );
  });
  assert.equal(entriesOf(b.number), QUOTA);
  assert.ok(isHeard("a", "open", 1));
  assert.ok(isHeard("a", "b", 1), "who asks it here has a quota of his own");
});

test("in the last part of the table everybody has a small share", () => {
  limits(SIZE, 10, 100);
  flood(a, b, 60);
  assert.equal(entriesOf(a.number), 100, "as much as there is room for");
  world.flood(
    "b",
    "open",
    ports(10).map((port) => say(b, open, port)),
  );
  assert.equal(entriesOf(b.number), 10);
});

test("connections that end make room at once", () => {
  const segment = (port: number, flags: Parameters<typeof tcp>[2]) =>
    eth({ to: b.mac, from: a.mac }, ip4({ from: a.ip4, to: b.ip4 }, tcp(port, 80, flags)));
  const each = ports(100).flatMap((port) => [segment(port, ["syn"]), segment(port, ["rst"])]);
  assert.equal(world.flood("a", "b", each), each.length);
  assert.deepEqual([entriesOf(a.number), entriesOf(0)], [0, 0]);
});

test("a count that is wrong is corrected by a walk", () => {
  flood(a, b, 3);
  plane.put("flow_aged", a.number, { entries: plane.get("flow_aged", a.number)!.entries - 14n });
  assert.equal(entriesOf(a.number), QUOTA);
  assert.ok(!isHeard("a", "b", 50));
  const now = new FlowAging(MAPS, QUOTA, FLOW_TIMEOUTS);
  now.turn();
  assert.equal(entriesOf(a.number), 6);
  assert.ok(isHeard("a", "b", 50));
});

test("a table that is full before any quota gives back what it has counted", () => {
  limits(1 << 20, 1 << 20, 1 << 20);
  flood(a, b, SIZE);
  assert.deepEqual([entriesOf(a.number), plane.all("flows").length], [SIZE, SIZE]);
});
