/** Frames with bytes changed, cut off and put in: always a named verdict, never a copy to where it does not belong. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { dropReasonNames } from "../../bpf/layout.gen.ts";
import {
  advertisement,
  arp,
  BROADCAST,
  echo,
  eth,
  icmp6,
  ip4,
  ip6,
  solicitation,
  tcp,
  udp,
  vxlan,
} from "./kit/frames.ts";
import { HOOKS } from "./kit/plane.ts";
import { goPrivate } from "./kit/privacy.ts";
import { MACHINE_VLAN, makeWorld, PORTS, REMOTE } from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { a, b, machine } = PORTS;

/** Numerical Recipes' generator: the same frames on every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const extensions: [number, Uint8Array][] = [
  [0, Buffer.from([0, 0, 0, 0, 0, 0, 0])],
  [60, Buffer.from([1, ...Buffer.alloc(14)])],
  [44, Buffer.from([0, 0, 1, 0, 0, 0, 1])],
];
const seeds = [
  eth({ to: b.mac, from: a.mac }, ip4({ from: a.ip4, to: b.ip4 }, tcp(1, 2, ["syn"], "data"))),
  eth({ to: b.mac, from: a.mac }, ip4({ from: a.ip4, to: b.ip4, options: Buffer.alloc(8, 1) }, udp(1, 2, "data"))),
  eth({ to: b.mac, from: a.mac }, ip4({ from: a.ip4, to: b.ip4, fragment: 0x2000 }, echo(1).v4)),
  eth({ to: b.mac, from: a.mac }, ip6({ from: a.ip6, to: b.ip6, extensions }, udp(1, 2, "data"))),
  eth({ to: b.mac, from: a.mac }, ip6({ from: a.ip6, to: b.ip6, hops: 255 }, solicitation(b.ip6, a.mac))),
  eth({ to: b.mac, from: a.mac }, ip6({ from: a.ip6, to: b.ip6, hops: 255 }, advertisement(a.ip6, a.mac, 0))),
  eth({ to: BROADCAST, from: a.mac }, ip6({ from: a.ip6, to: "ff02::2", hops: 255 }, icmp6(133, Buffer.alloc(4)))),
  eth({ to: BROADCAST, from: a.mac, type: 0x0806 }, arp(1, [a.mac, a.ip4], ["00:00:00:00:00:00", b.ip4])),
  eth({ to: BROADCAST, from: a.mac }, ip4({ from: "0.0.0.0", to: "255.255.255.255" }, udp(68, 67, "dhcp"))),
  eth(
    { to: b.mac, from: machine.mac, vlan: MACHINE_VLAN, type: 0x0800 },
    ip4({ from: machine.ip4, to: b.ip4 }, udp(1, 2)),
  ),
  eth({ to: b.mac, from: a.mac }, ip4({ from: REMOTE.ip4, to: b.ip4 }, udp(1, 4789, vxlan(100, Buffer.alloc(60))))),
];

function mutated(random: (below: number) => number): Buffer {
  const frame = Buffer.from(seeds[random(seeds.length)] as Uint8Array);
  for (let i = random(4); i > 0; i--) frame[random(frame.length)] = random(256);
  // Headers are where the decisions are made.
  for (let i = random(3); i > 0; i--) frame[12 + random(12)] = random(256);
  const size = random(3) === 0 ? 14 + random(frame.length - 14) : frame.length;
  return random(8) === 0 ? Buffer.concat([frame, Buffer.alloc(random(2000))]) : frame.subarray(0, size);
}

const VERDICTS = new Map([
  [0, "passed to the kernel"],
  [2, "dropped"],
  [7, "sent on"],
]);

/** The least that this kernel takes for a test run: it wants the IP header that the type speaks of. */
const leastSize = (frame: Buffer) => ({ 2048: 34, 34525: 54 })[frame.readUInt16BE(12)] ?? 14;

for (const [hook, device] of [
  ["workload", "a"],
  ["workload", "open"],
  ["uplink", "nic"],
  ["uplink", "nic2"],
  ["overlay", "nic"],
  ["trap", "pkt0"],
] as const) {
  test(`${HOOKS[hook]} at ${device} has a verdict for two thousand odd frames`, () => {
    const random = randomFrom(20_240 + device.length);
    const seen = new Set<string>();
    for (let i = 0; i < 2000; i++) {
      const frame = mutated(random);
      // The device takes what a test run does not: frames cut anywhere.
      world.taps[device].send(frame);
      if (frame.length < leastSize(frame)) continue;
      const { verdict } = world.plane.testRun(hook, frame, world.taps[device].ifindex);
      const name = VERDICTS.get(verdict);
      assert.ok(name, `verdict ${verdict} for ${frame.toString("hex")}`);
      seen.add(name);
      if (hook !== "uplink") assert.notEqual(name, "passed to the kernel", frame.toString("hex"));
    }
    assert.ok(seen.size > 0);
    for (const tap of Object.values(world.taps)) tap.received();
  });
}

test("every drop of all these has a reason, and none is the data plane's own fault", () => {
  const { plane } = world;
  for (let vif = 0; vif < 12; vif++) {
    const stats = plane.stats(vif);
    for (const [reason, count] of stats.drops.entries()) {
      const name = dropReasonNames[reason];
      if (name === "internal" || name === "none") assert.equal(count, 0n, `${vif} ${name}`);
    }
  }
});
