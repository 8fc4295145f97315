import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault, fault, ip } from "../../model/mod.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import {
  type Commit,
  keys,
  type Store,
  StoreRefused,
  StoreUnavailable,
  StoreUnknown,
  type Transaction,
} from "../../store/mod.ts";
import { MemoryCache } from "../memory-cache.ts";
import { makeNetworking } from "./mod.ts";
import { ALICE, contents, makeWorld, refuses, silent } from "./networking.fixture.ts";

/** A store whose commits go through `commit`; all else is the store's. */
function intercepted(store: MemoryStore, commit: (transaction: Transaction) => Promise<Commit>): Store {
  return {
    list: (prefix) => store.list(prefix),
    revision: () => store.revision(),
    watch: (...args) => store.watch(...args),
    close: () => store.close(),
    commit,
  };
}

test("a request that loses a race is planned again from what won", async () => {
  const inner = new MemoryStore();
  const world = await makeWorld({}, inner);
  const network = await world.network();
  await world.subnet(network.id, "10.0.0.0/29");
  let races = 0;
  const store = intercepted(inner, async (transaction) => {
    const chosen = transaction.writes.find(({ key }) => key.includes("/unique/ip/"));
    const ip_address = chosen?.key.split("/").at(-1);
    if (races++ < 4) await world.port(network.id, { fixed_ips: [{ ip_address }] });
    return inner.commit(transaction);
  });
  const memory = await MemoryCache.start(store, silent);
  const slow = makeNetworking({ store, memory, log: silent });
  const [port] = await slow.create(ALICE, "port", [{ network_id: network.id }]);
  assert.equal(races, 5);
  const all = await slow.list(ALICE, "port", {});
  assert.equal(new Set(all.map((row) => row.fixed_ips[0]?.ip_address)).size, 5);
  assert.ok(all.some((row) => row.id === port?.id));
});

test("what another control node did is found before a request is refused", async () => {
  const inner = new MemoryStore();
  const [near, far] = [await makeWorld({}, inner), await makeWorld({}, inner)];
  for (let round = 0; round < 5; round++) {
    const network = await far.network();
    await far.subnet(network.id, "10.0.0.0/30");
    const port = await near.port(network.id);
    await far.networking.delete(ALICE, "port", port.id);
    const next = await near.port(network.id);
    await near.networking.delete(ALICE, "port", next.id);
    await far.networking.delete(ALICE, "network", network.id);
    await refuses(near, "NetworkNotFound", () => near.port(network.id));
  }
});

const outages: [Error, number, RegExp][] = [
  [new StoreUnavailable("away"), 503, /nothing was changed/],
  [new StoreUnknown("broke"), 503, /look whether the change is there/],
  [new StoreRefused("too large"), 400, /too large/],
];
for (const [error, status, message] of outages) {
  test(`${error.name} of the store is told as ${status}`, async () => {
    const inner = new MemoryStore();
    const store = intercepted(inner, () => Promise.reject(error));
    const memory = await MemoryCache.start(store, silent);
    const networking = makeNetworking({ store, memory, log: silent });
    await assert.rejects(networking.create(ALICE, "network", [{}]), (thrown) => {
      assert.ok(thrown instanceof Fault);
      assert.equal(thrown.status, status);
      assert.match(thrown.message, message);
      return true;
    });
    assert.deepEqual(await contents(inner), []);
  });
}

test("a request that loses every race gives up with 503 and writes nothing", async () => {
  const inner = new MemoryStore();
  let attempts = 0;
  const store = intercepted(inner, async ({ guards }) => {
    attempts++;
    return { ok: false, revision: await inner.revision(), failed: guards.slice(0, 1) };
  });
  const memory = await MemoryCache.start(store, silent);
  const networking = makeNetworking({ store, memory, log: silent });
  await assert.rejects(
    networking.create(ALICE, "network", [{}]),
    fault("ServiceUnavailable", {
      msg: "Too many concurrent changes of the same resources: nothing was changed. Repeat the request.",
    }),
  );
  assert.ok(attempts > 10 && attempts < 100, String(attempts));
});

test("concurrent requests of one node do not choose the same address", async () => {
  const inner = new MemoryStore();
  let commits = 0;
  const store = intercepted(inner, (transaction) => {
    commits++;
    return inner.commit(transaction);
  });
  const world = await makeWorld({}, store);
  const network = await world.network();
  await world.subnet(network.id, "10.0.0.0/24");
  commits = 0;
  const ports = await Promise.all(Array.from({ length: 253 }, () => world.port(network.id)));
  assert.equal(new Set(ports.map((port) => port.fixed_ips[0]?.ip_address)).size, 253);
  assert.equal(commits, 253, "each port takes one transaction");
});

test("an update of something that another changed meanwhile is made on top of that", async () => {
  const world = await makeWorld();
  const network = await world.network();
  await Promise.all(
    Array.from({ length: 8 }, (_, i) => world.networking.update(ALICE, "network", network.id, { name: `n${i}` })),
  );
  assert.equal((await world.networking.get(ALICE, "network", network.id)).revision_number, 9);
});

test("an address whose holder memory cannot read is taken all the same, and does not hide the free ones", async () => {
  const world = await makeWorld();
  const network = await world.network();
  const subnet = await world.subnet(network.id, "10.0.0.0/29");
  const unreadable = ["10.0.0.3", "10.0.0.5"].map((address) => keys.ip(subnet.id, ip(address)));
  await world.store.commit({ guards: [], writes: unreadable.map((key) => ({ kind: "put", key, value: "?" })) });
  const ports = [await world.port(network.id), await world.port(network.id), await world.port(network.id)];
  const addresses = ports.map((port) => port.fixed_ips[0]?.ip_address);
  assert.deepEqual(addresses.sort(), ["10.0.0.2", "10.0.0.4", "10.0.0.6"]);
  await refuses(world, "IpAddressGenerationFailure", () => world.port(network.id));
});
