/** Every drop has its reason and its place. Long because it is one row or test for each of enum drop_reason. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { dropReasonNames, VifFlag, type VifNumber } from "../../bpf/layout.gen.ts";
import { ip, mac, SERVICE_MAC } from "../../model/mod.ts";
import { setBalancer } from "./kit/balancers.ts";
import { arp, BROADCAST, echo, eth, icmp6, ip4, ip6, raw, solicitation, tcp, type Upper, udp } from "./kit/frames.ts";
import { setTap } from "./kit/mirrors.ts";
import type { Moved } from "./kit/plane.ts";
import { goPrivate } from "./kit/privacy.ts";
import { routerEnd, setRouter } from "./kit/routers.ts";
import { set, setPolicy } from "./kit/security.ts";
import { foreseenReasons, UNFORESEEN } from "./kit/traced.ts";
import {
  addSource,
  fromHost,
  MACHINE_VLAN,
  MTU,
  makeWorld,
  NO_SET,
  net,
  OVERLAY,
  PORTS,
  REMOTE,
  REMOTE6,
  type Step,
} from "./kit/world.ts";

goPrivate();
const world = makeWorld({ flows: 8 });
after(() => world.close());
const { plane } = world;
const { a, b, down, machine, other } = PORTS;

type End = { mac: string; ip4: string; ip6: string };
const say = (from: End, to: End, port = 2000) =>
  eth({ to: to.mac, from: from.mac }, ip4({ from: from.ip4, to: to.ip4 }, udp(1000, port, "hello")));
const stranger: End = { mac: "02:00:00:00:09:09", ip4: "10.1.0.9", ip6: "fd00:1::9" };
const multicast = (from: End) =>
  eth({ to: "33:33:00:00:00:01", from: from.mac }, ip6({ from: from.ip6, to: "ff02::1" }, udp(1, 2)));
const cut = (frame: Uint8Array, size: number) => frame.subarray(0, size);
const patched = (frame: Uint8Array, at: number, value: number) => {
  const copy = Buffer.from(frame);
  copy[at] = value;
  return copy;
};
const advert = (from: End) =>
  eth(
    { to: "33:33:00:00:00:01", from: from.mac },
    ip6({ from: from.ip6, to: "ff02::1", hops: 255 }, icmp6(134, Buffer.alloc(12))),
  );
const NOBODY = "00:00:00:00:00:00";

const dropped = (reason: string, vif = 1): Moved =>
  vif === 0 ? { [`0 drop ${reason}`]: 1 } : { [`${vif} rx`]: 1, [`${vif} drop ${reason}`]: 1 };

const steps: Step[] = [
  { name: "IPv4 cut in its header", from: "a", frame: cut(say(a, b), 30), moved: dropped("truncated") },
  { name: "IPv4 shorter than it says", from: "a", frame: cut(say(a, b), 44), moved: dropped("truncated") },
  {
    name: "UDP cut in its header",
    from: "a",
    frame: eth({ to: b.mac, from: a.mac }, ip4({ from: a.ip4, to: b.ip4 }, raw(17, Buffer.alloc(7)))),
    moved: dropped("truncated"),
  },
  {
    name: "TCP cut in its header",
    from: "a",
    frame: eth({ to: b.mac, from: a.mac }, ip4({ from: a.ip4, to: b.ip4 }, raw(6, Buffer.alloc(19)))),
    moved: dropped("truncated"),
  },
  {
    name: "IPv6 shorter than it says",
    from: "a",
    frame: cut(eth({ to: b.mac, from: a.mac }, ip6({ from: a.ip6, to: b.ip6 }, udp(1, 2, "hello"))), 60),
    moved: dropped("truncated"),
  },
  {
    name: "an IPv6 extension header that leads out of the packet",
    from: "a",
    frame: eth(
      { to: b.mac, from: a.mac },
      ip6({ from: a.ip6, to: b.ip6, extensions: [[60, Buffer.from([9, 0, 0, 0, 0, 0, 0])]] }, udp(1, 2)),
    ),
    moved: dropped("truncated"),
  },
  {
    name: "ARP cut short",
    from: "a",
    frame: cut(eth({ to: BROADCAST, from: a.mac, type: 0x0806 }, arp(1, [a.mac, a.ip4], [NOBODY, b.ip4])), 40),
    moved: dropped("truncated"),
  },
  {
    name: "from a tunnel, cut short",
    from: "nic",
    frame: fromHost(REMOTE.host, OVERLAY, cut(say(REMOTE, b), 44)),
    moved: dropped("truncated", 0),
  },
  { name: "IPv4 of another version", from: "a", frame: patched(say(a, b), 14, 0x65), moved: dropped("malformed") },
  {
    name: "an IPv4 header too short to be one",
    from: "a",
    frame: patched(say(a, b), 14, 0x44),
    moved: dropped("malformed"),
  },
  { name: "IPv6 of another version", from: "a", frame: patched(multicast(a), 14, 0x40), moved: dropped("malformed") },
  {
    name: "a TCP header too short to be one",
    from: "a",
    frame: patched(eth({ to: b.mac, from: a.mac }, ip4({ from: a.ip4, to: b.ip4 }, tcp(1, 2, ["syn"]))), 46, 0x40),
    moved: dropped("malformed"),
  },
  {
    name: "IPv6 from a mapped IPv4 address",
    from: "a",
    frame: eth({ to: b.mac, from: a.mac }, ip6({ from: `::ffff:${a.ip4}`, to: b.ip6 }, udp(1, 2))),
    moved: dropped("malformed"),
  },
  {
    name: "ARP for another hardware",
    from: "a",
    frame: patched(eth({ to: BROADCAST, from: a.mac, type: 0x0806 }, arp(1, [a.mac, a.ip4], [NOBODY, b.ip4])), 15, 6),
    moved: dropped("malformed"),
  },
  {
    name: "ARP with an operation that nobody knows",
    from: "a",
    frame: eth({ to: BROADCAST, from: a.mac, type: 0x0806 }, arp(9, [a.mac, a.ip4], [NOBODY, b.ip4])),
    moved: dropped("malformed"),
  },
  {
    name: "a solicitation for a group",
    from: "a",
    frame: eth({ to: b.mac, from: a.mac }, ip6({ from: a.ip6, to: b.ip6, hops: 255 }, solicitation("ff02::1", a.mac))),
    moved: dropped("malformed"),
  },
  {
    name: "a solicitation with an option of no length",
    from: "a",
    frame: patched(
      eth({ to: b.mac, from: a.mac }, ip6({ from: a.ip6, to: b.ip6, hops: 255 }, solicitation(b.ip6, a.mac))),
      79,
      0,
    ),
    moved: dropped("malformed"),
  },
  {
    name: "a solicitation too short for its target",
    from: "a",
    frame: eth({ to: b.mac, from: a.mac }, ip6({ from: a.ip6, to: b.ip6, hops: 255 }, icmp6(135, Buffer.alloc(12)))),
    moved: dropped("malformed"),
  },
  {
    name: "a machine that no port hangs on",
    from: "nic",
    frame: eth({ to: b.mac, from: stranger.mac, vlan: MACHINE_VLAN }, say(stranger, b).subarray(14)),
    moved: dropped("vif_unknown", 0),
  },
  { name: "from a port that is down", from: "down", frame: say(down, a), moved: dropped("vif_down", 4) },
  { name: "to a port that is down", from: "a", frame: say(a, down), moved: { "1 rx": 1, "4 drop vif_down": 1 } },
  { name: "another's MAC", from: "a", frame: say({ ...a, mac: b.mac }, b), moved: dropped("spoofed_mac") },
  {
    name: "a group's MAC as source",
    from: "open",
    frame: say({ ...PORTS.open, mac: "03:00:00:00:00:01" }, b),
    moved: dropped("spoofed_mac", 3),
  },
  { name: "another's IPv4 address", from: "a", frame: say({ ...a, ip4: b.ip4 }, b), moved: dropped("spoofed_ip") },
  { name: "another's IPv6 address", from: "a", frame: multicast({ ...a, ip6: b.ip6 }), moved: dropped("spoofed_ip") },
  {
    name: "0.0.0.0 for anything but DHCP",
    from: "a",
    frame: say({ ...a, ip4: "0.0.0.0" }, b),
    moved: dropped("spoofed_ip"),
  },
  {
    name: ":: for anything but searching",
    from: "a",
    frame: multicast({ ...a, ip6: "::" }),
    moved: dropped("spoofed_ip"),
  },
  {
    name: "ARP under another's address",
    from: "a",
    frame: eth({ to: BROADCAST, from: a.mac, type: 0x0806 }, arp(1, [a.mac, b.ip4], [NOBODY, b.ip4])),
    moved: dropped("spoofed_arp"),
  },
  {
    name: "ND under another's MAC",
    from: "a",
    frame: eth({ to: b.mac, from: a.mac }, ip6({ from: a.ip6, to: b.ip6, hops: 255 }, solicitation(b.ip6, b.mac))),
    moved: dropped("spoofed_nd"),
  },
  {
    name: "a protocol that is not IP",
    from: "a",
    frame: eth({ to: b.mac, from: a.mac, type: 0x88b5 }, Buffer.alloc(40)),
    moved: dropped("ethertype"),
  },
  {
    name: "a tag from a workload",
    from: "a",
    frame: eth({ to: b.mac, from: a.mac, vlan: 5 }, say(a, b).subarray(14)),
    moved: dropped("vlan_tag"),
  },
  {
    name: "two tags from a machine",
    from: "nic",
    frame: eth(
      { to: b.mac, from: machine.mac, vlan: MACHINE_VLAN, type: 0x8100 },
      Buffer.concat([Uint8Array.of(0, 7), say(machine, b).subarray(12)]),
    ),
    moved: { "5 drop vlan_tag": 1 },
  },
  {
    name: "two tags from a wire",
    from: "nic",
    frame: eth(
      { to: PORTS.vlan.mac, from: stranger.mac, vlan: 40, type: 0x8100 },
      Buffer.concat([Uint8Array.of(0, 7), say(stranger, b).subarray(12)]),
    ),
    moved: dropped("vlan_tag", 0),
  },
  {
    name: "a DHCP server",
    from: "a",
    frame: eth({ to: BROADCAST, from: a.mac }, ip4({ from: a.ip4, to: "255.255.255.255" }, udp(67, 68))),
    moved: dropped("dhcp_server"),
  },
  {
    name: "a DHCPv6 server",
    from: "a",
    frame: eth({ to: b.mac, from: a.mac }, ip6({ from: a.ip6, to: b.ip6 }, udp(547, 546))),
    moved: dropped("dhcp_server"),
  },
  { name: "a router advertisement", from: "a", frame: advert(a), moved: dropped("router_advert") },
  {
    name: "a VNI that this host has no part in",
    from: "nic",
    frame: fromHost(REMOTE.host, net(999), say(REMOTE, b)),
    moved: dropped("network_unknown", 0),
  },
  {
    name: "a tunnel from a host that is not in the network",
    from: "nic",
    frame: fromHost("192.0.2.77", OVERLAY, say(REMOTE, b)),
    moved: dropped("tunnel_stranger", 0),
  },
  {
    name: "a tunnel of a network that only this host is in",
    from: "nic",
    frame: fromHost(REMOTE.host, other.net, say(REMOTE, other)),
    moved: dropped("tunnel_stranger", 0),
  },
  { name: "a MAC that nobody has", from: "a", frame: say(a, stranger), moved: dropped("dst_unknown") },
  {
    name: "from a tunnel, a MAC that nobody has",
    from: "nic",
    frame: fromHost(REMOTE.host, OVERLAY, say(REMOTE, stranger)),
    moved: dropped("dst_unknown", 0),
  },
  {
    name: "ARP for nobody",
    from: "a",
    frame: eth({ to: BROADCAST, from: a.mac, type: 0x0806 }, arp(1, [a.mac, a.ip4], [NOBODY, stranger.ip4])),
    moved: dropped("arp_unknown"),
  },
  {
    name: "ND for nobody",
    from: "a",
    frame: eth(
      { to: "33:33:ff:00:00:09", from: a.mac },
      ip6({ from: a.ip6, to: "ff02::1:ff00:9", hops: 255 }, solicitation(stranger.ip6, a.mac)),
    ),
    moved: dropped("nd_unknown"),
  },
  { name: "to oneself", from: "a", frame: say(a, { ...b, mac: a.mac }), moved: dropped("hairpin") },
  {
    name: "from a wire to an endpoint on the wire",
    from: "nic",
    frame: eth({ to: "02:00:00:00:01:03", from: stranger.mac, vlan: 40 }, say(stranger, b).subarray(14)),
    moved: dropped("hairpin", 0),
  },
  {
    name: "from a tunnel to a tunnel",
    from: "nic",
    frame: fromHost(REMOTE.host, OVERLAY, say(REMOTE, REMOTE6)),
    moved: dropped("remote_to_remote", 0),
  },
  {
    name: "broadcast larger than the MTU",
    from: "a",
    frame: eth({ to: BROADCAST, from: a.mac }, ip4({ from: a.ip4, to: "10.1.0.255" }, udp(1, 2, Buffer.alloc(MTU)))),
    moved: dropped("too_big"),
  },
  {
    name: "from a tunnel, larger than the MTU",
    from: "nic",
    frame: fromHost(
      REMOTE.host,
      OVERLAY,
      eth({ to: b.mac, from: REMOTE.mac }, ip4({ from: REMOTE.ip4, to: b.ip4 }, udp(1, 2, Buffer.alloc(MTU)))),
    ),
    moved: dropped("too_big", 0),
  },
];

const reasonsSeen = new Set(steps.flatMap(({ moved }) => Object.keys(moved).map((key) => key.split(" drop ")[1])));
for (const step of steps) test(`${step.name} is dropped`, () => world.step(step));

/** A test of one reason that needs more than a row. */
function reason(name: string, title: string, act: () => void): void {
  reasonsSeen.add(name);
  test(title, act);
}

