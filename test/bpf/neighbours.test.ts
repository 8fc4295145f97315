/** ARP and neighbour discovery: answered in place, asked on, spread or refused. */
import { after, test } from "node:test";
import { NetFlag } from "../../bpf/layout.gen.ts";
import { linkLocalAddress, mac, SERVICE_IP4, SERVICE_IP6, SERVICE_MAC } from "../../model/mod.ts";
import { advertisement, arp, BROADCAST, eth, ip6, solicitation } from "./kit/frames.ts";
import { goPrivate } from "./kit/privacy.ts";
import {
  fromHost,
  MACHINE_VLAN,
  makeWorld,
  OVERLAY,
  PORTS,
  REMOTE,
  REMOTE6,
  type Step,
  toHost,
  WIRE,
} from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { a, b, open, machine, vlan } = PORTS;

type End = { mac: string; ip4: string; ip6: string };
const NOBODY = "00:00:00:00:00:00";
const ask4 = (from: End, target: string, to = BROADCAST, tag?: number) =>
  eth({ to, from: from.mac, type: 0x0806, ...(tag && { vlan: tag }) }, arp(1, [from.mac, from.ip4], [NOBODY, target]));
const tell4 = (at: string, ip: string, to: End, tag?: number) =>
  eth({ to: to.mac, from: at, type: 0x0806, ...(tag && { vlan: tag }) }, arp(2, [at, ip], [to.mac, to.ip4]));
const probe4 = (from: End, target: string) =>
  eth({ to: BROADCAST, from: from.mac, type: 0x0806 }, arp(1, [from.mac, "0.0.0.0"], [NOBODY, target]));
const announce4 = (from: End, ip: string, tag?: number) =>
  eth({ to: BROADCAST, from: from.mac, type: 0x0806, ...(tag && { vlan: tag }) }, arp(1, [from.mac, ip], [NOBODY, ip]));

const ALL_NODES = { mac: "33:33:00:00:00:01", ip: "ff02::1" };
const group = (target: string) => ({ mac: `33:33:ff:00:00:0${target.at(-1)}`, ip: `ff02::1:ff00:${target.at(-1)}` });
const ask6 = (from: End, target: string, to = group(target), tag?: number) =>
  eth(
    { to: to.mac, from: from.mac, ...(tag && { vlan: tag }) },
    ip6({ from: from.ip6, to: to.ip, hops: 255 }, solicitation(target, from.mac)),
  );
const SOLICITED = 0x60000000;
const OVERRIDE = 0x20000000;
const tell6 = (at: string, ip: string, to: { mac: string; ip6: string }, flags = SOLICITED, tag?: number) =>
  eth(
    { to: to.mac, from: at, ...(tag && { vlan: tag }) },
    ip6({ from: ip, to: to.ip6, hops: 255 }, advertisement(ip, at, flags)),
  );
const probe6 = (from: End, target: string) =>
  eth(
    { to: group(target).mac, from: from.mac },
    ip6({ from: "::", to: group(target).ip, hops: 255 }, solicitation(target)),
  );
const announce6 = (from: End, ip: string) =>
  eth(
    { to: ALL_NODES.mac, from: from.mac },
    ip6({ from: ip, to: ALL_NODES.ip, hops: 255 }, advertisement(ip, from.mac, OVERRIDE)),
  );

/** An answer goes out where the question came in: received and sent once by the same port. */
const answered = (vif: number) => ({ [`${vif} rx`]: 1, [`${vif} tx`]: 1 });

/** Everyone in the overlay network but `a`, who sent it; "down" gets none. */
const spread = (frame: Uint8Array, tagged: Uint8Array) => ({
  b: [frame],
  open: [frame],
  nic: [tagged, toHost(REMOTE.host, OVERLAY, frame), toHost(REMOTE6.host, OVERLAY, frame)],
});
const tag = (frame: Uint8Array, id: number) =>
  Buffer.concat([frame.subarray(0, 12), Uint8Array.of(0x81, 0, id >> 8, id & 255), frame.subarray(12)]);
