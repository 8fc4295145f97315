/** QoS limits of addresses on an external network: a floating IP's, and the one that a router's workloads share. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { eth, ip4, udp } from "./kit/frames.ts";
import { costs, setOutsideLimit } from "./kit/limits.ts";
import {
  addFloating,
  addOutside,
  type End,
  FAR,
  FLOATING,
  floatingMac,
  GATEWAY,
  INNER,
  learn,
  NEXT_HOP,
} from "./kit/outside.ts";
import { goPrivate } from "./kit/privacy.ts";
import { makeWorld, PORTS } from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane } = world;
const { a, b, other } = PORTS;
addOutside(plane);
addFloating(plane, FLOATING.a, a.ip4);
addFloating(plane, FLOATING.other, other.ip4);
learn(plane);

const sent = (from: End, to: string, port = 53) =>
  eth({ to: INNER.overlay.mac, from: from.mac }, ip4({ from: from.ip4, to }, udp(1000, port, "hello")));
const back = (of: { mac: string; ip4: string }, toPort: number) =>
  eth({ to: of.mac, from: NEXT_HOP.mac, vlan: 40 }, ip4({ from: FAR.ip4, to: of.ip4 }, udp(53, toPort, "hello")));
const floatingA = { mac: floatingMac(FLOATING.a), ip4: FLOATING.a };

/** So slow that nothing is earned while a test runs; one packet passes, which is owed. */
const ONE = { packets: costs(20_000_000_000n, 0n) };
const came = (from: "a" | "b" | "nic", frame: Uint8Array) =>
  Object.values(world.send(from, frame)).reduce((sum, frames) => sum + frames.length, 0);

test("a floating IP's own limit: what leaves by it, decided or known, and not what comes", () => {
  assert.deepEqual([came("a", sent(a, FAR.ip4)), came("a", sent(a, FAR.ip4))], [1, 1]);
  setOutsideLimit(plane, FLOATING.a, "egress", ONE);
  assert.equal(came("a", sent(a, FAR.ip4)), 1, "decided anew, and owed");
  const refused = { "1 rx": 1, "1 drop packet_rate_egress": 1 };
  plane.expectMoved(refused, () => assert.equal(came("a", sent(a, FAR.ip4)), 0, "by its flow"));
  plane.expectMoved(refused, () => assert.equal(came("a", sent(a, FAR.ip4, 54)), 0, "a new flow"));
  plane.expectMoved({ "1 tx": 1 }, () => assert.equal(came("nic", back(floatingA, 1000)), 1, "its answer"));
  assert.equal(came("b", sent(b, FAR.ip4)), 1, "under the shared address");
  setOutsideLimit(plane, FLOATING.a, "egress", null);
  assert.deepEqual([came("a", sent(a, FAR.ip4)), came("a", sent(a, FAR.ip4))], [1, 1]);
});

test("what comes to a floating IP has a limit of its own, and is nobody's here whom to blame", () => {
  setOutsideLimit(plane, FLOATING.a, "ingress", ONE);
  assert.equal(came("nic", back(floatingA, 2000)), 1);
  for (const port of [2000, 2001])
    plane.expectMoved({ "0 drop packet_rate_ingress": 1 }, () => assert.equal(came("nic", back(floatingA, port)), 0));
  assert.equal(came("a", sent(a, FAR.ip4)), 1, "what leaves");
  setOutsideLimit(plane, FLOATING.a, "ingress", null);
});

test("from floating IP to floating IP of one router both have their part", () => {
  setOutsideLimit(plane, FLOATING.other, "ingress", ONE);
  assert.deepEqual([came("a", sent(a, FLOATING.other)), came("a", sent(a, FLOATING.other))], [1, 0]);
  setOutsideLimit(plane, FLOATING.other, "ingress", null);
  setOutsideLimit(plane, FLOATING.a, "egress", ONE);
  assert.deepEqual([came("a", sent(a, FLOATING.other)), came("a", sent(a, FLOATING.other))], [1, 0]);
  setOutsideLimit(plane, FLOATING.a, "egress", null);
});

test("a gateway's limit is of who leaves under its address, and of the answers", () => {
  setOutsideLimit(plane, GATEWAY.ip4, "egress", ONE);
  assert.deepEqual([came("b", sent(b, FAR.ip4, 60)), came("b", sent(b, FAR.ip4, 60))], [1, 0]);
  assert.deepEqual([came("a", sent(a, FAR.ip4)), came("a", sent(a, FAR.ip4))], [1, 1], "by a floating IP");
  setOutsideLimit(plane, GATEWAY.ip4, "egress", null);
  setOutsideLimit(plane, GATEWAY.ip4, "ingress", ONE);
  assert.equal(came("b", sent(b, FAR.ip4)), 1);
  const answers = () => came("nic", back(GATEWAY, 1000));
  assert.deepEqual([answers(), answers()], [1, 0]);
  setOutsideLimit(plane, GATEWAY.ip4, "ingress", null);
});
