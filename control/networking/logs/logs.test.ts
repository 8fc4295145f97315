import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes, Caller } from "../../../api/mod.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import { ADMIN, ALICE, audit, BOB, makeWorld, refuses, type World } from "../networking.fixture.ts";

async function log(world: World, body: Attributes = {}, by: Caller = ALICE) {
  const [made] = await world.networking.create(by, "log", [{ resource_type: "security_group", ...body }]);
  assert.ok(made);
  return made;
}
async function group(world: World) {
  const [made] = await world.networking.create(ALICE, "security_group", [{ name: "g" }]);
  assert.ok(made);
  return made;
}
async function portOf(world: World, groups: string[]) {
  const net = await world.network();
  return world.port(net.id, { security_groups: groups });
}
const NOWHERE = "11111111-1111-4111-8111-111111111111";

test("a log of a group, of a port, of both or of all that a project has", async () => {
  const world = await makeWorld();
  const { id: resource_id } = await group(world);
  const { id: target_id } = await portOf(world, [resource_id]);
  for (const body of [{}, { resource_id }, { target_id }, { resource_id, target_id }]) await log(world, body);
  const shown = await log(world, { event: "DROP", name: "n" });
  assert.deepEqual([shown.event, shown.enabled, shown.resource_id, shown.target_id], ["DROP", true, null, null]);
  const off = await world.networking.update(ALICE, "log", shown.id, { enabled: false, name: "m" });
  assert.deepEqual([off.enabled, off.name, off.revision_number], [false, "m", shown.revision_number + 1]);
  assert.equal((await world.networking.list(ALICE, "log", {})).length, 5);
  assert.equal((await world.networking.list(BOB, "log", {})).length, 0);
  assert.deepEqual(await world.networking.list(ALICE, "loggable_resource", {}), [{ type: "security_group" }]);
  await audit(world.store);
});

const REFUSED: [
  what: string,
  code: Parameters<typeof refuses>[1],
  body: (group: string, port: string) => Attributes,
][] = [
  ["another kind of resource", "InvalidLogResourceType", () => ({ resource_type: "snat" })],
  ["a group that is not", "ResourceNotFound", () => ({ resource_id: NOWHERE })],
  ["a port that is not", "TargetResourceNotFound", () => ({ target_id: NOWHERE })],
  ["a port outside the group", "InvalidResourceConstraint", (resource_id, target_id) => ({ resource_id, target_id })],
];
for (const [what, code, body] of REFUSED) {
  test(`refused: ${what}`, async () => {
    const world = await makeWorld();
    const { id: groupId } = await group(world);
    const { id: portId } = await portOf(world, []);
    await refuses(world, code, () => log(world, body(groupId, portId)));
  });
}

test("refused: what is another project's, and ports that no host's data plane has", async () => {
  const world = await makeWorld();
  const { id: resource_id } = await group(world);
  const { id: target_id } = await portOf(world, []);
  await refuses(world, "ResourceNotFound", () => log(world, { resource_id }, BOB));
  await refuses(world, "TargetResourceNotFound", () => log(world, { target_id }, BOB));
  const net = await world.network();
  const direct = await world.port(net.id, { "binding:vnic_type": "direct" });
  await refuses(world, "LoggingTypeNotSupported", () => log(world, { target_id: direct.id }));
  await refuses(world, "LogResourceNotFound", () => world.networking.get(ALICE, "log", NOWHERE));
});

test("a log goes with its group or its port", async () => {
  const world = await makeWorld();
  const { id: resource_id } = await group(world);
  const { id: target_id } = await portOf(world, []);
  await log(world, { resource_id });
  await log(world, { target_id, enabled: false });
  const gone = await log(world, { resource_id });
  await world.networking.delete(ALICE, "log", gone.id);
  await world.networking.delete(ALICE, "security_group", resource_id);
  await world.networking.delete(ALICE, "port", target_id);
  assert.equal((await world.networking.list(ADMIN, "log", {})).length, 0);
  await audit(world.store);
});

test("two control nodes: no log without its group or port", async () => {
  const store = new MemoryStore();
  const [one, two] = [await makeWorld({}, store), await makeWorld({}, store)];
  for (let round = 0; round < 20; round++) {
    const { id: resource_id } = await group(one);
    const { id: target_id } = await portOf(one, []);
    await two.memory.reached(one.memory.revision);
    await Promise.allSettled([
      log(one, { resource_id }),
      log(one, { target_id }),
      two.networking.delete(ALICE, "security_group", resource_id),
      two.networking.delete(ALICE, "port", target_id),
    ]);
    await audit(store);
  }
});
