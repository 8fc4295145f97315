/** Mirrors: which packets are copied, where the copies go, and what becomes of everything else. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type NetNumber, VifFlag } from "../../bpf/layout.gen.ts";
import { SERVICE_MAC } from "../../model/mod.ts";
import { arp, BROADCAST, echo, eth, ip4, ip6, solicitation, tcp, udp } from "./kit/frames.ts";
import { setMirrors, setTap, toTap, toTunnel } from "./kit/mirrors.ts";
import { goPrivate } from "./kit/privacy.ts";
import { routerEnd, setRouter } from "./kit/routers.ts";
import { set, setPolicy, setRules } from "./kit/security.ts";
import {
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
  toHost,
} from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane } = world;
const { a, b, open, other, machine } = PORTS;

type End = { mac: string; ip4: string; ip6: string };
const v4 = (from: End, to: End, text = "hello") =>
  eth({ to: to.mac, from: from.mac }, ip4({ from: from.ip4, to: to.ip4 }, udp(1000, 2000, text)));
const v6 = (from: End, to: End) =>
  eth({ to: to.mac, from: from.mac }, ip6({ from: from.ip6, to: to.ip6 }, udp(1000, 2000, "hello")));
const VNI = 7_000_000;
const tagged = (frame: Uint8Array, vlan: number) =>
  Buffer.concat([frame.subarray(0, 12), Uint8Array.of(0x81, 0, vlan >> 8, vlan & 255), frame.subarray(12)]);

/** Every way in which a mirror can be left, for the next test. */
function clear(): void {
  for (const port of Object.values(PORTS)) {
    setMirrors(plane, port, "in", []);
    setMirrors(plane, port, "out", []);
  }
  for (const [key] of plane.all("flows")) plane.remove("flows", key);
}

for (const [family, say] of [
  ["IPv4", v4],
  ["IPv6", v6],
] as const) {
  test(`${family}: what a port sends is copied, by the first packet and by those of a known flow`, () => {
    clear();
    setMirrors(plane, a, "out", [toTap(other)]);
    for (const name of ["first", "known"]) {
      const frame = say(a, b);
      const moved = { "1 rx": 1, "2 tx": 1, "1 mirrored": 1, "6 tapped": 1 };
      world.step({ name, from: "a", frame, moved, out: { b: [frame], other: [frame] } });
    }
    const back = say(b, a);
    world.step({ name: "back", from: "b", frame: back, moved: { "2 rx": 1, "1 tx": 1 }, out: { a: [back] } });
  });

  test(`${family}: what a port gets is copied, from its host, another host and a routed network`, () => {
    clear();
    setMirrors(plane, b, "in", [toTap(other)]);
    for (const name of ["first", "known"]) {
      const frame = say(a, b);
      const moved = { "1 rx": 1, "2 tx": 1, "2 mirrored": 1, "6 tapped": 1 };
      world.step({ name, from: "a", frame, moved, out: { b: [frame], other: [frame] } });
      const far = say(REMOTE, b);
      const from = fromHost(REMOTE.host, OVERLAY, far);
      const movedBy = { "2 tx": 1, "2 mirrored": 1, "6 tapped": 1 };
      world.step({
        name: `${name} from afar`,
        from: "nic",
        frame: from,
        moved: movedBy,
        out: { b: [far], other: [far] },
      });
    }
    const back = say(b, a);
    world.step({ name: "back", from: "b", frame: back, moved: { "2 rx": 1, "1 tx": 1 }, out: { a: [back] } });
  });
}

test("both directions: one copy of each, to several taps and through tunnels of both families", () => {
  clear();
  const ways = [toTap(other), toTunnel(REMOTE.host, VNI), toTunnel(REMOTE6.host, VNI + 1)];
  setMirrors(plane, a, "out", ways);
  setMirrors(plane, a, "in", ways);
  for (const [from, to, moved] of [
    [a, b, { "1 rx": 1, "2 tx": 1 }],
    [b, a, { "2 rx": 1, "1 tx": 1 }],
  ] as const) {
    const frame = v4(from, to);
    world.step({
      name: from.mac,
      from: from === a ? "a" : "b",
      frame,
      moved: { ...moved, "1 mirrored": 3, "6 tapped": 1 },
      out: {
        [to === a ? "a" : "b"]: [frame],
        other: [frame],
        nic: [toHost(REMOTE.host, net(VNI), frame), toHost(REMOTE6.host, net(VNI + 1), frame)],
      },
    });
  }
});

