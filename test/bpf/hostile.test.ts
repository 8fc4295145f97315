/**
 * Odd and hostile frames, made by scapy (kit/odd.py): each is dropped for its own reason, no other counter moves, and nothing
 * arrives. And floods from one port: bounded in what they cost, and a neighbour loses nothing.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { dropReasonNames } from "../../bpf/layout.gen.ts";
import { linkLocalAddress, mac } from "../../model/mod.ts";
import { arp, BROADCAST, eth, ip4, ip6, solicitation, tcp, udp } from "./kit/frames.ts";
import { piece, pieces } from "./kit/pieces.ts";
import type { Moved } from "./kit/plane.ts";
import { goPrivate } from "./kit/privacy.ts";
import { set, setPolicy, setRules } from "./kit/security.ts";
import { HOST, makeWorld, NO_SET, type Place, PORTS, REMOTE, ROUTER_MAC } from "./kit/world.ts";

goPrivate();
const world = makeWorld({ flows: 4096 });
after(() => world.close());
const { plane } = world;
const { a, b, open } = PORTS;
const POLICY = set(1);

const withLinkLocal = <T extends { mac: string }>(at: T) => ({ ...at, ll: linkLocalAddress(mac(at.mac)) });
const ENDS = {
  a: withLinkLocal(a),
  b: withLinkLocal(b),
  open: withLinkLocal(open),
  remote: withLinkLocal(REMOTE),
  router: { ip4: "10.1.0.254", ll: "fe80::254" },
  underlay: { from: ROUTER_MAC, to: HOST.mac, ip4: HOST.ip4 },
};

/** Debian's own, which has python3-scapy. */
function made(): Map<string, Buffer> {
  const script = join(import.meta.dirname, "kit/odd.py");
  const out = execFileSync("/usr/bin/python3", [script], { input: JSON.stringify(ENDS), encoding: "utf8" });
  return new Map((JSON.parse(out) as [string, string][]).map(([name, hex]) => [name, Buffer.from(hex, "hex")]));
}

/** What becomes of each: a reason to drop, or that it arrives at b. */
const FATES: Record<string, string> = {
  "MAC of another": "spoofed_mac",
  "address of another": "spoofed_ip",
  "IPv6 address of another": "spoofed_ip",
  "ARP answer for another's address": "spoofed_arp",
  "ARP with another's MAC within": "spoofed_arp",
  "gratuitous ARP for the router": "spoofed_arp",
  "neighbour advertisement for another": "spoofed_nd",
  "solicitation with another's MAC": "spoofed_nd",
  "redirect in the router's name": "spoofed_ip",
  "DHCP offer": "dhcp_server",
  "DHCPv6 advertise": "dhcp_server",
  "router advertisement": "router_advert",
  "router advertisement behind options": "router_advert",
  "router advertisement behind more options": "router_advert",
  "router advertisement in pieces": "router_advert",
  "IPv4 longer than it is": "truncated",
  "IPv4 shorter than its header": "malformed",
  "IPv4 header of 16 bytes": "malformed",
  "IPv4 header longer than the packet": "malformed",
  "IPv4 of version 5": "malformed",
  "IPv6 longer than it is": "truncated",
  "UDP shorter than its header": "malformed",
  "UDP longer than it is": "malformed",
  "TCP header of 12 bytes": "malformed",
  "TCP header longer than the packet": "truncated",
  "ICMP cut short": "truncated",
  "loose source route": "source_route",
  "strict source route": "source_route",
  "source route behind others": "source_route",
  "option of no length": "malformed",
  "option longer than the header": "malformed",
  "record route": "arrives",
  LAND: "martian",
  "LAND, IPv6": "martian",
  "open: from loopback": "martian",
  "open: to loopback": "martian",
  "open: from a group": "martian",
  "open: from everybody": "martian",
  "open: from class E": "martian",
  "open: from IPv6 loopback": "martian",
  "open: from an IPv6 group": "martian",
  "open: from a mapped address": "malformed",
  "open: from a group's MAC": "spoofed_mac",
  "IPv4 header's checksum": "checksum",
  "TCP's checksum, which is its receiver's business": "arrives",
  "flags: none": "tcp_flags",
  "flags: all": "tcp_flags",
  "flags: SYN and FIN": "tcp_flags",
  "flags: SYN and RST": "tcp_flags",
  "flags: FIN alone": "tcp_flags",
  "flags: FIN, PSH, URG": "tcp_flags",
  "five headers of options": "arrives",
  "options of more than 256 bytes": "malformed",
  "routing header 0": "source_route",
  "routing header 0 behind options": "source_route",
  "options longer than the packet": "truncated",
  "a fragment in a fragment": "malformed",
  "ping of death": "malformed",
  "TCP's ports without its flags": "fragment_short",
  "TCP's flags alone": "fragment_alone",
  "a piece of 12 bytes": "malformed",
  "a later piece alone": "fragment_alone",
  "a tag": "vlan_tag",
  "two tags": "vlan_tag",
  "a provider's tag": "vlan_tag",
  MPLS: "ethertype",
  "spanning tree": "ethertype",
  "tunnel: VXLAN": "arrives",
  "tunnel: GRE": "arrives",
  "tunnel: IP in IP": "arrives",
  "tunnel: IPv6 in IP": "arrives",
  "tunnel: ESP": "arrives",
  "tunnel: IP in IPv6": "arrives",
  "nic: VXLAN from a stranger": "tunnel_stranger",
  "nic: VXLAN of a network that is not here": "network_unknown",
  "nic: VXLAN with a frame from a group's MAC": "malformed",
  "nic: VXLAN with LAND": "martian",
  "nic: VXLAN with a source route": "source_route",
  "nic: VXLAN with a wrong checksum": "checksum",
  "nic: VXLAN with a later piece alone": "fragment_alone",
  "nic: VXLAN with a frame for nobody": "dst_unknown",
};

