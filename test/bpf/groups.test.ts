/** Security groups: what each kind of rule and remote lets pass, at each end, in both families. */
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { type NetNumber, PAIR_FIXED_BITS, PrefixFlag, SOURCE_FIXED_BITS, VifFlag } from "../../bpf/layout.gen.ts";
import { type Cidr, ip, mac, prefix, type ViewRule } from "../../model/mod.ts";
import {
  arp,
  BROADCAST,
  echo,
  eth,
  icmp,
  icmp6,
  ip4,
  ip6,
  raw,
  solicitation,
  tcp,
  type Upper,
  udp,
} from "./kit/frames.ts";
import { goPrivate } from "./kit/privacy.ts";
import { set, setMember, setPolicy, setRules } from "./kit/security.ts";
import { addSource, fromHost, makeWorld, NO_SET, OVERLAY, PORTS, REMOTE, toHost } from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane } = world;
const { a, b, open, vlan } = PORTS;
const POLICY = set(1);
const MEMBERS = set(2);

type End = { mac: string; ip4: string; ip6: string };
type Family = 4 | 6;
const FAMILIES: Family[] = [4, 6];
/** IPv4 and IPv6 have protocols of their own for ICMP, so an upper packet may depend on the family. */
type Both = Upper | ((family: Family) => Upper);

const frame = (family: Family, from: End, to: End, upper: Both, more: object = {}) => {
  const packet = typeof upper === "function" ? upper(family) : upper;
  return eth(
    { to: to.mac, from: from.mac },
    family === 4
      ? ip4({ from: from.ip4, to: to.ip4, ...more }, packet)
      : ip6({ from: from.ip6, to: to.ip6, ...more }, packet),
  );
};
const ping =
  (reply = false) =>
  (family: Family) =>
    echo(7, "hello", reply)[family === 4 ? "v4" : "v6"];
const error = (type4: number, code4: number, type6: number, code6: number) => (family: Family) =>
  family === 4 ? icmp(type4, Buffer.alloc(12), code4) : icmp6(type6, Buffer.alloc(12), code6);

const clear = () => {
  for (const [key] of plane.all("flows")) plane.remove("flows", key);
};
beforeEach(() => {
  clear();
  for (const port of [a, b, open, vlan]) setPolicy(plane, port, NO_SET);
  for (const port of [a, b, open]) setMember(plane, OVERLAY, port, NO_SET);
  setMember(plane, OVERLAY, REMOTE, NO_SET);
  for (const [key] of plane.all("pairs")) plane.remove("pairs", key);
});

/** From a to b, or not, because of b's groups or of a's. */
const arrives = (name: string, bytes: Uint8Array) =>
  world.step({ name, from: "a", frame: bytes, moved: { "1 rx": 1, "2 tx": 1 }, out: { b: [bytes] } });
const refusedIn = (name: string, bytes: Uint8Array) =>
  world.step({ name, from: "a", frame: bytes, moved: { "1 rx": 1, "2 drop policy_ingress": 1 } });
const refusedOut = (name: string, bytes: Uint8Array) =>
  world.step({ name, from: "a", frame: bytes, moved: { "1 rx": 1, "1 drop policy_egress": 1 } });
const answers = (name: string, bytes: Uint8Array) =>
  world.step({ name, from: "b", frame: bytes, moved: { "2 rx": 1, "1 tx": 1 }, out: { a: [bytes] } });

interface Row {
  rule: string;
  is: Partial<ViewRule> | ((family: Family) => Partial<ViewRule>);
  passes: Both[];
  not: Both[];
}

