import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  DropReason,
  MAPS,
  type NetNumber,
  type SetNumber,
  TrapHeader,
  type VifNumber,
  VifStats,
} from "../../bpf/layout.gen.ts";
import { ip } from "../../model/mod.ts";
import { Claims } from "./claims.ts";
import { sumCounters } from "./counters.ts";
import type { Entry } from "./entry.ts";
import { macOf } from "./fixtures.ts";
import { invalidates } from "./generation.ts";
import { entryKey, keyBytes, mapOf, valueBytes } from "./keys.ts";
import { Members } from "./membership.ts";
import { VifNumbers } from "./numbers.ts";
import { nextGeneration } from "./settings.ts";
import { decodeTrap, encodeInjection } from "./trap.ts";

const NET = 1 as NetNumber;
const vif = (n: number) => n as VifNumber;

describe("claims", () => {
  const entry = (ifindex: number, number: number, rank = 0): Entry => ({
    map: "ifaces",
    key: { ifindex },
    value: vif(number),
    rank,
  });
  function claims() {
    const outcome = new Map<string, number>();
    const table = new Claims((key, value) => {
      if (value === undefined) outcome.delete(key);
      else outcome.set(key, MAPS.ifaces.value.decode(valueBytes(value)));
    });
    return { table, outcome: () => [...outcome.values()].sort() };
  }

  test("setting an owner's entries takes back those it no longer names", () => {
    const { table, outcome } = claims();
    table.set("a", [entry(1, 1), entry(2, 2)]);
    table.set("a", [entry(2, 2), entry(3, 3)]);
    assert.deepEqual(outcome(), [2, 3]);
    table.set("a", []);
    assert.deepEqual(outcome(), []);
  });

  test("the lower rank counts, and the other one when it goes", () => {
    const { table, outcome } = claims();
    table.set("a", [entry(1, 10, 1)]);
    table.set("b", [entry(1, 20, 0)]);
    assert.deepEqual(outcome(), [20]);
    table.set("b", []);
    assert.deepEqual(outcome(), [10]);
  });

  test("among equals the outcome does not depend on the order", () => {
    for (const order of [
      ["a", "b"],
      ["b", "a"],
    ]) {
      const { table, outcome } = claims();
      for (const owner of order) table.set(owner, [entry(1, owner === "a" ? 10 : 20)]);
      assert.deepEqual(outcome(), [10]);
      assert.equal(table.ownerOf(entryKey("ifaces", MAPS.ifaces.key.encode({ ifindex: 1 }))), "a");
    }
  });
});

test("an entry's key carries its map and every byte", () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  for (const map of Object.keys(MAPS) as (keyof typeof MAPS)[]) {
    assert.equal(mapOf(entryKey(map, bytes)), map);
    assert.deepEqual(keyBytes(entryKey(map, bytes)), bytes);
  }
});

describe("vif numbers", () => {
  test("start at 1, are kept, and are free again only when all that named them is gone", () => {
    const numbers = new VifNumbers(8);
    assert.deepEqual(numbers.take("a", NET, macOf(1)), { number: 1, fresh: true });
    assert.deepEqual(numbers.take("b", NET, macOf(2)), { number: 2, fresh: true });
    assert.deepEqual(numbers.take("a", NET, macOf(1)), { number: 1, fresh: false });
    numbers.giveBack("a");
    assert.equal(numbers.idOf(vif(1)), undefined);
    assert.equal(numbers.take("c", NET, macOf(3))?.number, 3);
    numbers.settle();
    assert.equal(numbers.take("d", NET, macOf(4))?.number, 1);
  });

  test("are those of the earlier run for the same MAC in the same network", () => {
    const numbers = new VifNumbers(8);
    const old = { net: NET, ifindex: 9, flags: 0, kind: 1, vlan: 0, dscp: 0, policy: 0 as SetNumber };
    numbers.adopt([
      [vif(1), { ...old, mac: macOf(1) }],
      [vif(5), { ...old, mac: macOf(5) }],
    ]);
    assert.equal(numbers.take("new", NET, macOf(9))?.number, 2);
    assert.deepEqual(numbers.take("e", NET, macOf(5)), { number: 5, fresh: false });
    assert.equal(numbers.take("other network", 2 as NetNumber, macOf(1))?.number, 3);
    numbers.settle();
    assert.equal(numbers.take("after", NET, macOf(8))?.number, 1);
  });

  test("run out", () => {
    const numbers = new VifNumbers(2);
    assert.equal(numbers.take("a", NET, macOf(1))?.number, 1);
    assert.equal(numbers.take("b", NET, macOf(2)), undefined);
  });
});