test("what goes to another host goes there unchanged, and its copy elsewhere and later", () => {
  clear();
  setMirrors(plane, a, "out", [toTunnel(REMOTE6.host, VNI), toTap(other)]);
  const frame = v4(a, REMOTE);
  const nic = [toHost(REMOTE.host, OVERLAY, frame), toHost(REMOTE6.host, net(VNI), frame)];
  for (const name of ["first", "known"])
    world.step({
      name,
      from: "a",
      frame,
      moved: { "1 rx": 1, "1 mirrored": 2, "6 tapped": 1 },
      out: { nic, other: [frame] },
    });
});

test("broadcast, ARP and neighbour discovery are copied like everything else", () => {
  clear();
  setMirrors(plane, a, "out", [toTap(other)]);
  setMirrors(plane, a, "in", [toTap(other)]);
  const question = eth(
    { to: BROADCAST, from: a.mac, type: 0x0806 },
    arp(1, [a.mac, a.ip4], ["00:00:00:00:00:00", b.ip4]),
  );
  const answer = eth({ to: a.mac, from: b.mac, type: 0x0806 }, arp(2, [b.mac, b.ip4], [a.mac, a.ip4]));
  const answered = { "1 rx": 1, "1 tx": 1, "1 mirrored": 2, "6 tapped": 2 };
  world.step({
    name: "ARP",
    from: "a",
    frame: question,
    moved: answered,
    out: { a: [answer], other: [question, answer] },
  });
  const ask = eth(
    { to: "33:33:ff:00:00:02", from: a.mac },
    ip6({ from: a.ip6, to: "ff02::1:ff00:2", hops: 255 }, solicitation(b.ip6, a.mac)),
  );
  plane.expectMoved(answered, () => {
    const came = world.send("a", ask);
    assert.deepEqual(came.other, [Buffer.from(ask), ...came.a], "the question and its answer");
  });
  const multicast = eth({ to: "33:33:00:00:00:01", from: open.mac }, ip6({ from: open.ip6, to: "ff02::1" }, udp(1, 2)));
  plane.expectMoved({ "3 rx": 1, "1 tx": 1, "2 tx": 1, "5 tx": 1, "1 mirrored": 1, "6 tapped": 1 }, () => {
    const came = world.send("open", multicast);
    assert.deepEqual(came.other, [Buffer.from(multicast)]);
    assert.deepEqual(came.b, [Buffer.from(multicast)]);
  });
});

test("a machine's packets are copied without its tag, and none go out to a machine as a tap", () => {
  clear();
  setMirrors(plane, machine, "out", [toTap(other)]);
  setMirrors(plane, machine, "in", [toTap(other)]);
  const out = v4(machine, b);
  world.step({
    name: "sent",
    from: "nic",
    frame: tagged(out, MACHINE_VLAN),
    moved: { "5 rx": 1, "2 tx": 1, "5 mirrored": 1, "6 tapped": 1 },
    out: { b: [out], other: [out] },
  });
  const back = v4(b, machine);
  world.step({
    name: "got",
    from: "b",
    frame: back,
    moved: { "2 rx": 1, "5 tx": 1, "5 mirrored": 1, "6 tapped": 1 },
    out: { nic: [tagged(back, MACHINE_VLAN)], other: [back] },
  });
  setMirrors(plane, b, "out", [toTap(machine)]);
  setMirrors(plane, machine, "in", []);
  const moved = { "2 rx": 1, "5 tx": 1, "2 drop copy": 1 };
  world.step({ name: "no tap", from: "b", frame: back, moved, out: { nic: [tagged(back, MACHINE_VLAN)] } });
});

