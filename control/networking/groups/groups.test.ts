import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "../../../api/mod.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import { ADMIN, ALICE, audit, BOB, caller, makeWorld, refuses, type World } from "../networking.fixture.ts";

const listOf = (world: World, by = ALICE, hint = {}) => world.networking.list(by, "security_group", hint);
const update = (world: World, id: string, changes: Attributes, by = ALICE, ifRevision?: number) =>
  world.networking.update(by, "security_group", id, changes, ifRevision);

async function share(world: World, type: string, id: string, target = "bob"): Promise<string> {
  const body = { object_type: type, object_id: id, action: "access_as_shared", target_project: target };
  const [policy] = await world.networking.create(ALICE, "rbac_policy", [body]);
  return policy?.id ?? "";
}

test("a project's first look makes its default group, with the four rules of a fresh cloud", async () => {
  const world = await makeWorld();
  const [group, ...more] = await listOf(world);
  assert.deepEqual(more, []);
  assert.ok(group);
  const { name, description, revision_number, stateful, project_id } = group;
  assert.deepEqual(
    { name, description, revision_number, stateful, project_id },
    { name: "default", description: "Default security group", revision_number: 1, stateful: true, project_id: "alice" },
  );
  const rules = group.security_group_rules.map((rule) => {
    assert.equal(rule.description, null);
    assert.equal(rule.belongs_to_default_sg, true);
    return `${rule.direction} ${rule.ethertype} ${rule.remote_group_id === group.id ? "own group" : "anybody"}`;
  });
  assert.deepEqual(rules.sort(), [
    "egress IPv4 anybody",
    "egress IPv6 anybody",
    "ingress IPv4 own group",
    "ingress IPv6 own group",
  ]);
  assert.equal((await listOf(world)).length, 1);
  await audit(world.store);
});

/** [who looks, what for, whose default group is made] */
const looks: [string, typeof ALICE, Record<string, string[]>, string[]][] = [
  ["a user", ALICE, {}, ["alice"]],
  ["an administrator", ADMIN, {}, ["admin"]],
  ["an administrator, at a project", ADMIN, { project_id: ["bob"] }, ["bob"]],
  ["a user, at another project", ALICE, { project_id: ["bob"] }, []],
];
for (const [who, by, hint, made] of looks) {
  test(`${who} looks: there is a default group of ${made.join() || "nobody"}`, async () => {
    const world = await makeWorld();
    await listOf(world, by, hint);
    const projects = [...world.memory.all("security_group")].map(({ record }) => record.project_id);
    assert.deepEqual(projects, made);
  });
}

test("whatever touches a project first on several nodes at once, there is one default group", async () => {
  const store = new MemoryStore();
  const worlds = await Promise.all([1, 2, 3].map(() => makeWorld({}, store)));
  await Promise.all([
    ...worlds.map((world) => listOf(world)),
    ...worlds.map((world) => world.network({ name: "n" })),
    ...worlds.map((world) => world.group({ name: "g" })),
    ...worlds.map((world) => world.networking.list(ALICE, "security_group_rule", {})),
  ]);
  const groups = await listOf(worlds[0] as World);
  assert.deepEqual(groups.map(({ name }) => name).sort(), ["default", "g", "g", "g"]);
  assert.equal((await (worlds[0] as World).networking.list(ADMIN, "default_security_group_rule", {})).length, 4);
  await audit(store);
});

test("the default group keeps its name, and only an administrator removes it", async () => {
  const world = await makeWorld();
  const [group] = await listOf(world);
  assert.ok(group);
  await refuses(world, "SecurityGroupCannotUpdateDefault", () => update(world, group.id, { name: "x" }));
  assert.equal((await update(world, group.id, { description: "d" })).description, "d");
  await refuses(world, "SecurityGroupCannotRemoveDefault", () =>
    world.networking.delete(ALICE, "security_group", group.id),
  );
  await world.networking.delete(ADMIN, "security_group", group.id);
  const [next] = await listOf(world);
  assert.ok(next);
  assert.notEqual(next.id, group.id);
  await audit(world.store);
});

test("a group is changed from stateful to stateless only while no port has it", async () => {
  const world = await makeWorld();
  const group = await world.group({ name: "g" });
  assert.equal((await update(world, group.id, { stateful: false })).stateful, false);
  const network = await world.network();
  const port = await world.port(network.id, { security_groups: [group.id] });
  await refuses(world, "SecurityGroupInUse", () => update(world, group.id, { stateful: true }));
  await update(world, group.id, { stateful: false, name: "h" });
  const other = await world.group({ name: "stateful" });
  const both = { security_groups: [group.id, other.id] };
  await refuses(world, "SecurityGroupConflict", () => world.port(network.id, both));
  await refuses(world, "SecurityGroupConflict", () => world.networking.update(ALICE, "port", port.id, both));
});

test("a group's revision counts its own changes and its rules', and If-Match means that number", async () => {
  const world = await makeWorld();
  const group = await world.group();
  const revision = async () => (await world.networking.get(ALICE, "security_group", group.id)).revision_number;
  assert.equal(await revision(), 1);
  const rule = await world.rule(group.id);
  assert.equal(rule.revision_number, 0);
  assert.equal(await revision(), 2);
  await update(world, group.id, { name: "x" });
  assert.equal(await revision(), 3);
  await world.networking.delete(ALICE, "security_group_rule", rule.id);
  assert.equal(await revision(), 4);
  await refuses(world, "RevisionNumberConstraintFailed", () => update(world, group.id, { name: "y" }, ALICE, 3));
  assert.equal((await update(world, group.id, { name: "y" }, ALICE, 4)).revision_number, 5);
});

