/** Rules as entries: what the data plane's longest-prefix look-ups make of them is what the rules say. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  CLASS_FIXED_BITS,
  MAPS,
  type MapKey,
  REMOTE_ANY,
  REMOTE_CLASS,
  REMOTE_SET,
  RULE_FIXED_BITS,
  RULE_IP6,
  RuleDirection,
  RuleFlag,
  type SetNumber,
} from "../../bpf/layout.gen.ts";
import { type Cidr, type Ip, ip, prefix, prefixContains, type ViewRule } from "../../model/mod.ts";
import type { WantedGroup } from "../datapath.ts";
import type { Entry } from "./entry.ts";
import { policyEntries, portPrefixes } from "./rules.ts";

const POLICY = 5 as SetNumber;
const rule = (changes: Partial<ViewRule>): ViewRule => ({
  id: "00000001-0000-4000-8000-000000000000",
  direction: "ingress",
  family: 4,
  protocol: null,
  ports: null,
  icmp: null,
  remote: { kind: "any" },
  ...changes,
});
const group = (id: string, rules: ViewRule[], stateful = true): WantedGroup => ({ id, stateful, rules });
const entriesOf = (groups: WantedGroup[], members: Record<string, number[]> = {}): Entry[] =>
  policyEntries(
    POLICY,
    groups.map(({ id }) => id),
    {
      groups: new Map(groups.map((each) => [each.id, each])),
      setsWith: (id) => (members[id] ?? []) as SetNumber[],
    },
  );
const prefixes = (...cidrs: string[]) => ({ kind: "prefixes" as const, prefixes: cidrs as Cidr[] });
const keysOf = (entries: Entry[]) =>
  entries.flatMap(({ map, key }) => (map === "rules" ? [key as MapKey<"rules">] : []));

describe("port prefixes", () => {
  const rows: [number, number, string][] = [
    [443, 443, "443/16"],
    [0, 65_535, "0/0"],
    [0, 1023, "0/6"],
    [1, 4, "1/16 2/15 4/16"],
    [1000, 2999, "1000/13 1008/12 1024/6 2048/7 2560/8 2816/9 2944/11 2976/12 2992/13"],
    [65_535, 65_535, "65535/16"],
  ];
  for (const [first, last, text] of rows)
    test(`of ${first} to ${last}`, () =>
      assert.equal(
        portPrefixes(first, last)
          .map(({ port, bits }) => `${port}/${bits}`)
          .join(" "),
        text,
      ));

  test("cover a range's ports once each, and no others", () => {
    const port = fc.integer({ min: 0, max: 65_535 });
    fc.assert(
      fc.property(port, port, (a, b) => {
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        let next = first;
        for (const each of portPrefixes(first, last)) {
          assert.equal(each.port, next);
          next += 1 << (16 - each.bits);
        }
        assert.equal(next, last + 1);
        assert.ok(portPrefixes(first, last).length <= 30);
      }),
    );
  });
});

describe("a set's entries", () => {
  const rows: { what: string; is: Partial<ViewRule>; bits: number; proto: number; port: number }[] = [
    { what: "any protocol", is: {}, bits: 0, proto: 0, port: 0 },
    { what: "a protocol", is: { protocol: 17 }, bits: 8, proto: 17, port: 0 },
    { what: "a port", is: { protocol: 6, ports: [80, 80] }, bits: 24, proto: 6, port: 80 },
    { what: "an ICMP type", is: { protocol: 1, icmp: { type: 8, code: null } }, bits: 16, proto: 1, port: 0x800 },
    { what: "type and code", is: { protocol: 1, icmp: { type: 3, code: 4 } }, bits: 24, proto: 1, port: 0x304 },
    { what: "ICMP of any type", is: { protocol: 1, icmp: { type: null, code: null } }, bits: 8, proto: 1, port: 0 },
    { what: "ICMP type 0", is: { protocol: 1, icmp: { type: 0, code: null } }, bits: 16, proto: 1, port: 0 },
  ];
  for (const { what, is, bits, proto, port } of rows)
    test(`${what} is one entry`, () => {
      const key = { policy: POLICY, remote: REMOTE_ANY, direction: RuleDirection.INGRESS, proto, port };
      assert.deepEqual(keysOf(entriesOf([group("g", [rule(is)])])), [{ prefixLength: RULE_FIXED_BITS + bits, ...key }]);
    });

  test("the family is part of the direction", () => {
    const [key] = keysOf(entriesOf([group("g", [rule({ family: 6, direction: "egress" })])]));
    assert.equal(key?.direction, RuleDirection.EGRESS | RULE_IP6);
  });

  test("a remote group is an entry for each set that has it, and none while nobody is in it", () => {
    const groups = [group("g", [rule({ remote: { kind: "group", group: "m" } })])];
    assert.deepEqual(entriesOf(groups), []);
    assert.deepEqual(
      keysOf(entriesOf(groups, { m: [7, 9] })).map(({ remote }) => remote),
      [REMOTE_SET + 7, REMOTE_SET + 9],
    );
  });

  test("a group that is not known yet lets nothing pass", () => {
    const context = { groups: new Map(), setsWith: () => [] };
    assert.deepEqual(policyEntries(POLICY, ["g"], context), []);
  });

  test("rules that say the same are one entry, stateful if one of them is", () => {
    const entries = entriesOf([group("a", [rule({}), rule({})]), group("b", [rule({})], false)]);
    assert.equal(entries.length, 1);
    assert.deepEqual(entries[0]?.value, { flags: RuleFlag.STATEFUL | RuleFlag.STATELESS, tag: 1 });
  });

  test("a prefix keeps its class's number whatever other prefixes there are", () => {
    const classOf = (cidrs: string[]) => {
      const entries = entriesOf([group("g", [rule({ remote: prefixes(...cidrs) })])]);
      const found = entries.find(({ map, key }) => map === "classes" && (key as { ip: string }).ip === "10.0.0.0");
      return (found?.value as { number: number } | undefined)?.number ?? assert.fail("no class");
    };
    assert.equal(classOf(["10.0.0.0/8"]), classOf(["9.0.0.0/8", "10.0.0.0/8", "fd00::/8"]));
  });

  test("a thousand rules take no longer than a moment", () => {
    const rules = Array.from({ length: 1000 }, (_, n) =>
      rule({ protocol: 6, ports: [n, n], remote: prefixes(`10.${n >> 8}.${n & 255}.0/24`) }),
    );
    const startMs = performance.now();
    assert.equal(entriesOf([group("g", rules)]).length, 2000);
    assert.ok(performance.now() - startMs < 2000, `${performance.now() - startMs} ms`);
  });
});

interface Packet {
  family: 4 | 6;
  direction: "ingress" | "egress";
  protocol: number;
  /** Null: a fragment. */
  port: number | null;
  remote: Ip;
  /** The set that the other end is in, and its groups. */
  set: 0 | 1 | 2 | 3;
}

