/** NAT of packets in pieces: addresses in each, ports and the checksum of the whole in the first. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { eth, type Upper, udp } from "./kit/frames.ts";
import {
  addAnswered,
  addFloating,
  addForward,
  addOutside,
  FAR,
  FLOATING,
  floatingMac,
  GATEWAY,
  INNER,
  learn,
  NEXT_HOP,
} from "./kit/outside.ts";
import { pieces } from "./kit/pieces.ts";
import { goPrivate } from "./kit/privacy.ts";
import { makeWorld, PORTS } from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane } = world;
const { a, b } = PORTS;
addOutside(plane);
addFloating(plane, FLOATING.a, a.ip4);
addForward(plane, { ip: FLOATING.remote, proto: 17, port: 4000 }, { ip: b.ip4, first: 53, external: 0 });
addAnswered(plane, FLOATING.remote);
learn(plane);

const TEXT = "to be put together again";
type Ends = { from: string; to: string; ttl: number };
const cut = (macs: { to: string; from: string; vlan?: number }, ends: Ends, upper: Upper) =>
  pieces(4, ends, upper, { size: 16 }).map((packet) => eth(macs, packet));
const inside = (at: { mac: string; ip4: string }, upper: Upper) => ({
  out: cut({ to: INNER.overlay.mac, from: at.mac }, { from: at.ip4, to: FAR.ip4, ttl: 64 }, upper),
  in: cut({ to: at.mac, from: INNER.overlay.mac }, { from: FAR.ip4, to: at.ip4, ttl: 63 }, upper),
});
const outside = (of: { mac: string; ip: string }, upper: Upper) => ({
  out: cut({ to: NEXT_HOP.mac, from: of.mac, vlan: 40 }, { from: of.ip, to: FAR.ip4, ttl: 63 }, upper),
  in: cut({ to: of.mac, from: NEXT_HOP.mac, vlan: 40 }, { from: FAR.ip4, to: of.ip, ttl: 64 }, upper),
});

function goes(from: typeof a, within: Buffer[], without: Buffer[]): void {
  const place = from === a ? "a" : "b";
  for (const [index, frame] of within.entries()) {
    const out = { nic: [without[index] as Buffer] };
    world.step({ name: `piece ${index}`, from: place, frame, moved: { [`${from.number} rx`]: 1 }, out });
  }
}
function comes(to: typeof a, without: Buffer[], within: Buffer[]): void {
  const place = to === a ? "a" : "b";
  for (const [index, frame] of without.entries()) {
    const out = { [place]: [within[index] as Buffer] };
    world.step({ name: `piece ${index}`, from: "nic", frame, moved: { [`${to.number} tx`]: 1 }, out });
  }
}

test("of a floating IP, both ways", () => {
  const of = { mac: floatingMac(FLOATING.a), ip: FLOATING.a };
  goes(a, inside(a, udp(1000, 53, TEXT)).out, outside(of, udp(1000, 53, TEXT)).out);
  comes(a, outside(of, udp(53, 1000, TEXT)).in, inside(a, udp(53, 1000, TEXT)).in);
});

test("of a forwarded port, both ways", () => {
  const of = { mac: floatingMac(FLOATING.remote), ip: FLOATING.remote };
  comes(b, outside(of, udp(1000, 4000, TEXT)).in, inside(b, udp(1000, 53, TEXT)).in);
  goes(b, inside(b, udp(53, 1000, TEXT)).out, outside(of, udp(4000, 1000, TEXT)).out);
});

test("under the router's own address, with a port that is not its own, both ways", () => {
  const of = { mac: GATEWAY.mac, ip: GATEWAY.ip4 };
  // Somebody else has the port towards the same far end.
  const other = eth(
    { to: INNER.overlay.mac, from: PORTS.open.mac },
    pieces(4, { from: PORTS.open.ip4, to: FAR.ip4 }, udp(5000, 53), { size: 64 })[0] as Buffer,
  );
  assert.equal(world.send("open", other).nic.length, 1);
  const [first, second] = inside(b, udp(5000, 53, TEXT)).out as [Buffer, Buffer];
  const wire = world.send("b", first).nic[0] as Buffer;
  const taken = wire.readUInt16BE(18 + 20);
  assert.notEqual(taken, 5000);
  const sent = outside(of, udp(taken, 53, TEXT)).out;
  assert.deepEqual(wire, sent[0]);
  assert.deepEqual(world.send("b", second).nic, [sent[1]]);
  comes(b, outside(of, udp(53, taken, TEXT)).in, inside(b, udp(53, 5000, TEXT)).in);
});
