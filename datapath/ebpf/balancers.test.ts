import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MAPS, type MapName, type RouterNumber } from "../../bpf/layout.gen.ts";
import { entryText } from "../../host/mod.ts";
import { ip } from "../../model/mod.ts";
import type { WantedBalancer } from "../datapath.ts";
import { Balancers, balancerEntries } from "./balancers.ts";
import { Claims } from "./claims.ts";
import type { Entry } from "./entry.ts";
import { invalidates } from "./generation.ts";
import { type EntryKey, type EntryValue, keyBytes, mapOf, valueBytes } from "./keys.ts";
import { TABLES } from "./tables.ts";

type Front = WantedBalancer["fronts"][number];
const backend = (address: string, isLocal = false) => ({ ip: ip(address), port: 8080, isLocal });
const front = (changes: Partial<Front> = {}): Front => ({
  ips: [ip("10.96.0.1")],
  protocol: 6,
  port: 80,
  affinitySeconds: null,
  localOnly: false,
  backends: [backend("10.0.0.1"), backend("10.0.0.2", true)],
  ...changes,
});
const balancer = (changes: Partial<Front> = {}, id = "b1", routerId = "r1"): WantedBalancer => ({
  id,
  routerId,
  fronts: [front(changes)],
});

const text = (map: MapName, key: Buffer, value: Buffer) => entryText(map, key, value);
const lines = (entries: readonly Entry[]) =>
  entries.map(({ map, key, value }) => {
    const { key: keys, value: values } = MAPS[map];
    return text(map, keys.encode(key as never), values.encode(value as never));
  });
const linesOf = (changes: Partial<Front>) => lines(balancerEntries(balancer(changes), 3 as RouterNumber));

describe("a balancer's entries", () => {
  test("are how many backends it has, these in order, and each by itself", () => {
    const of = "ip=10.96.0.1 router=3 port=80 proto=6";
    assert.deepEqual(linesOf({}), [
      `balancers[${of}]=backends=2 affinitySeconds=0`,
      `backends[of={${of}} index=0]=ip=10.0.0.1 port=8080`,
      `backends[of={${of}} index=1]=ip=10.0.0.2 port=8080`,
      `backings[of={${of}} ip=10.0.0.1 port=8080]=flags=0`,
      `backings[of={${of}} ip=10.0.0.2 port=8080]=flags=0`,
    ]);
  });

  test("of both families are of each address those of its family", () => {
    const both = { ips: [ip("10.96.0.1"), ip("fd00:96::1")], backends: [backend("10.0.0.1"), backend("fd00::1")] };
    const backends = linesOf(both).filter((line) => line.startsWith("backends"));
    assert.equal(backends.length, 2);
    assert.match(backends[0] ?? "", /of=\{ip=10\.96\.0\.1 .*=ip=10\.0\.0\.1/);
    assert.match(backends[1] ?? "", /of=\{ip=fd00:96::1 .*=ip=fd00::1/);
  });

  test("for this host's backends only are of those", () => {
    const entries = linesOf({ localOnly: true, affinitySeconds: 60 });
    assert.match(entries[0] ?? "", /=backends=1 affinitySeconds=60$/);
    assert.match(entries[1] ?? "", /index=0\]=ip=10\.0\.0\.2/);
    assert.match(linesOf({ localOnly: true, backends: [backend("10.0.0.1")] })[0] ?? "", /=backends=0/);
  });
});

/** Entries as claimed, and what was said of them since the last look. */
function claimed() {
  const entries = new Map<EntryKey, EntryValue>();
  const told: EntryKey[] = [];
  const claims = new Claims((key, value) => {
    if (entries.get(key) !== value) told.push(key);
    if (value === undefined) entries.delete(key);
    else entries.set(key, value);
  });
  const shown = () => [...entries].map(([key, value]) => text(mapOf(key), keyBytes(key), valueBytes(value))).sort();
  return { claims, shown, take: () => told.splice(0).map((key) => mapOf(key)) };
}

describe("balancers", () => {
  test("follow their router's number, and are not there without it", () => {
    const { claims, shown } = claimed();
    const numbers = new Map<string, RouterNumber>();
    const balancers = new Balancers(claims, (id) => numbers.get(id));
    const wanted = new Map([["b1", balancer()]]);
    balancers.update(wanted, undefined, []);
    assert.deepEqual(shown(), []);
    numbers.set("r1", 3 as RouterNumber);
    balancers.update(wanted, new Set(), ["r1"]);
    assert.equal(shown().length, 5);
    numbers.delete("r1");
    balancers.update(wanted, new Set(), ["r1"]);
    assert.deepEqual(shown(), []);
    const moved = new Map([["b1", balancer({}, "b1", "r2")]]);
    numbers.set("r1", 3 as RouterNumber).set("r2", 4 as RouterNumber);
    balancers.update(moved, new Set(["b1"]), []);
    balancers.update(moved, new Set(), ["r1"]);
    assert.match(shown()[0] ?? "", /router=4/);
    balancers.update(new Map(), new Set(["b1"]), []);
    assert.deepEqual(shown(), []);
  });

  test("change by their own entries alone", () => {
    const { claims, take } = claimed();
    const balancers = new Balancers(claims, () => 3 as RouterNumber);
    const wanted = new Map(
      Array.from({ length: 100 }, (_, i) => [`b${i}`, balancer({ ips: [ip(`10.96.1.${i}`)] }, `b${i}`)] as const),
    );
    balancers.update(wanted, undefined, []);
    take();
    const one = new Map(wanted).set("b7", balancer({ ips: [ip("10.96.1.7")], backends: [backend("10.0.0.2")] }, "b7"));
    balancers.update(one, new Set(["b7"]), []);
    assert.deepEqual(take().sort(), ["backends", "backends", "backings", "balancers"]);
  });
});

test("backends are there before a balancer counts them, and go after it", () => {
  const place = (name: MapName) => TABLES.indexOf(name as never);
  assert.ok(place("backings") < place("balancers") && place("backends") < place("balancers"));
});

test("flows are decided again when a balancer comes or goes, or of UDP a backend goes", () => {
  const of = (proto: number) => ({ ip: ip("10.96.0.1"), router: 3 as RouterNumber, port: 80, proto });
  const count = (backends: number) => MAPS.balancers.value.encode({ backends, affinitySeconds: 0 });
  const key = MAPS.balancers.key.encode(of(6));
  assert.equal(invalidates("balancers", key, undefined, count(1)), true);
  assert.equal(invalidates("balancers", key, count(1), undefined), true);
  assert.equal(invalidates("balancers", key, count(1), count(2)), false);
  const none = MAPS.backings.value.encode({ flags: 0 });
  const backing = (proto: number) => MAPS.backings.key.encode({ of: of(proto), ip: ip("10.0.0.1"), port: 8080 });
  assert.equal(invalidates("backings", backing(17), none, undefined), true);
  assert.equal(invalidates("backings", backing(17), undefined, none), false);
  assert.equal(invalidates("backings", backing(6), none, undefined), false);
});
