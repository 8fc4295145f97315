/** Rules that come and go one by one leave the very entries that all at once would make. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { SetNumber } from "../../bpf/layout.gen.ts";
import type { Cidr, Id, ViewRule } from "../../model/mod.ts";
import type { WantedGroup } from "../datapath.ts";
import { Claims } from "./claims.ts";
import { classNumber } from "./classes.ts";
import { wantedOf } from "./fixtures.ts";
import { encodeKey, encodeValue, mapOf } from "./keys.ts";
import { Policies } from "./policies.ts";
import { policyEntries } from "./rules.ts";
import { GroupSets } from "./sets.ts";

const uuid = (n: number) => `${String(n).padStart(8, "0")}-0000-4000-8000-000000000000`;

/** Two prefixes with one number: which of them has it next must not depend on who came first. */
const TWINS = ["11.21.178.0/24", "10.104.100.0/24"] as Cidr[];
const CIDRS = ["0.0.0.0/0", "10.0.0.0/8", "10.104.0.0/16", "10.104.100.7/32", "11.0.0.0/8", ...TWINS] as Cidr[];

/** What is in force now, and how many outcomes the last change touched. */
class Table {
  readonly entries = new Map<string, string>();
  readonly sets = new GroupSets(64);
  touched = 0;
  readonly policies: Policies;

  constructor() {
    const claims = new Claims((key, value) => {
      if (mapOf(key) === "sets") return;
      this.touched++;
      if (value === undefined) this.entries.delete(key);
      else this.entries.set(key, value);
    });
    this.policies = new Policies(claims, this.sets);
  }

  update(groups: readonly WantedGroup[], changed?: Iterable<Id>): void {
    this.touched = 0;
    this.policies.update(wantedOf({ groups: [...groups] }), changed && new Set(changed));
  }

  /** All at once, of the sets that ports have. */
  expected(groups: readonly WantedGroup[]): Map<string, string> {
    const byId = new Map(groups.map((group) => [group.id, group]));
    const setsWith = (id: Id): SetNumber[] =>
      [...this.sets.with(id)].filter(({ endpoints }) => endpoints > 0).map(({ number }) => number);
    const found = new Map<string, string>();
    for (const { number, groups: ids, ports } of this.sets.all()) {
      for (const { map, key, value } of ports > 0 ? policyEntries(number, ids, { groups: byId, setsWith }) : [])
        found.set(encodeKey(map, key), encodeValue(map, value));
    }
    return found;
  }
}

const sorted = (entries: Map<string, string>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));