const SPREAD = { "1 rx": 1, "2 tx": 1, "3 tx": 1, "5 tx": 1 };

const everyone: Step[] = [
  {
    name: "ARP for a port on this host is answered",
    from: "a",
    frame: ask4(a, b.ip4),
    moved: answered(1),
    out: { a: [tell4(b.mac, b.ip4, a)] },
  },
  {
    name: "ARP for a port on another host is answered",
    from: "a",
    frame: ask4(a, REMOTE.ip4),
    moved: answered(1),
    out: { a: [tell4(REMOTE.mac, REMOTE.ip4, a)] },
  },
  {
    name: "ARP for the service's address is answered",
    from: "a",
    frame: ask4(a, SERVICE_IP4),
    moved: answered(1),
    out: { a: [tell4(SERVICE_MAC, SERVICE_IP4, a)] },
  },
  {
    name: "ARP by unicast is answered",
    from: "a",
    frame: ask4(a, b.ip4, b.mac),
    moved: answered(1),
    out: { a: [tell4(b.mac, b.ip4, a)] },
  },
  {
    name: "a machine's ARP is answered with its tag",
    from: "nic",
    frame: ask4(machine, b.ip4, BROADCAST, MACHINE_VLAN),
    moved: answered(5),
    out: { nic: [tell4(b.mac, b.ip4, machine, MACHINE_VLAN)] },
  },
  { name: "a probe of one's own address meets silence", from: "a", frame: probe4(a, a.ip4), moved: { "1 rx": 1 } },
  {
    name: "a probe of another's address is answered",
    from: "a",
    frame: probe4(a, b.ip4),
    moved: answered(1),
    out: { a: [tell4(b.mac, b.ip4, { ...a, ip4: "0.0.0.0" })] },
  },
  {
    name: "ARP for nobody's address is dropped",
    from: "a",
    frame: ask4(a, "10.1.0.200"),
    moved: { "1 rx": 1, "1 drop arp_unknown": 1 },
  },
  {
    name: "a gratuitous ARP reaches every member",
    from: "a",
    frame: announce4(a, a.ip4),
    moved: SPREAD,
    out: spread(announce4(a, a.ip4), tag(announce4(a, a.ip4), MACHINE_VLAN)),
  },
  {
    name: "an ARP reply goes to whom it is for",
    from: "a",
    frame: tell4(a.mac, a.ip4, b),
    moved: { "1 rx": 1, "2 tx": 1 },
    out: { b: [tell4(a.mac, a.ip4, b)] },
  },
  {
    name: "ARP with a false sender address",
    from: "a",
    frame: eth({ to: BROADCAST, from: a.mac, type: 0x0806 }, arp(1, [a.mac, b.ip4], [NOBODY, a.ip4])),
    moved: { "1 rx": 1, "1 drop spoofed_arp": 1 },
  },
  {
    name: "ARP with a false sender MAC",
    from: "a",
    frame: eth({ to: BROADCAST, from: a.mac, type: 0x0806 }, arp(1, [b.mac, a.ip4], [NOBODY, b.ip4])),
    moved: { "1 rx": 1, "1 drop spoofed_arp": 1 },
  },
  {
    name: "a probe with a false sender MAC",
    from: "a",
    frame: eth({ to: BROADCAST, from: b.mac, type: 0x0806 }, arp(1, [b.mac, "0.0.0.0"], [NOBODY, b.ip4])),
    moved: { "1 rx": 1, "1 drop spoofed_arp": 1 },
  },
  {
    name: "a port without port security may lie",
    from: "open",
    frame: eth({ to: a.mac, from: open.mac, type: 0x0806 }, arp(2, [open.mac, b.ip4], [a.mac, a.ip4])),
    moved: { "3 rx": 1, "1 tx": 1 },
    out: { a: [eth({ to: a.mac, from: open.mac, type: 0x0806 }, arp(2, [open.mac, b.ip4], [a.mac, a.ip4]))] },
  },
  {
    name: "ARP through a tunnel reaches the ports here only",
    from: "nic",
    frame: fromHost(REMOTE.host, OVERLAY, announce4(REMOTE, REMOTE.ip4)),
    moved: { "1 tx": 1, "2 tx": 1, "3 tx": 1, "5 tx": 1 },
    out: {
      a: [announce4(REMOTE, REMOTE.ip4)],
      b: [announce4(REMOTE, REMOTE.ip4)],
      open: [announce4(REMOTE, REMOTE.ip4)],
      nic: [announce4(REMOTE, REMOTE.ip4, MACHINE_VLAN)],
    },
  },

  {
    name: "a solicitation for a port on this host is answered",
    from: "a",
    frame: ask6(a, b.ip6),
    moved: answered(1),
    out: { a: [tell6(b.mac, b.ip6, a)] },
  },
  {
    name: "a solicitation for a port on another host is answered",
    from: "a",
    frame: ask6(a, REMOTE.ip6),
    moved: answered(1),
    out: { a: [tell6(REMOTE.mac, REMOTE.ip6, a)] },
  },
  {
    name: "a solicitation for a link-local address is answered",
    from: "a",
    frame: ask6(a, linkLocalAddress(mac(b.mac))),
    moved: answered(1),
    out: { a: [tell6(b.mac, linkLocalAddress(mac(b.mac)), a)] },
  },
  {
    name: "a solicitation for the service's address is answered",
    from: "a",
    frame: ask6(a, SERVICE_IP6),
    moved: answered(1),
    out: { a: [tell6(SERVICE_MAC, SERVICE_IP6, a)] },
  },
  {
    name: "a solicitation by unicast is answered",
    from: "a",
    frame: ask6(a, b.ip6, { mac: b.mac, ip: b.ip6 }),
    moved: answered(1),
    out: { a: [tell6(b.mac, b.ip6, a)] },
  },
  {
    name: "duplicate address detection of one's own address meets silence",
    from: "a",
    frame: probe6(a, a.ip6),
    moved: { "1 rx": 1 },
  },
  {
    name: "duplicate address detection of another's address is answered to all nodes",
    from: "a",
    frame: probe6(a, b.ip6),
    moved: answered(1),
    out: { a: [tell6(b.mac, b.ip6, { mac: a.mac, ip6: ALL_NODES.ip }, OVERRIDE)] },
  },
  {
    name: "a solicitation for nobody's address is dropped",
    from: "a",
    frame: ask6(a, "fd00:1::9"),
    moved: { "1 rx": 1, "1 drop nd_unknown": 1 },
  },
  {
    name: "an unsolicited advertisement reaches every member",
    from: "a",
    frame: announce6(a, a.ip6),
    moved: SPREAD,
    out: spread(announce6(a, a.ip6), tag(announce6(a, a.ip6), MACHINE_VLAN)),
  },
  {
    name: "an advertisement goes to whom it is for",
    from: "a",
    frame: tell6(a.mac, a.ip6, b),
    moved: { "1 rx": 1, "2 tx": 1 },
    out: { b: [tell6(a.mac, a.ip6, b)] },
  },
  {
    name: "an advertisement of another's address",
    from: "a",
    frame: eth(
      { to: b.mac, from: a.mac },
      ip6({ from: a.ip6, to: b.ip6, hops: 255 }, advertisement(REMOTE.ip6, a.mac, OVERRIDE)),
    ),
    moved: { "1 rx": 1, "1 drop spoofed_nd": 1 },
  },
  {
    name: "an advertisement with another's MAC",
    from: "a",
    frame: eth(
      { to: b.mac, from: a.mac },
      ip6({ from: a.ip6, to: b.ip6, hops: 255 }, advertisement(a.ip6, b.mac, OVERRIDE)),
    ),
    moved: { "1 rx": 1, "1 drop spoofed_nd": 1 },
  },
  {
    name: "a solicitation with another's MAC",
    from: "a",
    frame: eth(
      { to: group(b.ip6).mac, from: a.mac },
      ip6({ from: a.ip6, to: group(b.ip6).ip, hops: 255 }, solicitation(b.ip6, b.mac)),
    ),
    moved: { "1 rx": 1, "1 drop spoofed_nd": 1 },
  },
  {
    name: "a solicitation from beyond the link",
    from: "a",
    frame: eth(
      { to: group(b.ip6).mac, from: a.mac },
      ip6({ from: a.ip6, to: group(b.ip6).ip, hops: 64 }, solicitation(b.ip6, a.mac)),
    ),
    moved: { "1 rx": 1, "1 drop malformed": 1 },
  },
];

