/** Trunks: what a workload sends under a tag is its subport's, and what is for that goes out under the tag. */
import { after, before, test } from "node:test";
import { VifFlag, VifKind, type VifNumber } from "../../bpf/layout.gen.ts";
import { ip, linkLocalAddress, mac } from "../../model/mod.ts";
import { arp, BROADCAST, eth, ip4, udp } from "./kit/frames.ts";
import { goPrivate } from "./kit/privacy.ts";
import { bump } from "./kit/security.ts";
import { addEndpoint, addSource, local, makeWorld, NO_IP, NO_SET, PORTS, type Step } from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane, taps } = world;
const { a, b, other } = PORTS;

const TAG = 100;
/** Behind the tag on the device of `a`, in the network of `other`. */
const sub = { number: 9 as VifNumber, mac: "02:00:00:00:00:09", ip4: "10.2.0.9", ip6: "fd00:2::9" };
const FLAGS = VifFlag.ADMIN_UP | VifFlag.PORT_SECURITY;

function setSubport(flags: number): void {
  const { ifindex } = taps.a;
  const at = {
    net: other.net,
    ifindex,
    flags,
    kind: VifKind.SUBPORT,
    vlan: TAG,
    mac: mac(sub.mac),
    dscp: 0,
    policy: NO_SET,
  };
  plane.put("vifs", sub.number, at);
}

before(() => {
  setSubport(FLAGS);
  plane.put("subports", { ifindex: taps.a.ifindex, vlan: TAG }, sub.number);
  for (const address of [sub.ip4, sub.ip6, linkLocalAddress(mac(sub.mac))])
    addSource(plane, sub.number, sub.mac, ip(address));
  addEndpoint(plane, other.net, sub, local(sub.number));
  plane.put("members", { net: other.net, index: 1 }, { vif: sub.number, remote: NO_IP });
  plane.put("nets", other.net, { ...plane.get("nets", other.net)!, locals: 2 });
});

const frame = (from: { mac: string; ip4: string }, to: { mac: string; ip4: string }, vlan?: number) =>
  eth({ to: to.mac, from: from.mac, ...(vlan && { vlan }) }, ip4({ from: from.ip4, to: to.ip4 }, udp(5, 6, "x")));
const asks = (from: { mac: string; ip4: string }, target: string, vlan?: number) =>
  eth(
    { to: BROADCAST, from: from.mac, type: 0x0806, ...(vlan && { vlan }) },
    arp(1, [from.mac, from.ip4], ["00:00:00:00:00:00", target]),
  );
const everybody = { mac: BROADCAST, ip4: "255.255.255.255" };
const tagged = (bytes: Uint8Array, id: number) =>
  Buffer.concat([bytes.subarray(0, 12), Uint8Array.of(0x81, 0, id >> 8, id & 255), bytes.subarray(12)]);

const steps: Step[] = [
  {
    name: "what comes under the tag is the subport's",
    from: "a",
    frame: frame(sub, other, TAG),
    moved: { "9 rx": 1, "6 tx": 1 },
    out: { other: [frame(sub, other)] },
  },
  {
    name: "what is for the subport goes out under the tag",
    from: "other",
    frame: frame(other, sub),
    moved: { "6 rx": 1, "9 tx": 1 },
    out: { a: [frame(other, sub, TAG)] },
  },
  {
    name: "its questions are answered under the tag",
    from: "a",
    frame: asks(sub, other.ip4, TAG),
    moved: { "9 rx": 1, "9 tx": 1 },
    out: {
      a: [
        eth(
          { to: sub.mac, from: other.mac, type: 0x0806, vlan: TAG },
          arp(2, [other.mac, other.ip4], [sub.mac, sub.ip4]),
        ),
      ],
    },
  },
  {
    name: "a broadcast of its network reaches it under the tag",
    from: "other",
    frame: frame(other, everybody),
    moved: { "6 rx": 1, "9 tx": 1 },
    out: { a: [frame(other, everybody, TAG)] },
  },
  {
    name: "a broadcast of the subport stays in its network",
    from: "a",
    frame: frame(sub, everybody, TAG),
    moved: { "9 rx": 1, "6 tx": 1 },
    out: { other: [frame(sub, everybody)] },
  },
  {
    name: "untagged the parent is in its own network",
    from: "a",
    frame: frame(a, b),
    moved: { "1 rx": 1, "2 tx": 1 },
    out: { b: [frame(a, b)] },
  },
  {
    name: "the parent's address under the tag is a lie",
    from: "a",
    frame: frame(a, other, TAG),
    moved: { "9 rx": 1, "9 drop spoofed_mac": 1 },
  },
  {
    name: "the subport's address without the tag is, too",
    from: "a",
    frame: frame(sub, other),
    moved: { "1 rx": 1, "1 drop spoofed_mac": 1 },
  },
  {
    name: "a tag that no subport has",
    from: "a",
    frame: frame(sub, other, TAG + 1),
    moved: { "1 rx": 1, "1 drop vlan_tag": 1 },
  },
  {
    name: "the tag on another device",
    from: "b",
    frame: frame(sub, other, TAG),
    moved: { "2 rx": 1, "2 drop vlan_tag": 1 },
  },
  {
    name: "two tags",
    from: "a",
    frame: tagged(frame(sub, other, TAG), TAG),
    moved: { "1 rx": 1, "1 drop vlan_tag": 1 },
  },
];
for (const step of steps) test(step.name, () => world.step(step));

test("a subport that is down passes nothing, either way", () => {
  setSubport(VifFlag.PORT_SECURITY);
  bump(plane);
  const moved = { "9 rx": 1, "9 drop vif_down": 1 };
  world.step({ name: "from it", from: "a", frame: frame(sub, other, TAG), moved });
  world.step({ name: "to it", from: "other", frame: frame(other, sub), moved: { "6 rx": 1, "9 drop vif_down": 1 } });
  setSubport(FLAGS);
});

test("a parent that is down neither", () => {
  const vif = plane.get("vifs", a.number)!;
  plane.put("vifs", a.number, { ...vif, flags: vif.flags & ~VifFlag.ADMIN_UP });
  world.step({ name: "tagged", from: "a", frame: frame(sub, other, TAG), moved: { "1 rx": 1, "1 drop vif_down": 1 } });
  plane.put("vifs", a.number, vif);
});
