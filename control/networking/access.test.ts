import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller, ListHint, ResourceKind } from "../../api/mod.ts";
import type { FaultCode } from "../../model/mod.ts";
import { ADMIN, ALICE, BOB, makeWorld, refuses, type World } from "./networking.fixture.ts";

/** Alice's private, shared and external network, each with a subnet and her port; Bob's port on the shared one. */
async function neighbours() {
  const world = await makeWorld();
  const made: Record<string, string> = {};
  for (const [name, attributes] of [
    ["private", {}],
    ["shared", { shared: true }],
    ["external", { "router:external": true }],
  ] as const) {
    const network = await world.network(attributes, { ...ADMIN, projectId: "alice" });
    made[name] = network.id;
    made[`${name} subnet`] = (await world.subnet(network.id, "10.0.0.0/24")).id;
    made[`${name} port`] = (await world.port(network.id)).id;
  }
  made["bob's port"] = (await world.port(made.shared ?? "", {}, BOB)).id;
  const nameOf = new Map(Object.entries(made).map(([name, id]) => [id, name]));
  const list = async (by: Caller, kind: ResourceKind, hint: ListHint = {}) =>
    (await world.networking.list(by, kind, hint)).map(({ id }) => nameOf.get(String(id))).sort();
  return { world, list, id: (name: string) => made[name] ?? "" };
}

test("a caller lists its own, what is shared, external networks, and ports on its networks", async () => {
  const { list } = await neighbours();
  assert.deepEqual(await list(BOB, "network"), ["external", "shared"]);
  assert.deepEqual(await list(BOB, "subnet"), ["shared subnet"]);
  assert.deepEqual(await list(BOB, "port"), ["bob's port"]);
  assert.deepEqual(await list(ALICE, "network"), ["external", "private", "shared"]);
  const alices = ["bob's port", "external port", "private port", "shared port"];
  assert.deepEqual(await list(ALICE, "port"), alices);
  assert.deepEqual(await list(ADMIN, "port"), alices);
});

test("hints narrow a list and show nothing more", async () => {
  const { list, id } = await neighbours();
  assert.deepEqual(await list(BOB, "port", { network_id: [id("shared")] }), ["bob's port"]);
  assert.deepEqual(await list(BOB, "port", { id: [id("private port"), id("bob's port"), "x"] }), ["bob's port"]);
  assert.deepEqual(await list(BOB, "port", { project_id: ["alice"] }), []);
  assert.deepEqual(await list(BOB, "network", { project_id: ["alice"] }), ["external", "shared"]);
  assert.deepEqual(await list(ALICE, "subnet", { network_id: [id("private"), id("shared")] }), [
    "private subnet",
    "shared subnet",
  ]);
  assert.deepEqual(await list(ADMIN, "port", { device_id: ["none"] }), []);
  assert.equal((await list(ADMIN, "port", { device_id: [""] })).length, 4);
});

type Act = (world: World, id: (name: string) => string) => Promise<unknown>;
const get =
  (kind: ResourceKind, name: string): Act =>
  (world, id) =>
    world.networking.get(BOB, kind, id(name));
const update =
  (kind: ResourceKind, name: string): Act =>
  (world, id) =>
    world.networking.update(BOB, kind, id(name), { name: "mine" });
const remove =
  (kind: ResourceKind, name: string): Act =>
  (world, id) =>
    world.networking.delete(BOB, kind, id(name));
const plug =
  (name: string, attributes: object): Act =>
  (world, id) =>
    world.port(id(name), { ...attributes }, BOB);

/** What Bob tries with Alice's, and what he is told. */
const rows: [string, Act, FaultCode | "fine"][] = [
  ["sees a private network", get("network", "private"), "NetworkNotFound"],
  ["sees its subnet", get("subnet", "private subnet"), "SubnetNotFound"],
  ["sees its port", get("port", "private port"), "PortNotFound"],
  ["sees a shared network", get("network", "shared"), "fine"],
  ["sees its subnet", get("subnet", "shared subnet"), "fine"],
  ["sees her port there", get("port", "shared port"), "PortNotFound"],
  ["sees an external network", get("network", "external"), "fine"],
  ["sees its subnet", get("subnet", "external subnet"), "SubnetNotFound"],
  ["changes a private network", update("network", "private"), "NetworkNotFound"],
  ["deletes her port", remove("port", "shared port"), "PortNotFound"],
  ["changes his port", update("port", "bob's port"), "fine"],
  ["deletes his port", remove("port", "bob's port"), "fine"],
  ["plugs into a private network", plug("private", {}), "NetworkNotFound"],
  ["plugs into a shared network", plug("shared", {}), "fine"],
  ["plugs for Alice", plug("shared", { project_id: "alice" }), "HTTPBadRequest"],
  ["makes a subnet in private", (world, id) => world.subnet(id("private"), "10.1.0.0/24", {}, BOB), "NetworkNotFound"],
];
for (const [what, act, expected] of rows) {
  test(`Bob ${what}: ${expected}`, async () => {
    const { world, id } = await neighbours();
    if (expected === "fine") await act(world, id);
    else await refuses(world, expected, () => act(world, id));
  });
}

test("an admin makes resources for any project, and a network's owner sees others' ports on it", async () => {
  const { world, id } = await neighbours();
  const network = await world.network({ project_id: "bob" }, ADMIN);
  assert.equal((await world.networking.get(BOB, "network", network.id)).project_id, "bob");
  assert.equal((await world.networking.get(ALICE, "port", id("bob's port"))).project_id, "bob");
});

test("a service acts for every project's ports", async () => {
  const { world, id, list } = await neighbours();
  const service = { ...BOB, projectId: "service", roles: ["service"] };
  assert.equal((await list(service, "port")).length, 4);
  await world.networking.update(service, "port", id("private port"), { device_id: "vm" });
  await world.port(id("private"), { mac_address: "02:00:00:00:00:09" }, service);
});