reason("tunnel_header", "a frame at the VXLAN device without tunnel metadata is dropped", () => {
  plane.expectMoved(dropped("tunnel_header", 0), () => plane.testRun("overlay", say(a, b), world.vxlanIfindex));
});

reason("flow_table_full", "a full table refuses new flows, and the old ones go on", () => {
  for (const [key] of plane.all("flows")) plane.remove("flows", key);
  for (let port = 1; port <= 4; port++)
    world.step({
      name: `flow ${port}`,
      from: "a",
      frame: say(a, b, port),
      moved: { "1 rx": 1, "2 tx": 1 },
      out: { b: [say(a, b, port)] },
    });
  assert.equal(plane.all("flows").length, 8);
  world.step({ name: "one more", from: "a", frame: say(a, b, 5), moved: dropped("flow_table_full") });
  world.step({
    name: "an old one",
    from: "a",
    frame: say(a, b, 1),
    moved: { "1 rx": 1, "2 tx": 1 },
    out: { b: [say(a, b, 1)] },
  });
  const [first] = plane.all("flows")[0]!;
  plane.remove("flows", first);
  world.step({ name: "half a flow does not fit", from: "a", frame: say(a, b, 6), moved: dropped("flow_table_full") });
  assert.equal(plane.all("flows").length, 7, "and leaves no half behind");
  for (const [key] of plane.all("flows")) plane.remove("flows", key);
});

