/** The control node or its store away: packets flow, hosts restart with their network, reads go on, nothing is lost. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failures, NeutronError, REACH_TESTS, settled, testLab } from "../kit/mod.ts";

const lab = testLab({
  hosts: { host1: {}, host2: {} },
  networks: { tenant: { subnets: ["10.0.0.0/24", "fd00:1::/64"] } },
  workloads: {
    a: { kind: "container", host: "host1", network: "tenant" },
    b: { kind: "container", host: "host2", network: "tenant" },
  },
});

const everyoneReaches = async () => assert.deepEqual(failures(await lab().reach()), []);

test("with the control node away, connections old and new go on, also over a restart of the agents", async () => {
  await lab().control.kill();
  await everyoneReaches();
  for (const host of lab().hosts.values()) {
    const before = await host.dump();
    await host.killAgent();
    await host.startAgentAlone();
    assert.deepEqual(await host.dump(), before, `the data plane of ${host.name}`);
  }
  await everyoneReaches();
});

test("a control node that comes back is found by the agents, and what it then says is done", async () => {
  await lab().control.start();
  for (const host of lab().hosts.values()) await host.inStep();
  await lab().addWorkload("c", { kind: "container", host: "host1", network: "tenant" });
  await everyoneReaches();
});

test("with etcd away, reads and packets go on; writes get 503 with Retry-After and leave nothing", async () => {
  const { neutron, etcd } = lab();
  const before = await neutron.list("network");
  await etcd.kill();
  assert.deepEqual(await neutron.list("network"), before);
  const refused = await neutron.create("network", { name: "lost" }).catch((error: unknown) => error);
  assert.ok(refused instanceof NeutronError, `the write was not refused: ${refused}`);
  assert.equal(refused.status, 503);
  assert.match(refused.retryAfter ?? "", /^\d+$/);
  await everyoneReaches();
  await etcd.start();
  const made = await neutron.create("network", { name: "after" });
  assert.deepEqual((await neutron.list("network")).map(({ name }) => name).sort(), ["after", "tenant"]);
  await neutron.delete("network", made.id);
  await lab().addWorkload("d", { kind: "container", host: "host2", network: "tenant" });
  assert.deepEqual(failures(await lab().reach([REACH_TESTS[0]])), []);
});

test("nothing changes when all is computed afresh", () => settled(lab(), [/store|etcd|UNAVAILABLE/i]));