describe("membership", () => {
  const at = (number: number, wire?: string) => ({ networkId: "n", number: vif(number), wire });
  const on = (remote: string | undefined, movable = false) => ({
    networkId: "n",
    remote: remote === undefined ? undefined : ip(remote),
    movable,
  });

  test("hosts are counted by their endpoints, and told when the first comes or the last goes", () => {
    const members = new Members();
    assert.deepEqual(members.placeEndpoint("a", on("192.0.2.2")), ["n"]);
    assert.deepEqual(members.placeEndpoint("b", on("192.0.2.2")), []);
    assert.deepEqual(members.placeEndpoint("a", undefined), []);
    assert.deepEqual(members.of("n").remotes, ["192.0.2.2"]);
    assert.deepEqual(members.placeEndpoint("b", on("192.0.2.1")), ["n", "n"]);
    assert.deepEqual(members.of("n").remotes, ["192.0.2.1"]);
  });

  test("machines behind one tag of a card are one member", () => {
    const members = new Members();
    members.placeLocal("a", at(3, "9/100"));
    members.placeLocal("b", at(1, "9/100"));
    members.placeLocal("c", at(2, "9/200"));
    members.placeLocal("d", at(4));
    assert.deepEqual(members.of("n").locals, [1, 2, 4]);
  });

  test("a network is movable while one endpoint is", () => {
    const members = new Members();
    members.placeEndpoint("a", on(undefined, true));
    assert.equal(members.of("n").movable, true);
    members.placeEndpoint("a", on(undefined));
    assert.equal(members.of("n").movable, false);
  });
});

describe("the generation", () => {
  const macKey = (net: number) => MAPS.macs.key.encode({ net: net as NetNumber, mac: macOf(1) });
  const net = (changes: object) =>
    MAPS.nets.value.encode({ flags: 0, mtu: 1450, ifindex: 0, vlan: 0, locals: 1, remotes: 0, ...changes });
  const limit = (onNet: number) =>
    MAPS.limits.key.encode({ net: onNet as NetNumber, ip: 1, vif: vif(0), direction: 1 });
  const some = Buffer.alloc(4);
  const rows = [
    { what: "a new endpoint harms no flow", map: "macs", key: macKey(1), before: undefined, after: some, stale: false },
    { what: "one that moved does", map: "macs", key: macKey(1), before: some, after: some, stale: true },
    { what: "one that is gone does", map: "macs", key: macKey(1), before: some, after: undefined, stale: true },
    {
      what: "one new in a provider network does: it was looked for on the wire",
      map: "macs",
      key: macKey(0x01000064),
      before: undefined,
      after: some,
      stale: true,
    },
    { what: "a narrower source does", map: "sources", key: some, before: some, after: undefined, stale: true },
    { what: "a further source does not", map: "sources", key: some, before: undefined, after: some, stale: false },
    {
      what: "an address that nobody had does not",
      map: "ips",
      key: some,
      before: undefined,
      after: some,
      stale: false,
    },
    { what: "an address of another set does", map: "ips", key: some, before: some, after: some, stale: true },
    { what: "a further rule does not", map: "rules", key: some, before: undefined, after: some, stale: false },
    { what: "a rule that is gone does", map: "rules", key: some, before: some, after: undefined, stale: true },
    { what: "a rule that is stateless now does", map: "rules", key: some, before: some, after: some, stale: true },
    {
      what: "a class does: it takes addresses from another",
      map: "classes",
      key: some,
      before: undefined,
      after: some,
      stale: true,
    },
    { what: "a pair does: likewise", map: "pairs", key: some, before: undefined, after: some, stale: true },
    { what: "a route does: likewise", map: "routes", key: some, before: undefined, after: some, stale: true },
    { what: "a further router does not", map: "routers", key: some, before: undefined, after: some, stale: false },
    { what: "a router that is down now does", map: "routers", key: some, before: some, after: some, stale: true },
    { what: "a router's other MAC does", map: "router_ports", key: some, before: some, after: some, stale: true },
    { what: "a port's limit does not", map: "limits", key: limit(0), before: undefined, after: some, stale: false },
    { what: "the first limit outside does", map: "limits", key: limit(9), before: undefined, after: some, stale: true },
    { what: "another limit outside does not", map: "limits", key: limit(9), before: some, after: some, stale: false },
    { what: "the last one does", map: "limits", key: limit(9), before: some, after: undefined, stale: true },
    {
      what: "a further member does not",
      map: "nets",
      key: some,
      before: net({}),
      after: net({ locals: 2 }),
      stale: false,
    },
    { what: "another MTU does", map: "nets", key: some, before: net({}), after: net({ mtu: 1400 }), stale: true },
    { what: "a network that is gone does", map: "nets", key: some, before: net({}), after: undefined, stale: true },
  ] as const;
  for (const { what, map, key, before, after, stale } of rows) {
    test(what, () => assert.equal(invalidates(map, key, before, after), stale));
  }

  test("is never 0", () => {
    assert.equal(nextGeneration(0), 1);
    assert.equal(nextGeneration(2 ** 32 - 1), 1);
  });
});

