import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "../../../api/mod.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import { ADMIN, ALICE, makeWorld, refuses, type World } from "../networking.fixture.ts";

const DRIVER = "neutron.services.l3_router.service_providers.dvrha.DvrHaDriver";
const NOWHERE = "11111111-1111-4111-8111-111111111111";

async function flavor(world: World, body: Attributes = {}) {
  const [made] = await world.networking.create(ADMIN, "flavor", [{ service_type: "L3_ROUTER_NAT", ...body }]);
  assert.ok(made);
  return made;
}
async function profile(world: World, body: Attributes = { driver: DRIVER }) {
  const [made] = await world.networking.create(ADMIN, "service_profile", [body]);
  assert.ok(made);
  return made;
}
const bind = (world: World, flavor_id: string, id: string) =>
  world.networking.create(ADMIN, "flavor_service_profile", [{ flavor_id, id }]);
const next = (world: World, id: string) => world.networking.list(ALICE, "next_provider", { flavor_id: [id] });

test("a flavor comes to the provider of its first profile, and its profiles are parts of it", async () => {
  const world = await makeWorld();
  const [one, two] = [await flavor(world), await profile(world)];
  // The answer has the flavor's id, as Neutron's.
  assert.deepEqual(await bind(world, one.id, two.id), [{ id: one.id, flavor_id: one.id }]);
  assert.deepEqual((await world.networking.get(ALICE, "flavor", one.id)).service_profiles, [two.id]);
  assert.deepEqual(await next(world, one.id), [{ driver: DRIVER, provider: "dvrha" }]);
  const parts = await world.networking.list(ADMIN, "flavor_service_profile", { flavor_id: [one.id] });
  assert.deepEqual(parts, [{ id: two.id, flavor_id: one.id }]);
  await world.networking.delete(ADMIN, "flavor_service_profile", `${one.id}/${two.id}`);
  assert.deepEqual((await world.networking.get(ALICE, "flavor", one.id)).service_profiles, []);
});

test("flavors are seen by everybody, and profiles in the body are not taken", async () => {
  const world = await makeWorld();
  const { id } = await flavor(world, { name: "f", service_profiles: [NOWHERE] });
  const [seen] = await world.networking.list(ALICE, "flavor", {});
  assert.deepEqual([seen?.id, seen?.service_profiles, seen?.enabled], [id, [], true]);
  const changed = await world.networking.update(ADMIN, "flavor", id, { enabled: false, service_profiles: [NOWHERE] });
  assert.deepEqual([changed.enabled, changed.service_profiles], [false, []]);
});

const REFUSED: [what: string, code: Parameters<typeof refuses>[1], attempt: (world: World) => Promise<unknown>][] = [
  ["a profile of nothing", "ServiceProfileEmpty", (world) => profile(world, {})],
  ["an unknown driver", "ServiceProfileDriverNotFound", (world) => profile(world, { driver: "x" })],
  ["metainfo that is no text", "InvalidInput", (world) => profile(world, { metainfo: { a: 1 } })],
  ["a flavor that is not", "FlavorNotFound", (world) => bind(world, NOWHERE, NOWHERE)],
  ["the next provider of none", "FlavorServiceProfileBindingNotFound", (world) => next(world, NOWHERE)],
  [
    "a binding that is not",
    "FlavorServiceProfileBindingNotFound",
    (world) => world.networking.get(ADMIN, "flavor_service_profile", `${NOWHERE}/${NOWHERE}`),
  ],
];
for (const [what, code, attempt] of REFUSED) {
  test(`refused: ${what}`, async () => {
    const world = await makeWorld();
    await refuses(world, code, () => attempt(world));
  });
}

test("a bound profile is neither bound again, changed nor removed", async () => {
  const world = await makeWorld();
  const [one, two] = [await flavor(world), await profile(world, { metainfo: 5 })];
  assert.equal(two.metainfo, "5");
  await bind(world, one.id, two.id);
  await refuses(world, "FlavorServiceProfileBindingExists", () => bind(world, one.id, two.id));
  await refuses(world, "ServiceProfileInUse", () => world.networking.delete(ADMIN, "service_profile", two.id));
  const disable = () => world.networking.update(ADMIN, "service_profile", two.id, { enabled: false });
  await refuses(world, "ServiceProfileInUse", disable);
  await refuses(world, "ServiceProfileDriverNotFound", () => next(world, one.id));
  await refuses(world, "ServiceProfileNotFound", () => bind(world, one.id, NOWHERE));
  await world.networking.delete(ADMIN, "flavor", one.id);
  await disable();
  const other = await flavor(world);
  await bind(world, other.id, two.id);
  await refuses(world, "ServiceProfileDisabled", () => next(world, other.id));
});

test("providers are those of Neutron's routers", async () => {
  const world = await makeWorld();
  const providers = await world.networking.list(ALICE, "service_provider", {});
  assert.deepEqual(
    providers.map(({ name }) => name),
    ["dvrha", "dvr", "ha", "single_node"],
  );
});

test("two control nodes: no flavor with a profile that is gone", async () => {
  const store = new MemoryStore();
  const [one, two] = [await makeWorld({}, store), await makeWorld({}, store)];
  for (let round = 0; round < 20; round++) {
    const [made, bound] = [await flavor(one), await profile(one)];
    await two.memory.reached(one.memory.revision);
    await Promise.allSettled([bind(one, made.id, bound.id), two.networking.delete(ADMIN, "service_profile", bound.id)]);
    await one.memory.reached(await store.revision());
    const { service_profiles: left } = await one.networking.get(ADMIN, "flavor", made.id);
    for (const id of left) await one.networking.get(ADMIN, "service_profile", id);
  }
});
