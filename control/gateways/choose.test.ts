/** Hosts for gateways: who is there, who can, who is chosen, and that little moves. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { HostBeatRecord, HostRecord, NetworkRecord } from "../../model/mod.ts";
import { type Candidate, canServe, chooseHosts, type Liveness, livenessOf } from "./choose.ts";

const NOW = "2026-01-01T12:00:00Z";
const ago = (seconds: number) => new Date(Date.parse(NOW) - seconds * 1000).toISOString();
const beat = (seconds: number, more: Partial<HostBeatRecord> = {}): HostBeatRecord => ({
  name: "h",
  seen_at: ago(seconds),
  started_at: ago(seconds),
  ...more,
});

describe("how sure it is that a host is there", () => {
  const rows: [string, HostBeatRecord | undefined, Liveness][] = [
    ["never seen", undefined, "gone"],
    ["just seen", beat(1), "fresh"],
    ["seen two beats ago", beat(70), "fresh"],
    ["seen too long ago to be chosen", beat(90), "doubtful"],
    ["seen too long ago to stay", beat(130), "gone"],
    ["seen, and missed since", beat(1, { gone_at: ago(0) }), "gone"],
  ];
  for (const [what, record, liveness] of rows)
    test(what, () => assert.equal(livenessOf(record, Date.parse(NOW)), liveness));
});

describe("who can be a way to a network", () => {
  const network = { "provider:physical_network": "outer" } as NetworkRecord;
  const host = (physical_networks: Record<string, string>, more: object = {}) =>
    ({ name: "h", facts: { physical_networks }, ...more }) as unknown as HostRecord;
  const rows: [string, HostRecord, boolean][] = [
    ["a host with a card on it", host({ outer: "eth1" }), true],
    ["not one with cards elsewhere", host({ other: "eth1" }), false],
    ["not one that has not reported yet", { name: "h", facts: null } as HostRecord, false],
    [
      "not one whose L3 agent is out of service",
      host({ outer: "e" }, { agents: { l3: { admin_state_up: false } } }),
      false,
    ],
  ];
  for (const [what, record, can] of rows) test(what, () => assert.equal(canServe(record, network), can));
});

describe("who is chosen", () => {
  const at = (name: string, load = 0, liveness: Liveness = "fresh"): Candidate => ({ name, load, liveness });
  const rows: [string, string[], Candidate[], string[]][] = [
    ["those with least to do", [], [at("a", 3), at("b", 1), at("c", 2)], ["b", "c"]],
    ["one alone, without a standby", [], [at("a")], ["a"]],
    ["nobody if there is nobody", [], [], []],
    ["who is it stays, whatever others have to do", ["a", "b"], [at("a", 9), at("b", 9), at("c")], ["a", "b"]],
    [
      "the standby moves up, and another becomes standby",
      ["a", "b"],
      [at("a", 0, "gone"), at("b"), at("c")],
      ["b", "c"],
    ],
    ["who comes back is a standby", ["b"], [at("a"), at("b")], ["b", "a"]],
    ["who is in doubt stays, and is not chosen", ["a"], [at("a", 0, "doubtful"), at("b", 0, "doubtful")], ["a"]],
    ["with nobody there it stays as it was", ["a", "b"], [at("a", 0, "gone")], ["a", "b"]],
    ["who cannot any more goes", ["a", "b"], [at("b")], ["b"]],
  ];
  for (const [what, current, candidates, chosen] of rows)
    test(what, () => assert.deepEqual(chooseHosts("r1", current, candidates), chosen));

  test("many routers spread over hosts with equal load, each in the same way everywhere", () => {
    const hosts = ["a", "b", "c", "d"].map((name) => at(name));
    const firsts = Array.from({ length: 400 }, (_, i) => chooseHosts(`r${i}`, [], hosts)[0]);
    for (const { name } of hosts) assert.ok(firsts.filter((first) => first === name).length > 60, name);
    assert.deepEqual(
      Array.from({ length: 400 }, (_, i) => chooseHosts(`r${i}`, [], hosts.toReversed())[0]),
      firsts,
    );
  });
});
