/** Two control nodes on one store place gateways: one choice, and none too many. The clock is the tests'. */
import assert from "node:assert/strict";
import { after, before, mock, test } from "node:test";
import { pino } from "pino";
import { MemoryStore } from "../../store/memory-store.ts";
import { keys } from "../../store/mod.ts";
import { MemoryCache } from "../memory-cache.ts";
import { Gateways } from "./gateways.ts";

const ROUTERS = 12;
const log = pino({ level: "silent" });
const store = new MemoryStore();
const memories: MemoryCache[] = [];
const nodes: Gateways[] = [];

const put = (kind: "host" | "host_beat" | "network" | "router", id: string, value: object) =>
  store.commit({
    guards: [],
    writes: [{ kind: "put", key: keys.record(kind, id), value: JSON.stringify({ id, name: id, ...value }) }],
  });
const beat = (host: string, more: object = {}) => {
  const now = new Date().toISOString();
  return put("host_beat", host, { seen_at: now, started_at: now, ...more });
};

async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 100) {
    mock.timers.tick(100);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Each router's hosts, by either node's memory. */
function placed(node = 0): string[] {
  return [...memories[node]!.all("router")].map(({ record }) => (record.gateways[0]?.hosts ?? []).join(" "));
}

before(async () => {
  mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
  await put("network", "outer", { "provider:network_type": "flat", "provider:physical_network": "phys" });
  for (const host of ["a", "b", "c"]) {
    await put("host", host, { facts: { physical_networks: { phys: "eth1" } } });
    await beat(host);
  }
  await put("host", "unwired", { facts: { physical_networks: {} } });
  await beat("unwired");
  for (let i = 0; i < ROUTERS; i++) await put("router", `r${i}`, { gateways: [{ network_id: "outer", port_id: "p" }] });
  for (const _ of [1, 2]) {
    const memory = await MemoryCache.start(store, log);
    memories.push(memory);
    nodes.push(new Gateways({ store, memory, log }));
  }
});
after(async () => {
  for (const node of nodes) await node.close();
  for (const memory of memories) await memory.close();
  mock.reset();
});

test("every router gets a host and a standby, spread over those with a card there", async () => {
  await pass(6_000);
  assert.deepEqual(placed(0), placed(1));
  const counts = new Map<string, number>();
  for (const hosts of placed()) {
    assert.equal(hosts.split(" ").length, 2);
    for (const host of hosts.split(" ")) counts.set(host, (counts.get(host) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].sort(), ["a", "b", "c"]);
  for (const [host, count] of counts) assert.equal(count, (2 * ROUTERS) / 3, host);
});

test("when a host goes its standbys move up at once, and nothing else moves, nor back when it returns", async () => {
  const before = placed();
  await beat("a", { gone_at: new Date().toISOString() });
  await pass(300);
  const after = placed();
  for (const [i, hosts] of before.entries()) {
    const [first, second] = hosts.split(" ");
    assert.equal(after[i]?.split(" ")[0], first === "a" ? second : first, hosts);
    assert.doesNotMatch(after[i] ?? "a", /a/);
  }
  await beat("a");
  await pass(300);
  assert.deepEqual(placed(), after);
});

test("two nodes do not undo each other's choices", async () => {
  await pass(1_000);
  const revision = await store.revision();
  await pass(40_000);
  assert.equal(await store.revision(), revision);
});