const PROTOCOLS: Both[] = [udp(1, 2), tcp(1, 2, ["syn"]), ping(), raw(47, Buffer.alloc(8))];
const rows: Row[] = [
  { rule: "any protocol", is: {}, passes: PROTOCOLS, not: [] },
  {
    rule: "one protocol",
    is: { protocol: 17 },
    passes: [udp(1, 2), udp(1, 65_535)],
    not: [tcp(1, 2, ["syn"]), ping(), raw(47, Buffer.alloc(8))],
  },
  { rule: "a protocol without ports", is: { protocol: 47 }, passes: [raw(47, Buffer.alloc(8))], not: [udp(1, 2)] },
  {
    rule: "one port",
    is: { protocol: 6, ports: [443, 443] },
    passes: [tcp(1, 443, ["syn"])],
    not: [tcp(1, 442, ["syn"]), tcp(1, 444, ["syn"]), tcp(443, 1, ["syn"]), udp(1, 443)],
  },
  {
    rule: "a range of ports",
    is: { protocol: 17, ports: [1000, 2999] },
    passes: [udp(1, 1000), udp(1, 1023), udp(1, 1024), udp(1, 2048), udp(1, 2999)],
    not: [udp(1, 999), udp(1, 3000), udp(1, 0), udp(1, 65_535)],
  },
  { rule: "all ports", is: { protocol: 17, ports: [0, 65_535] }, passes: [udp(1, 0), udp(1, 65_535)], not: [] },
  ...[33, 132, 136].map((protocol) => ({
    rule: `a port of protocol ${protocol}`,
    is: { protocol, ports: [9, 9] as [number, number] },
    passes: [raw(protocol, Buffer.from([0, 1, 0, 9, ...Buffer.alloc(8)]))],
    not: [raw(protocol, Buffer.from([0, 9, 0, 1, ...Buffer.alloc(8)])), udp(1, 9)],
  })),
  {
    rule: "ICMP",
    is: (family) => ({ protocol: family === 4 ? 1 : 58, icmp: { type: null, code: null } }),
    passes: [ping(), error(3, 1, 1, 1)],
    not: [udp(1, 2)],
  },
  {
    rule: "an ICMP type",
    is: (family) => ({ protocol: family === 4 ? 1 : 58, icmp: { type: family === 4 ? 3 : 1, code: null } }),
    passes: [error(3, 1, 1, 1), error(3, 4, 1, 4)],
    not: [ping(), error(11, 0, 3, 0)],
  },
  {
    rule: "an ICMP type and code",
    is: (family) => ({ protocol: family === 4 ? 1 : 58, icmp: { type: family === 4 ? 3 : 1, code: 4 } }),
    passes: [error(3, 4, 1, 4)],
    not: [error(3, 1, 1, 1), ping()],
  },
];

for (const family of FAMILIES) {
  for (const { rule, is, passes, not } of rows) {
    const said = { family, ...(typeof is === "function" ? is(family) : is) };
    test(`IPv${family}, ${rule}: lets in what it says, and nothing else`, () => {
      setPolicy(plane, b, POLICY);
      setRules(plane, POLICY, [said]);
      for (const [index, upper] of passes.entries()) arrives(`passes ${index}`, frame(family, a, b, upper));
      for (const [index, upper] of not.entries()) refusedIn(`not ${index}`, frame(family, a, b, upper));
      refusedIn("the other family", frame(family === 4 ? 6 : 4, a, b, udp(1, 443)));
    });
    test(`IPv${family}, ${rule}: lets out what it says, and nothing else`, () => {
      setPolicy(plane, a, POLICY);
      setRules(plane, POLICY, [{ ...said, direction: "egress" }]);
      for (const [index, upper] of passes.entries()) arrives(`passes ${index}`, frame(family, a, b, upper));
      for (const [index, upper] of not.entries()) refusedOut(`not ${index}`, frame(family, a, b, upper));
      refusedOut("the other family", frame(family === 4 ? 6 : 4, a, b, udp(1, 443)));
    });
  }
}

const prefixes = (...cidrs: string[]) => ({ kind: "prefixes" as const, prefixes: cidrs as Cidr[] });
const whole = { 4: "0.0.0.0/0", 6: "::/0" };
const own = (at: End, family: Family) => (family === 4 ? `${at.ip4}/32` : `${at.ip6}/128`);

