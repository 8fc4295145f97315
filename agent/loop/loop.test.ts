import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { FakeHost } from "../../host/fake/host.ts";
import { tapName, type ViewMessage } from "../../model/mod.ts";
import { aGroup, aNetwork, anEndpoint, aPort, aView, FakeDatapath, fakeLog, portId, turns } from "../fake/mod.ts";
import { LocalLinks } from "./devices.ts";
import { type Applied, Loop } from "./loop.ts";

const TAP = tapName(portId(1));
const opened: { stop(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.stop();
});

function setUp() {
  const host = new FakeHost();
  const datapath = new FakeDatapath();
  const localLinks = new LocalLinks(host.links);
  const here = { host: "h1", physicalNetworks: {} };
  const parts = { here, links: host.links, localLinks, datapath, containerDevice: () => undefined, log: fakeLog() };
  const loop = new Loop(parts);
  const applied: Applied[] = [];
  loop.onApplied((one) => applied.push(one));
  localLinks.start(() => loop.nudge());
  opened.push(loop, localLinks);
  const feed = async (...messages: ViewMessage[]) => {
    for (const message of messages) loop.receive(message);
    await turns();
  };
  return { host, datapath, loop, applied, feed, log: parts.log };
}

const snapshot = (revision: number): ViewMessage[] => [
  { type: "snapshot" },
  { type: "put", kind: "network", value: aNetwork(1) },
  { type: "put", kind: "port", value: aPort(1, 1) },
  { type: "put", kind: "endpoint", value: anEndpoint(1, 1, "h1") },
  { type: "put", kind: "endpoint", value: anEndpoint(2, 1, "h2") },
  { type: "synced", revision },
];

test("a tap that appears is brought up with its network's MTU and put into force at once", async () => {
  const { host, datapath, loop, feed } = setUp();
  await feed(...snapshot(7));
  assert.match(JSON.stringify(loop.state(portId(1))), /it appears when the virtual machine starts/);
  host.takeLog();
  host.home.add({ name: TAP, kind: "tun" });
  await turns();
  assert.deepEqual(host.takeLog(), [`link set ${TAP} up mtu 1450`]);
  assert.deepEqual(loop.state(portId(1)), { up: true, device: TAP });
  assert.deepEqual(datapath.log, ["apply all", "apply vifs b1, endpoints b1"]);
  host.links.remove(host.links.byName(TAP)?.index ?? 0);
  await turns();
  assert.equal(loop.state(portId(1)).up, false);
  assert.equal(datapath.inForce.vifs.size, 0);
});

test("a network's new MTU reaches its ports' devices", async () => {
  const { host, feed } = setUp();
  host.home.add({ name: TAP, kind: "tun" });
  await feed(...snapshot(7));
  host.takeLog();
  await feed({ type: "put", kind: "network", value: aNetwork(1, { mtu: 9000 }) }, { type: "bookmark", revision: 8 });
  assert.deepEqual(host.takeLog(), [`link set ${TAP} up mtu 9000`]);
});

test("what comes in one turn is applied once", async () => {
  const { datapath, feed } = setUp();
  await feed(...snapshot(7), ...[3, 4, 5].map((n): ViewMessage => put(n)), { type: "bookmark", revision: 8 });
  assert.deepEqual(datapath.log, ["apply all"]);
  await feed(put(6), { type: "bookmark", revision: 9 }, { type: "bookmark", revision: 10 });
  assert.deepEqual(datapath.log.slice(1), ["apply endpoints b6"]);
});

test("a group or a router that changes alone is applied, also after an apply that threw", async () => {
  const { datapath, applied, feed } = setUp();
  await feed(...snapshot(7));
  const router = {
    id: "cccccccc-0000-4000-8000-000000000001",
    adminUp: true,
    interfaces: [],
    routes: [],
    gateway: null,
  };
  await feed({ type: "put", kind: "group", value: aGroup(1) }, { type: "bookmark", revision: 8 });
  assert.equal(applied.at(-1)?.hasViewChanged, true);
  await feed({ type: "put", kind: "group", value: aGroup(1, { rules: [] }) }, { type: "bookmark", revision: 9 });
  await feed({ type: "put", kind: "router", value: router }, { type: "bookmark", revision: 10 });
  assert.deepEqual(datapath.log.slice(1), ["apply groups 91", "apply groups 91", "apply routers c1"]);
  const apply = datapath.apply.bind(datapath);
  datapath.apply = () => {
    throw new Error("map full");
  };
  await feed({ type: "delete", kind: "group", id: aGroup(1).id }, { type: "delete", kind: "router", id: router.id });
  await feed({ type: "bookmark", revision: 11 });
  datapath.apply = apply;
  await sleep(120);
  assert.equal(datapath.log.at(-1), "apply groups 91, routers c1");
});

