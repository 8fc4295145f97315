import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { PortRecord } from "../../model/mod.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { keys, type Store } from "../../store/mod.ts";
import { MemoryCache } from "../memory-cache.ts";
import { Courier } from "./courier.ts";
import type { NovaEvent } from "./events.ts";
import type { Nova, Outcome } from "./nova.ts";
import { withOutbox } from "./outbox.ts";

const nothing = () => {};
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const SERVER = "11111111-2222-4333-8444-555555555555";
const portOf = (changes: Partial<PortRecord> = {}) => ({
  id: "p",
  network_id: "n",
  device_owner: "compute:nova",
  device_id: SERVER,
  status: "DOWN",
  fixed_ips: [],
  "binding:host_id": "",
  ...changes,
});

class FakeNova implements Nova {
  readonly sent: string[] = [];
  readonly answers: Outcome[] = [];
  async send(events: readonly NovaEvent[]): Promise<Outcome> {
    const answer = this.answers.shift() ?? { what: "sent", detail: "" };
    this.sent.push(...events.map(({ name, tag }) => `${answer.what} ${name} ${tag}`));
    return answer;
  }
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** A control node's part in this, over a store that others share. */
async function node(name: string, store: Store, nova: Nova, takeoverMs = 60_000) {
  const memory = await MemoryCache.start(store, log);
  const courier = new Courier(store, nova, log, { name, batchMs: 1, takeoverMs });
  open.push(memory, courier);
  const outbox = withOutbox(store, memory, name);
  const put = async (port: object) => {
    const value = JSON.stringify(port);
    const commit = await outbox.commit({ guards: [], writes: [{ kind: "put", key: keys.record("port", "p"), value }] });
    await memory.reached(commit.revision);
  };
  return { courier, put };
}

async function until(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await test()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail(`never: ${what}`);
}
const isEmpty = async (store: Store) => (await store.list(keys.novaEvents)).entries.length === 0;

test("an event is written with the change, sent once, and gone then", async () => {
  const [store, nova] = [new MemoryStore(), new FakeNova()];
  const { courier, put } = await node("a", store, nova);
  await put(portOf());
  await put(portOf({ status: "ACTIVE" }));
  assert.equal((await store.list(keys.novaEvents)).entries.length, 1);
  await courier.start();
  await until("the outbox is empty", () => isEmpty(store));
  assert.deepEqual(nova.sent, ["sent network-vif-plugged p"]);
});

test("a Nova that cannot be reached is asked again", async () => {
  const [store, nova] = [new MemoryStore(), new FakeNova()];
  nova.answers.push({ what: "later", detail: "away" });
  const { courier, put } = await node("a", store, nova);
  await courier.start();
  await put(portOf({ status: "ACTIVE" }));
  await put(portOf());
  await until("the outbox is empty", async () => nova.sent.length > 1 && (await isEmpty(store)));
  assert.deepEqual(nova.sent, ["later network-vif-unplugged p", "sent network-vif-unplugged p"]);
});

test("what a control node wrote that is gone, another one sends after a while; while it is there, nobody else does", async () => {
  const [store, mine, others] = [new MemoryStore(), new FakeNova(), new FakeNova()];
  const dead = await node("dead", store, mine);
  await dead.put(portOf());
  await dead.put(portOf({ status: "ACTIVE" }));
  const patient = await node("patient", store, mine);
  await patient.courier.start();
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(mine.sent, []);
  const heir = await node("heir", store, others, 20);
  await heir.courier.start();
  await until("the outbox is empty", () => isEmpty(store));
  assert.deepEqual(others.sent, ["sent network-vif-plugged p"]);
  assert.deepEqual(mine.sent, []);
});
