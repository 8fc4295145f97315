import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes, Caller } from "../../../api/mod.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import { ADMIN, ALICE, audit, BOB, caller, makeWorld, refuses, type World } from "../networking.fixture.ts";

const CAROL = caller("carol");

async function grant(world: World, objectId: string, target: string, more: Attributes = {}, by: Caller = ALICE) {
  const body = { object_type: "network", object_id: objectId, action: "access_as_shared", target_project: target };
  const [policy] = await world.networking.create(by, "rbac_policy", [{ ...body, ...more }]);
  assert.ok(policy);
  return policy;
}
const AS_EXTERNAL = { action: "access_as_external" };
const seen = async (world: World, by: Caller) =>
  (await world.networking.list(by, "network", {}))
    .map(({ name, shared }) => `${name}${shared ? " shared" : ""}`)
    .sort();
const policies = async (world: World) =>
  (await world.networking.list(ADMIN, "rbac_policy", {})).map(
    ({ object_type, action, target_project }) => `${object_type} ${action} ${target_project}`,
  );

test("a policy shows a network, its subnets and `shared` to its target alone", async () => {
  const world = await makeWorld();
  const net = await world.network({ name: "n" });
  const subnet = await world.subnet(net.id, "10.0.0.0/24");
  assert.equal(subnet.shared, false);
  await grant(world, net.id, "bob");
  assert.deepEqual(await seen(world, BOB), ["n shared"]);
  assert.deepEqual(await seen(world, CAROL), []);
  assert.deepEqual(await seen(world, ALICE), ["n"]);
  assert.deepEqual(await seen(world, ADMIN), ["n"]);
  assert.equal((await world.networking.get(BOB, "subnet", subnet.id)).shared, true);
  assert.equal((await world.networking.list(BOB, "subnet", {})).length, 1);
  await refuses(world, "SubnetNotFound", () => world.networking.get(CAROL, "subnet", subnet.id));
  await world.port(net.id, {}, BOB);
  await refuses(world, "NetworkNotFound", () => world.port(net.id, {}, CAROL));
  await audit(world.store);
});

test("`shared` in a body is the policy for everybody, made and removed in the network's transaction", async () => {
  const world = await makeWorld();
  const net = await world.network({ name: "n", shared: true }, ADMIN);
  assert.deepEqual(await policies(world), ["network access_as_shared *"]);
  assert.deepEqual(await seen(world, BOB), ["n shared"]);
  const unshared = await world.networking.update(ADMIN, "network", net.id, { shared: false });
  assert.equal(unshared.shared, false);
  assert.equal(unshared.revision_number, net.revision_number + 1);
  assert.deepEqual(await policies(world), []);
  const again = await world.networking.update(ADMIN, "network", net.id, { shared: true });
  assert.equal(again.shared, true);
  await world.networking.update(ADMIN, "network", net.id, { shared: true });
  await world.networking.delete(ADMIN, "network", net.id);
  assert.deepEqual(await policies(world), []);
  await audit(world.store);
});

test("external networks are seen by everybody, or by those whom a policy names", async () => {
  const world = await makeWorld();
  const net = await world.network({ name: "out" });
  const one = await grant(world, net.id, "bob", AS_EXTERNAL);
  assert.equal((await world.networking.get(BOB, "network", net.id))["router:external"], true);
  assert.deepEqual(await seen(world, BOB), ["out"]);
  assert.deepEqual(await seen(world, CAROL), []);
  await world.networking.delete(ALICE, "rbac_policy", one.id);
  assert.equal((await world.networking.get(ALICE, "network", net.id))["router:external"], false);
  await world.networking.update(ADMIN, "network", net.id, { "router:external": true });
  assert.deepEqual(await policies(world), ["network access_as_external *"]);
  assert.deepEqual(await seen(world, CAROL), ["out"]);
  await grant(world, net.id, "bob", AS_EXTERNAL);
  await world.networking.update(ADMIN, "network", net.id, { "router:external": false });
  assert.deepEqual(await policies(world), []);
  await audit(world.store);
});

test("a network that is somebody's way out stays external", async () => {
  const world = await makeWorld();
  const net = await world.network({ "router:external": true }, ADMIN);
  await world.port(net.id, { device_owner: "network:router_gateway" }, ADMIN);
  await refuses(world, "ExternalNetworkInUse", () =>
    world.networking.update(ADMIN, "network", net.id, { "router:external": false }),
  );
});

test("what somebody uses is not taken away", async () => {
  const world = await makeWorld();
  const net = await world.network();
  const toBob = await grant(world, net.id, "bob");
  const port = await world.port(net.id, {}, BOB);
  const remove = () => world.networking.delete(ALICE, "rbac_policy", toBob.id);
  await refuses(world, "RbacPolicyInUse", remove, /Unable to reconfigure sharing settings/);
  const move = () => world.networking.update(ALICE, "rbac_policy", toBob.id, { target_project: "carol" });
  await refuses(world, "RbacPolicyInUse", move);
  const toAll = await grant(world, net.id, "*", {}, ADMIN);
  await remove();
  await refuses(world, "RbacPolicyInUse", () => world.networking.delete(ADMIN, "rbac_policy", toAll.id));
  const unshare = () => world.networking.update(ADMIN, "network", net.id, { shared: false });
  await refuses(world, "InvalidSharedSetting", unshare);
  await grant(world, net.id, "bob");
  await unshare();
  await world.networking.delete(BOB, "port", port.id);
  await audit(world.store);
});

