/** Fragments: the first decides, later ones follow it, in both families. */
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { echo, eth, ip6, tcp, type Upper, udp } from "./kit/frames.ts";
import { piece, pieces } from "./kit/pieces.ts";
import type { Moved } from "./kit/plane.ts";
import { goPrivate } from "./kit/privacy.ts";
import { set, setPolicy, setRules } from "./kit/security.ts";
import { fromHost, makeWorld, NO_SET, OVERLAY, type Place, PORTS, REMOTE, toHost } from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane } = world;
const { a, b, open } = PORTS;
const POLICY = set(1);
const FAMILIES = [4, 6] as const;
type Family = (typeof FAMILIES)[number];
type End = { mac: string; ip4: string; ip6: string };

beforeEach(() => {
  for (const map of ["flows", "fragments"] as const) for (const [key] of plane.all(map)) plane.remove(map, key);
  for (const port of [a, b]) setPolicy(plane, port, NO_SET);
});

const ends = (family: Family, from: End, to: End) =>
  family === 4 ? { from: from.ip4, to: to.ip4 } : { from: from.ip6, to: to.ip6 };
const framed = (from: End, to: End, packet: Uint8Array) => eth({ to: to.mac, from: from.mac }, packet);
const cut = (family: Family, from: End, to: End, upper: Upper, id = 7) =>
  pieces(family, ends(family, from, to), upper, { size: 16, id }).map((packet) => framed(from, to, packet));
const one = (family: Family, at: number, more: boolean, bytes: Uint8Array, protocol = 17) =>
  framed(a, b, piece(family, ends(family, a, b), protocol, { at, more }, bytes));
const TEXT = "to be put together again";

const passes = (name: string, frame: Uint8Array) =>
  world.step({ name, from: "a", frame, moved: { "1 rx": 1, "2 tx": 1 }, out: { b: [frame] } });
const dropped = (name: string, frame: Uint8Array, reason: string, vif = 1) => {
  const moved: Moved = { "1 rx": 1, [`${vif} drop ${reason}`]: 1 };
  world.step({ name, from: "a", frame, moved });
};
const each = (frames: Uint8Array[], act: (name: string, frame: Uint8Array) => void) => {
  assert.ok(frames.length > 1);
  for (const [index, frame] of frames.entries()) act(`piece ${index}`, frame);
};

