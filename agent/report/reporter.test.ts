import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostFacts, Ip, Mac } from "../../model/mod.ts";
import { AWAY, FakeControl, fakeLog, portId, turns } from "../fake/mod.ts";
import { Reporter } from "./reporter.ts";

const FACTS: HostFacts = {
  tunnel_ip: "192.0.2.1" as Ip,
  physical_networks: {},
  underlay_mtu: 1500,
  agent_version: "0",
  datapath: "ebpf",
};
const UP = { up: true, device: "tap1" } as const;
const DOWN = { up: false, reason: "gone" } as const;
const opened: Reporter[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.stop();
});

function setUp(revisionMs = 10_000) {
  const control = new FakeControl();
  const reporter = new Reporter(control, fakeLog(), revisionMs);
  opened.push(reporter);
  return { control, reporter };
}

test("nothing is told before the control node is there, then facts and ports in one", async () => {
  const { control, reporter } = setUp();
  reporter.setFacts(FACTS);
  reporter.setPort(portId(1), UP);
  reporter.setRevision(4);
  await turns();
  assert.deepEqual(control.reports, []);
  reporter.connected();
  await turns();
  assert.deepEqual(control.reports, [{ facts: FACTS, revision: 4, ports: { [portId(1)]: UP } }]);
});

test("what gathers while a report is under way goes in one, with the last word on each port", async () => {
  const { control, reporter } = setUp();
  reporter.connected();
  reporter.setPort(portId(1), UP);
  reporter.setRevision(1);
  reporter.setPort(portId(1), DOWN);
  reporter.setPort(portId(2), DOWN);
  reporter.setRevision(2);
  reporter.setPort(portId(2), UP);
  reporter.setRevision(3);
  await turns();
  assert.deepEqual(control.reports, [
    { revision: 1, ports: { [portId(1)]: UP } },
    { revision: 3, ports: { [portId(1)]: DOWN, [portId(2)]: UP } },
  ]);
});

test("a port that returns to what was told, while something else is under way, is told again", async () => {
  const { control, reporter } = setUp();
  reporter.connected();
  reporter.setPort(portId(1), UP);
  reporter.setRevision(1);
  await turns();
  reporter.setPort(portId(1), DOWN);
  reporter.setRevision(2);
  reporter.setPort(portId(1), UP);
  reporter.setRevision(3);
  await turns();
  assert.deepEqual(
    control.reports.map(({ ports }) => ports[portId(1)]),
    [UP, DOWN, UP],
  );
});

test("the same is not told twice, and a port that left is not told at all", async () => {
  const { control, reporter } = setUp();
  reporter.connected();
  reporter.setPort(portId(1), UP);
  reporter.setPort(portId(2), UP);
  reporter.setPort(portId(2), undefined);
  reporter.setRevision(1);
  await turns();
  reporter.setPort(portId(1), UP);
  reporter.setRevision(1);
  await turns();
  assert.deepEqual(control.reports, [{ revision: 1, ports: { [portId(1)]: UP } }]);
});

test("a port that was bound anew is told of again", async () => {
  const { control, reporter } = setUp();
  reporter.connected();
  reporter.setPort(portId(1), UP);
  reporter.setRevision(1);
  await turns();
  reporter.forget(portId(1));
  reporter.setPort(portId(1), UP);
  reporter.setRevision(2);
  await turns();
  assert.equal(control.reports.length, 2);
});

test("a revision alone waits, then goes", async () => {
  const { control, reporter } = setUp(30);
  reporter.connected();
  reporter.setPort(portId(1), UP);
  reporter.setRevision(1);
  await turns();
  reporter.setRevision(2);
  reporter.setRevision(3);
  await turns();
  assert.equal(control.reports.length, 1);
  await sleep(60);
  assert.deepEqual(control.reports[1], { revision: 3, ports: {} });
  assert.equal(control.reports.length, 2);
});

test("a report that fails is made again", async () => {
  const { control, reporter } = setUp();
  control.failure = AWAY;
  reporter.connected();
  reporter.setPort(portId(1), UP);
  reporter.setRevision(1);
  await turns();
  control.failure = undefined;
  await sleep(250);
  assert.deepEqual(control.reports, [{ revision: 1, ports: { [portId(1)]: UP } }]);
});

test("after a reconnect everything is told again", async () => {
  const { control, reporter } = setUp();
  reporter.setFacts(FACTS);
  reporter.connected();
  reporter.setPort(portId(1), UP);
  reporter.setRevision(1);
  await turns();
  reporter.disconnected();
  reporter.setPort(portId(2), DOWN);
  reporter.setRevision(1);
  await turns();
  control.reports.length = 0;
  reporter.connected();
  await turns();
  assert.deepEqual(control.reports, [{ facts: FACTS, revision: 1, ports: { [portId(2)]: DOWN, [portId(1)]: UP } }]);
});

test("what a port holds is told at once, once, and again if it was not taken", async () => {
  const { control, reporter } = setUp();
  const hold = { port_id: portId(1), ip: "10.0.0.77" as Ip, mac: "02:00:00:00:00:01" as Mac };
  reporter.connected();
  reporter.setHold(hold);
  await turns();
  assert.deepEqual(
    control.reports.map(({ holds = [] }) => holds.map(({ since_ms: _, ...each }) => each)),
    [[hold]],
  );
  control.failure = AWAY;
  reporter.setHold({ ...hold, ip: "10.0.0.78" as Ip });
  await turns();
  control.failure = undefined;
  for (let waited = 0; control.reports.length < 3 && waited < 2_000; waited += 20) await sleep(20);
  const again = control.reports.at(-1)?.holds;
  assert.deepEqual([again?.length, again?.[0]?.ip], [1, "10.0.0.78"]);
  assert.ok((again?.[0]?.since_ms ?? 0) > 0, "it tells for how long it has been so");
});
