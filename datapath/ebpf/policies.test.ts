/** Sets in use, their rules, and the address pairs that count as them, as claims. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MAPS, type MapName, type NetNumber, REMOTE_SET, type SetNumber } from "../../bpf/layout.gen.ts";
import { entryText } from "../../host/mod.ts";
import type { Cidr, ViewRule } from "../../model/mod.ts";
import { Claims } from "./claims.ts";
import { wantedOf } from "./fixtures.ts";
import { keyBytes, mapOf, valueBytes } from "./keys.ts";
import { groupsByPrefix, Pairs } from "./pairs.ts";
import { Policies } from "./policies.ts";
import { GroupSets, NO_SET } from "./sets.ts";

function table(capacity = 16) {
  const entries = new Map<string, string>();
  const claims = new Claims((key, value) => {
    if (value === undefined) entries.delete(key);
    else entries.set(key, entryText(mapOf(key), keyBytes(key), valueBytes(value)));
  });
  const policies = new Policies(claims, new GroupSets(capacity));
  const lines = (map: MapName) => [...entries.values()].filter((line) => line.startsWith(`${map}[`)).sort();
  /** The sets that rules of policy `n` let in. */
  const lets = (n: number) =>
    [...entries.keys()]
      .filter((key) => mapOf(key) === "rules")
      .map((key) => MAPS.rules.key.decode(keyBytes(key)))
      .filter(({ policy }) => policy === n)
      .map(({ remote }) => remote - REMOTE_SET)
      .sort();
  return { claims, policies, lines, lets };
}

const fromGroup = (group: string): ViewRule => ({
  id: "00000001-0000-4000-8000-000000000000",
  direction: "ingress",
  family: 4,
  protocol: null,
  ports: null,
  icmp: null,
  remote: { kind: "group", group },
});
const wanted = (groups: Record<string, ViewRule[]>) =>
  wantedOf({ groups: Object.entries(groups).map(([id, rules]) => ({ id, stateful: true, rules })) });
const nothing = new Set<string>();

describe("policies", () => {
  test("a port without security has no set; one without groups has the empty one, which has no rules", () => {
    const { policies, lines } = table();
    assert.equal(policies.ofPort("p1", null), NO_SET);
    assert.equal(policies.ofPort("p2", []), 1);
    policies.update(wanted({}), nothing);
    assert.equal(lines("sets").length, 1);
    assert.deepEqual(lines("rules"), []);
  });

  test("rules are there while a port has the set, the set's number while anybody is in it", () => {
    const { policies, lines } = table();
    const groups = wanted({ g: [{ ...fromGroup("g"), remote: { kind: "any" } }] });
    policies.ofPort("p1", ["g"]);
    policies.ofEndpoint("p1", ["g"]);
    policies.update(groups, nothing);
    assert.deepEqual([lines("sets").length, lines("rules").length], [1, 1]);
    policies.ofPort("p1", null);
    policies.update(groups, nothing);
    assert.deepEqual([lines("sets").length, lines("rules").length], [1, 0]);
    policies.ofEndpoint("p1", []);
    policies.update(groups, nothing);
    assert.deepEqual(lines("sets"), []);
  });

  test("a set that becomes used or unused changes the rules about its groups, and further members change nothing", () => {
    const { policies, lets } = table();
    const groups = wanted({ web: [fromGroup("m")] });
    policies.ofPort("server", ["web"]);
    policies.update(groups, nothing);
    assert.deepEqual(lets(1), []);
    policies.ofEndpoint("a", ["m"]);
    policies.ofEndpoint("b", ["m", "n"]);
    policies.update(groups, nothing);
    assert.deepEqual(lets(1), [2, 3]);
    policies.ofEndpoint("c", ["m"]);
    policies.ofEndpoint("a", []);
    policies.update(groups, nothing);
    assert.deepEqual(lets(1), [2, 3]);
    policies.ofEndpoint("c", ["x"]);
    policies.update(groups, nothing);
    assert.deepEqual(lets(1), [3]);
  });

  test("a group's change changes the rules of the sets with it, and of no others", () => {
    const { policies, lets } = table();
    policies.ofPort("one", ["web"]);
    policies.ofPort("two", ["db"]);
    policies.ofEndpoint("a", ["m"]);
    policies.update(wanted({ web: [], db: [] }), undefined);
    const later = wanted({ web: [fromGroup("m")], db: [fromGroup("m")] });
    policies.update(later, new Set(["web"]));
    assert.deepEqual([lets(1), lets(2)], [[3], []]);
    policies.update(later, undefined);
    assert.deepEqual([lets(1), lets(2)], [[3], [3]]);
    policies.update(wanted({ db: [] }), new Set(["web", "db"]));
    assert.deepEqual([lets(1), lets(2)], [[], []]);
  });

  test("without a number left a port has none, and an endpoint is in no set", () => {
    const { policies } = table(2);
    assert.equal(policies.ofPort("p1", ["a"]), 1);
    assert.equal(policies.ofPort("p2", ["b"]), undefined);
    assert.equal(policies.ofEndpoint("p3", ["c"]), NO_SET);
    assert.equal(policies.ofEndpoint("p3", ["a"]), 1);
  });
});

const cidrs = (...texts: string[]) => texts as Cidr[];
const holder = (groups: string[], ...texts: string[]) => ({ networkId: "n1", movableCidrs: cidrs(...texts), groups });

describe("address pairs", () => {
  test("count as the groups of all who may hold the address, also by a wider pair", () => {
    const found = groupsByPrefix([
      holder(["a"], "10.0.0.9/32"),
      holder(["b"], "10.0.0.9/32", "fd00::/64"),
      holder(["c"], "10.0.0.0/24"),
      holder(["d"], "0.0.0.0/0", "::/0"),
    ]);
    assert.deepEqual(Object.fromEntries(found), {
      "10.0.0.9/32": ["a", "b", "c", "d"],
      "10.0.0.0/24": ["c", "d"],
      "0.0.0.0/0": ["d"],
      "fd00::/64": ["b", "d"],
      "::/0": ["d"],
    });
  });

  test("are claimed with their network, moved with it, and taken back", () => {
    const { claims, policies, lines } = table();
    const taken: string[] = [];
    const pairs = new Pairs(claims, (name, groups) => {
      taken.push(`${name} ${groups}`);
      return policies.ofEndpoint(name, groups);
    });
    let net: NetNumber | undefined = 7 as NetNumber;
    pairs.place("p1", holder(["a"], "10.0.0.9/32"));
    pairs.place("p2", holder([], "10.0.0.8/32"));
    pairs.update(() => net);
    assert.deepEqual(lines("pairs"), [
      "pairs[prefixLength=160 net=7 ip=10.0.0.8]=set=0 flags=0",
      "pairs[prefixLength=160 net=7 ip=10.0.0.9]=set=1 flags=0",
    ]);
    pairs.place("p2", undefined);
    net = 8 as NetNumber;
    pairs.place("p1", holder(["a"], "10.0.0.9/32", "fd00::9/128"));
    pairs.update(() => net);
    assert.equal(lines("pairs").length, 2);
    assert.ok(lines("pairs").every((line) => line.includes("net=8")));
    pairs.place("p1", undefined);
    pairs.update(() => net);
    assert.deepEqual(lines("pairs"), []);
    assert.deepEqual(taken.slice(-2), ["pair:n1/10.0.0.9/32 ", "pair:n1/fd00::9/128 "]);
    assert.equal(
      policies.ofPort("p9", ["z"]),
      2 as SetNumber,
      "a number that was given back is not free before all has settled",
    );
  });
});