for (const family of FAMILIES) {
  test(`IPv${family}: a prefix lets in its addresses`, () => {
    setPolicy(plane, b, POLICY);
    setRules(plane, POLICY, [{ family, remote: prefixes(own(a, family)) }]);
    arrives("inside", frame(family, a, b, udp(1, 2)));
    const other = frame(family, open, b, udp(1, 2));
    world.step({ name: "outside", from: "open", frame: other, moved: { "3 rx": 1, "2 drop policy_ingress": 1 } });
  });

  test(`IPv${family}: rules of a wider prefix hold within a narrower one`, () => {
    setPolicy(plane, b, POLICY);
    setRules(plane, POLICY, [
      { family, protocol: 17, ports: [1, 1], remote: prefixes(whole[family]) },
      { family, protocol: 17, ports: [2, 2], remote: prefixes(own(a, family)) },
    ]);
    arrives("the wider one's port", frame(family, a, b, udp(9, 1)));
    arrives("the narrower one's port", frame(family, a, b, udp(9, 2)));
    const other = frame(family, open, b, udp(9, 2));
    world.step({ name: "another", from: "open", frame: other, moved: { "3 rx": 1, "2 drop policy_ingress": 1 } });
  });

  test(`IPv${family}: a remote group is those who are in a set that has it`, () => {
    setPolicy(plane, b, POLICY);
    setRules(plane, POLICY, [{ family, remote: { kind: "group", group: "m" } }], { members: { m: [MEMBERS] } });
    refusedIn("no member", frame(family, a, b, udp(1, 2)));
    setMember(plane, OVERLAY, a, MEMBERS);
    arrives("a member", frame(family, a, b, udp(1, 2)));
    setMember(plane, OVERLAY, a, set(3));
    refusedIn("of another set", frame(family, a, b, udp(1, 2)));
  });

  test(`IPv${family}: a remote group lets out to those who are in it`, () => {
    setPolicy(plane, a, POLICY);
    const rule = { family, direction: "egress" as const, remote: { kind: "group" as const, group: "m" } };
    setRules(plane, POLICY, [rule], { members: { m: [MEMBERS] } });
    refusedOut("no member", frame(family, a, b, udp(1, 2)));
    setMember(plane, OVERLAY, b, MEMBERS);
    arrives("a member", frame(family, a, b, udp(1, 2)));
  });

  test(`IPv${family}: an address pair's address counts as its port's groups, until it is somebody's own`, () => {
    const virtual = { mac: a.mac, ip4: "10.1.0.99", ip6: "fd00:1::99" };
    addSource(plane, a.number, a.mac, ip(family === 4 ? virtual.ip4 : virtual.ip6));
    setPolicy(plane, b, POLICY);
    setRules(plane, POLICY, [{ family, remote: { kind: "group", group: "m" } }], { members: { m: [MEMBERS] } });
    refusedIn("no pair", frame(family, virtual, b, udp(1, 2)));
    const pair = (text: string, bits: number, of = MEMBERS, on: NetNumber = OVERLAY) =>
      plane.put("pairs", { prefixLength: PAIR_FIXED_BITS + bits, net: on, ip: ip(text) }, { set: of, flags: 0 });
    pair(family === 4 ? "10.1.0.96" : "fd00:1::90", family === 4 ? 96 + 29 : 124, MEMBERS, PORTS.other.net);
    refusedIn("a pair of another network", frame(family, virtual, b, udp(1, 2)));
    pair(family === 4 ? "10.1.0.96" : "fd00:1::90", family === 4 ? 96 + 29 : 124);
    arrives("a pair's prefix", frame(family, virtual, b, udp(1, 2)));
    pair(family === 4 ? virtual.ip4 : virtual.ip6, 128, set(3));
    clear();
    refusedIn("a longer one of another set", frame(family, virtual, b, udp(1, 2)));
    refusedIn("the holder's own address is no pair's", frame(family, a, b, udp(1, 2)));
  });

  test(`IPv${family}: no rules at all let pass DHCP, ARP and neighbour discovery, and nothing else`, () => {
    for (const port of [a, b]) setPolicy(plane, port, POLICY);
    setRules(plane, POLICY, []);
    for (const upper of PROTOCOLS) refusedOut("anything", frame(family, a, b, upper));
    setPolicy(plane, a, NO_SET);
    for (const upper of PROTOCOLS) refusedIn("anything", frame(family, a, b, upper));
  });

  test(`IPv${family}: rules hold for what comes from another host, and for what goes there`, () => {
    setPolicy(plane, b, POLICY);
    setRules(
      plane,
      POLICY,
      [
        { family, protocol: 17, remote: { kind: "group", group: "m" } },
        { family, protocol: 6, direction: "egress", remote: prefixes(own(REMOTE, family)) },
      ],
      { members: { m: [MEMBERS] } },
    );
    const come = frame(family, REMOTE, b, udp(1, 2));
    const from = fromHost(REMOTE.host, OVERLAY, come);
    world.step({ name: "no member", from: "nic", frame: from, moved: { "2 drop policy_ingress": 1 } });
    setMember(plane, OVERLAY, REMOTE, MEMBERS);
    world.step({ name: "a member", from: "nic", frame: from, moved: { "2 tx": 1 }, out: { b: [come] } });
    const go = frame(family, b, REMOTE, tcp(1, 2, ["syn"]));
    const out = { nic: [toHost(REMOTE.host, OVERLAY, go)] };
    world.step({ name: "out", from: "b", frame: go, moved: { "2 rx": 1 }, out });
    const no = frame(family, b, REMOTE, udp(8, 9));
    world.step({ name: "not out", from: "b", frame: no, moved: { "2 rx": 1, "2 drop policy_egress": 1 } });
    const answer = frame(family, b, REMOTE, udp(2, 1));
    const back = { nic: [toHost(REMOTE.host, OVERLAY, answer)] };
    world.step({ name: "an answer", from: "b", frame: answer, moved: { "2 rx": 1 }, out: back });
  });

  test(`IPv${family}: rules hold for what comes from a wire`, () => {
    setPolicy(plane, vlan, POLICY);
    setRules(plane, POLICY, [{ family, remote: prefixes(family === 4 ? "10.4.0.9/32" : "fd00:4::9/128") }]);
    const tagged = (bytes: Uint8Array) =>
      Buffer.concat([bytes.subarray(0, 12), Uint8Array.of(0x81, 0, 0, 40), bytes.subarray(12)]);
    const stranger = (n: number) => ({ mac: "02:00:00:00:09:09", ip4: `10.4.0.${n}`, ip6: `fd00:4::${n}` });
    const yes = frame(family, stranger(9), vlan, udp(1, 2));
    world.step({ name: "named", from: "nic", frame: tagged(yes), moved: { "7 tx": 1 }, out: { vlan: [yes] } });
    const no = frame(family, stranger(8), vlan, udp(1, 2));
    world.step({ name: "not named", from: "nic", frame: tagged(no), moved: { "7 drop policy_ingress": 1 } });
  });
}

