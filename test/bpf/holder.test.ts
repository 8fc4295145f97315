/** Addresses of address pairs: who says that he holds one is told of, who holds one that nobody has told of is asked for. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { IpFlag, type NetNumber, PAIR_FIXED_BITS, TrapHeader, TrapReason } from "../../bpf/layout.gen.ts";
import { ip, mac } from "../../model/mod.ts";
import { advertisement, arp, BROADCAST, eth, ip4, ip6, solicitation, udp } from "./kit/frames.ts";
import { goPrivate } from "./kit/privacy.ts";
import { routerEnd, setRouter } from "./kit/routers.ts";
import { bump, set, setMember, setPolicy, setRules } from "./kit/security.ts";
import {
  addSource,
  fromHost,
  local,
  MACHINE_VLAN,
  makeWorld,
  NO_SET,
  OVERLAY,
  PORTS,
  REMOTE,
  REMOTE6,
  remote,
  toHost,
} from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane } = world;
const { a, b, other } = PORTS;

/** Of an address pair of `a` and of `b`, whose guests agree by VRRP which of them has it. */
const VIP = { ip4: "10.1.0.77", ip6: "fd00:1::77" };
const NOBODY = "00:00:00:00:00:00";
const ALL_NODES = { mac: "33:33:00:00:00:01", ip: "ff02::1" };
const SOLICITED = { mac: "33:33:ff:00:00:77", ip: "ff02::1:ff00:77" };
const near = routerEnd(OVERLAY, 1);
const behind = routerEnd(other.net, 2);

const told = (frame: Uint8Array) =>
  Buffer.concat([
    Buffer.alloc(12),
    frame.subarray(12, 14),
    TrapHeader.encode({ vif: a.number, reason: TrapReason.HOLDER, length: frame.length, wire: 0 as NetNumber }),
    frame,
  ]);
const tag = (frame: Uint8Array) =>
  Buffer.concat([frame.subarray(0, 12), Uint8Array.of(0x81, 0, 0, MACHINE_VLAN), frame.subarray(12)]);
const toHosts = (frame: Uint8Array) => [toHost(REMOTE.host, OVERLAY, frame), toHost(REMOTE6.host, OVERLAY, frame)];
/** Everyone but `a`. */
const spread = (frame: Uint8Array) => ({ b: [frame], open: [frame], nic: [tag(frame), ...toHosts(frame)] });
const SPREAD = { "1 rx": 1, "2 tx": 1, "3 tx": 1, "5 tx": 1 };

before(() => {
  setRouter(plane, { number: 1, ends: [near, behind] });
  for (const text of [VIP.ip4, VIP.ip6]) {
    for (const port of [a, b]) addSource(plane, port.number, port.mac, ip(text));
    plane.put("pairs", { prefixLength: PAIR_FIXED_BITS + 128, net: OVERLAY, ip: ip(text) }, { set: NO_SET, flags: 0 });
  }
});
beforeEach(() => {
  for (const map of ["flows", "askings"] as const) for (const [key] of plane.all(map)) plane.remove(map, key);
  for (const text of [VIP.ip4, VIP.ip6])
    if (plane.get("ips", { net: OVERLAY, ip: ip(text) })) plane.remove("ips", { net: OVERLAY, ip: ip(text) });
});

