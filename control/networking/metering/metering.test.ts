import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes, Caller } from "../../../api/mod.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import { ADMIN, ALICE, audit, BOB, makeWorld, refuses, type World } from "../networking.fixture.ts";

async function label(world: World, body: Attributes = {}, by: Caller = ALICE) {
  const [made] = await world.networking.create(by, "metering_label", [{ name: "l", ...body }]);
  assert.ok(made);
  return made;
}
async function rule(world: World, labelId: string, body: Attributes, by: Caller = ALICE) {
  const full = { metering_label_id: labelId, direction: "ingress", excluded: false, ...body };
  const [made] = await world.networking.create(by, "metering_label_rule", [full]);
  assert.ok(made);
  return made;
}
const REMOTE = { remote_ip_prefix: "10.0.0.7/24" };
const NOWHERE = "11111111-1111-4111-8111-111111111111";

test("a rule keeps its prefix as it was given, with a length", async () => {
  const world = await makeWorld();
  const { id } = await label(world);
  const made = await rule(world, id, REMOTE);
  assert.deepEqual(
    [made.remote_ip_prefix, made.source_ip_prefix, made.destination_ip_prefix],
    ["10.0.0.7/24", null, null],
  );
  const both = await rule(world, id, { source_ip_prefix: "10.0.0.5", destination_ip_prefix: "::/0" });
  assert.deepEqual([both.source_ip_prefix, both.destination_ip_prefix], ["10.0.0.5/32", "::/0"]);
});

test("shared labels are seen by every project, others by their own; rules by their own", async () => {
  const world = await makeWorld();
  const own = await label(world, { name: "own" });
  await label(world, { name: "shared", shared: true }, ADMIN);
  await rule(world, own.id, REMOTE);
  const names = async (by: Caller) => (await world.networking.list(by, "metering_label", {})).map(({ name }) => name);
  assert.deepEqual((await names(ALICE)).sort(), ["own", "shared"]);
  assert.deepEqual(await names(BOB), ["shared"]);
  assert.equal((await world.networking.list(BOB, "metering_label_rule", {})).length, 0);
  assert.equal((await world.networking.list(ADMIN, "metering_label_rule", { metering_label_id: [own.id] })).length, 1);
  await refuses(world, "MeteringLabelNotFound", () => world.networking.get(BOB, "metering_label", own.id));
});

const REFUSED: [what: string, body: Attributes, code: Parameters<typeof refuses>[1], message?: RegExp][] = [
  ["the same prefix", REMOTE, "MeteringLabelRuleOverlaps", /'10\.0\.0\.7\/24' overlaps another/],
  ["a part of it", { remote_ip_prefix: "10.0.0.128/25" }, "MeteringLabelRuleOverlaps"],
  ["what holds it", { remote_ip_prefix: "0.0.0.0/0" }, "MeteringLabelRuleOverlaps"],
  ["no prefix at all", {}, "Invalid", /at least one/],
  ["an empty prefix", { source_ip_prefix: "" }, "Invalid", /at least one/],
  ["a remote prefix beside another", { ...REMOTE, source_ip_prefix: "1.1.1.1" }, "Invalid", /conjunction/],
  ["no address", { source_ip_prefix: "10.0.0.300" }, "Invalid", /^source_ip_prefix: 10\.0\.0\.300 is invalid/],
  ["a number", { source_ip_prefix: 5 }, "Invalid"],
  ["a label that is not", { metering_label_id: NOWHERE, ...REMOTE }, "MeteringLabelNotFound"],
];
for (const [what, body, code, message] of REFUSED) {
  test(`refused beside 10.0.0.7/24: ${what}`, async () => {
    const world = await makeWorld();
    const { id } = await label(world);
    await rule(world, id, REMOTE);
    await refuses(world, code, () => rule(world, id, body), message);
  });
}

test("prefixes that are not compared: of the other direction, excluded, of a source, of another label", async () => {
  const world = await makeWorld();
  const [one, other] = [await label(world), await label(world)];
  await rule(world, one.id, REMOTE);
  await rule(world, one.id, { ...REMOTE, direction: "egress" });
  await rule(world, one.id, { ...REMOTE, excluded: true });
  await rule(world, one.id, { source_ip_prefix: "10.0.0.0/24" });
  await rule(world, one.id, { source_ip_prefix: "10.0.0.0/24" });
  await rule(world, one.id, { remote_ip_prefix: "::/0" });
  await rule(world, other.id, REMOTE);
});

test("a rule of a label that another project keeps to itself is refused", async () => {
  const world = await makeWorld();
  const { id } = await label(world);
  await refuses(world, "MeteringLabelNotFound", () => rule(world, id, REMOTE, BOB));
});

test("a label's rules go with it, a thousand at a time", async () => {
  const world = await makeWorld();
  const { id } = await label(world);
  const many = Array.from({ length: 1_100 }, (_, i) => ({
    metering_label_id: id,
    direction: "ingress",
    source_ip_prefix: `10.0.${i >> 8}.${i & 255}`,
  }));
  await world.networking.create(ALICE, "metering_label_rule", many);
  await world.networking.delete(ALICE, "metering_label", id);
  assert.equal((await world.networking.list(ADMIN, "metering_label_rule", {})).length, 0);
  assert.deepEqual((await world.store.list("/cable/")).entries, []);
});

test("two control nodes: no rules that overlap, and none without its label", async () => {
  const store = new MemoryStore();
  const [one, two] = [await makeWorld({}, store), await makeWorld({}, store)];
  for (let round = 0; round < 20; round++) {
    const { id } = await label(one);
    await two.memory.reached(one.memory.revision);
    await Promise.allSettled([
      rule(one, id, REMOTE),
      rule(two, id, REMOTE),
      ...(round % 2 ? [two.networking.delete(ALICE, "metering_label", id)] : []),
    ]);
    await one.memory.reached(await store.revision());
    const rules = await one.networking.list(ADMIN, "metering_label_rule", { metering_label_id: [id] });
    const labels = await one.networking.list(ADMIN, "metering_label", { id: [id] });
    assert.ok(rules.length <= labels.length, `${rules.length} rules of ${labels.length} labels`);
  }
  await audit(store);
});