for (const family of FAMILIES) {
  test(`IPv${family}: rules with ports hold for all pieces`, () => {
    setPolicy(plane, b, POLICY);
    setRules(plane, POLICY, [{ family, protocol: 17, ports: [2, 2] }]);
    each(cut(family, a, b, udp(1, 2, TEXT)), passes);
    each(cut(family, a, b, udp(1, 3, TEXT), 8), (name, frame) => dropped(name, frame, "policy_ingress", 2));
  });

  test(`IPv${family}: answers in pieces pass for what they answer`, () => {
    setPolicy(plane, b, POLICY);
    setRules(plane, POLICY, [{ family, protocol: 17, ports: [2, 2] }]);
    each(cut(family, a, b, udp(1, 2, TEXT)), passes);
    each(cut(family, b, a, udp(2, 1, TEXT)), (name, frame) =>
      world.step({ name, from: "b", frame, moved: { "2 rx": 1, "1 tx": 1 }, out: { a: [frame] } }),
    );
    assert.equal(plane.all("flows").length, 2, "one flow, as of whole packets");
  });

  test(`IPv${family}: pieces and whole packets are of one flow`, () => {
    const whole = framed(a, b, pieces(family, ends(family, a, b), udp(1, 2, "x"), { size: 64 })[0] as Buffer);
    each(cut(family, a, b, udp(1, 2, TEXT)), passes);
    passes("whole", family === 4 ? whole : framed(a, b, ip6(ends(6, a, b), udp(1, 2, "x"))));
    const [count] = plane.all("flows").flatMap(([, { packets }]) => (packets === 0n ? [] : [packets]));
    assert.equal(count, family === 4 ? 3n : 3n);
  });

  test(`IPv${family}: an echo in pieces`, () => {
    const version = family === 4 ? "v4" : "v6";
    setPolicy(plane, b, POLICY);
    setRules(plane, POLICY, [
      { family, protocol: family === 4 ? 1 : 58, icmp: { type: family === 4 ? 8 : 128, code: null } },
    ]);
    each(cut(family, a, b, echo(7, TEXT)[version]), passes);
    each(cut(family, b, a, echo(7, TEXT, true)[version]), (name, frame) =>
      world.step({ name, from: "b", frame, moved: { "2 rx": 1, "1 tx": 1 }, out: { a: [frame] } }),
    );
  });

  test(`IPv${family}: by a tunnel, to and from`, () => {
    setPolicy(plane, b, POLICY);
    setRules(plane, POLICY, [{ family, protocol: 17, ports: [2, 2] }]);
    each(cut(family, REMOTE, b, udp(1, 2, TEXT)), (name, frame) =>
      world.step({
        name,
        from: "nic",
        frame: fromHost(REMOTE.host, OVERLAY, frame),
        moved: { "2 tx": 1 },
        out: { b: [frame] },
      }),
    );
    each(cut(family, b, REMOTE, udp(2, 1, TEXT)), (name, frame) =>
      world.step({ name, from: "b", frame, moved: { "2 rx": 1 }, out: { nic: [toHost(REMOTE.host, OVERLAY, frame)] } }),
    );
  });

  test(`IPv${family}: a later piece without its first goes nowhere`, () => {
    const [first, second] = cut(family, a, b, udp(1, 2, TEXT)) as [Buffer, Buffer];
    dropped("the second", second, "fragment_alone");
    passes("the first", first);
    passes("the second", second);
    dropped("of another packet", cut(family, a, b, udp(1, 2, TEXT), 8)[1] as Buffer, "fragment_alone");
    dropped(
      "to another",
      framed(a, open, piece(family, ends(family, a, open), 17, { at: 16, more: false }, Buffer.alloc(8))),
      "fragment_alone",
    );
  });

  test(`IPv${family}: an old first piece is none: identifications come again`, () => {
    const [first, second] = cut(family, a, b, udp(1, 2, TEXT)) as [Buffer, Buffer];
    passes("the first", first);
    const [[key, value]] = plane.all("fragments") as [ReturnType<typeof plane.all<"fragments">>[number]];
    plane.put("fragments", key, { ...value, seenNs: value.seenNs - 31_000_000_000n });
    dropped("too late", second, "fragment_alone");
  });

  test(`IPv${family}: what reaches back into the first piece goes nowhere`, () => {
    passes("the first", cut(family, a, b, udp(1, 2, TEXT))[0] as Buffer);
    dropped("over its ports' end", one(family, 8, false, Buffer.alloc(16)), "fragment_overlap");
    passes("right behind it", one(family, 16, false, Buffer.alloc(16)));
  });

  test(`IPv${family}: a first piece without the headers goes nowhere`, () => {
    const bytes = tcp(1, 2, ["syn"]).bytes(Buffer.alloc(4), Buffer.alloc(4));
    dropped("TCP's flags in the second", one(family, 0, true, bytes.subarray(0, 8), 6), "fragment_short");
    dropped("and that one", one(family, 8, false, bytes.subarray(8), 6), "fragment_alone");
  });

  test(`IPv${family}: pieces that cannot be`, () => {
    dropped("not a multiple of 8", one(family, 0, true, Buffer.alloc(12)), "malformed");
    dropped("beyond the largest packet", one(family, 65_528, false, Buffer.alloc(64)), "malformed");
  });

  test(`IPv${family}: who floods with pieces overwrites his own`, () => {
    const [first, second] = cut(family, open, b, udp(1, 2, TEXT)) as [Buffer, Buffer];
    const send = (from: Place, frame: Uint8Array) => world.send(from, frame).b.length;
    assert.equal(send("open", first), 1);
    const flood = Array.from({ length: 2000 }, (_, id) => cut(family, a, b, udp(1, 2, TEXT), id)[0] as Buffer);
    assert.equal(world.flood("a", "b", flood), 2000);
    assert.equal(send("open", second), 1);
    assert.ok(plane.all("fragments").length <= 65, "no more than its slots");
  });
}

test("IPv6: a first piece with a chain of headers that ends in the second goes nowhere", () => {
  const options = Buffer.from([17, 2, 1, 4, 0, 0, 0, 0]);
  dropped("options longer than the piece", one(6, 0, true, options, 60), "fragment_short");
});

test("IPv6: a fragment that is a whole packet is one (RFC 6946)", () => {
  setPolicy(plane, b, POLICY);
  setRules(plane, POLICY, [{ family: 6, protocol: 17, ports: [2, 2] }]);
  const upper = udp(1, 2, "x");
  const atomic = framed(a, b, ip6({ ...ends(6, a, b), extensions: [[44, Buffer.from([0, 0, 0, 0, 0, 0, 7])]] }, upper));
  passes("atomic", atomic);
  assert.equal(plane.all("fragments").length, 0);
});

test("IPv6: neighbour discovery does not come in pieces (RFC 6980)", () => {
  dropped("a solicitation", one(6, 0, true, Buffer.from([135, 0, 0, 0, ...Buffer.alloc(28)]), 58), "malformed");
});