reason("flow_quota", "a port that has as many flows as one may have gets no more", () => {
  const settings = plane.get("settings", 0)!;
  plane.put("settings", 0, { ...settings, flowQuota: 0 });
  world.step({ name: "one more", from: "a", frame: say(a, b, 1), moved: dropped("flow_quota") });
  plane.put("settings", 0, settings);
});

reason("members_full", "a broadcast to more members than can be reached says so", () => {
  const network = plane.get("nets", OVERLAY)!;
  plane.put("nets", OVERLAY, { ...network, locals: 3000, remotes: 0 });
  plane.expectMoved({ "1 rx": 1, "1 drop members_full": 1, "2 tx": 1, "3 tx": 1, "5 tx": 1 }, () =>
    world.send("a", multicast(a)),
  );
  plane.put("nets", OVERLAY, network);
});

reason("redirect", "a member whose device is gone is counted, and the others are reached", () => {
  const number = 9 as VifNumber;
  plane.put("vifs", number, {
    policy: NO_SET,
    dscp: 0,
    net: OVERLAY,
    ifindex: 9999,
    flags: VifFlag.ADMIN_UP,
    kind: 1,
    vlan: 0,
    mac: mac("02:00:00:00:00:99"),
  });
  plane.put("members", { net: OVERLAY, index: 0 }, { vif: number, remote: ip("::") });
  const moved = { "1 rx": 1, "9 tx": 1, "9 drop redirect": 1, "2 tx": 1, "3 tx": 1, "5 tx": 1 };
  plane.expectMoved(moved, () => world.send("a", multicast(a)));
  plane.put("members", { net: OVERLAY, index: 0 }, { vif: a.number, remote: ip("::") });
});

