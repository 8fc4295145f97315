import assert from "node:assert/strict";
import { test } from "node:test";
import { type NetNumber, RouteKind, type RouterNumber } from "../../bpf/layout.gen.ts";
import { type Cidr, ip, type Mac } from "../../model/mod.ts";
import type { WantedGateway, WantedRouter } from "../datapath.ts";
import { routeEntries } from "./routes.ts";

const cidr = (text: string) => text as Cidr;
const numberOf = (id: string) => (id === "n9" ? undefined : (Number(id.slice(1)) as NetNumber));
const via = (destination: string, networkId: string, nextHop: string) => ({
  destination: cidr(destination),
  networkId,
  nextHop: ip(nextHop),
});
const aRouter = (changes: Partial<WantedRouter>): WantedRouter => ({
  id: "r",
  adminUp: true,
  interfaces: [{ networkId: "n1", mac: "02:00:00:00:00:01" as Mac, ips: [], prefixes: [cidr("10.0.1.0/24")] }],
  gateway: null,
  routes: [],
  ...changes,
});
const gatewayWith = (routes: WantedGateway["routes"]) => ({ networkId: "n5", routes }) as unknown as WantedGateway;

/** As lines: the destination's length and address, what is there, and the ways with their places. */
const linesOf = (router: WantedRouter) =>
  routeEntries(router, 3 as RouterNumber, numberOf).map(({ map, key, value }) => {
    const { prefixLength, ip: address, index } = key as { prefixLength: number; ip: string; index?: number };
    const { kind, net, nextHop, ways } = value as { kind: number; net: number; nextHop: string; ways: number };
    const name = Object.entries(RouteKind).find(([, number]) => number === kind)?.[0];
    const place = index === undefined ? "" : `#${index}`;
    return `${map}${place} ${address}/${prefixLength} ${name} ${net} ${nextHop}${ways ? ` of ${ways}` : ""}`;
  });

test("a destination with one next hop is a route; with several it has ways, in an order of their own", () => {
  const one = via("203.0.113.0/24", "n1", "10.0.1.7");
  const more = [via("2001:db8::/32", "n2", "fd00::8"), via("2001:db8::/32", "n1", "fd00::7")];
  assert.deepEqual(linesOf(aRouter({ interfaces: [], routes: [one, ...more] })), [
    "routes 203.0.113.0/152 VIA 1 10.0.1.7",
    "ways#0 2001:db8::/64 VIA 1 fd00::7",
    "ways#1 2001:db8::/64 VIA 2 fd00::8",
    "routes 2001:db8::/64 SHARED 0 2001:db8:: of 2",
  ]);
  const reversed = aRouter({ interfaces: [], routes: [one, ...more.toReversed()] });
  assert.deepEqual(linesOf(reversed), linesOf(aRouter({ interfaces: [], routes: [one, ...more] })));
});

test("the same next hop twice, or one in a network that is not here, makes no second way", () => {
  const twice = [
    via("0.0.0.0/0", "n1", "10.0.1.7"),
    via("0.0.0.0/0", "n1", "10.0.1.7"),
    via("0.0.0.0/0", "n9", "10.9.0.1"),
  ];
  assert.deepEqual(linesOf(aRouter({ interfaces: [], routes: twice })), ["routes 0.0.0.0/128 VIA 1 10.0.1.7"]);
});

test("ways inside and outside share a destination", () => {
  const gateway = gatewayWith([{ destination: cidr("0.0.0.0/0"), nextHop: ip("192.0.2.1") }]);
  const router = aRouter({ interfaces: [], gateway, routes: [via("0.0.0.0/0", "n1", "10.0.1.7")] });
  assert.deepEqual(linesOf(router), [
    "ways#0 0.0.0.0/128 VIA 1 10.0.1.7",
    "ways#1 0.0.0.0/128 OUTSIDE 5 192.0.2.1",
    "routes 0.0.0.0/128 SHARED 0 0.0.0.0 of 2",
  ]);
});

test("what is connected has no other way", () => {
  const router = aRouter({ routes: [via("10.0.1.0/24", "n2", "10.0.2.7")] });
  assert.deepEqual(linesOf(router), ["routes 10.0.1.0/152 CONNECTED 1 ::"]);
});

test("more next hops than a destination may have are left out", () => {
  const routes = Array.from({ length: 40 }, (_, i) => via("0.0.0.0/0", "n1", `10.0.1.${i + 1}`));
  const lines = linesOf(aRouter({ interfaces: [], routes }));
  assert.equal(lines.length, 33);
  assert.match(lines.at(-1) ?? "", /SHARED 0 0\.0\.0\.0 of 32$/);
});