const provider: Step[] = [
  {
    name: "a wire's ARP for a port here is answered on the wire",
    from: "nic",
    frame: ask4(WIRE, vlan.ip4, BROADCAST, 40),
    moved: {},
    out: { nic: [tell4(vlan.mac, vlan.ip4, WIRE, 40)] },
  },
  {
    name: "a wire's ARP for an endpoint on it is not ours",
    from: "nic",
    frame: ask4({ ...WIRE, ip4: "10.4.0.9" }, WIRE.ip4, BROADCAST, 40),
    moved: { "0 drop arp_unknown": 1 },
  },
  {
    name: "a wire is not told of the service",
    from: "nic",
    frame: ask4(WIRE, SERVICE_IP4, BROADCAST, 40),
    moved: { "0 drop arp_unknown": 1 },
  },
  {
    name: "a wire's solicitation for a port here is answered on the wire",
    from: "nic",
    frame: ask6(WIRE, vlan.ip6, group(vlan.ip6), 40),
    moved: {},
    out: { nic: [tell6(vlan.mac, vlan.ip6, WIRE, SOLICITED, 40)] },
  },
  {
    name: "a wire's solicitation for another's address is not ours",
    from: "nic",
    frame: ask6(WIRE, "fd00:4::9", group("9"), 40),
    moved: { "0 drop nd_unknown": 1 },
  },
  {
    name: "ARP for an unknown address goes to the wire",
    from: "vlan",
    frame: ask4(vlan, "10.4.0.200"),
    moved: { "7 rx": 1 },
    out: { nic: [ask4(vlan, "10.4.0.200", BROADCAST, 40)] },
  },
  {
    name: "a solicitation for an unknown address goes to the wire",
    from: "vlan",
    frame: ask6(vlan, "fd00:4::9"),
    moved: { "7 rx": 1 },
    out: { nic: [ask6(vlan, "fd00:4::9", group("9"), 40)] },
  },
  {
    name: "a wire's announcement reaches the ports here",
    from: "nic",
    frame: announce4(WIRE, WIRE.ip4, 40),
    moved: { "7 tx": 1 },
    out: { vlan: [announce4(WIRE, WIRE.ip4)] },
  },
  {
    name: "on an untagged wire the host hears it too, and no drop is counted",
    from: "nic2",
    frame: ask4({ ...WIRE, ip4: "10.5.0.9" }, "10.5.0.77"),
    moved: {},
  },
];

for (const step of [...everyone, ...provider]) test(step.name, () => world.step(step));

test("in a network with movable addresses unknown ones are asked for at the members", () => {
  const { plane } = world;
  const network = plane.get("nets", OVERLAY)!;
  plane.put("nets", OVERLAY, { ...network, flags: network.flags | NetFlag.MOVABLE });
  const question = ask4(a, "10.1.0.200");
  world.step({
    name: "ARP",
    from: "a",
    frame: question,
    moved: SPREAD,
    out: spread(question, tag(question, MACHINE_VLAN)),
  });
  const question6 = ask6(a, "fd00:1::9");
  world.step({
    name: "ND",
    from: "a",
    frame: question6,
    moved: SPREAD,
    out: spread(question6, tag(question6, MACHINE_VLAN)),
  });
  const unicast = ask4(a, "10.1.0.200", b.mac);
  world.step({
    name: "to its last holder",
    from: "a",
    frame: unicast,
    moved: { "1 rx": 1, "2 tx": 1 },
    out: { b: [unicast] },
  });
  plane.put("nets", OVERLAY, network);
});
