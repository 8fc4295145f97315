/** Broadcast and multicast: to members only, never back, and through a tunnel or from a wire to the ports here only. */
import { after, test } from "node:test";
import { NET_LOCAL, NetFlag, UplinkFlag, VifFlag, VifKind, type VifNumber } from "../../bpf/layout.gen.ts";
import { ip, type Mac, mac } from "../../model/mod.ts";
import { BROADCAST, eth, ip4, ip6, udp } from "./kit/frames.ts";
import { goPrivate } from "./kit/privacy.ts";
import {
  fromHost,
  MACHINE_VLAN,
  makeWorld,
  NO_SET,
  net,
  OVERLAY,
  PORTS,
  REMOTE,
  REMOTE6,
  type Step,
  toHost,
} from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane } = world;
const { a, open, machine, vlan, flat, other } = PORTS;

type End = { mac: string; ip4: string; ip6: string };
const shout = (from: End, tag?: number) =>
  eth(
    { to: BROADCAST, from: from.mac, ...(tag && { vlan: tag }) },
    ip4({ from: from.ip4, to: "255.255.255.255" }, udp(1, 2, "all")),
  );
const group = (from: End) =>
  eth({ to: "33:33:00:00:00:fb", from: from.mac }, ip6({ from: from.ip6, to: "ff02::fb" }, udp(5353, 5353, "mdns")));
const tagged = (frame: Uint8Array, id: number) =>
  Buffer.concat([frame.subarray(0, 12), Uint8Array.of(0x81, 0, 0, id), frame.subarray(12)]);
const hosts = (frame: Uint8Array) => [toHost(REMOTE.host, OVERLAY, frame), toHost(REMOTE6.host, OVERLAY, frame)];
const stranger: End = { mac: "02:00:00:00:09:09", ip4: "10.4.0.9", ip6: "fd00:4::9" };
const odd = eth({ to: BROADCAST, from: open.mac, type: 0x88b5 }, Buffer.alloc(46));

const steps: Step[] = [
  {
    name: "from a port",
    from: "a",
    frame: shout(a),
    moved: { "1 rx": 1, "2 tx": 1, "3 tx": 1, "5 tx": 1 },
    out: { b: [shout(a)], open: [shout(a)], nic: [tagged(shout(a), MACHINE_VLAN), ...hosts(shout(a))] },
  },
  {
    name: "multicast from a port",
    from: "a",
    frame: group(a),
    moved: { "1 rx": 1, "2 tx": 1, "3 tx": 1, "5 tx": 1 },
    out: { b: [group(a)], open: [group(a)], nic: [tagged(group(a), MACHINE_VLAN), ...hosts(group(a))] },
  },
  {
    name: "from a machine, without its tag",
    from: "nic",
    frame: shout(machine, MACHINE_VLAN),
    moved: { "5 rx": 1, "1 tx": 1, "2 tx": 1, "3 tx": 1 },
    out: { a: [shout(machine)], b: [shout(machine)], open: [shout(machine)], nic: hosts(shout(machine)) },
  },
  {
    name: "from a tunnel",
    from: "nic",
    frame: fromHost(REMOTE.host, OVERLAY, shout(REMOTE)),
    moved: { "1 tx": 1, "2 tx": 1, "3 tx": 1, "5 tx": 1 },
    out: { a: [shout(REMOTE)], b: [shout(REMOTE)], open: [shout(REMOTE)], nic: [tagged(shout(REMOTE), MACHINE_VLAN)] },
  },
  {
    name: "not IP, from a port without port security",
    from: "open",
    frame: odd,
    moved: { "3 rx": 1, "1 tx": 1, "2 tx": 1, "5 tx": 1 },
    out: { a: [odd], b: [odd], nic: [tagged(odd, MACHINE_VLAN), ...hosts(odd)] },
  },
  { name: "in a network with one port", from: "other", frame: shout(other), moved: { "6 rx": 1 } },
  {
    name: "from a VLAN's port to the wire",
    from: "vlan",
    frame: shout(vlan),
    moved: { "7 rx": 1 },
    out: { nic: [shout(vlan, 40)] },
  },
  {
    name: "from a VLAN's wire to its ports",
    from: "nic",
    frame: shout(stranger, 40),
    moved: { "7 tx": 1 },
    out: { vlan: [shout(stranger)] },
  },
  {
    name: "from a flat network's port to the wire",
    from: "flat",
    frame: shout(flat),
    moved: { "8 rx": 1 },
    out: { nic2: [shout(flat)] },
  },
  {
    name: "from a flat network's wire to its ports",
    from: "nic2",
    frame: shout(stranger),
    moved: { "8 tx": 1 },
    out: { flat: [shout(stranger)] },
  },
];