reason("copy", "a copy for a tap port that is down is dropped", () => {
  setTap(plane, 999_999, down, [REMOTE.host]);
  const frame = fromHost(REMOTE.host, net(999_999), say(a, b));
  world.step({ name: "down", from: "nic", frame, moved: { "4 drop copy": 1 } });
});

reason("trap_limit", "a port that traps without end is stopped", () => {
  const request = eth({ to: BROADCAST, from: a.mac }, ip4({ from: "0.0.0.0", to: "255.255.255.255" }, udp(68, 67)));
  // Filled in an hour's time: nothing is earned until then, however slow this machine is.
  const empty = { filledNs: process.hrtime.bigint() + 3_600_000_000_000n, tokens: 0n };
  plane.put("trap_budgets", a.number, empty);
  plane.expectMoved(dropped("trap_limit"), () => world.send("a", request));
  plane.put("trap_budgets", a.number, { filledNs: 0n, tokens: 0n });
  plane.expectMoved({ "1 rx": 1 }, () => world.send("a", request));
});

reason(
  "service_limit",
  "a port that asks the service without end is stopped; what goes on on its connections is not",
  () => {
    const asked = (upper: Upper) =>
      eth({ to: SERVICE_MAC, from: a.mac }, ip4({ from: a.ip4, to: "169.254.169.254" }, upper));
    plane.put("service_budgets", a.number, { filledNs: process.hrtime.bigint() + 3_600_000_000_000n, tokens: 0n });
    for (const upper of [udp(5353, 53), tcp(40_000, 53, ["syn"]), tcp(40_000, 80, ["syn"])])
      plane.expectMoved(dropped("service_limit"), () => world.send("a", asked(upper)));
    plane.expectMoved({ "1 rx": 1 }, () => world.send("a", asked(tcp(40_000, 80, ["ack"]))));
    plane.put("service_budgets", a.number, { filledNs: 0n, tokens: 0n });
    plane.expectMoved({ "1 rx": 1 }, () => world.send("a", asked(udp(5353, 53))));
  },
);

