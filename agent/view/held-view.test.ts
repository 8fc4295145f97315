import assert from "node:assert/strict";
import { test } from "node:test";
import type { ViewMessage, ViewRule } from "../../model/mod.ts";
import { aGroup, aNetwork, anEndpoint, aPort, networkId, portId } from "../fake/mod.ts";
import { HeldView } from "./held-view.ts";

const put = {
  network: (n: number, mtu = 1450): ViewMessage => ({ type: "put", kind: "network", value: aNetwork(n, { mtu }) }),
  port: (n: number): ViewMessage => ({ type: "put", kind: "port", value: aPort(n, 1) }),
  endpoint: (n: number): ViewMessage => ({ type: "put", kind: "endpoint", value: anEndpoint(n, 1, "h2") }),
};
const snapshot: ViewMessage = { type: "snapshot" };
const synced = (revision: number): ViewMessage => ({ type: "synced", revision });
const bookmark = (revision: number): ViewMessage => ({ type: "bookmark", revision });

function fed(...messages: ViewMessage[]): HeldView {
  const held = new HeldView();
  for (const message of messages) held.receive(message);
  return held;
}

test("a snapshot shows nothing before it is complete", () => {
  const held = fed(snapshot, put.network(1), put.port(1), bookmark(3));
  assert.equal(held.view.ports.size, 0);
  assert.equal(held.complete, false);
  assert.equal(held.revision, undefined);
  assert.equal(held.receive(synced(4)), true);
  assert.deepEqual([...held.view.ports.keys()], [portId(1)]);
  assert.equal(held.revision, 4);
});

test("a second snapshot that breaks off leaves the first in place", () => {
  const held = fed(snapshot, put.network(1), synced(4), snapshot, put.network(2));
  held.interrupted();
  held.receive(put.port(1));
  held.receive(bookmark(5));
  assert.deepEqual([...held.view.networks.keys()], [networkId(1)]);
  assert.deepEqual([...held.view.ports.keys()], [portId(1)]);
});

test("a second snapshot changes what differs only", () => {
  const held = fed(snapshot, put.network(1), put.network(2), put.port(1), synced(4));
  held.takeChange();
  for (const message of [snapshot, put.network(1), put.network(3), put.port(1), synced(9)]) held.receive(message);
  const change = held.takeChange();
  assert.deepEqual([...change.networks].sort(), [networkId(2), networkId(3)]);
  assert.equal(change.ports.size, 0);
});

test("what a second snapshot says again stays the very object", () => {
  const held = fed(snapshot, put.network(1), put.endpoint(3), synced(4));
  const [network, endpoint] = [held.view.networks.get(networkId(1)), held.view.endpoints.get(portId(3))];
  for (const message of [snapshot, put.network(1, 9000), put.endpoint(3), synced(9)]) held.receive(message);
  assert.notEqual(held.view.networks.get(networkId(1)), network);
  assert.equal(held.view.endpoints.get(portId(3)), endpoint);
});

test("changes take effect as they come and are told once", () => {
  const held = fed(snapshot, put.network(1), synced(1));
  held.takeChange();
  held.receive(put.network(1, 9000));
  held.receive(put.endpoint(3));
  assert.equal(held.view.networks.get(networkId(1))?.mtu, 9000);
  const change = held.takeChange();
  assert.deepEqual([[...change.networks], [...change.endpoints]], [[networkId(1)], [portId(3)]]);
  assert.equal(held.takeChange().networks.size, 0);
});

test("of a group that is known single rules change; those that stay are the very same", () => {
  const group = aGroup(1);
  const [first, second, third] = group.rules as [ViewRule, ViewRule, ViewRule];
  const held = fed(snapshot, { type: "put", kind: "group", value: group }, synced(1));
  held.takeChange();
  const altered = { ...second, protocol: 6 };
  held.receive({ type: "rules", group: group.id, put: [altered], delete: [third.id] });
  const now = held.view.groups.get(group.id)?.rules ?? [];
  assert.equal(now[0], first);
  assert.deepEqual(now.slice(1), [altered, ...group.rules.slice(3)]);
  assert.deepEqual([...held.takeChange().groups], [group.id]);
  held.receive({ type: "rules", group: "unknown", put: [altered], delete: [] });
  assert.equal(held.takeChange().groups.size, 0);
});

test("a network that goes takes its endpoints along", () => {
  const held = fed(snapshot, put.network(1), put.endpoint(3), put.endpoint(4), synced(1));
  held.takeChange();
  held.receive({ type: "delete", kind: "network", id: networkId(1) });
  assert.equal(held.view.endpoints.size, 0);
  assert.deepEqual([...held.takeChange().endpoints], [portId(3), portId(4)]);
});

test("a restored view is not complete before the control node says so", () => {
  const before = fed(snapshot, put.network(1), put.port(1), synced(7));
  const held = new HeldView();
  held.restore(before.view, 7);
  assert.equal(held.complete, false);
  assert.equal(held.revision, 7);
  assert.deepEqual([...held.takeChange().ports], [portId(1)]);
  held.receive(synced(8));
  assert.equal(held.complete, true);
});