/** Sets by number, as the groups in them. */
const SETS: Record<number, string[]> = { 0: [], 1: ["m"], 2: ["n"], 3: ["m", "n"] };
const MEMBERS = { m: [1, 3], n: [2, 3] };

/** The rules, read one by one: what lets pass, and whether with state. */
function naive(groups: WantedGroup[], packet: Packet): "no" | "stateful" | "stateless" {
  const passing = groups.filter(({ rules }) => rules.some((each) => matches(each, packet)));
  if (passing.length === 0) return "no";
  return passing.some(({ stateful }) => stateful) ? "stateful" : "stateless";
}

function matches({ direction, family, protocol, ports, icmp, remote }: ViewRule, packet: Packet): boolean {
  if (direction !== packet.direction || family !== packet.family) return false;
  if (remote.kind === "group" && !SETS[packet.set]?.includes(remote.group)) return false;
  if (remote.kind === "prefixes" && !remote.prefixes.some((cidr) => prefixContains(prefix(cidr), packet.remote)))
    return false;
  if (protocol === null) return true;
  if (protocol !== packet.protocol) return false;
  if (icmp !== null && icmp.type !== null) {
    if (packet.port === null || packet.port >> 8 !== icmp.type) return false;
    return icmp.code === null || (packet.port & 255) === icmp.code;
  }
  // All ports are any port: also a fragment's, which are not known.
  if (ports === null || (ports[0] === 0 && ports[1] === 65_535)) return true;
  return packet.port !== null && packet.port >= ports[0] && packet.port <= ports[1];
}

/** The longest prefix of `map` that the key bytes after its length begin with, as the kernel's LPM tries find it. */
function longest(entries: Entry[], map: "rules" | "classes", bytes: Buffer, bits: number): Entry | undefined {
  let best: { entry: Entry; length: number } | undefined;
  for (const entry of entries) {
    if (entry.map !== map) continue;
    const key = MAPS[map].key.encode(entry.key as never);
    const length = key.readUInt32LE(0);
    if (length > bits || length <= (best?.length ?? -1)) continue;
    if (sameBits(key.subarray(4), bytes.subarray(4), length)) best = { entry, length };
  }
  return best?.entry;
}

function sameBits(a: Buffer, b: Buffer, bits: number): boolean {
  const whole = bits >> 3;
  if (!a.subarray(0, whole).equals(b.subarray(0, whole))) return false;
  const rest = bits & 7;
  return rest === 0 || ((a[whole] as number) ^ (b[whole] as number)) >> (8 - rest) === 0;
}