test("what port security refuses is not copied; what a group refuses is, where it was sent", () => {
  clear();
  setMirrors(plane, a, "out", [toTap(other)]);
  setMirrors(plane, b, "in", [toTap(other)]);
  const rows = [
    [v4({ ...a, mac: b.mac }, b), "spoofed_mac"],
    [v4({ ...a, ip4: b.ip4 }, b), "spoofed_ip"],
    [eth({ to: b.mac, from: a.mac, type: 0x0806 }, arp(2, [a.mac, b.ip4], [b.mac, b.ip4])), "spoofed_arp"],
    [
      eth({ to: b.mac, from: a.mac }, ip6({ from: a.ip6, to: b.ip6, hops: 255 }, solicitation(b.ip6, b.mac))),
      "spoofed_nd",
    ],
    [eth({ to: b.mac, from: a.mac, type: 0x88b5 }, Buffer.alloc(40)), "ethertype"],
    [eth({ to: b.mac, from: a.mac, vlan: 5 }, v4(a, b).subarray(14)), "vlan_tag"],
    [eth({ to: BROADCAST, from: a.mac }, ip4({ from: a.ip4, to: "255.255.255.255" }, udp(67, 68))), "dhcp_server"],
    [v4(a, b).subarray(0, 30), "truncated"],
  ] as const;
  for (const [frame, reason] of rows)
    world.step({ name: reason, from: "a", frame, moved: { "1 rx": 1, [`1 drop ${reason}`]: 1 } });
  setRules(plane, set(1), []);
  setPolicy(plane, b, set(1));
  const frame = v4(a, b);
  const moved = { "1 rx": 1, "1 mirrored": 1, "6 tapped": 1, "2 drop policy_ingress": 1 };
  world.step({ name: "a group", from: "a", frame, moved, out: { other: [frame] } });
  setPolicy(plane, b, NO_SET);
});

test("groups have no say in copies", () => {
  clear();
  setRules(plane, set(1), []);
  setPolicy(plane, other, set(1));
  setMirrors(plane, a, "out", [toTap(other)]);
  const frame = v4(a, b);
  const moved = { "1 rx": 1, "2 tx": 1, "1 mirrored": 1, "6 tapped": 1 };
  world.step({ name: "default deny", from: "a", frame, moved, out: { b: [frame], other: [frame] } });
  setPolicy(plane, other, NO_SET);
});

test("copies are not mirrored: not between two that mirror each other, nor from a tap port that is itself mirrored", () => {
  clear();
  for (const which of ["in", "out"] as const) {
    setMirrors(plane, a, which, [toTap(b)]);
    setMirrors(plane, b, which, [toTap(a)]);
    setMirrors(plane, other, which, [toTap(open)]);
  }
  const frame = v4(a, b);
  world.step({
    name: "each other's",
    from: "a",
    frame,
    moved: { "1 rx": 1, "2 tx": 1, "1 mirrored": 1, "2 mirrored": 1, "2 tapped": 1, "1 tapped": 1 },
    out: { a: [frame], b: [frame, frame] },
  });
  setMirrors(plane, a, "out", [toTap(other)]);
  setMirrors(plane, b, "in", []);
  const moved = { "1 rx": 1, "2 tx": 1, "1 mirrored": 1, "6 tapped": 1 };
  world.step({ name: "a mirrored tap", from: "a", frame, moved, out: { b: [frame], other: [frame] } });
  const reflected = { "6 rx": 1, "6 drop spoofed_mac": 1 };
  world.step({ name: "a tap that sends it back", from: "other", frame, moved: reflected });
});

test("copies from another host reach their port only, whatever their MACs, and only from hosts that may send them", () => {
  clear();
  setTap(plane, VNI, other, [REMOTE.host]);
  setMirrors(plane, other, "in", [toTap(open)]);
  for (const frame of [v4(a, b), v4(REMOTE, REMOTE6), v4(b, other), v6(a, { ...b, mac: "33:33:00:00:00:01" })]) {
    const from = fromHost(REMOTE.host, net(VNI), frame);
    world.step({ name: "a copy", from: "nic", frame: from, moved: { "6 tapped": 1 }, out: { other: [frame] } });
  }
  const flows = plane.all("flows").length;
  assert.equal(flows, 0, "copies leave no flows");
  const rows = [
    ["a stranger", fromHost(REMOTE6.host, net(VNI), v4(a, b)), "0 drop tunnel_stranger"],
    ["another VNI", fromHost(REMOTE.host, net(VNI + 5), v4(a, b)), "0 drop network_unknown"],
  ] as const;
  for (const [name, frame, drop] of rows) world.step({ name, from: "nic", frame, moved: { [drop]: 1 } });
  const vif = plane.get("vifs", other.number)!;
  plane.put("vifs", other.number, { ...vif, flags: vif.flags & ~VifFlag.ADMIN_UP });
  const frame = fromHost(REMOTE.host, net(VNI), v4(a, b));
  world.step({ name: "down", from: "nic", frame, moved: { "6 drop copy": 1 } });
  plane.put("vifs", other.number, vif);
});

