import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "../../../api/mod.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import { ALICE, audit, BOB, makeWorld, refuses, type World } from "../networking.fixture.ts";

async function make(world: World, body: Attributes = {}) {
  const [group] = await world.networking.create(ALICE, "address_group", [{ name: "a", ...body }]);
  assert.ok(group);
  return group;
}
const act = (world: World, id: string, action: "add_addresses" | "remove_addresses", addresses: string[]) =>
  world.networking.act(ALICE, "address_group", id, action, { addresses });

test("addresses are kept as prefixes, each once; what is there cannot be added, nor what is not be removed", async () => {
  const world = await makeWorld();
  const group = await make(world, { addresses: ["10.0.0.5/24", "10.0.0.0/24", "192.0.2.1"] });
  assert.deepEqual(group.addresses, ["10.0.0.0/24", "192.0.2.1/32"]);
  const { addresses } = await act(world, group.id, "add_addresses", ["2001:DB8::/32"]);
  assert.deepEqual(addresses, ["10.0.0.0/24", "192.0.2.1/32", "2001:db8::/32"]);
  await refuses(
    world,
    "AddressesAlreadyExist",
    () => act(world, group.id, "add_addresses", ["10.9.0.0/16", "10.0.0.7/24"]),
    /^Addresses \['10.0.0.0\/24'\] already exist/,
  );
  await refuses(world, "AddressesNotFound", () =>
    act(world, group.id, "remove_addresses", ["10.0.0.0/24", "10.9.0.0/16"]),
  );
  const left = await act(world, group.id, "remove_addresses", ["10.0.0.0/24", "192.0.2.1"]);
  assert.deepEqual(left.addresses, ["2001:db8::/32"]);
});

test("addresses added by several nodes at once are all there", async () => {
  const store = new MemoryStore();
  const [one, two] = [await makeWorld({}, store), await makeWorld({}, store)];
  const { id } = await make(one);
  const adds = Array.from({ length: 10 }, (_, i) => act(i % 2 ? one : two, id, "add_addresses", [`10.0.${i}.0/24`]));
  await Promise.all(adds);
  assert.equal((await one.networking.get(ALICE, "address_group", id)).addresses.length, 10);
});

test("a group that a rule names stays, and goes with what shares it once none does", async () => {
  const world = await makeWorld();
  const { id } = await make(world);
  const mine = await world.group();
  const rule = await world.rule(mine.id, { remote_address_group_id: id });
  const remove = () => world.networking.delete(ALICE, "address_group", id);
  await refuses(world, "AddressGroupInUse", remove);
  const theirs = await world.group({}, BOB);
  const named = { remote_address_group_id: id };
  await refuses(world, "AddressGroupNotFound", () => world.rule(theirs.id, named, BOB));
  const body = { object_type: "address_group", object_id: id, action: "access_as_shared", target_project: "bob" };
  const [policy] = await world.networking.create(ALICE, "rbac_policy", [body]);
  assert.equal((await world.networking.get(BOB, "address_group", id)).shared, true);
  const other = await world.rule(theirs.id, named, BOB);
  await refuses(world, "RbacPolicyInUse", () => world.networking.delete(ALICE, "rbac_policy", policy?.id ?? ""));
  await world.networking.delete(BOB, "security_group_rule", other.id);
  await world.networking.delete(ALICE, "security_group_rule", rule.id);
  await remove();
  await audit(world.store);
  const { entries } = await world.store.list("/cable/");
  assert.ok(!entries.some(({ key, value }) => `${key} ${value}`.includes(id)), "something of the group is left");
});