/** As policy.h asks. */
function asked(entries: Entry[], packet: Packet): "no" | "stateful" | "stateless" {
  const direction = packet.direction === "ingress" ? RuleDirection.INGRESS : RuleDirection.EGRESS;
  const flagsOf = (remote: number): number => {
    const key = MAPS.rules.key.encode({
      prefixLength: 0,
      policy: POLICY,
      remote,
      direction: direction | (packet.family === 6 ? RULE_IP6 : 0),
      proto: packet.protocol,
      port: packet.port ?? 0,
    });
    const found = longest(entries, "rules", key, RULE_FIXED_BITS + (packet.port === null ? 8 : 24));
    return (found?.value as { flags: number } | undefined)?.flags ?? 0;
  };
  const key = MAPS.classes.key.encode({ prefixLength: 0, policy: POLICY, direction, ip: packet.remote });
  const inClass = longest(entries, "classes", key, CLASS_FIXED_BITS + 128);
  const flags =
    flagsOf(REMOTE_ANY) |
    (packet.set === 0 ? 0 : flagsOf((REMOTE_SET | packet.set) >>> 0)) |
    (inClass === undefined ? 0 : flagsOf((REMOTE_CLASS | (inClass.value as { number: number }).number) >>> 0));
  if (flags === 0) return "no";
  return flags & RuleFlag.STATEFUL ? "stateful" : "stateless";
}

describe("for any rules and packets", () => {
  const family = fc.constantFrom<4 | 6>(4, 6);
  const direction = fc.constantFrom<"ingress" | "egress">("ingress", "egress");
  // Few values, close together: what goes wrong does at the edges.
  const port = fc.constantFrom(0, 1, 2, 3, 4, 7, 8, 255, 256, 257, 1023, 1024, 2048, 2049, 65_535);
  const cidrs = {
    4: ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/24", "10.0.0.128/25", "10.0.0.1/32", "128.0.0.0/1"],
    6: ["::/0", "fd00::/8", "fd00::/64", "fd00::1/128", "::/1", "8000::/1"],
  };
  const addresses = {
    4: ["10.0.0.1", "10.0.0.2", "10.0.0.200", "10.1.0.1", "192.0.2.1", "0.0.0.1"],
    6: ["fd00::1", "fd00::2", "fd00:0:0:1::1", "2001:db8::1", "::1", "fe80::1"],
  };
  const remoteOf = (of: 4 | 6) =>
    fc.oneof(
      fc.constant({ kind: "any" as const }),
      fc.constantFrom("m", "n").map((id) => ({ kind: "group" as const, group: id })),
      fc.subarray(cidrs[of], { minLength: 1, maxLength: 3 }).map((list) => prefixes(...list)),
    );
  const whatOf = (of: 4 | 6) =>
    fc.oneof(
      fc.constant({ protocol: null }),
      fc.constantFrom(6, 17, 47).map((protocol) => ({ protocol })),
      fc.tuple(fc.constantFrom(6, 17), port, port).map(([protocol, a, b]) => ({
        protocol,
        ports: [Math.min(a, b), Math.max(a, b)] as [number, number],
      })),
      fc.tuple(fc.constantFrom(null, 0, 1, 8), fc.constantFrom(null, 0, 1)).map(([type, code]) => ({
        protocol: of === 4 ? 1 : 58,
        icmp: { type, code: type === null ? null : code },
      })),
    );
  const aRule = fc
    .tuple(family, direction)
    .chain(([of, to]) =>
      fc.tuple(remoteOf(of), whatOf(of)).map(([remote, what]) => rule({ family: of, direction: to, remote, ...what })),
    );
  const someGroups = fc
    .array(fc.tuple(fc.array(aRule, { maxLength: 5 }), fc.boolean()), { maxLength: 3 })
    .map((list) => list.map(([rules, stateful], n) => group(`g${n}`, rules, stateful)));
  const aPacket = family.chain((of) =>
    fc.record({
      family: fc.constant(of),
      direction,
      protocol: fc.constantFrom(6, 17, 47, of === 4 ? 1 : 58),
      port: fc.option(port),
      remote: fc.constantFrom(...addresses[of]).map((text) => ip(text)),
      set: fc.constantFrom<0 | 1 | 2 | 3>(0, 1, 2, 3),
    }),
  );

  test("the longest prefixes say what the rules say, read one by one", () => {
    let passed = 0;
    fc.assert(
      fc.property(someGroups, fc.array(aPacket, { minLength: 10, maxLength: 20 }), (groups, packets) => {
        const entries = entriesOf(groups, MEMBERS);
        for (const packet of packets) {
          const said = naive(groups, packet);
          if (said !== "no") passed++;
          assert.equal(asked(entries, packet), said, JSON.stringify(packet));
        }
      }),
      { numRuns: 1500 },
    );
    assert.ok(passed > 500, `only ${passed} packets passed: the test says little`);
  });
});