reason("internal", "a trap with no device to go to says so", () => {
  const settings = plane.get("settings", 0)!;
  const request = eth({ to: SERVICE_MAC, from: a.mac }, ip4({ from: a.ip4, to: "169.254.169.254" }, udp(68, 67)));
  plane.put("settings", 0, { ...settings, trapIfindex: 0 });
  plane.expectMoved(dropped("internal"), () => world.send("a", request));
  plane.put("settings", 0, settings);
});

const router = { number: 1, ends: [routerEnd(OVERLAY, 1), routerEnd(other.net, 2)] };
const gateway = router.ends[0]!;
const routed = (to: string, ttl = 64) =>
  eth({ to: gateway.mac, from: a.mac }, ip4({ from: a.ip4, to, ttl }, udp(1000, 2000, "hello")));
/** Dropped, and told so. */
const refused = (name: string): Moved => ({ ...dropped(name), "1 tx": 1 });

reason("ttl", "a packet whose hops are used up is not routed", () => {
  setRouter(plane, router);
  plane.expectMoved(refused("ttl"), () => world.send("a", routed(other.ip4, 1)));
});

reason("no_route", "a packet to where the router knows no way is not routed", () => {
  plane.expectMoved(refused("no_route"), () => world.send("a", routed("198.51.100.1")));
});

reason("host_unknown", "a packet to an address that nobody has is not routed", () => {
  plane.expectMoved(refused("host_unknown"), () => world.send("a", routed("10.2.0.77")));
});

reason("no_backend", "a packet to a balancer that has nobody is not routed", () => {
  setBalancer(plane, { ip: "10.96.0.1", protocol: 17, port: 2000, backends: [] });
  plane.expectMoved(refused("no_backend"), () => world.send("a", routed("10.96.0.1")));
});

reason("to_router", "what is for the router itself, and no echo request, is dropped", () => {
  world.step({ name: "UDP", from: "a", frame: routed(gateway.ip4), moved: dropped("to_router") });
});

reason("router_down", "a router that is administratively down routes nothing", () => {
  setRouter(plane, { ...router, adminUp: false });
  world.step({ name: "down", from: "a", frame: routed(other.ip4), moved: dropped("router_down") });
});

reason("policy_egress", "what no rule lets out is dropped where it comes from", () => {
  setPolicy(plane, a, set(1));
  world.step({ name: "no rule", from: "a", frame: say(a, b), moved: dropped("policy_egress") });
  setPolicy(plane, a, NO_SET);
});

reason("policy_ingress", "what no rule lets in is dropped where it goes to", () => {
  setPolicy(plane, b, set(1));
  const moved = { "1 rx": 1, "2 drop policy_ingress": 1 };
  world.step({ name: "no rule", from: "a", frame: say(a, b), moved });
  setPolicy(plane, b, NO_SET);
});

