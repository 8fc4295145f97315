/** Several next hops of one destination: each has its share of the flows, and keeps it. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { ip } from "../../model/mod.ts";
import { eth, ip4, ip6, udp } from "./kit/frames.ts";
import { goPrivate } from "./kit/privacy.ts";
import { routerEnd, setRouter } from "./kit/routers.ts";
import { bump } from "./kit/security.ts";
import { addEndpoint, addSource, fromHost, makeWorld, OVERLAY, PORTS, REMOTE, REMOTE6, remote } from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane } = world;
const { a, other } = PORTS;
const OTHER = other.net;

type End = { mac: string; ip4: string; ip6: string };
/** Next hops behind the router: `other` is a port of this host. */
const far: End = { mac: "02:00:00:00:01:09", ip4: "10.2.0.101", ip6: "fd00:2::101" };
const farther: End = { mac: "02:00:00:00:01:0a", ip4: "10.2.0.102", ip6: "fd00:2::102" };
const gone: End = { mac: "02:00:00:00:01:0b", ip4: "10.2.0.103", ip6: "fd00:2::103" };
const near = routerEnd(OVERLAY, 1);
const FLOWS = 120;

before(() => {
  addEndpoint(plane, OTHER, far, remote(REMOTE.host));
  addEndpoint(plane, OTHER, farther, remote(REMOTE6.host));
  plane.put("peers", { net: OTHER, ip: ip(REMOTE.host) }, { flags: 0 });
  for (const beyond of ["203.0.113.5", "2001:db8:5::5"]) addSource(plane, other.number, other.mac, ip(beyond));
});
beforeEach(() => {
  for (const map of ["flows", "routes", "ways"] as const) for (const [key] of plane.all(map)) plane.remove(map, key);
});

for (const family of [4, 6] as const) {
  const of = (end: End) => (family === 4 ? end.ip4 : end.ip6);
  const beyond = family === 4 ? "203.0.113.5" : "2001:db8:5::5";
  const packet = (from: string, to: string, upper: ReturnType<typeof udp>, ttl = 64) =>
    family === 4 ? ip4({ from, to, ttl }, upper) : ip6({ from, to, hops: ttl }, upper);

  function setHops(...hops: End[]): void {
    for (const map of ["routes", "ways"] as const) for (const [key] of plane.all(map)) plane.remove(map, key);
    const destination = family === 4 ? "203.0.113.0/24" : "2001:db8:5::/48";
    const routes = hops.map((hop) => ({ destination, net: OTHER, nextHop: of(hop) }));
    setRouter(plane, { number: 1, ends: [near, routerEnd(OTHER, 2)], routes });
  }

  /** Where a flow from `a` with this port goes. */
  function placeOf(port: number): "other" | "far" | "farther" {
    const frame = eth({ to: near.mac, from: a.mac }, packet(of(a), beyond, udp(port, 53, "?")));
    const came = world.send("a", frame);
    if (came.other.length === 1) return "other";
    assert.equal(came.nic.length, 1, `flow ${port} went one way`);
    return (came.nic[0] as Buffer).includes(`to ${REMOTE.host} `) ? "far" : "farther";
  }
  const ports = Array.from({ length: FLOWS }, (_, i) => 1000 + i);
  const places = () => new Map(ports.map((port) => [port, placeOf(port)]));
  const sharesOf = (flows: Map<number, string>) =>
    ["other", "far", "farther"].map((name) => [...flows.values()].filter((place) => place === name).length);

  test(`IPv${family}: next hops share the flows, about evenly, and each flow keeps to its own`, () => {
    setHops(other, far, farther);
    const flows = places();
    for (const share of sharesOf(flows)) assert.ok(share > FLOWS / 6 && share < FLOWS / 2, `${sharesOf(flows)}`);
    assert.deepEqual(places(), flows, "by their entries");
    for (const [key] of plane.all("flows")) plane.remove("flows", key);
    assert.deepEqual(places(), flows, "decided anew, they are where they were");
  });

  test(`IPv${family}: a next hop that goes takes no other flows with it; one that comes gets new ones only`, () => {
    setHops(other, far, farther);
    const before = places();
    setHops(other, farther);
    bump(plane);
    const without = places();
    for (const [port, place] of before) if (place !== "far") assert.equal(without.get(port), place);
    assert.equal(sharesOf(without)[1], 0);
    setHops(other, far, farther);
    bump(plane);
    assert.deepEqual(places(), without, "known flows stay");
    for (const [key] of plane.all("flows")) plane.remove("flows", key);
    assert.deepEqual(places(), before);
  });

  test(`IPv${family}: answers go back by the host that the question came from, whatever the hash says`, () => {
    setHops(far, farther);
    for (const port of ports.slice(0, 40)) {
      const question = eth({ to: a.mac, from: near.mac }, packet(beyond, of(a), udp(port, 53, "?"), 63));
      world.send("nic", fromHost(REMOTE.host, OVERLAY, question));
      const answer = eth({ to: near.mac, from: a.mac }, packet(of(a), beyond, udp(53, port, "!")));
      const [came] = world.send("a", answer).nic;
      assert.ok(came?.includes(`to ${REMOTE.host} `), `flow ${port}`);
    }
  });

  test(`IPv${family}: a next hop that nobody holds is passed over; without any the destination cannot be reached`, () => {
    setHops(gone, far);
    const flows = places();
    assert.equal(sharesOf(flows)[1], FLOWS);
    setHops(gone, { ...gone, ip4: "10.2.0.104", ip6: "fd00:2::104" });
    bump(plane);
    const frame = eth({ to: near.mac, from: a.mac }, packet(of(a), beyond, udp(7, 53, "?")));
    plane.expectMoved({ "1 rx": 1, "1 tx": 1, "1 drop host_unknown": 1 }, () => {
      const [error = Buffer.alloc(0)] = world.send("a", frame).a;
      assert.deepEqual([...error.subarray(family === 4 ? 34 : 54).subarray(0, 2)], family === 4 ? [3, 1] : [1, 3]);
    });
  });
}