test("without rules ARP and neighbour discovery are answered, and DHCP goes to its service", () => {
  for (const port of [a, b]) setPolicy(plane, port, POLICY);
  setRules(plane, POLICY, []);
  const ask = eth({ to: BROADCAST, from: a.mac, type: 0x0806 }, arp(1, [a.mac, a.ip4], ["00:00:00:00:00:00", b.ip4]));
  plane.expectMoved({ "1 rx": 1, "1 tx": 1 }, () => assert.equal(world.send("a", ask).a.length, 1));
  const solicit = eth(
    { to: "33:33:ff:00:00:02", from: a.mac },
    ip6({ from: a.ip6, to: "ff02::1:ff00:2", hops: 255 }, solicitation(b.ip6, a.mac)),
  );
  plane.expectMoved({ "1 rx": 1, "1 tx": 1 }, () => assert.equal(world.send("a", solicit).a.length, 1));
  const dhcp = eth({ to: BROADCAST, from: a.mac }, ip4({ from: "0.0.0.0", to: "255.255.255.255" }, udp(68, 67)));
  plane.expectMoved({ "1 rx": 1 }, () => assert.equal(world.send("a", dhcp).pkt0.length, 1));
});

test("a broadcast goes out by its sender's rules, and in by each receiver's own", () => {
  const shout = (port: number) =>
    eth({ to: BROADCAST, from: a.mac }, ip4({ from: a.ip4, to: "255.255.255.255" }, udp(1, port)));
  setPolicy(plane, a, POLICY);
  setRules(plane, POLICY, [{ direction: "egress", protocol: 17, ports: [5, 6] }]);
  setPolicy(plane, b, set(4));
  setRules(plane, set(4), [{ protocol: 17, ports: [6, 6], remote: prefixes(own(a, 4)) }]);
  plane.expectMoved({ "1 rx": 1, "1 drop policy_egress": 1 }, () => world.send("a", shout(4)));
  plane.expectMoved({ "1 rx": 1, "2 drop policy_ingress": 1, "3 tx": 1, "5 tx": 1 }, () => world.send("a", shout(5)));
  plane.expectMoved({ "1 rx": 1, "2 tx": 1, "3 tx": 1, "5 tx": 1 }, () => world.send("a", shout(6)));
});

