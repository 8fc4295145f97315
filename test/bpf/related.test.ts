/** ICMP errors: let through for the sake of the flow that they are about, and translated as it is, the quote too. */
import { after, test } from "node:test";
import { checksum } from "../../wire/checksum.ts";
import { echo, eth, ip4, tcp, type Upper, udp } from "./kit/frames.ts";
import {
  addFloating,
  addOutside,
  FAR,
  FLOATING,
  floatingMac,
  GATEWAY,
  INNER,
  learn,
  NEXT_HOP,
  nextGeneration,
} from "./kit/outside.ts";
import { goPrivate } from "./kit/privacy.ts";
import { makeWorld, PORTS, type Step } from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane } = world;
const { a, b } = PORTS;
addOutside(plane);
addFloating(plane, FLOATING.a, a.ip4);
learn(plane);

/** With the packet's first bytes; `size` of them. */
const error = (type: number, code: number, quoted: Uint8Array, size = 28, rest = 0): Upper => ({
  protocol: 1,
  bytes() {
    const message = Buffer.concat([Buffer.from([type, code, 0, 0, 0, 0, 0, 0]), quoted.subarray(0, size)]);
    message.writeUInt32BE(rest, 4);
    message.writeUInt16BE(checksum(message), 2);
    return message;
  },
});
const ROUTER = "203.0.113.254";
const inside = (end: typeof a, to: string, upper: Upper) =>
  eth({ from: end.mac, to: INNER.overlay.mac }, ip4({ from: end.ip4, to }, upper));
const toInside = (end: typeof a, from: string, upper: Upper) =>
  eth({ from: INNER.overlay.mac, to: end.mac }, ip4({ from, to: end.ip4, ttl: 63 }, upper));
const wire = (from: string, to: string, ends: { from: string; to: string; ttl?: number }, upper: Upper) =>
  eth({ from, to, vlan: 40 }, ip4(ends, upper));
const floatingA = floatingMac(FLOATING.a);

const rows: {
  what: string;
  from: "a" | "b";
  end: typeof a;
  mac: string;
  outer: string;
  upper: Upper;
  again?: Upper;
}[] = [
  {
    what: "UDP under a shared address",
    from: "b",
    end: b,
    mac: GATEWAY.mac,
    outer: GATEWAY.ip4,
    upper: udp(1000, 53, "x"),
  },
  {
    what: "TCP under a shared address",
    from: "b",
    end: b,
    mac: GATEWAY.mac,
    outer: GATEWAY.ip4,
    upper: tcp(1000, 80, ["syn"]),
  },
  {
    what: "ping under a shared address",
    from: "b",
    end: b,
    mac: GATEWAY.mac,
    outer: GATEWAY.ip4,
    upper: echo(7, "x").v4,
  },
  { what: "UDP of a floating IP", from: "a", end: a, mac: floatingA, outer: FLOATING.a, upper: udp(1000, 53, "x") },
];

for (const { what, from, end, mac, outer, upper } of rows) {
  const vif = end.number;
  const steps: Step[] = [
    {
      name: "the packet",
      from,
      frame: inside(end, FAR.ip4, upper),
      moved: { [`${vif} rx`]: 1 },
      out: { nic: [wire(mac, NEXT_HOP.mac, { from: outer, to: FAR.ip4, ttl: 63 }, upper)] },
    },
    {
      name: "somebody on the way says that its hops were used up",
      from: "nic",
      frame: wire(
        NEXT_HOP.mac,
        mac,
        { from: ROUTER, to: outer },
        error(11, 0, ip4({ from: outer, to: FAR.ip4 }, upper)),
      ),
      moved: { [`${vif} tx`]: 1 },
      out: { [from]: [toInside(end, ROUTER, error(11, 0, ip4({ from: end.ip4, to: FAR.ip4 }, upper)))] },
    },
  ];
  test(`${what}: an error from outside reaches who sent it, as about what he sent`, () => {
    for (const step of steps) world.step(step);
    nextGeneration(plane);
    for (const step of steps.toReversed()) world.step({ ...step, name: `again: ${step.name}` });
  });
}

test("an error about nothing that was sent reaches nobody", () => {
  const quoted = ip4({ from: GATEWAY.ip4, to: FAR.ip4 }, udp(999, 53, "x"));
  world.step({
    name: "stray",
    from: "nic",
    frame: wire(NEXT_HOP.mac, GATEWAY.mac, { from: ROUTER, to: GATEWAY.ip4 }, error(11, 0, quoted)),
    moved: { "0 drop to_router": 1 },
  });
});

test("an error from inside goes out under the name of what it is about", () => {
  const question = udp(4000, 161, "x");
  world.step({
    name: "the question",
    from: "nic",
    frame: wire(NEXT_HOP.mac, floatingA, { from: FAR.ip4, to: FLOATING.a }, question),
    moved: { "1 tx": 1 },
    out: { a: [toInside(a, FAR.ip4, question)] },
  });
  world.step({
    name: "port unreachable",
    from: "a",
    frame: inside(a, FAR.ip4, error(3, 3, ip4({ from: FAR.ip4, to: a.ip4, ttl: 63 }, question))),
    moved: { "1 rx": 1 },
    out: {
      nic: [
        wire(
          floatingA,
          NEXT_HOP.mac,
          { from: FLOATING.a, to: FAR.ip4, ttl: 63 },
          error(3, 3, ip4({ from: FAR.ip4, to: FLOATING.a, ttl: 63 }, question)),
        ),
      ],
    },
  });
});

test("what is too big for the network behind is answered outside, too", () => {
  plane.put("nets", 100 as never, { ...plane.get("nets", 100 as never)!, mtu: 600 });
  nextGeneration(plane);
  const large = ip4({ from: FAR.ip4, to: FLOATING.a, df: true }, udp(4000, 162, Buffer.alloc(800, 1)));
  world.step({
    name: "large",
    from: "nic",
    frame: eth({ from: NEXT_HOP.mac, to: floatingA, vlan: 40 }, large),
    moved: { "0 drop too_big": 1 },
    out: {
      nic: [wire(floatingA, NEXT_HOP.mac, { from: FLOATING.a, to: FAR.ip4 }, error(3, 4, large, 68, 600))],
    },
  });
});
