/** A driver that starts over what an earlier one left, under traffic: the same programs, and those of an upgrade. */
import assert from "node:assert/strict";
import { appendFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { WantedEndpoint } from "../../datapath/mod.ts";
import { buildBpf, OBJECTS } from "../../tools/build-bpf.ts";
import { mustIn } from "../kit/netns.ts";
import { type Lab, withLab } from "./datapath-lab.ts";

const PINGS = 4_000;
const INTERVAL_SECONDS = 0.001;

let count = 0;

before(() => {
  buildBpf();
});

const here = (n: number): WantedEndpoint["location"] => ({ kind: "local", vifId: `p${n}` });

/** Each workload asks in one family and answers in the other, so each sees all of both. */
const ALL_ANSWERED = { requests: PINGS, replies: PINGS };

/**
 * Echoes that the kernel of a namespace took in (RFC 4293's ICMP counters), of both families. Not what ping says: the
 * verifier keeps ping from its CPU for so long that the socket's own small receive buffer overflows, data plane or not.
 */
async function echoes(netns: string): Promise<{ requests: number; replies: number }> {
  const [names = "", values = ""] = (await mustIn(netns, ["grep", "^Icmp:", "/proc/net/snmp"])).split("\n");
  const ip4 = new Map(names.split(" ").map((name, i) => [name, Number(values.split(" ")[i])]));
  const ip6 = new Map(
    (await mustIn(netns, ["grep", "^Icmp6", "/proc/net/snmp6"]))
      .trim()
      .split("\n")
      .map((line) => line.split(/\s+/))
      .map(([name = "", value]) => [name, Number(value)]),
  );
  return {
    requests: (ip4.get("InEchos") ?? 0) + (ip6.get("Icmp6InEchos") ?? 0),
    replies: (ip4.get("InEchoReps") ?? 0) + (ip6.get("Icmp6InEchoReplies") ?? 0),
  };
}

/** Two workloads of one host that ping each other, in both families, while `work` is done to their host's driver. */
async function underPings(work: (lab: Lab, apply: () => void) => Promise<void>): Promise<void> {
  const prefix = `cbp${process.pid}-${count++}`;
  await withLab({ prefix, tunnels: ["198.18.81.1", "198.18.81.2"] }, async (lab) => {
    const [one, two] = [await lab.plug(lab.a, 1), await lab.plug(lab.a, 2)];
    const wanted = lab.wanted([lab.vif(one), lab.vif(two)], [lab.endpoint(1, here(1)), lab.endpoint(2, here(2))]);
    lab.a.datapath.apply(wanted);
    const options = { count: PINGS, intervalSeconds: INTERVAL_SECONDS };
    const pings = [one.ping("10.0.0.2", options), two.ping("fd00::1", options)];
    await sleep(500);
    await work(lab, () => void lab.a.datapath.apply(wanted));
    await Promise.all(pings);
    assert.deepEqual([await echoes(one.netns), await echoes(two.netns)], [ALL_ANSWERED, ALL_ANSWERED]);
    assert.deepEqual([lab.a.datapath.counters("p1")?.drops, lab.a.datapath.counters("p2")?.drops], [{}, {}]);
  });
}

test("a restart with the same objects loads no program and loses no packet", () =>
  underPings(async (lab, apply) => {
    const programs = lab.a.programs();
    assert.deepEqual(Object.keys(programs).sort(), [
      "cable-mir1",
      "cable-pkt0",
      "cable-svc1",
      "cable-vxlan",
      "veth1",
      "veth2",
    ]);
    await lab.a.restart();
    apply();
    assert.deepEqual(lab.a.programs(), programs);
  }));

test("an upgrade puts its programs over the former ones and loses no packet", async () => {
  const objects = mkdtempSync(join(tmpdir(), "cbp-objects-"));
  try {
    cpSync(OBJECTS, objects, { recursive: true });
    // Another build of the same sources: what follows an ELF file's last section is nobody's.
    appendFileSync(join(objects, "workload.o"), "another build");
    await underPings(async (lab, apply) => {
      const before = lab.a.programs();
      await lab.a.restart(objects);
      apply();
      const after = lab.a.programs();
      assert.deepEqual(Object.keys(after), Object.keys(before));
      for (const [device, id] of Object.entries(after)) assert.notEqual(id, before[device], `the program of ${device}`);
      await lab.a.restart(objects);
      apply();
      assert.deepEqual(lab.a.programs(), after);
    });
  } finally {
    rmSync(objects, { recursive: true });
  }
});
