/** Packets for the services that speak over sockets, and what the sockets answer. */
import { after, test } from "node:test";
import { SERVICE_IP4, SERVICE_IP6, SERVICE_MAC } from "../../model/mod.ts";
import { eth, ip4, ip6, tcp, type Upper, udp } from "./kit/frames.ts";
import { goPrivate } from "./kit/privacy.ts";
import { makeWorld, PORTS, type Step } from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { a, b, other } = PORTS;

type End = typeof a;
const SOCKET = { mac: "02:ca:b1:e0:00:02", ip4: "169.254.127.254", ip6: "fdca:b1e0:0:1:ffff::1" };
const client4 = ({ number }: End) => `169.254.64.${number}`;
const client6 = ({ number }: End) => `fdca:b1e0:0:1::${number}`;

const asked4 = (from: End, upper: Upper) =>
  eth({ to: SERVICE_MAC, from: from.mac }, ip4({ from: from.ip4, to: SERVICE_IP4 }, upper));
const asked6 = (from: End, upper: Upper) =>
  eth({ to: SERVICE_MAC, from: from.mac }, ip6({ from: from.ip6, to: SERVICE_IP6 }, upper));
const handed4 = (from: End, upper: Upper) =>
  eth({ to: SOCKET.mac, from: from.mac }, ip4({ from: client4(from), to: SOCKET.ip4 }, upper));
const handed6 = (from: End, upper: Upper) =>
  eth({ to: SOCKET.mac, from: from.mac }, ip6({ from: client6(from), to: SOCKET.ip6 }, upper));
const said4 = (to: End, upper: Upper) =>
  eth({ to: "02:ca:b1:e0:00:03", from: SOCKET.mac }, ip4({ from: SOCKET.ip4, to: client4(to) }, upper));
const said6 = (to: End, upper: Upper) =>
  eth({ to: "02:ca:b1:e0:00:03", from: SOCKET.mac }, ip6({ from: SOCKET.ip6, to: client6(to) }, upper));
const heard4 = (to: End, upper: Upper) =>
  eth({ to: to.mac, from: SERVICE_MAC }, ip4({ from: SERVICE_IP4, to: to.ip4 }, upper));
const heard6 = (to: End, upper: Upper) =>
  eth({ to: to.mac, from: SERVICE_MAC }, ip6({ from: SERVICE_IP6, to: to.ip6 }, upper));

const steps: Step[] = [
  {
    name: "metadata over IPv4: the sockets see the port's own address",
    from: "a",
    frame: asked4(a, tcp(40_000, 80, ["syn"])),
    moved: { "1 rx": 1 },
    out: { sockets: [handed4(a, tcp(40_000, 18_775, ["syn"]))] },
  },
  {
    name: "the answer comes from the service's address",
    from: "sockets",
    frame: said4(a, tcp(18_775, 40_000, ["syn", "ack"])),
    moved: { "1 tx": 1 },
    out: { a: [heard4(a, tcp(80, 40_000, ["syn", "ack"]))] },
  },
  {
    name: "metadata over IPv6",
    from: "a",
    frame: asked6(a, tcp(40_000, 80, ["syn"])),
    moved: { "1 rx": 1 },
    out: { sockets: [handed6(a, tcp(40_000, 18_775, ["syn"]))] },
  },
  {
    name: "its answer",
    from: "sockets",
    frame: said6(a, tcp(18_775, 40_000, ["syn", "ack"])),
    moved: { "1 tx": 1 },
    out: { a: [heard6(a, tcp(80, 40_000, ["syn", "ack"]))] },
  },
  {
    name: "another port with the same ports of TCP is another client",
    from: "b",
    frame: asked4(b, tcp(40_000, 80, ["syn"])),
    moved: { "2 rx": 1 },
    out: { sockets: [handed4(b, tcp(40_000, 18_775, ["syn"]))] },
  },
  {
    name: "metadata by way of a router, as those ask who know no route to it",
    from: "a",
    frame: eth({ to: b.mac, from: a.mac }, ip4({ from: a.ip4, to: SERVICE_IP4 }, tcp(40_002, 80, ["syn"]))),
    moved: { "1 rx": 1 },
    out: { sockets: [handed4(a, tcp(40_002, 18_775, ["syn"]))] },
  },
  {
    name: "a question of DNS",
    from: "a",
    frame: asked4(a, udp(5_353, 53, "who")),
    moved: { "1 rx": 1 },
    out: { sockets: [handed4(a, udp(5_353, 18_053, "who"))] },
  },
  {
    name: "an answer of DNS over IPv6 that nobody asked for goes nowhere",
    from: "sockets",
    frame: said6(other, udp(18_053, 5_353, "it")),
    moved: {},
  },
  {
    name: "a socket's packet to an address that is no client's goes nowhere",
    from: "sockets",
    frame: eth(
      { to: "02:ca:b1:e0:00:03", from: SOCKET.mac },
      ip4({ from: SOCKET.ip4, to: a.ip4 }, tcp(80, 9, ["syn"])),
    ),
    moved: {},
  },
];

for (const step of steps) test(step.name, () => world.step(step));

test("no other port of the host is reached at the service's address", () => {
  for (const port of [22, 18_775, 18_053]) {
    const out = world.send("a", asked4(a, tcp(40_001, port, ["syn"])));
    if (out.sockets.length > 0) throw new Error(`port ${port} was handed to the sockets`);
  }
});

test("nobody may ask in another's name", () => {
  const forged = eth({ to: SERVICE_MAC, from: a.mac }, ip4({ from: b.ip4, to: SERVICE_IP4 }, tcp(7, 80, ["syn"])));
  world.step({ name: "forged", from: "a", frame: forged, moved: { "1 rx": 1, "1 drop spoofed_ip": 1 } });
});
