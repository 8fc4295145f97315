import assert from "node:assert/strict";
import { test } from "node:test";
import { MAPS, MIRRORS_MAX, VifFlag, type VifNumber } from "../../bpf/layout.gen.ts";
import type { Ip } from "../../model/mod.ts";
import type { WantedMirror } from "../datapath.ts";
import { Claims } from "./claims.ts";
import { invalidates } from "./generation.ts";
import { type EntryKey, keyBytes, mapOf } from "./keys.ts";
import { Mirrors, mirrorEntries, mirrorFlags } from "./mirrors.ts";

const FLOW = "0a0b0c0d-0000-4000-8000-000000000000";
const HOST = "192.0.2.2" as Ip;
const vif = (number: number) => number as VifNumber;
const toPort = (portId: string, direction: "in" | "out" = "in"): WantedMirror => ({
  id: FLOW,
  direction,
  to: { kind: "port", portId },
});
const toHost = (vni: number): WantedMirror => ({
  id: FLOW,
  direction: "out",
  to: { kind: "vxlan", vni, remote: HOST },
});
const numbers = new Map([
  ["a", vif(1)],
  ["t", vif(2)],
]);
const numberOf = (id: string) => numbers.get(id);
const way = { vif: 0, tunnel: 0, more: 0, remote: "::", tag: 0x0a0b0c0d };

test("mirrors are numbered in each direction, and each but the last says that one follows", () => {
  const entries = mirrorEntries({ mirrors: [toPort("t"), toHost(900), toPort("t", "out")] }, vif(1), numberOf);
  assert.deepEqual(
    entries.map(({ map, key, value }) => [map, key, value]),
    [
      ["mirrors", { vif: 1, direction: 1, index: 0 }, { ...way, kind: 1, vif: 2 }],
      ["mirrors", { vif: 1, direction: 2, index: 0 }, { ...way, kind: 2, tunnel: 900, remote: HOST, more: 1 }],
      ["mirrors", { vif: 1, direction: 2, index: 1 }, { ...way, kind: 1, vif: 2 }],
    ],
  );
});

test("a tap port has its VNI, and who may send under it", () => {
  const entries = mirrorEntries({ taps: [{ vni: 900, hosts: [HOST] }] }, vif(2), numberOf);
  assert.deepEqual(
    entries.map(({ map, key, value }) => [map, key, value]),
    [
      ["taps", { vni: 900 }, { vif: 2 }],
      ["peers", { net: 900, ip: HOST }, { flags: 0 }],
    ],
  );
});

test("beyond what one packet may be copied the first mirrors count", () => {
  const many = Array.from({ length: MIRRORS_MAX + 2 }, (_, i) => toHost(900 + i));
  const entries = mirrorEntries({ mirrors: many }, vif(1), numberOf);
  assert.equal(entries.length, MIRRORS_MAX);
  assert.deepEqual(
    entries.map(({ value }) => (value as { more: number }).more),
    [...Array.from({ length: MIRRORS_MAX - 1 }, () => 1), 0],
  );
});

test("a port's flags tell in which directions it is mirrored", () => {
  assert.equal(mirrorFlags({}), 0);
  assert.equal(mirrorFlags({ mirrors: [toPort("t")] }), VifFlag.MIRROR_IN);
  assert.equal(mirrorFlags({ mirrors: [toPort("t"), toHost(1)] }), VifFlag.MIRROR_IN | VifFlag.MIRROR_OUT);
});

test("a tap port that comes, gets another number or goes brings the mirrors to it", () => {
  const wanted = new Map<EntryKey, string | undefined>();
  const claims = new Claims((key, value) => (value === undefined ? wanted.delete(key) : wanted.set(key, value)));
  const here = new Map([["a", vif(1)]]);
  const mirrors = new Mirrors(claims, (id) => here.get(id));
  const ways = () =>
    [...wanted].flatMap(([key, value]) =>
      mapOf(key) === "mirrors"
        ? [[MAPS.mirrors.key.decode(keyBytes(key)).vif, MAPS.mirrors.value.decode(Buffer.from(value!, "latin1")).vif]]
        : [],
    );
  mirrors.place("a", { mirrors: [toPort("t")] });
  mirrors.update();
  assert.deepEqual(ways(), []);
  for (const number of [5, 6]) {
    here.set("t", vif(number));
    mirrors.place("t", {});
    mirrors.update();
    assert.deepEqual(ways(), [[1, number]]);
  }
  here.delete("t");
  mirrors.place("t", undefined);
  mirrors.update();
  assert.deepEqual(ways(), []);
  here.set("t", vif(5));
  mirrors.place("t", {});
  here.delete("a");
  mirrors.place("a", undefined);
  mirrors.update();
  assert.deepEqual([...wanted], [], "the mirrored port is gone");
});

test("to be mirrored, limited or marked makes no decision of a running flow wrong; anything else about a port may", () => {
  const value = { net: 1, ifindex: 3, flags: 3, kind: 1, vlan: 0, mac: "02:00:00:00:00:01", dscp: 0, policy: 0 };
  const bytes = (changes: object) => MAPS.vifs.value.encode({ ...(value as object), ...changes } as never);
  const key = MAPS.vifs.key.encode(vif(1));
  for (const flag of [VifFlag.MIRROR_IN, VifFlag.METER_OUT, VifFlag.METER_IN, VifFlag.MARK])
    assert.equal(invalidates("vifs", key, bytes({}), bytes({ flags: 3 | flag, dscp: 46 })), false);
  assert.equal(invalidates("vifs", key, bytes({}), bytes({ flags: 1 })), true);
  assert.equal(invalidates("vifs", key, bytes({}), undefined), true);
});