for (const step of steps) test(step.name, () => world.step(step));

test("a thousand members each get one copy", () => {
  const crowd = net(300);
  const { send, taps } = world;
  for (let index = 0; index < 1000; index++)
    plane.put("members", { net: crowd, index }, { vif: (20 + (index % 40)) as VifNumber, remote: ip("::") });
  for (let number = 20; number < 60; number++) {
    plane.put("vifs", number as VifNumber, {
      policy: NO_SET,
      dscp: 0,
      net: crowd,
      ifindex: taps.b.ifindex,
      flags: VifFlag.ADMIN_UP,
      kind: VifKind.TAP,
      vlan: 0,
      mac: mac("02:00:00:00:00:99"),
    });
  }
  const sender = plane.get("vifs", open.number)!;
  plane.put("vifs", open.number, { ...sender, net: crowd });
  plane.put("nets", crowd, { flags: 0, mtu: 1450, ifindex: 0, vlan: 0, locals: 1000, remotes: 0 });
  const moved = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${20 + i} tx`, 25]));
  plane.expectMoved({ "3 rx": 1, ...moved }, () => send("open", shout(open)));
  plane.put("vifs", open.number, sender);
});

test("two machines behind one tag hear each other without us", () => {
  const second = { mac: "02:00:00:00:0a:0a" as Mac, number: 10 as VifNumber };
  const first = plane.get("vifs", machine.number)!;
  plane.put("vifs", second.number, { ...first, mac: second.mac });
  plane.put("attachments", { ifindex: world.taps.nic.ifindex, vlan: MACHINE_VLAN, mac: second.mac }, second.number);
  plane.put("sources", { prefixLength: 224, vif: second.number, mac: second.mac, ip: ip("10.1.0.10") }, { flags: 0 });
  const from = { mac: second.mac, ip4: "10.1.0.10", ip6: "fd00:1::a" };
  const moved = { "10 rx": 1, "1 tx": 1, "2 tx": 1, "3 tx": 1 };
  world.step({
    name: "broadcast",
    from: "nic",
    frame: shout(from, MACHINE_VLAN),
    moved,
    out: { a: [shout(from)], b: [shout(from)], open: [shout(from)], nic: hosts(shout(from)) },
  });
  const direct = eth(
    { to: machine.mac, from: second.mac, vlan: MACHINE_VLAN },
    ip4({ from: from.ip4, to: machine.ip4 }, udp(1, 2)),
  );
  world.step({ name: "unicast", from: "nic", frame: direct, moved: { "10 rx": 1, "10 drop hairpin": 1 } });
});

test("a machine on a provider network's own tag is a port there, and its neighbours on the wire are not", () => {
  const both = net(NET_LOCAL | 50);
  const nic = world.taps.nic.ifindex;
  const number = 11 as VifNumber;
  const owned = { mac: "02:00:00:00:0b:0b" as Mac, ip4: "10.6.0.1", ip6: "fd00:6::1" };
  plane.put("uplinks", { ifindex: nic, vlan: 50 }, { net: both, flags: UplinkFlag.PROVIDER | UplinkFlag.MACHINES });
  plane.put("nets", both, { flags: NetFlag.PROVIDER, mtu: 1450, ifindex: nic, vlan: 50, locals: 0, remotes: 0 });
  plane.put("vifs", number, {
    policy: NO_SET,
    dscp: 0,
    net: both,
    ifindex: nic,
    flags: VifFlag.ADMIN_UP,
    kind: VifKind.PHYSICAL,
    vlan: 50,
    mac: owned.mac,
  });
  plane.put("attachments", { ifindex: nic, vlan: 50, mac: owned.mac }, number);
  world.step({
    name: "the machine's broadcast is on its wire already",
    from: "nic",
    frame: shout(owned, 50),
    moved: { "11 rx": 1 },
  });
  world.step({ name: "a neighbour's", from: "nic", frame: shout(stranger, 50), moved: {} });
  const away = eth(
    { to: stranger.mac, from: owned.mac, vlan: 50 },
    ip4({ from: owned.ip4, to: stranger.ip4 }, udp(1, 2)),
  );
  world.step({ name: "to a neighbour", from: "nic", frame: away, moved: { "11 rx": 1, "11 drop hairpin": 1 } });
});