test("a group goes with its rules and with those that let its members in elsewhere, but not under a port", async () => {
  const world = await makeWorld();
  const group = await world.group();
  const other = await world.group();
  await world.rule(group.id, { protocol: "tcp" });
  const pointing = await world.rule(other.id, { remote_group_id: group.id });
  const network = await world.network();
  const port = await world.port(network.id, { security_groups: [group.id] });
  const remove = () => world.networking.delete(ALICE, "security_group", group.id);
  await refuses(world, "SecurityGroupInUse", remove);
  await world.networking.update(ALICE, "port", port.id, { security_groups: [] });
  await share(world, "security_group", group.id);
  await remove();
  await refuses(world, "SecurityGroupRuleNotFound", () =>
    world.networking.get(ALICE, "security_group_rule", pointing.id),
  );
  assert.equal((await world.networking.get(ALICE, "security_group", other.id)).revision_number, 3);
  const { entries } = await world.store.list("/cable/");
  assert.ok(!entries.some(({ key, value }) => `${key} ${value}`.includes(group.id)), "something of the group is left");
  await audit(world.store);
});

test("a shared group is seen, used and named by the project it is shared with, while it is shared", async () => {
  const world = await makeWorld();
  const group = await world.group({ name: "g" });
  const network = await world.network({}, BOB);
  const named = { security_groups: [group.id] };
  await refuses(world, "SecurityGroupNotFound", () => world.port(network.id, named, BOB));
  await refuses(world, "SecurityGroupNotFound", () => world.networking.get(BOB, "security_group", group.id));
  const policy = await share(world, "security_group", group.id);
  assert.equal((await world.networking.get(BOB, "security_group", group.id)).shared, true);
  assert.equal((await world.networking.get(ALICE, "security_group", group.id)).shared, false);
  assert.deepEqual((await listOf(world, BOB)).map(({ name }) => name).sort(), ["default", "g"]);
  const port = await world.port(network.id, named, BOB);
  const revoke = () => world.networking.delete(ALICE, "rbac_policy", policy);
  await refuses(world, "RbacPolicyInUse", revoke);
  await world.networking.delete(BOB, "port", port.id);
  await revoke();
  await refuses(world, "SecurityGroupNotFound", () => world.port(network.id, named, BOB));
  await audit(world.store);
});

test("a port that is made while its group goes either keeps the group or is refused", async () => {
  for (let round = 0; round < 10; round++) {
    const store = new MemoryStore();
    const [one, two] = [await makeWorld({}, store), await makeWorld({}, store)];
    const network = await one.network();
    const group = await one.group();
    const other = await one.group();
    await Promise.allSettled([
      one.networking.delete(ALICE, "security_group", group.id),
      two.port(network.id, { security_groups: [group.id] }),
      two.rule(group.id, { protocol: "tcp" }),
      two.rule(other.id, { remote_group_id: group.id }),
    ]);
    await audit(store);
  }
});

/** [port attributes, by whom, how many groups it gets] */
const ports: [string, Attributes, typeof ALICE, string[]][] = [
  ["names none", {}, ALICE, ["default"]],
  ["names an empty list", { security_groups: [] }, ALICE, []],
  ["has no port security", { port_security_enabled: false }, ALICE, []],
  ["is the network's own", { device_owner: "network:dhcp" }, ADMIN, []],
  ["is an administrator's for a project", { project_id: "bob" }, ADMIN, ["default"]],
];
for (const [what, attributes, by, names] of ports) {
  test(`a port that ${what} has the groups [${names.join()}]`, async () => {
    const world = await makeWorld();
    const network = await world.network({ shared: true }, ADMIN);
    const port = await world.port(network.id, attributes, by);
    const groups = port.security_groups.map((id) => world.memory.get("security_group", id)?.record);
    assert.deepEqual(
      groups.map((group) => group?.name),
      names,
    );
    for (const group of groups) assert.equal(group?.project_id, port.project_id);
    const listed = await world.networking.list(ADMIN, "port", { security_groups: port.security_groups });
    assert.equal(listed.length, names.length);
  });
}

test("a group of another project is none, unless an administrator gives it", async () => {
  const world = await makeWorld();
  const group = await world.group({}, BOB);
  const network = await world.network();
  const port = await world.port(network.id, { security_groups: [group.id] }, ADMIN);
  assert.deepEqual(port.security_groups, [group.id]);
  const missing = /^Security group 0000, \S+ does not exist/;
  const both = { security_groups: ["0000", group.id] };
  await refuses(world, "SecurityGroupNotFound", () => world.port(network.id, both), missing);
  const own = await world.port(network.id);
  await refuses(world, "SecurityGroupNotFound", () => world.networking.update(ALICE, "port", own.id, both), missing);
  const service = { ...caller("nova"), roles: ["service"] };
  await refuses(world, "SecurityGroupNotFound", () => world.port(network.id, { ...both, project_id: "nova" }, service));
});

test("the rules that come with a group count for the quota of rules", async () => {
  const world = await makeWorld();
  const limit = (limits: object) => world.networking.update(ADMIN, "quota", "alice", { ...limits });
  await limit({ security_group_rule: 5 });
  await refuses(world, "OverQuota", () => world.group(), /'security_group_rule'/);
  assert.equal((await listOf(world)).length, 1);
  await refuses(world, "OverQuota", () => world.group());
  await limit({ security_group_rule: 6 });
  await world.group();
});
