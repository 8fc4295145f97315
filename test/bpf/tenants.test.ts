/** Tenants with the same addresses: no flow, no note of a fragment and no quota is shared between them. */
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import type { VifNumber } from "../../bpf/layout.gen.ts";
import { ip } from "../../model/mod.ts";
import { eth, ip4, ip6, udp } from "./kit/frames.ts";
import { pieces } from "./kit/pieces.ts";
import { goPrivate } from "./kit/privacy.ts";
import { bump, set, setPolicy, setRules } from "./kit/security.ts";
import {
  addEndpoint,
  addSource,
  fromHost,
  local,
  makeWorld,
  NO_SET,
  OTHER,
  OVERLAY,
  PORTS,
  REMOTE,
} from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane } = world;
const { a, b, other } = PORTS;
/** The other tenant's port has a's MAC and addresses, too, and his peer, behind no host of ours, b's. */
const twin = { ...a, number: other.number, net: OTHER };
for (const address of [a.ip4, a.ip6]) addSource(plane, other.number, a.mac, ip(address));
plane.put("vifs", other.number, {
  ...plane.get("vifs", other.number)!,
  mac: plane.get("vifs", a.number as VifNumber)!.mac,
});
addEndpoint(plane, OTHER, twin, local(other.number));

beforeEach(() => {
  for (const map of ["flows", "fragments"] as const) for (const [key] of plane.all(map)) plane.remove(map, key);
  setPolicy(plane, b, NO_SET);
  bump(plane);
});

for (const family of [4, 6] as const) {
  const packet = (from: typeof a, to: typeof a, ports: [number, number]) =>
    family === 4
      ? ip4({ from: from.ip4, to: to.ip4 }, udp(...ports, "x"))
      : ip6({ from: from.ip6, to: to.ip6 }, udp(...ports, "x"));
  const go = eth({ to: b.mac, from: a.mac }, packet(a, b, [1, 2]));

  test(`IPv${family}: a twin's packet does not go by the other's flow`, () => {
    world.step({ name: "a's", from: "a", frame: go, moved: { "1 rx": 1, "2 tx": 1 }, out: { b: [go] } });
    world.step({ name: "a's flow", from: "a", frame: go, moved: { "1 rx": 1, "2 tx": 1 }, out: { b: [go] } });
    world.step({ name: "the twin's", from: "other", frame: go, moved: { "6 rx": 1, "6 drop dst_unknown": 1 } });
  });

  test(`IPv${family}: an answer by another tenant's tunnel is none`, () => {
    setPolicy(plane, a, set(1));
    setRules(plane, set(1), [{ direction: "egress", family }]);
    plane.put("peers", { net: OTHER, ip: ip(REMOTE.host) }, { flags: 0 });
    const remote = { ...b, ...REMOTE };
    const question = eth({ to: REMOTE.mac, from: a.mac }, packet(a, remote, [1, 2]));
    const answer = eth({ to: a.mac, from: REMOTE.mac }, packet(remote, a, [2, 1]));
    assert.equal(world.send("a", question).nic.length, 1);
    const { a: mine, other: theirs } = world.send("nic", fromHost(REMOTE.host, OTHER, answer));
    assert.deepEqual([mine.length, theirs.length], [0, 1], "it is for the twin, whose network it came by");
    assert.equal(world.send("nic", fromHost(REMOTE.host, OVERLAY, answer)).a.length, 1);
    setPolicy(plane, a, NO_SET);
  });

  test(`IPv${family}: a later piece does not follow another tenant's first`, () => {
    const ends = family === 4 ? { from: a.ip4, to: b.ip4 } : { from: a.ip6, to: b.ip6 };
    const cut = pieces(family, ends, udp(1, 2, "to be put together again"), { size: 16 });
    const [first, second] = cut.map((bytes) => eth({ to: b.mac, from: a.mac }, bytes)) as [Buffer, Buffer];
    assert.equal(world.send("a", first).b.length, 1);
    world.step({ name: "the twin's", from: "other", frame: second, moved: { "6 rx": 1, "6 drop fragment_alone": 1 } });
    assert.equal(world.send("a", second).b.length, 1);
  });
}
