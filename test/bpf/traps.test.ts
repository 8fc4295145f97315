/** Frames for the agent's services, and frames from them. */
import { after, test } from "node:test";
import { type NetNumber, TrapHeader, TrapReason, VifFlag, type VifNumber } from "../../bpf/layout.gen.ts";
import { encodeInjection } from "../../datapath/ebpf/trap.ts";
import { ip, linkLocalAddress, mac, SERVICE_IP4, SERVICE_IP6, SERVICE_MAC } from "../../model/mod.ts";
import { announcement } from "../../wire/mod.ts";
import { BROADCAST, echo, eth, icmp6, ip4, ip6, raw, udp } from "./kit/frames.ts";
import { goPrivate } from "./kit/privacy.ts";
import { MACHINE_VLAN, makeWorld, PORTS, type Step } from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { a, b, machine, vlan } = PORTS;

type End = { mac: string; ip4: string; ip6: string };
const envelope = (vif: VifNumber, reason: number, frame: Uint8Array, length = frame.length) =>
  Buffer.concat([
    Buffer.alloc(12),
    frame.subarray(12, 14),
    TrapHeader.encode({ vif, reason, length, wire: 0 as NetNumber }),
    frame,
  ]);
const dhcp = (from: End, to = BROADCAST, source = "0.0.0.0", target = "255.255.255.255", tag?: number) =>
  eth({ to, from: from.mac, ...(tag && { vlan: tag }) }, ip4({ from: source, to: target }, udp(68, 67, "discover")));
const dhcp6 = (
  from: End,
  to = "33:33:00:01:00:02",
  source: string = linkLocalAddress(mac(from.mac)),
  target = "ff02::1:2",
  tag?: number,
) =>
  eth({ to, from: from.mac, ...(tag && { vlan: tag }) }, ip6({ from: source, to: target }, udp(546, 547, "solicit")));
const solicit = (from: End, source = from.ip6) =>
  eth(
    { to: "33:33:00:00:00:02", from: from.mac },
    ip6({ from: source, to: "ff02::2", hops: 255 }, icmp6(133, Buffer.alloc(4))),
  );
const offer = (to: End) =>
  eth({ to: to.mac, from: SERVICE_MAC }, ip4({ from: SERVICE_IP4, to: to.ip4 }, udp(67, 68, "offer")));
const advert = eth(
  { to: "33:33:00:00:00:01", from: SERVICE_MAC },
  ip6({ from: "fe80::a9fe:a9fe", to: "ff02::1", hops: 255 }, icmp6(134, Buffer.alloc(12))),
);
const announcedArp = announcement({ ip: ip("10.1.0.254"), mac: mac("02:00:00:00:00:fe") });
const renewal = dhcp(a, b.mac, a.ip4, SERVICE_IP4);
const tagged = (frame: Uint8Array, id: number) =>
  Buffer.concat([frame.subarray(0, 12), Uint8Array.of(0x81, 0, 0, id), frame.subarray(12)]);

const up: Step[] = [
  {
    name: "a DHCP discover",
    from: "a",
    frame: dhcp(a),
    moved: { "1 rx": 1 },
    out: { pkt0: [envelope(a.number, TrapReason.DHCP4, dhcp(a))] },
  },
  {
    name: "a DHCP renewal to the service's MAC",
    from: "a",
    frame: dhcp(a, SERVICE_MAC, a.ip4, SERVICE_IP4),
    moved: { "1 rx": 1 },
    out: { pkt0: [envelope(a.number, TrapReason.DHCP4, dhcp(a, SERVICE_MAC, a.ip4, SERVICE_IP4))] },
  },
  {
    name: "a DHCP renewal to the service's address by way of a router",
    from: "a",
    frame: renewal,
    moved: { "1 rx": 1 },
    out: { pkt0: [envelope(a.number, TrapReason.DHCP4, renewal)] },
  },
  {
    name: "a machine's DHCP, without its tag",
    from: "nic",
    frame: dhcp(machine, BROADCAST, "0.0.0.0", "255.255.255.255", MACHINE_VLAN),
    moved: { "5 rx": 1 },
    out: { pkt0: [envelope(machine.number, TrapReason.DHCP4, dhcp(machine))] },
  },
  {
    name: "DHCP to a port of the tenant's own is not",
    from: "a",
    frame: dhcp(a, b.mac, a.ip4, b.ip4),
    moved: { "1 rx": 1, "2 tx": 1 },
    out: { b: [dhcp(a, b.mac, a.ip4, b.ip4)] },
  },
  {
    name: "DHCP without a service is flooded",
    from: "vlan",
    frame: dhcp(vlan),
    moved: { "7 rx": 1 },
    out: { nic: [tagged(dhcp(vlan), 40)] },
  },
  {
    name: "a DHCPv6 solicit",
    from: "a",
    frame: dhcp6(a),
    moved: { "1 rx": 1 },
    out: { pkt0: [envelope(a.number, TrapReason.DHCP6, dhcp6(a))] },
  },
  {
    name: "DHCPv6 to the service's own address",
    from: "a",
    frame: dhcp6(a, SERVICE_MAC, a.ip6, SERVICE_IP6),
    moved: { "1 rx": 1 },
    out: { pkt0: [envelope(a.number, TrapReason.DHCP6, dhcp6(a, SERVICE_MAC, a.ip6, SERVICE_IP6))] },
  },
  {
    name: "a machine's DHCPv6, without its tag",
    from: "nic",
    frame: dhcp6(machine, undefined, undefined, undefined, MACHINE_VLAN),
    moved: { "5 rx": 1 },
    out: { pkt0: [envelope(machine.number, TrapReason.DHCP6, dhcp6(machine))] },
  },
  {
    name: "DHCPv6 to a port of the tenant's own is not",
    from: "a",
    frame: dhcp6(a, b.mac, a.ip6, b.ip6),
    moved: { "1 rx": 1, "2 tx": 1 },
    out: { b: [dhcp6(a, b.mac, a.ip6, b.ip6)] },
  },
  {
    name: "DHCPv6 without a service is flooded",
    from: "vlan",
    frame: dhcp6(vlan),
    moved: { "7 rx": 1 },
    out: { nic: [tagged(dhcp6(vlan), 40)] },
  },
  {
    name: "ports of DHCPv6 over IPv4 mean nothing",
    from: "a",
    frame: eth({ to: b.mac, from: a.mac }, ip4({ from: a.ip4, to: b.ip4 }, udp(546, 547, "x"))),
    moved: { "1 rx": 1, "2 tx": 1 },
    out: { b: [eth({ to: b.mac, from: a.mac }, ip4({ from: a.ip4, to: b.ip4 }, udp(546, 547, "x")))] },
  },
  {
    name: "a router solicitation",
    from: "a",
    frame: solicit(a),
    moved: { "1 rx": 1 },
    out: { pkt0: [envelope(a.number, TrapReason.ROUTER_SOLICITATION, solicit(a))] },
  },
  {
    name: "a router solicitation from ::",
    from: "a",
    frame: solicit(a, "::"),
    moved: { "1 rx": 1 },
    out: { pkt0: [envelope(a.number, TrapReason.ROUTER_SOLICITATION, solicit(a, "::"))] },
  },
  {
    name: "a router solicitation without a service is flooded",
    from: "vlan",
    frame: solicit(vlan),
    moved: { "7 rx": 1 },
    out: { nic: [tagged(solicit(vlan), 40)] },
  },
];