describe("frames on pkt0", () => {
  const inner = Buffer.from(`${"ff".repeat(6)}0200000000010800${"ab".repeat(30)}`, "hex");
  const trapped = (header: { vif: number; reason: number; length: number }, frame: Buffer = inner) =>
    Buffer.concat([
      Buffer.alloc(14),
      TrapHeader.encode({ ...header, vif: vif(header.vif), wire: 0 as NetNumber }),
      frame,
    ]);

  test("a trap gives port, reason and the workload's frame without what was padded", () => {
    const frame = Buffer.concat([trapped({ vif: 7, reason: 1, length: inner.length }), Buffer.alloc(8)]);
    assert.deepEqual(decodeTrap(frame), { vif: 7, reason: "dhcp4", frame: inner });
  });

  const bad = [
    { what: "shorter than its headers", frame: trapped({ vif: 7, reason: 1, length: 20 }).subarray(0, 21) },
    { what: "shorter than it says", frame: trapped({ vif: 7, reason: 1, length: inner.length + 1 }) },
    { what: "of an unknown reason", frame: trapped({ vif: 7, reason: 99, length: inner.length }) },
    { what: "without an Ethernet header in it", frame: trapped({ vif: 7, reason: 1, length: 13 }) },
    {
      what: "of the host's own stack",
      frame: Buffer.from(`333300000016${"02".repeat(6)}86dd${"00".repeat(60)}`, "hex"),
    },
  ];
  for (const { what, frame } of bad)
    test(`a frame ${what} is no trap`, () => assert.equal(decodeTrap(frame), undefined));

  test("an injected frame has the inner frame's type outside, and its size in the header", () => {
    const frame = encodeInjection(vif(7), inner);
    assert.equal(frame.readUInt16BE(12), 0x0800);
    assert.deepEqual(TrapHeader.decode(frame.subarray(14)), { vif: 7, reason: 0, length: inner.length, wire: 0 });
    assert.deepEqual(frame.subarray(26), inner);
    assert.throws(() => encodeInjection(vif(7), Buffer.alloc(13)), RangeError);
    const arp = Buffer.from(`${"ff".repeat(6)}${"02".repeat(6)}0806${"00".repeat(28)}`, "hex");
    assert.equal(encodeInjection(vif(7), arp).readUInt16BE(12), 0x0800, "but for ARP, which the data plane cannot cut");
    assert.deepEqual(encodeInjection(vif(7), arp).subarray(26), arp);
  });
});

test("counters are summed over CPUs, and drops have names", () => {
  const cpu = (rxPackets: bigint, drops: Record<number, bigint>) =>
    VifStats.encode({
      rxPackets,
      rxBytes: 10n,
      txPackets: 1n,
      txBytes: 2n,
      mirroredPackets: 3n,
      mirroredBytes: 4n,
      tappedPackets: 5n,
      tappedBytes: 6n,
      drops: Array.from(
        { length: VifStats.decode(Buffer.alloc(VifStats.size)).drops.length },
        (_, i) => drops[i] ?? 0n,
      ),
    });
  const { SPOOFED_MAC, DHCP_SERVER } = DropReason;
  const cpus = [cpu(1n, { [SPOOFED_MAC]: 2n }), cpu(2n, { [SPOOFED_MAC]: 1n, [DHCP_SERVER]: 4n })];
  assert.deepEqual(sumCounters(Buffer.concat(cpus)), {
    rxPackets: 3n,
    rxBytes: 20n,
    txPackets: 2n,
    txBytes: 4n,
    mirroredPackets: 6n,
    mirroredBytes: 8n,
    tappedPackets: 10n,
    tappedBytes: 12n,
    drops: { spoofed_mac: 3n, dhcp_server: 4n },
  });
});
