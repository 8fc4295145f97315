import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MAPS, type NetNumber, RouteKind, RouterFlag, type RouterNumber, TargetKind } from "../../bpf/layout.gen.ts";
import { entryText } from "../../host/mod.ts";
import { type Cidr, ip, type Mac } from "../../model/mod.ts";
import type { WantedRouter } from "../datapath.ts";
import { Claims } from "./claims.ts";
import { macOf } from "./fixtures.ts";
import { keyBytes, mapOf, valueBytes } from "./keys.ts";
import { Routers } from "./router-claims.ts";
import { routerEntries, routerWords } from "./routers.ts";
import { Slots } from "./slots.ts";

const uuid = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
const end = (n: number, mac: Mac = macOf(200 + n)) => ({
  networkId: `n${n}`,
  mac,
  ips: [ip(`10.0.${n}.1`), ip(`fd00:${n}::1`)],
  prefixes: [`10.0.${n}.0/24`, `fd00:${n}::/64`] as Cidr[],
});
const aRouter = (n: number, networks: number[], changes: Partial<WantedRouter> = {}): WantedRouter => ({
  id: uuid(n),
  adminUp: true,
  interfaces: networks.map((each) => end(each)),
  gateway: null,
  routes: [],
  ...changes,
});
const numberOf = (id: string) => (id === "n9" ? undefined : (Number(id.slice(1)) as NetNumber));
const NUMBER = 3 as RouterNumber;
const SOLE = { ways: 0, prefixLength: 0 };
const linesOf = (router: WantedRouter) =>
  routerEntries(router, NUMBER, numberOf).map(({ map, key, value }) => {
    const { key: keys, value: values } = MAPS[map];
    return entryText(map, keys.encode(key as never), values.encode(value as never));
  });

describe("a router's entries", () => {
  test("are its ends in networks, what is connected, and its routes", () => {
    const routes = [{ destination: "0.0.0.0/0" as Cidr, networkId: "n2", nextHop: ip("10.0.2.9") }];
    const entries = routerEntries(aRouter(1, [1, 2], { routes }), NUMBER, numberOf);
    const of = (map: string) => entries.filter((each) => each.map === map);
    assert.deepEqual(
      of("routers").map(({ value }) => value),
      [{ flags: RouterFlag.UP, id: routerWords(uuid(1)) }],
    );
    assert.deepEqual(
      of("macs").map(({ key, value }) => [key, value]),
      [1, 2].map((net) => [
        { net, mac: macOf(200 + net) },
        { kind: TargetKind.ROUTER, vif: NUMBER, remote: "::" },
      ]),
    );
    assert.deepEqual(
      of("ips").map(({ key }) => (key as { ip: string }).ip),
      ["10.0.1.1", "fd00:1::1", "fe80::ff:fe00:c9", "10.0.2.1", "fd00:2::1", "fe80::ff:fe00:ca"],
    );
    assert.deepEqual(
      of("routes").map(({ key, value }) => [key, value]),
      [
        [
          { prefixLength: 32 + 96, router: 3, ip: "0.0.0.0" },
          { kind: RouteKind.VIA, net: 2, nextHop: "10.0.2.9", ...SOLE },
        ],
        [
          { prefixLength: 32 + 96 + 24, router: 3, ip: "10.0.1.0" },
          { kind: RouteKind.CONNECTED, net: 1, nextHop: "::", ...SOLE },
        ],
        [
          { prefixLength: 32 + 64, router: 3, ip: "fd00:1::" },
          { kind: RouteKind.CONNECTED, net: 1, nextHop: "::", ...SOLE },
        ],
        [
          { prefixLength: 32 + 96 + 24, router: 3, ip: "10.0.2.0" },
          { kind: RouteKind.CONNECTED, net: 2, nextHop: "::", ...SOLE },
        ],
        [
          { prefixLength: 32 + 64, router: 3, ip: "fd00:2::" },
          { kind: RouteKind.CONNECTED, net: 2, nextHop: "::", ...SOLE },
        ],
      ],
    );
    assert.deepEqual(
      of("router_ports").map(({ value }) => value),
      [
        { mac: macOf(201), ip4: 0x0a000101, ip6: "fd00:1::1" },
        { mac: macOf(202), ip4: 0x0a000201, ip6: "fd00:2::1" },
      ],
    );
  });

  test("leave out networks that are not here, and what is routed through them", () => {
    const routes = [{ destination: "192.0.2.0/24" as Cidr, networkId: "n9", nextHop: ip("10.0.9.9") }];
    assert.deepEqual(linesOf(aRouter(1, [1, 9], { routes })), linesOf(aRouter(1, [1])));
  });

  test("of two interfaces in one network, the first speaks for both families", () => {
    const [four, six] = [end(1), { ...end(1, macOf(250)) }];
    four.ips = four.ips.slice(0, 1);
    six.ips = six.ips.slice(1);
    const ports = linesOf(aRouter(1, [], { interfaces: [four, six] })).filter((line) =>
      line.startsWith("router_ports"),
    );
    assert.equal(ports.length, 1);
    assert.match(ports[0] ?? "", new RegExp(`mac=${macOf(201)}.*ip6=fd00:1::1`));
  });

  test("of a router that is down say so", () => {
    assert.match(linesOf(aRouter(1, [], { adminUp: false }))[0] ?? "", /^routers\[3\]=flags=0 /);
  });
});