for (const family of [4, 6] as const) {
  const four = family === 4;
  const vip = four ? VIP.ip4 : VIP.ip6;
  const key = { net: OVERLAY, ip: ip(vip) };
  const of = (end: { ip4: string; ip6: string }) => (four ? end.ip4 : end.ip6);
  const holds = (target: ReturnType<typeof local>, at: string) =>
    plane.put("ips", key, { target, mac: mac(at), flags: IpFlag.HELD, set: NO_SET });

  const announced = (from: { mac: string }) =>
    four
      ? eth({ to: BROADCAST, from: from.mac, type: 0x0806 }, arp(1, [from.mac, vip], [NOBODY, vip]))
      : eth(
          { to: ALL_NODES.mac, from: from.mac },
          ip6({ from: vip, to: ALL_NODES.ip, hops: 255 }, advertisement(vip, from.mac, 0x20000000)),
        );
  /** As a router asks for it. */
  const question = four
    ? eth({ to: BROADCAST, from: near.mac, type: 0x0806 }, arp(1, [near.mac, near.ip4], [NOBODY, vip]))
    : eth(
        { to: SOLICITED.mac, from: near.mac },
        ip6({ from: near.ip6, to: SOLICITED.ip, hops: 255 }, solicitation(vip, near.mac)),
      );
  const answer = four
    ? eth({ to: near.mac, from: a.mac, type: 0x0806 }, arp(2, [a.mac, vip], [near.mac, near.ip4]))
    : eth(
        { to: near.mac, from: a.mac },
        ip6({ from: vip, to: near.ip6, hops: 255 }, advertisement(vip, a.mac, 0x60000000)),
      );
  const probe = four
    ? eth({ to: BROADCAST, from: a.mac, type: 0x0806 }, arp(1, [a.mac, "0.0.0.0"], [NOBODY, vip]))
    : eth({ to: SOLICITED.mac, from: a.mac }, ip6({ from: "::", to: SOLICITED.ip, hops: 255 }, solicitation(vip)));
  const packet = (ends: [from: string, to: string], macs: [from: string, to: string], ttl = 64) =>
    eth(
      { to: macs[1], from: macs[0] },
      four
        ? ip4({ from: ends[0], to: ends[1], ttl }, udp(5, 6, "x"))
        : ip6({ from: ends[0], to: ends[1], hops: ttl }, udp(5, 6, "x")),
    );
  const routed = packet([of(other), vip], [other.mac, behind.mac]);

  test(`IPv${family}: who says that he holds it is told of, and everybody hears it`, () => {
    const frame = announced(a);
    const out = { ...spread(frame), pkt0: [told(frame)] };
    world.step({ name: "nobody had it", from: "a", frame, moved: SPREAD, out });
    holds(local(b.number), b.mac);
    world.step({ name: "another had it", from: "a", frame, moved: SPREAD, out });
    holds(remote(REMOTE.host), REMOTE.mac);
    world.step({ name: "another host's had it", from: "a", frame, moved: SPREAD, out });
    holds(local(a.number), a.mac);
    world.step({ name: "it is known", from: "a", frame, moved: SPREAD, out: spread(frame) });
  });

  test(`IPv${family}: a router asks for the holder of what nobody has, and his answer is told of`, () => {
    const asked = { "6 rx": 1, "6 drop neighbour_unknown": 1 };
    const padded = Buffer.concat([question, Buffer.alloc(40)]);
    const everyone = { a: [padded], b: [padded], open: [padded], nic: [tag(padded), ...toHosts(padded)] };
    const moved = { ...asked, "1 tx": 1, "2 tx": 1, "3 tx": 1, "5 tx": 1 };
    world.step({ name: "asked", from: "other", frame: routed, moved, out: everyone });
    // As if it had been this very moment, however slow the machine is.
    plane.put("askings", key, { askedNs: process.hrtime.bigint() + 60_000_000_000n });
    world.step({ name: "not at once again", from: "other", frame: routed, moved: asked });
    const out = { pkt0: [told(answer)] };
    world.step({ name: "answered", from: "a", frame: answer, moved: { "1 rx": 1 }, out });
    holds(local(a.number), a.mac);
    const came = { a: [packet([of(other), vip], [near.mac, a.mac], 63)] };
    world.step({ name: "reached", from: "other", frame: routed, moved: { "6 rx": 1, "1 tx": 1 }, out: came });
  });

  test(`IPv${family}: the question comes by a tunnel, and goes to all ports here`, () => {
    const out = { a: [question], b: [question], open: [question], nic: [tag(question)] };
    const moved = { "1 tx": 1, "2 tx": 1, "3 tx": 1, "5 tx": 1 };
    world.step({ name: "asked", from: "nic", frame: fromHost(REMOTE.host, OVERLAY, question), moved, out });
  });

  test(`IPv${family}: flows follow the address to another holder`, () => {
    for (const [holder, place] of [
      [a, "a"],
      [b, "b"],
    ] as const) {
      holds(local(holder.number), holder.mac);
      bump(plane);
      const out = { [place]: [packet([of(other), vip], [near.mac, holder.mac], 63)] };
      const moved = { "6 rx": 1, [`${holder.number} tx`]: 1 };
      world.step({ name: `at ${place}`, from: "other", frame: routed, moved, out });
    }
  });

  test(`IPv${family}: a probe goes to the holder, who may be gone; other questions are answered for him`, () => {
    holds(local(b.number), b.mac);
    plane.put("nets", OVERLAY, { ...plane.get("nets", OVERLAY)!, flags: 2 });
    world.step({ name: "probe", from: "a", frame: probe, moved: SPREAD, out: spread(probe) });
    plane.put("nets", OVERLAY, { ...plane.get("nets", OVERLAY)!, flags: 0 });
    const ask = four
      ? eth({ to: BROADCAST, from: a.mac, type: 0x0806 }, arp(1, [a.mac, a.ip4], [NOBODY, vip]))
      : eth(
          { to: SOLICITED.mac, from: a.mac },
          ip6({ from: a.ip6, to: SOLICITED.ip, hops: 255 }, solicitation(vip, a.mac)),
        );
    plane.expectMoved({ "1 rx": 1, "1 tx": 1 }, () => assert.equal(world.send("a", ask).a.length, 1));
  });

  test(`IPv${family}: groups know it by those of all who may hold it, whoever does`, () => {
    const pair = { prefixLength: PAIR_FIXED_BITS + 128, net: OVERLAY, ip: ip(vip) };
    holds(local(a.number), a.mac);
    setMember(plane, OVERLAY, a, set(3));
    plane.put("pairs", pair, { set: set(7), flags: 0 });
    setPolicy(plane, other, set(1));
    setRules(plane, set(1), [{ family, remote: { kind: "group", group: "m" } }], { members: { m: [set(7)] } });
    bump(plane);
    const frame = packet([vip, of(other)], [a.mac, near.mac]);
    const out = { other: [packet([vip, of(other)], [behind.mac, other.mac], 63)] };
    world.step({ name: "a member", from: "a", frame, moved: { "1 rx": 1, "6 tx": 1 }, out });
    plane.put("pairs", pair, { set: NO_SET, flags: 0 });
    bump(plane);
    world.step({ name: "none", from: "a", frame, moved: { "1 rx": 1, "6 drop policy_ingress": 1 } });
    setPolicy(plane, other, NO_SET);
    setMember(plane, OVERLAY, a, NO_SET);
  });
}
