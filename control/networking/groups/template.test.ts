import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "../../../api/mod.ts";
import { ADMIN, ALICE, audit, makeWorld, refuses, type World } from "../networking.fixture.ts";

const KIND = "default_security_group_rule";

const add = (world: World, body: Attributes) =>
  world.networking.create(ADMIN, KIND, [{ direction: "ingress", used_in_default_sg: false, ...body }]);

test("a fresh cloud has the four rules that groups always had", async () => {
  const world = await makeWorld();
  const rows = await world.networking.list(ALICE, KIND, {});
  const texts = rows.map(
    (row) =>
      `${row.direction} ${row.ethertype} ${row.remote_group_id} ${row.used_in_default_sg} ${row.used_in_non_default_sg}`,
  );
  assert.deepEqual(texts, [
    "egress IPv4 null true true",
    "egress IPv6 null true true",
    "ingress IPv4 PARENT true false",
    "ingress IPv6 PARENT true false",
  ]);
  assert.equal(rows[0]?.description, "Legacy default SG rule for egress traffic");
});

test("new groups are made from the templates there are, each kind from its own", async () => {
  const world = await makeWorld();
  for (const { id } of await world.networking.list(ADMIN, KIND, {})) await world.networking.delete(ADMIN, KIND, id);
  assert.deepEqual(await world.networking.list(ADMIN, KIND, {}), []);
  await add(world, { protocol: "tcp", port_range_min: 22, port_range_max: 22, description: "ssh" });
  await add(world, {
    protocol: "udp",
    used_in_default_sg: true,
    used_in_non_default_sg: false,
    remote_group_id: "PARENT",
  });
  const group = await world.group({ name: "g" });
  const [rule, ...more] = group.security_group_rules;
  assert.deepEqual(more, []);
  assert.equal(rule?.protocol, "tcp");
  assert.equal(rule?.description, null);
  const [byDefault] = (await world.networking.list(ALICE, "security_group", {})).filter(
    ({ name }) => name === "default",
  );
  assert.deepEqual(
    byDefault?.security_group_rules.map(({ protocol, remote_group_id }) => [protocol, remote_group_id]),
    [["udp", byDefault?.id]],
  );
  await audit(world.store);
});

test("a template is checked as a rule is, and is there once", async () => {
  const world = await makeWorld();
  await refuses(world, "SecurityGroupProtocolRequiredWithPorts", () =>
    add(world, { port_range_min: 1, port_range_max: 2 }),
  );
  await add(world, { protocol: "tcp" });
  await refuses(world, "DefaultSecurityGroupRuleExists", () => add(world, { protocol: "6" }));
  const forDefault = { protocol: "udp", used_in_default_sg: true, used_in_non_default_sg: false };
  await add(world, forDefault);
  await refuses(world, "DefaultSecurityGroupRuleExists", () => add(world, forDefault));
  await refuses(world, "DefaultSecurityGroupRuleNotFound", () => world.networking.delete(ADMIN, KIND, "none"));
});

test("a template that names what is not there any more refuses groups, and nothing is half made", async () => {
  const world = await makeWorld();
  await add(world, { remote_group_id: "gone" });
  await world.networking.list(ALICE, "security_group", {});
  await refuses(world, "SecurityGroupNotFound", () => world.group({ name: "g" }));
});
