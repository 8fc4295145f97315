import assert from "node:assert/strict";
import { test } from "node:test";
import type { FloatingIpRecord, PortRecord, PortStatus } from "../../model/mod.ts";
import { floatingIpEvents, portEvents } from "./events.ts";

const SERVER = "11111111-2222-4333-8444-555555555555";
const port = (changes: Partial<PortRecord> = {}) =>
  ({ id: "p", device_owner: "compute:nova", device_id: SERVER, status: "DOWN", name: "", ...changes }) as PortRecord;
const told = (before: PortRecord | undefined, after: PortRecord | undefined) =>
  portEvents(before, after).map(({ name, status }) => (status ? `${name} ${status}` : name));

const statuses: [from: PortStatus, to: PortStatus, told: string[]][] = [
  ["DOWN", "ACTIVE", ["network-vif-plugged completed"]],
  ["BUILD", "ACTIVE", ["network-vif-plugged completed"]],
  ["BUILD", "ERROR", ["network-vif-plugged failed"]],
  ["ACTIVE", "DOWN", ["network-vif-unplugged"]],
  ["ERROR", "ACTIVE", []],
  ["ACTIVE", "ERROR", []],
  ["DOWN", "BUILD", []],
  ["DOWN", "DOWN", []],
];
for (const [from, to, expected] of statuses) {
  test(`a server's port that goes from ${from} to ${to}: ${expected.join() || "nothing"}`, () => {
    assert.deepEqual(told(port({ status: from }), port({ status: to, updated_at: "later" })), expected);
  });
}

const rows: [what: string, before: PortRecord | undefined, after: PortRecord | undefined, told: string[]][] = [
  ["is made", undefined, port(), []],
  ["is deleted", port(), undefined, ["network-vif-deleted"]],
  ["is renamed", port(), port({ name: "x" }), ["network-changed"]],
  ["is given to a server", port({ device_id: "" }), port(), ["network-changed"]],
  ["is taken from its server", port(), port({ device_id: "", device_owner: "" }), []],
  ["is a router's", port({ device_owner: "network:router_interface" }), undefined, []],
  ["has a device that is no server", port({ device_id: "abc" }), undefined, []],
];
for (const [what, before, after, expected] of rows) {
  test(`a port that ${what}: ${expected.join() || "nothing"}`, () => assert.deepEqual(told(before, after), expected));
}

test("a floating IP that moves is told to the server that loses it and the one that gets it", () => {
  const ports = new Map([
    ["a", port({ id: "a" })],
    ["b", port({ id: "b", device_id: SERVER.replace("1", "2") })],
    ["c", port({ id: "c", device_owner: "" })],
  ]);
  const moved = (from: string | null, to: string | null) =>
    floatingIpEvents({ port_id: from } as FloatingIpRecord, { port_id: to } as FloatingIpRecord, (id) => ports.get(id))
      .map(({ name, tag }) => `${name} ${tag}`)
      .join();
  assert.equal(moved("a", "b"), "network-changed a,network-changed b");
  assert.equal(moved(null, "a"), "network-changed a");
  assert.equal(moved("a", null), "network-changed a");
  assert.equal(moved("a", "a"), "");
  assert.equal(moved("c", null), "");
});