const placeOf = (name: string): Place => (name.startsWith("nic:") ? "nic" : name.startsWith("open:") ? "open" : "a");
const vifOf = (place: Place) => (place === "nic" ? 0 : place === "open" ? open.number : a.number);
const frames = made();
beforeEach(() => {
  for (const map of ["flows", "fragments"] as const) for (const [key] of plane.all(map)) plane.remove(map, key);
  setPolicy(plane, b, NO_SET);
});

test("every odd frame has a fate, and every fate a frame", () =>
  assert.deepEqual([...frames.keys()].sort(), Object.keys(FATES).sort()));

for (const [name, fate] of Object.entries(FATES)) {
  test(`${name}: ${fate}`, () => {
    const frame = frames.get(name);
    assert.ok(frame !== undefined);
    const [from, vif] = [placeOf(name), vifOf(placeOf(name))];
    const came: Moved = vif === 0 ? {} : { [`${vif} rx`]: 1 };
    if (fate === "arrives") world.step({ name, from, frame, moved: { ...came, "2 tx": 1 }, out: { b: [frame] } });
    else world.step({ name, from, frame, moved: { ...came, [`${vif} drop ${fate}`]: 1 } });
  });
}

test("tunnels within a tenant's network pass by the rules for what carries them", () => {
  setPolicy(plane, b, POLICY);
  const rules = {
    "tunnel: VXLAN": { protocol: 17, ports: [4789, 4789] as [number, number] },
    "tunnel: GRE": { protocol: 47 },
    "tunnel: IP in IP": { protocol: 4 },
    "tunnel: IPv6 in IP": { protocol: 41 },
    "tunnel: ESP": { protocol: 50 },
  };
  for (const [allowed, rule] of Object.entries(rules)) {
    setRules(plane, POLICY, [{ family: 4, ...rule }]);
    for (const name of Object.keys(rules)) {
      const frame = frames.get(name) as Buffer;
      const moved: Moved = name === allowed ? { "1 rx": 1, "2 tx": 1 } : { "1 rx": 1, "2 drop policy_ingress": 1 };
      world.step({ name, from: "a", frame, moved, ...(name === allowed ? { out: { b: [frame] } } : {}) });
    }
  }
});

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const packet = (port: number) => ({ from: a.ip4, to: b.ip4, id: port });
const framed = (bytes: Uint8Array, to = b.mac) => eth({ to, from: a.mac }, bytes);
const COUNT = 1500;
const QUOTA = 200;
const NOBODY = "00:00:00:00:00:00";