test("multicast from another host goes in by each receiver's own rules", () => {
  setPolicy(plane, b, POLICY);
  setRules(plane, POLICY, [{ family: 6, remote: { kind: "group", group: "m" } }], { members: { m: [MEMBERS] } });
  const group = eth(
    { to: "33:33:00:00:00:fb", from: REMOTE.mac },
    ip6({ from: REMOTE.ip6, to: "ff02::fb" }, udp(1, 2)),
  );
  const send = () => world.send("nic", fromHost(REMOTE.host, OVERLAY, group));
  plane.expectMoved({ "1 tx": 1, "2 drop policy_ingress": 1, "3 tx": 1, "5 tx": 1 }, send);
  setMember(plane, OVERLAY, REMOTE, MEMBERS);
  plane.expectMoved({ "1 tx": 1, "2 tx": 1, "3 tx": 1, "5 tx": 1 }, send);
});

test("an address pair of all of IPv6 is none of IPv4: neither for its holder nor for others", () => {
  const foreign = { ...a, ip4: "10.1.0.98", ip6: "fd00:1::98" };
  const flags = PrefixFlag.IP6;
  const source = { prefixLength: SOURCE_FIXED_BITS, vif: a.number, mac: mac(a.mac), ip: ip("::") };
  plane.put("sources", source, { flags });
  plane.put("pairs", { prefixLength: PAIR_FIXED_BITS, net: OVERLAY, ip: ip("::") }, { set: MEMBERS, flags });
  setPolicy(plane, b, POLICY);
  const fromMembers = FAMILIES.map((family) => ({ family, remote: { kind: "group" as const, group: "m" } }));
  setRules(plane, POLICY, fromMembers, { members: { m: [MEMBERS] } });
  arrives("IPv6", frame(6, foreign, b, udp(1, 2)));
  const bytes = frame(4, foreign, b, udp(1, 2));
  world.step({ name: "IPv4", from: "a", frame: bytes, moved: { "1 rx": 1, "1 drop spoofed_ip": 1 } });
  addSource(plane, a.number, a.mac, ip(foreign.ip4));
  refusedIn("IPv4 by a pair of its own, which is in no group", bytes);
  plane.remove("sources", source);
});

test("two groups of a port: what either lets pass does", () => {
  setPolicy(plane, b, POLICY);
  setRules(plane, POLICY, [{ protocol: 17 }, { protocol: 6, ports: [80, 80] }]);
  arrives("by the one", frame(4, a, b, udp(1, 2)));
  arrives("by the other", frame(4, a, b, tcp(1, 80, ["syn"])));
  refusedIn("by neither", frame(4, a, b, tcp(1, 81, ["syn"])));
});

test("a prefix's bits beyond its length say nothing", () => {
  assert.equal(prefix("10.1.0.7/24").cidr, "10.1.0.0/24");
  setPolicy(plane, b, POLICY);
  setRules(plane, POLICY, [{ remote: prefixes("10.1.0.0/24") }]);
  arrives("inside", frame(4, a, b, udp(1, 2)));
  answers("its answer", frame(4, b, a, udp(2, 1)));
});

test("what the host itself asks of its own workloads passes, whatever their groups say; what others ask does not", () => {
  const request = frame(4, a, b, tcp(1, 80, ["syn"]));
  setPolicy(plane, b, POLICY);
  setRules(plane, POLICY, []);
  refusedIn("another workload's question", request);
  const vif = plane.get("vifs", a.number);
  assert.ok(vif);
  plane.put("vifs", a.number, { ...vif, flags: vif.flags | VifFlag.HOST });
  try {
    clear();
    arrives("the host's question", request);
    answers("its answer", frame(4, b, a, tcp(80, 1, ["syn", "ack"])));
  } finally {
    plane.put("vifs", a.number, vif);
  }
});
