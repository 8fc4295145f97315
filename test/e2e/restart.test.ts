/** The data plane outlives the agent: a crash and a new start cost no packet. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ofFamily, settled, startStream, testLab } from "../kit/mod.ts";

const lab = testLab({
  hosts: { host1: {}, host2: {} },
  networks: { tenant: { subnets: ["10.0.0.0/24", "fd00:1::/64"] } },
  workloads: {
    a: { kind: "container", host: "host1", network: "tenant" },
    b: { kind: "container", host: "host2", network: "tenant" },
  },
});

const PINGS = 10_000;

test("agents killed and started again lose none of 10,000 pings at 1 kHz and disturb no TCP transfer", async () => {
  const { ips } = lab().target("b");
  const stream = await startStream({
    directory: lab().directory,
    from: lab().entry("a").netns,
    to: lab().entry("b").netns,
    address: ofFamily(ips, 6) as (typeof ips)[number],
  });
  const pings = lab()
    .workload("a")
    .run(`busybox ping -q -i 0.001 -c ${PINGS} ${ofFamily(ips, 4)}`);
  await sleep(1000);
  for (const host of lab().hosts.values()) {
    await host.killAgent();
    await sleep(500); // nobody at home
    await host.startAgent();
  }
  assert.match((await pings).stdout, new RegExp(`${PINGS} packets transmitted, ${PINGS} packets received`));
  const { bytes, wrong, longestGapMs, error, lost } = await stream.finish();
  assert.deepEqual({ wrong, error, lost }, { wrong: 0, error: "", lost: 0 });
  assert.ok(bytes > 1 << 20, `only ${bytes} bytes were sent`);
  assert.ok(longestGapMs < 1000, `a gap of ${longestGapMs} ms`);
});

test("nothing changes when all is computed afresh", () => settled(lab()));