/** `let`: what may come out of anywhere at most; the rest is dropped for that reason. */
const FLOODS: Record<string, { frame: (n: number) => Uint8Array; reason: string; to: Place; most: number }> = {
  "new flows": {
    frame: (n) => framed(ip4(packet(n), udp(n + 1, 53))),
    reason: "flow_quota",
    to: "b",
    most: QUOTA / 2,
  },
  SYNs: {
    frame: (n) => framed(ip4(packet(n), tcp(n + 1, 80, ["syn"]))),
    reason: "flow_quota",
    to: "b",
    most: QUOTA / 2,
  },
  "new flows in pieces": {
    frame: (n) => framed(pieces(4, packet(n), udp(n + 1, 53, "x".repeat(24)), { size: 16, id: n })[0] as Buffer),
    reason: "flow_quota",
    to: "b",
    most: QUOTA / 2,
  },
  "later pieces": {
    frame: (n) => framed(piece(4, packet(n), 17, { id: n, at: 800, more: true }, Buffer.alloc(8))),
    reason: "fragment_alone",
    to: "b",
    most: 0,
  },
  "ARP for nobody": {
    frame: (n) =>
      eth(
        { to: BROADCAST, from: a.mac, type: 0x0806 },
        arp(1, [a.mac, a.ip4], [NOBODY, `10.1.${1 + (n >> 8)}.${n & 255}`]),
      ),
    reason: "arp_unknown",
    to: "b",
    most: 0,
  },
  "solicitations for nobody": {
    frame: (n) =>
      framed(
        ip6({ from: a.ip6, to: "ff02::1:ff00:9", hops: 255 }, solicitation(`fd00:1::9:${n}`, a.mac)),
        "33:33:ff:00:00:09",
      ),
    reason: "nd_unknown",
    to: "b",
    most: 0,
  },
  "DHCP requests": {
    frame: () => framed(ip4({ from: "0.0.0.0", to: "255.255.255.255" }, udp(68, 67)), BROADCAST),
    reason: "trap_limit",
    to: "pkt0",
    // As many at once as there are in a second, and those of the time that it takes here.
    most: COUNT - 1,
  },
};

for (const [name, { frame, reason, to, most }] of Object.entries(FLOODS)) {
  test(`a flood of ${name} is bounded, and a neighbour loses nothing`, () => {
    const settings = plane.get("settings", 0)!;
    plane.put("settings", 0, { ...settings, flowQuota: QUOTA, flowShare: QUOTA, flowRoom: 4096 });
    for (const owner of [0, 1, 2, 3]) plane.put("flow_counts", owner, { live: 0n, made: 0n });
    // Earned in an hour's time, however slow this machine is: what is there already is all there is.
    plane.put("trap_budgets", a.number, { filledNs: process.hrtime.bigint() + 3_600_000_000_000n, tokens: 1000n });
    const before = plane.stats(a.number);
    const others = [0, 3, 4, 5, 6, 7, 8].map((vif) => plane.stats(vif));
    const came = world.flood("a", to, numbers(COUNT).map(frame));
    const after = plane.stats(a.number);
    assert.ok(came <= most, `${came} came out`);
    const dropped = after.drops.flatMap((count, index) => {
      const by = Number(count - (before.drops[index] as bigint));
      return by === 0 ? [] : [[dropReasonNames[index], by] as const];
    });
    assert.equal(Number(after.rxPackets - before.rxPackets), COUNT);
    assert.deepEqual(
      Object.fromEntries(dropped),
      { [reason]: COUNT - came },
      "every one that did not come out has its reason",
    );
    assert.deepEqual(
      [0, 3, 4, 5, 6, 7, 8].map((vif) => plane.stats(vif)),
      others,
      "no other port's counters",
    );
    for (const port of numbers(50)) {
      const honest = eth({ to: b.mac, from: open.mac }, ip4({ from: open.ip4, to: b.ip4 }, udp(port + 1, 53)));
      assert.deepEqual(world.flood("open", "b", [honest]), 1, `the neighbour's flow ${port}`);
    }
    plane.put("settings", 0, settings);
  });
}