describe("routers", () => {
  function routers(capacity = 8) {
    const entries = new Map<string, string>();
    const claims = new Claims((key, value) => {
      if (value === undefined) entries.delete(key);
      else entries.set(key, entryText(mapOf(key), keyBytes(key), valueBytes(value)));
    });
    const warned: string[] = [];
    const table = new Routers(claims, new Slots<RouterNumber>(capacity), (sentence) => warned.push(sentence));
    return { table, warned, lines: () => [...entries.values()].sort() };
  }
  const wanted = (...list: WantedRouter[]) => new Map(list.map((each) => [each.id, each]));
  const none = new Set<string>();

  test("tell which networks are joined otherwise now, before and after", () => {
    const { table } = routers();
    assert.deepEqual([...table.update(wanted(aRouter(1, [1, 2])), undefined, none, numberOf)], ["n1", "n2"]);
    const moved = wanted(aRouter(1, [2, 3]));
    assert.deepEqual([...table.update(moved, new Set([uuid(1)]), none, numberOf)].sort(), ["n1", "n2", "n3"]);
    assert.deepEqual([...table.update(moved, new Set([uuid(1)]), none, numberOf)], [], "the very same");
    assert.deepEqual([...table.update(wanted(), undefined, none, numberOf)].sort(), ["n2", "n3"]);
  });

  test("for which there is no room are told of once", () => {
    const { table, warned } = routers(2);
    const [first, second] = [aRouter(1, [1, 2]), aRouter(2, [2, 3])];
    for (let i = 0; i < 2; i++) table.update(wanted(first, second), undefined, none, numberOf);
    assert.deepEqual(
      warned.map((sentence) => sentence.slice(0, 7 + second.id.length)),
      [`router ${second.id}`],
    );
    assert.deepEqual([...table.withNeighbours(["n2"])].sort(), ["n1", "n2"]);
    table.update(wanted(second), new Set([first.id]), none, numberOf);
    assert.deepEqual([...table.withNeighbours(["n2"])].sort(), ["n2"], "its number is free once no entry names it");
  });

  test("join networks over several of them", () => {
    const { table } = routers();
    table.update(wanted(aRouter(1, [1, 2]), aRouter(2, [2, 3]), aRouter(3, [4, 5])), undefined, none, numberOf);
    assert.deepEqual([...table.withNeighbours(["n1"])].sort(), ["n1", "n2", "n3"]);
    assert.deepEqual([...table.withNeighbours(["n5", "n6"])].sort(), ["n4", "n5", "n6"]);
  });

  test("are claimed again when a network of theirs has another number, and gone with nothing left", () => {
    const { table, lines } = routers();
    const all = wanted(aRouter(1, [1]));
    table.update(all, undefined, none, numberOf);
    const before = lines();
    table.update(all, none, new Set(["n1"]), () => 77 as NetNumber);
    assert.equal(lines().length, before.length);
    assert.ok(lines().some((line) => line.includes("net=77")));
    table.update(wanted(), new Set([uuid(1)]), none, numberOf);
    assert.deepEqual(lines(), []);
  });

  test("beyond the last number have no entries", () => {
    const { table, lines } = routers(2);
    table.update(wanted(aRouter(1, [1]), aRouter(2, [2])), undefined, none, numberOf);
    assert.ok(lines().every((line) => !line.includes("net=2")));
  });
});