describe("a set's rules", () => {
  const remote = fc.oneof(
    fc.constant({ kind: "any" as const }),
    fc.constantFrom("a", "b", "c").map((group) => ({ kind: "group" as const, group })),
    fc.subarray(CIDRS, { minLength: 1, maxLength: 3 }).map((prefixes) => ({ kind: "prefixes" as const, prefixes })),
  );
  const rule = fc
    .record({ direction: fc.constantFrom<"ingress" | "egress">("ingress", "egress"), remote, port: fc.nat(2) })
    .map(
      ({ port, ...rest }): Omit<ViewRule, "id"> => ({ ...rest, family: 4, protocol: 6, ports: [port, 2], icmp: null }),
    );
  const group = fc.record({
    stateful: fc.nat(5).map((n) => n > 0),
    rules: fc.dictionary(fc.nat(6).map(String), rule, { maxKeys: 5 }),
  });
  const step = fc.record({
    groups: fc.record({ a: group, b: group, c: group }, { requiredKeys: [] }),
    port: fc.subarray(["a", "b", "c"]),
    endpoint: fc.subarray(["a", "b", "c"]),
    who: fc.nat(2),
  });

  test("are those of all its rules at once, whatever was there before", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
        const table = new Table();
        let before: string[] = [];
        for (const { groups, port, endpoint, who } of steps) {
          const wanted = Object.entries(groups).map(([id, each]) => ({
            id,
            stateful: each.stateful,
            // As in a view: sorted by id, and no id in two groups.
            rules: Object.entries(each.rules)
              .sort()
              .map(([n, of]) => ({ ...of, id: uuid(Number(n) + 100 * id.charCodeAt(0)) })),
          }));
          table.policies.ofPort(`p${who}`, port);
          table.policies.ofEndpoint(`e${who}`, endpoint);
          const ids = wanted.map(({ id }) => id);
          table.update(wanted, [...ids, ...before]);
          assert.deepEqual(sorted(table.entries), sorted(table.expected(wanted)));
          before = ids;
        }
      }),
      { numRuns: 300 },
    );
  });

  const many = (count: number): ViewRule[] =>
    Array.from({ length: count }, (_, n) => ({
      id: uuid(n),
      direction: "ingress",
      family: 4,
      protocol: 6,
      ports: [n, n],
      icmp: null,
      remote: { kind: "prefixes", prefixes: [`10.${n >> 8}.${n & 255}.0/24` as Cidr] },
    }));

  test("a rule that comes or goes touches its own entries, whatever the number of rules and sets", () => {
    const table = new Table();
    for (let n = 0; n < 20; n++) table.policies.ofPort(`p${n}`, ["g", `x${n}`]);
    const rules = many(1000);
    table.update([{ id: "g", stateful: true, rules: rules.slice(1) }]);
    table.update([{ id: "g", stateful: true, rules }], ["g"]);
    assert.equal(table.touched, 2 * 20);
    table.update([{ id: "g", stateful: true, rules: rules.slice(0, -1) }], ["g"]);
    assert.equal(table.touched, 2 * 20);
    table.update([{ id: "g", stateful: true, rules: structuredClone(rules.slice(0, -1)) }], ["g"]);
    assert.equal(table.touched, 0);
  });

  test("an address more or less in a rule of thousands touches what is said of it, and of what is within it", () => {
    const table = new Table();
    const addresses = Array.from({ length: 5000 }, (_, n) => `10.${n >> 8}.${n & 255}.1/32` as Cidr);
    const naming = (prefixes: Cidr[]): WantedGroup[] => {
      const rule: ViewRule = { ...(many(1)[0] as ViewRule), remote: { kind: "prefixes", prefixes } };
      return [{ id: "g", stateful: true, rules: [rule] }];
    };
    table.policies.ofPort("p", ["g"]);
    table.update(naming(addresses));
    const rows: [Cidr[], number][] = [
      [[...addresses, "192.0.2.1/32" as Cidr], 2],
      [addresses, 2],
      [[...addresses, "10.3.7.0/24" as Cidr], 2 + 2],
      [[...addresses, "10.3.7.0/24" as Cidr, "10.3.7.9/32" as Cidr], 2],
      [addresses, 2 + 2 + 2],
    ];
    for (const [prefixes, touched] of rows) {
      table.update(naming(prefixes), ["g"]);
      assert.equal(table.touched, touched);
      assert.deepEqual(sorted(table.entries), sorted(table.expected(naming(prefixes))));
    }
  });

  test("a member more touches nothing, and a set of members more the rules about its group", () => {
    const table = new Table();
    const about: ViewRule = { ...(many(1)[0] as ViewRule), id: uuid(5000), remote: { kind: "group", group: "m" } };
    const groups = [{ id: "g", stateful: true, rules: [...many(100), about] }];
    table.policies.ofPort("p", ["g"]);
    table.policies.ofEndpoint("e1", ["m"]);
    table.update(groups);
    table.policies.ofEndpoint("e2", ["m"]);
    table.update(groups, []);
    assert.equal(table.touched, 0);
    table.policies.ofEndpoint("e3", ["m", "n"]);
    table.update(groups, []);
    assert.equal(table.touched, 2, "that of the set that was there, and the new one's");
  });

  test("two prefixes of one number are told apart", () => {
    assert.equal(classNumber(TWINS[0] as Cidr), classNumber(TWINS[1] as Cidr));
  });
});