test("a full comparison looks at what is there in turns, and what cannot wait makes it look at once", async () => {
  const { datapath, loop, feed } = setUp();
  datapath.looks = 3;
  for (const message of snapshot(7)) loop.receive(message);
  let turn = 0;
  const applied: number[] = [];
  loop.onApplied(() => applied.push(turn));
  for (; turn < 8; turn++) await turns(1);
  assert.deepEqual(datapath.log, ["apply all"]);
  assert.deepEqual(applied, [3]);
  datapath.looks = 3;
  loop.receive({ type: "synced", revision: 8 });
  loop.applyNow();
  assert.deepEqual(datapath.log, ["apply all", "apply all"]);
  datapath.looks = 0;
  await feed(put(6), { type: "bookmark", revision: 9 });
  assert.deepEqual(datapath.log.slice(2), ["apply endpoints b6"]);
});

const put = (n: number): ViewMessage => ({ type: "put", kind: "endpoint", value: anEndpoint(n, 1, "h2") });

test("a view from disk adds, and removes nothing before the control node has given a whole one", async () => {
  const { host, datapath, loop, feed } = setUp();
  datapath.inForce.endpoints.set("of an earlier run", anEndpoint(9, 1, "h2") as never);
  host.home.add({ name: TAP });
  await turns();
  loop.held.restore(aView([aNetwork(1)], [aPort(1, 1)], [anEndpoint(1, 1, "h1")]), 5);
  loop.applyNow();
  assert.deepEqual(datapath.log, ["apply networks a1, vifs b1, endpoints b1"]);
  assert.equal(datapath.inForce.endpoints.has("of an earlier run"), true);
  assert.equal(loop.isSynced, false);
  await feed({ type: "put", kind: "endpoint", value: anEndpoint(2, 1, "h2") });
  assert.equal(datapath.inForce.endpoints.has("of an earlier run"), true);
  await feed({ type: "synced", revision: 6 });
  assert.equal(datapath.inForce.endpoints.has("of an earlier run"), false);
  assert.equal(loop.isSynced, true);
  assert.equal(loop.revisionInForce, 6);
});

test("a vif that fails is tried again until it works, and the others do not wait", async () => {
  const { host, datapath, loop, feed } = setUp();
  host.home.add({ name: TAP });
  datapath.refused.set(portId(1), "no room");
  const second: ViewMessage = {
    type: "put",
    kind: "port",
    value: aPort(2, 1, { kind: "physical", attachment: { nic: "lo", vlan: null } }),
  };
  await feed(...snapshot(7).slice(0, -1), second, { type: "synced", revision: 7 });
  assert.deepEqual(loop.state(portId(1)), { up: false, reason: "no room" });
  assert.equal(loop.state(portId(2)).up, true);
  datapath.refused.clear();
  await sleep(120);
  assert.deepEqual(loop.state(portId(1)), { up: true, device: TAP });
});

test("an apply that throws loses nothing", async () => {
  const { datapath, loop, feed, log } = setUp();
  const apply = datapath.apply.bind(datapath);
  let isBroken = true;
  datapath.apply = (wanted, change) => {
    if (isBroken) throw new Error("map full");
    return apply(wanted, change);
  };
  await feed(...snapshot(7));
  assert.equal(loop.revisionInForce, 0);
  assert.deepEqual(log.lines, ["error: the data plane could not be changed; trying again"]);
  isBroken = false;
  await sleep(120);
  assert.equal(loop.revisionInForce, 7);
  assert.equal(datapath.inForce.endpoints.size, 1);
});

test("a port that is administratively down is in force, and not up", async () => {
  const { host, loop, feed } = setUp();
  host.home.add({ name: TAP });
  await feed(...snapshot(7), { type: "put", kind: "port", value: aPort(1, 1, "tap", { adminUp: false }) });
  assert.equal(loop.isInForce(portId(1)), true);
  assert.match(JSON.stringify(loop.state(portId(1))), /admin_state_up/);
});

test("listeners hear of the ports that may have another state, and of those that left", async () => {
  const { applied, feed } = setUp();
  await feed(...snapshot(7));
  assert.deepEqual([...(applied.at(-1)?.ports ?? [])], [portId(1)]);
  await feed({ type: "delete", kind: "port", id: portId(1) }, { type: "bookmark", revision: 8 });
  assert.deepEqual([...(applied.at(-1)?.ports ?? [])], [portId(1)]);
  await feed({ type: "bookmark", revision: 9 });
  assert.equal(applied.at(-1)?.ports.size, 0);
});
