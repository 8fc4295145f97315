import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../model/mod.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import { ADMIN, ALICE, audit, BOB, makeWorld, refuses, type World } from "../networking.fixture.ts";
import { makePool } from "../pools/pools.fixture.ts";

const allocate = (world: World, by = ALICE) =>
  world.networking.act(by, "auto_allocated_topology", by.projectId, "allocate", {});
const check = (world: World, by = ALICE) =>
  world.networking.act(by, "auto_allocated_topology", by.projectId, "check", {});
const remove = (world: World, by = ALICE) => world.networking.delete(by, "auto_allocated_topology", by.projectId);

const DEFAULT = { is_default: true, shared: true, default_prefixlen: 26 };

async function ready(store = new MemoryStore()) {
  const world = await makeWorld({}, store);
  const external = await world.network({ "router:external": true, is_default: true }, ADMIN);
  await world.subnet(external.id, "192.0.2.0/24", {}, ADMIN);
  await makePool(world, ["10.99.0.0/16"], DEFAULT, ADMIN);
  await makePool(world, ["2001:db8::/48"], { is_default: true, shared: true }, ADMIN);
  return { world, external };
}

test("a project gets a network with a subnet of each default pool, and a router to the outside, once", async () => {
  const { world, external } = await ready();
  assert.deepEqual(await check(world), { id: "dry-run=pass", project_id: "alice" });
  assert.equal((await world.networking.list(ALICE, "network", {})).length, 1);
  const { id } = await allocate(world);
  assert.deepEqual(await allocate(world), { id, project_id: "alice" });
  const subnets = await world.networking.list(ALICE, "subnet", { network_id: [String(id)] });
  assert.deepEqual(subnets.map(({ cidr }) => cidr).sort(), ["10.99.0.0/26", "2001:db8::/64"]);
  const [router] = await world.networking.list(ALICE, "router", {});
  assert.equal(router?.gateways[0]?.network_id, external.id);
  const ports = await world.networking.list(ALICE, "port", { device_id: [String(router?.id)] });
  const addresses = ports.flatMap(({ fixed_ips }) => fixed_ips.map(({ ip_address }) => ip_address)).sort();
  assert.deepEqual(addresses, ["10.99.0.1", "2001:db8::1"]);
  await audit(world.store);
});

test("it goes as a whole, unless something is plugged into it", async () => {
  const { world } = await ready();
  const { id } = await allocate(world);
  const port = await world.port(String(id));
  await refuses(world, "NetworkInUse", () => remove(world));
  await world.networking.delete(ALICE, "port", port.id);
  await remove(world);
  assert.equal((await world.networking.list(ALICE, "router", {})).length, 0);
  assert.equal(world.memory.get("network", String(id)), undefined);
  await remove(world);
  assert.notEqual((await allocate(world)).id, id);
  await audit(world.store);
});

test("a topology whose network was removed by hand is made anew", async () => {
  const { world } = await ready();
  const { id } = await allocate(world);
  const [router] = await world.networking.list(ALICE, "router", {});
  for (const subnet of await world.networking.list(ALICE, "subnet", { network_id: [String(id)] })) {
    const body = { subnet_id: subnet.id };
    await world.networking.act(ALICE, "router", router?.id ?? "", "remove_router_interface", body);
  }
  await world.networking.delete(ALICE, "network", String(id));
  assert.notEqual((await allocate(world)).id, id);
});

test("what is missing is named", async () => {
  const world = await makeWorld();
  await refuses(world, "AutoAllocationFailure", () => allocate(world), /No default router:external network/);
  await refuses(world, "AutoAllocationFailure", () => check(world), /No default router:external network/);
  await world.network({ "router:external": true, is_default: true }, ADMIN);
  await refuses(world, "AutoAllocationFailure", () => check(world), /No default subnetpools defined/);
  await refuses(world, "AutoAllocationFailure", () => allocate(world), /Unable to provide project private network/);
});

test("two control nodes asked at once make one topology", async () => {
  const store = new MemoryStore();
  const { world: one } = await ready(store);
  const two = await makeWorld({}, store);
  const made = await Promise.all([allocate(one, BOB), allocate(two, BOB), allocate(one, BOB)]);
  assert.equal(new Set(made.map(({ id }) => id)).size, 1);
  await one.memory.reached(await store.revision());
  assert.equal(one.memory.count("router"), 1);
  await audit(store);
});

test("one external network is the default, and the wish of another kind is forgotten", async () => {
  const world = await makeWorld();
  const make = (more: object = {}) => world.network({ "router:external": true, is_default: true, ...more }, ADMIN);
  const update = (id: string, changes: object) => world.networking.update(ADMIN, "network", id, { ...changes });
  const plain = await make({ "router:external": false });
  assert.equal(plain.is_default, false);
  const first = await make();
  await refuses(world, "DefaultExternalNetworkExists", make, new RegExp(first.id));
  await refuses(world, "DefaultExternalNetworkExists", () => update(plain.id, { is_default: true }));
  const second = await make({ is_default: false });
  await refuses(world, "DefaultExternalNetworkExists", () => update(second.id, { is_default: true }));
  await update(first.id, { is_default: false });
  assert.equal((await update(second.id, { is_default: true })).is_default, true);
  assert.equal((await update(second.id, { "router:external": false })).is_default, false);
  await update(first.id, { is_default: true });
  await audit(world.store);
  await world.networking.delete(ADMIN, "network", first.id);
  await make();
  await audit(world.store);
});

test("two control nodes cannot both make a default external network", async () => {
  const store = new MemoryStore();
  const worlds = [await makeWorld({}, store), await makeWorld({}, store)];
  const results = await Promise.allSettled(
    worlds.map((world) => world.network({ "router:external": true, is_default: true }, ADMIN)),
  );
  const refused = results.filter((result) => result.status === "rejected");
  assert.ok(refused.length === 1 && refused[0]?.reason instanceof Fault);
  assert.equal(refused[0].reason.code, "DefaultExternalNetworkExists");
  await audit(store);
});