test("a port whose number is gone is nobody's", () => {
  plane.remove("ifaces", { ifindex: world.taps.b.ifindex });
  world.step({ name: "unknown", from: "b", frame: say(b, a), moved: dropped("vif_unknown", 0) });
  plane.put("ifaces", { ifindex: world.taps.b.ifindex }, b.number);
});

test("an allowed address pair may be sent from, under its own MAC", () => {
  const virtual = { mac: "00:00:5e:00:01:01", ip4: "10.1.0.99", ip6: "fd00:1::99" };
  world.step({ name: "not yet", from: "a", frame: say(virtual, b), moved: dropped("spoofed_mac") });
  addSource(plane, a.number, virtual.mac, ip(virtual.ip4));
  world.step({
    name: "now",
    from: "a",
    frame: say(virtual, b),
    moved: { "1 rx": 1, "2 tx": 1 },
    out: { b: [say(virtual, b)] },
  });
});

test("an address pair of a whole prefix allows its addresses and no others", () => {
  plane.put(
    "sources",
    { prefixLength: 96 + 96 + 24, vif: a.number, mac: mac(a.mac), ip: ip("10.9.9.0") },
    { flags: 0 },
  );
  const inside = say({ ...a, ip4: "10.9.9.200" }, b);
  world.step({ name: "inside", from: "a", frame: inside, moved: { "1 rx": 1, "2 tx": 1 }, out: { b: [inside] } });
  world.step({ name: "outside", from: "a", frame: say({ ...a, ip4: "10.9.8.200" }, b), moved: dropped("spoofed_ip") });
});

test("nobody draws another's answers to himself by sending under his name", () => {
  for (const [key] of plane.all("flows")) plane.remove("flows", key);
  const lie = say({ ...b, mac: b.mac }, a);
  world.step({ name: "as b", from: "open", frame: lie, moved: { "3 rx": 1, "1 tx": 1 }, out: { a: [lie] } });
  const answer = eth({ to: b.mac, from: a.mac }, ip4({ from: a.ip4, to: b.ip4 }, udp(2000, 1000, "hello")));
  world.step({
    name: "the answer goes to b",
    from: "a",
    frame: answer,
    moved: { "1 rx": 1, "2 tx": 1 },
    out: { b: [answer] },
  });
});

test("a flow lends the other end no address that is not its own", () => {
  for (const [key] of plane.all("flows")) plane.remove("flows", key);
  const bait = say(a, { ...b, ip4: "10.1.0.77" });
  world.step({ name: "bait", from: "a", frame: bait, moved: { "1 rx": 1, "2 tx": 1 }, out: { b: [bait] } });
  const answer = eth({ to: a.mac, from: b.mac }, ip4({ from: "10.1.0.77", to: a.ip4 }, udp(2000, 1000, "hello")));
  world.step({ name: "answer", from: "b", frame: answer, moved: dropped("spoofed_ip", 2) });
});

test("echo is no exception", () => {
  const frame = eth({ to: b.mac, from: a.mac }, ip4({ from: b.ip4, to: b.ip4 }, echo(1).v4));
  world.step({ name: "echo", from: "a", frame, moved: dropped("spoofed_ip") });
});

/** Those of the way to external networks are in nat.test.ts, of QoS in qos.test.ts, of what is hostile in hostile.test.ts and
 * fragments.test.ts. */
const ELSEWHERE = new Set([
  ...["no_gateway", "no_proxy", "neighbour_unknown", "nat_ports"],
  ...["rate_egress", "rate_ingress", "packet_rate_egress", "packet_rate_ingress"],
  ...["checksum", "source_route", "martian", "tcp_flags", "fragment_short", "fragment_overlap", "fragment_alone"],
]);

test("every drop reason has a row or a test", () => {
  const missing = Object.values(dropReasonNames).filter(
    (name) => name !== "none" && !reasonsSeen.has(name) && !ELSEWHERE.has(name),
  );
  assert.deepEqual(missing, []);
});

/** It is met by a frame at the VXLAN device without tunnel metadata, and a trace always brings some. */
const UNTRACED = new Set(["tunnel_header", ...Object.keys(UNFORESEEN)]);

test("every drop reason was foreseen by a trace", () => {
  const missing = [...reasonsSeen].filter(
    (name) => name !== undefined && !foreseenReasons.has(name) && !UNTRACED.has(name),
  );
  assert.deepEqual(missing, []);
});
