import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "../../../api/mod.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import { ADMIN, ALICE, audit, BOB, makeWorld, refuses, type World } from "../networking.fixture.ts";

const bulk = (world: World, bodies: Attributes[], by = ALICE) =>
  world.networking.create(
    by,
    "security_group_rule",
    bodies.map((body) => ({ direction: "ingress", ...body })),
  );
const rulesOf = (world: World, hint: Record<string, string[]>, by = ALICE) =>
  world.networking.list(by, "security_group_rule", hint);

test("a rule is shown with its group's and prefix' facts, and found by group", async () => {
  const world = await makeWorld();
  const group = await world.group();
  const rule = await world.rule(group.id, { remote_ip_prefix: "10.1.2.3/8", description: "d" });
  const { id, created_at, updated_at, ...rest } = rule;
  assert.equal(created_at, updated_at);
  assert.deepEqual(rest, {
    project_id: "alice",
    tenant_id: "alice",
    description: "d",
    revision_number: 0,
    tags: [],
    security_group_id: group.id,
    direction: "ingress",
    ethertype: "IPv4",
    protocol: null,
    port_range_min: null,
    port_range_max: null,
    remote_ip_prefix: "10.1.2.3/8",
    remote_group_id: null,
    remote_address_group_id: null,
    normalized_cidr: "10.0.0.0/8",
    belongs_to_default_sg: false,
  });
  assert.equal((await rulesOf(world, { security_group_id: [group.id] })).length, 3);
  assert.deepEqual(
    (await rulesOf(world, { id: [id] })).map((row) => row.id),
    [id],
  );
});

test("a group says a thing once, also when two nodes are asked at a time, and says which rule it is", async () => {
  const store = new MemoryStore();
  const [one, two] = [await makeWorld({}, store), await makeWorld({}, store)];
  const group = await one.group();
  const made = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) => (i % 2 ? one : two).rule(group.id, { protocol: i % 3 ? "tcp" : "6" })),
  );
  const fine = made.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  assert.equal(fine.length, 1);
  const said = `Security group rule already exists. Rule id is ${fine[0]?.id}.`;
  for (const result of made) if (result.status === "rejected") assert.equal(result.reason.message, said);
  assert.equal((await one.networking.get(ALICE, "security_group", group.id)).revision_number, 2);
  await one.networking.delete(ALICE, "security_group_rule", fine[0]?.id ?? "");
  await two.rule(group.id, { protocol: "tcp" });
  await audit(store);
});

test("many change one group's rules at a time: none waits for another, and each counts", async () => {
  const store = new MemoryStore();
  const [one, two] = [await makeWorld({}, store), await makeWorld({}, store)];
  const group = await one.group();
  let commits = 0;
  const commit = store.commit.bind(store);
  store.commit = (transaction) => {
    commits++;
    return commit(transaction);
  };
  const port = (i: number) => ({ protocol: "tcp", port_range_min: i + 1, port_range_max: i + 1 });
  await Promise.all(Array.from({ length: 100 }, (_, i) => (i % 2 ? one : two).rule(group.id, port(i))));
  assert.equal(commits, 100, "a rule had to be planned again");
  const { revision_number, security_group_rules } = await one.networking.get(ALICE, "security_group", group.id);
  assert.equal(revision_number, 101);
  assert.equal(security_group_rules.length, 102);
});

/** [bodies besides the group, refusal] */
const refusals: [string, (ids: Record<string, string>) => Attributes[], Parameters<typeof refuses>[1]][] = [
  [
    "of two groups",
    ({ g, h }) => [{ security_group_id: g }, { security_group_id: h }],
    "SecurityGroupNotSingleGroupRules",
  ],
  [
    "of two projects",
    ({ g }) => [{ security_group_id: g }, { security_group_id: g, project_id: "bob" }],
    "SecurityGroupRulesNotSingleProject",
  ],
  [
    "twice the same",
    ({ g }) => [
      { security_group_id: g, protocol: "tcp" },
      { security_group_id: g, protocol: "6" },
    ],
    "DuplicateSecurityGroupRuleInPost",
  ],
  [
    "one that is there",
    ({ g }) => [
      { security_group_id: g, protocol: "tcp" },
      { security_group_id: g, direction: "egress" },
    ],
    "SecurityGroupRuleExists",
  ],
  ["of no group", () => [{ security_group_id: "none" }], "SecurityGroupNotFound"],
  ["from no group", ({ g }) => [{ security_group_id: g, remote_group_id: "none" }], "SecurityGroupNotFound"],
  ["from no addresses", ({ g }) => [{ security_group_id: g, remote_address_group_id: "none" }], "AddressGroupNotFound"],
];
for (const [what, bodies, refusal] of refusals) {
  test(`rules ${what} are refused, all of them: ${refusal}`, async () => {
    const world = await makeWorld();
    const ids = { g: (await world.group({}, ADMIN)).id, h: (await world.group({}, ADMIN)).id };
    await refuses(world, refusal, () => bulk(world, bodies(ids), ADMIN));
  });
}

test("a bulk of rules is one transaction", async () => {
  const world = await makeWorld();
  const { id } = await world.group();
  const bodies = Array.from({ length: 200 }, (_, i) => ({
    security_group_id: id,
    protocol: "udp",
    port_range_min: i + 1,
    port_range_max: i + 1,
  }));
  const made = await bulk(world, bodies);
  assert.deepEqual(
    made.map((rule) => rule.port_range_min),
    bodies.map((body) => body.port_range_min),
  );
  assert.equal((await world.networking.get(ALICE, "security_group", id)).revision_number, 2);
});

test("rules are seen by their group's project, and groups of others are none to name", async () => {
  const world = await makeWorld();
  const group = await world.group();
  const rule = await world.rule(group.id);
  await refuses(world, "SecurityGroupRuleNotFound", () => world.networking.get(BOB, "security_group_rule", rule.id));
  assert.equal((await rulesOf(world, {}, BOB)).length, 4);
  await refuses(world, "SecurityGroupNotFound", () => world.rule(group.id, { protocol: "tcp" }, BOB));
  const own = await world.group({}, BOB);
  await refuses(world, "SecurityGroupNotFound", () => world.rule(own.id, { remote_group_id: group.id }, BOB));
  const byAdmin = await world.rule(group.id, { protocol: "tcp" }, ADMIN);
  assert.equal(byAdmin.project_id, "admin");
  assert.equal((await world.networking.get(ALICE, "security_group_rule", byAdmin.id)).id, byAdmin.id);
});