test("a copy may be larger than the tap port's network lets packets be", () => {
  clear();
  setMirrors(plane, a, "out", [toTap(other)]);
  plane.put("nets", other.net as NetNumber, { ...plane.get("nets", other.net)!, mtu: 1280 });
  const frame = v4(a, b, "x".repeat(MTU - 28));
  const moved = { "1 rx": 1, "2 tx": 1, "1 mirrored": 1, "6 tapped": 1 };
  world.step({ name: "large", from: "a", frame, moved, out: { b: [frame], other: [frame] } });
  plane.put("nets", other.net as NetNumber, { ...plane.get("nets", other.net)!, mtu: MTU });
});

test("what is routed is copied as it was sent, and as it is got", () => {
  clear();
  const ends = [routerEnd(OVERLAY, 1), routerEnd(other.net, 2)] as const;
  setRouter(plane, { number: 1, ends: [...ends] });
  setMirrors(plane, a, "out", [toTap(open)]);
  setMirrors(plane, other, "in", [toTap(open)]);
  const packet = (ttl: number) => ip4({ from: a.ip4, to: other.ip4, ttl }, udp(1000, 2000, "hello"));
  const sent = eth({ to: ends[0].mac, from: a.mac }, packet(64));
  const got = eth({ to: other.mac, from: ends[1].mac }, packet(63));
  const moved = { "1 rx": 1, "6 tx": 1, "1 mirrored": 1, "6 mirrored": 1, "3 tapped": 2 };
  for (const name of ["first", "known"])
    world.step({ name, from: "a", frame: sent, moved, out: { other: [got], open: [sent, got] } });
});

test("a connection of a mirrored port ends like any other", () => {
  clear();
  setMirrors(plane, b, "in", [toTap(other)]);
  const say = (from: End, to: End, flags: Parameters<typeof tcp>[2], ports: [number, number]) =>
    eth({ to: to.mac, from: from.mac }, ip4({ from: from.ip4, to: to.ip4 }, tcp(...ports, flags)));
  const [there, back]: [[number, number], [number, number]] = [
    [1000, 80],
    [80, 1000],
  ];
  world.send("a", say(a, b, ["syn"], there));
  world.send("b", say(b, a, ["syn", "ack"], back));
  assert.equal(plane.all("flows").length, 2);
  const last = say(a, b, ["rst"], there);
  const moved = { "1 rx": 1, "2 tx": 1, "2 mirrored": 1, "6 tapped": 1 };
  world.step({ name: "RST", from: "a", frame: last, moved, out: { b: [last], other: [last] } });
  assert.equal(plane.all("flows").length, 0);
});

test("what the host's services answer is copied too", () => {
  clear();
  setMirrors(plane, a, "in", [toTap(other)]);
  const question = eth(
    { to: SERVICE_MAC, from: a.mac },
    ip4({ from: a.ip4, to: "169.254.169.254" }, udp(1053, 53, "q")),
  );
  const asked = world.send("a", question).sockets[0];
  assert.ok(asked !== undefined, "it reached the sockets");
  const answer = Buffer.from(asked);
  answer.set(asked.subarray(6, 12), 0);
  answer.set(asked.subarray(0, 6), 6);
  answer.set(asked.subarray(30, 34), 26);
  answer.set(asked.subarray(26, 30), 30);
  answer.set(asked.subarray(36, 38), 34);
  answer.set(asked.subarray(34, 36), 36);
  plane.expectMoved({ "1 tx": 1, "1 mirrored": 1, "6 tapped": 1 }, () => {
    const came = world.send("sockets", answer);
    assert.equal(came.a.length, 1);
    assert.deepEqual(came.other, came.a);
  });
});

test("an echo and its answer are two copies of either kind", () => {
  clear();
  setMirrors(plane, a, "out", [toTap(other)]);
  setMirrors(plane, a, "in", [toTap(other)]);
  const ask = eth({ to: b.mac, from: a.mac }, ip4({ from: a.ip4, to: b.ip4 }, echo(7, "x").v4));
  const answer = eth({ to: a.mac, from: b.mac }, ip4({ from: b.ip4, to: a.ip4 }, echo(7, "x", true).v4));
  const out = { "1 rx": 1, "2 tx": 1, "1 mirrored": 1, "6 tapped": 1 };
  world.step({ name: "asked", from: "a", frame: ask, moved: out, out: { b: [ask], other: [ask] } });
  const back = { "2 rx": 1, "1 tx": 1, "1 mirrored": 1, "6 tapped": 1 };
  world.step({ name: "answered", from: "b", frame: answer, moved: back, out: { a: [answer], other: [answer] } });
});