type Row = [what: string, attempt: (world: World, id: string) => Promise<unknown>, code: Parameters<typeof refuses>[1]];
const NOWHERE = "11111111-1111-4111-8111-111111111111";
const ROWS: Row[] = [
  ["the same once more", (world, id) => grant(world, id, "bob"), "DuplicateRbacPolicy"],
  ["a network of another", (world, id) => grant(world, id, "carol", {}, BOB), "InvalidInput"],
  ["a network that is not", (world) => grant(world, NOWHERE, "bob", {}, ADMIN), "InvalidInput"],
  ["another kind's id", (world, id) => grant(world, id, "bob", { object_type: "subnetpool" }), "InvalidInput"],
  ["an unknown kind", (world, id) => grant(world, id, "bob", { object_type: "router" }), "InvalidInput"],
  ["an unknown action", (world, id) => grant(world, id, "bob", { action: "access" }), "InvalidActionForType"],
  [
    "an action of networks",
    (world, id) => grant(world, id, "bob", { object_type: "qos_policy", ...AS_EXTERNAL }),
    "InvalidActionForType",
  ],
  ["one of a foreign project", (world) => world.networking.delete(BOB, "rbac_policy", NOWHERE), "RbacPolicyNotFound"],
];
for (const [what, attempt, code] of ROWS) {
  test(`refused: ${what}`, async () => {
    const world = await makeWorld();
    const net = await world.network();
    await grant(world, net.id, "bob");
    await refuses(world, code, () => attempt(world, net.id));
  });
}

test("a policy is its owner's alone, and moves to another target", async () => {
  const world = await makeWorld();
  const net = await world.network({ name: "n" });
  const policy = await grant(world, net.id, "bob");
  await refuses(world, "RbacPolicyNotFound", () => world.networking.get(BOB, "rbac_policy", policy.id));
  await world.networking.update(ALICE, "rbac_policy", policy.id, { target_project: "carol" });
  assert.deepEqual(await seen(world, BOB), []);
  assert.deepEqual(await seen(world, CAROL), ["n shared"]);
  const other = await grant(world, net.id, "bob");
  await refuses(world, "DuplicateRbacPolicy", () =>
    world.networking.update(ALICE, "rbac_policy", other.id, { target_project: "carol" }),
  );
  await audit(world.store);
});

test("two control nodes: one policy of a kind, none without its network, and no port where it may not be", async () => {
  const store = new MemoryStore();
  const [one, two] = [await makeWorld({}, store), await makeWorld({}, store)];
  for (let round = 0; round < 20; round++) {
    const net = await one.network();
    await two.memory.reached(one.memory.revision);
    const policy = await grant(one, net.id, "bob");
    await two.memory.reached(one.memory.revision);
    await Promise.allSettled([
      one.networking.delete(ALICE, "rbac_policy", policy.id),
      two.port(net.id, {}, BOB),
      grant(one, net.id, "carol"),
      grant(two, net.id, "carol"),
      ...(round % 2 ? [two.networking.delete(ALICE, "network", net.id)] : []),
    ]);
    await audit(store);
    await one.memory.reached(await store.revision());
    const ports = [...one.memory.portsOfNetwork(net.id)].length;
    const left = [...one.memory.all("rbac_policy")].filter(({ record }) => record.target_project === "bob");
    if (ports > 0) assert.ok(left.some(({ record }) => record.object_id === net.id));
  }
});

test("two control nodes: a policy that moves to another project is not used by the one that it leaves", async () => {
  const store = new MemoryStore();
  const [one, two] = [await makeWorld({}, store), await makeWorld({}, store)];
  for (let round = 0; round < 20; round++) {
    const [group] = await one.networking.create(ALICE, "security_group", [{ name: "sg" }]);
    const id = group?.id ?? "";
    const policy = await grant(one, id, "bob", { object_type: "security_group" });
    const net = await two.network({}, BOB);
    await one.memory.reached(await store.revision());
    await two.memory.reached(await store.revision());
    await Promise.allSettled([
      one.networking.update(ALICE, "rbac_policy", policy.id, { target_project: "carol" }),
      two.port(net.id, { security_groups: [id] }, BOB),
    ]);
    await two.memory.reached(await store.revision());
    const uses = [...two.memory.all("port")].some(({ record }) => record.security_groups?.includes(id));
    const target = two.memory.get("rbac_policy", policy.id)?.record.target_project;
    assert.ok(!(uses && target === "carol"), `round ${round}`);
  }
  await audit(store);
});