const down: Step[] = [
  {
    name: "an answer reaches its port",
    from: "pkt0",
    frame: envelope(a.number, 0, offer(a)),
    moved: { "1 tx": 1 },
    out: { a: [offer(a)] },
  },
  {
    name: "an answer reaches a machine, with its tag",
    from: "pkt0",
    frame: envelope(machine.number, 0, offer(machine)),
    moved: { "5 tx": 1 },
    out: { nic: [tagged(offer(machine), MACHINE_VLAN)] },
  },
  {
    name: "an announcement by ARP reaches its port",
    from: "pkt0",
    frame: encodeInjection(a.number, announcedArp),
    moved: { "1 tx": 1 },
    out: { a: [announcedArp] },
  },
  {
    name: "a router advertisement reaches its port",
    from: "pkt0",
    frame: envelope(b.number, 0, advert),
    moved: { "2 tx": 1 },
    out: { b: [advert] },
  },
  {
    name: "an answer to no port",
    from: "pkt0",
    frame: envelope(0 as VifNumber, 0, offer(a)),
    moved: { "0 drop vif_unknown": 1 },
  },
  {
    name: "an answer to a port that is gone",
    from: "pkt0",
    frame: envelope(60 as VifNumber, 0, offer(a)),
    moved: { "0 drop vif_unknown": 1 },
  },
  {
    name: "an envelope cut short",
    from: "pkt0",
    frame: envelope(a.number, 0, offer(a)).subarray(0, 30),
    moved: { "0 drop truncated": 1 },
  },
  {
    name: "an answer shorter than its envelope says",
    from: "pkt0",
    frame: envelope(a.number, 0, offer(a), 500),
    moved: { "1 drop truncated": 1 },
  },
  {
    name: "an answer longer than its envelope says",
    from: "pkt0",
    frame: envelope(a.number, 0, offer(a), 20),
    moved: { "1 drop malformed": 1 },
  },
  {
    name: "an answer that is not IP",
    from: "pkt0",
    frame: envelope(a.number, 0, eth({ to: a.mac, from: SERVICE_MAC, type: 0x88b5 }, Buffer.alloc(40))),
    moved: { "1 drop malformed": 1 },
  },
];

for (const step of [...up, ...down]) test(step.name, () => world.step(step));

test("a service that is switched off traps nothing", () => {
  const port = world.plane.get("vifs", a.number)!;
  world.plane.put("vifs", a.number, { ...port, flags: VifFlag.ADMIN_UP | VifFlag.PORT_SECURITY });
  world.plane.expectMoved({ "1 rx": 3, "2 tx": 3, "3 tx": 3, "5 tx": 3 }, () => {
    world.taps.a.send(dhcp(a));
    world.taps.a.send(dhcp6(a));
    world.taps.a.send(solicit(a));
  });
  world.plane.put("vifs", a.number, port);
});

test("neither an echo nor a stray protocol is a trap", () => {
  const ping = eth({ to: b.mac, from: a.mac }, ip4({ from: a.ip4, to: b.ip4 }, echo(1).v4));
  world.step({ name: "echo", from: "a", frame: ping, moved: { "1 rx": 1, "2 tx": 1 }, out: { b: [ping] } });
  const odd = eth({ to: b.mac, from: a.mac }, ip4({ from: a.ip4, to: b.ip4 }, raw(132, Buffer.alloc(20))));
  world.step({ name: "SCTP", from: "a", frame: odd, moved: { "1 rx": 1, "2 tx": 1 }, out: { b: [odd] } });
});
