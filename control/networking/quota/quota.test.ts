import assert from "node:assert/strict";
import { test } from "node:test";
import { type Caller, DEFAULT_QUOTAS, QUOTA_RESOURCES } from "../../../api/mod.ts";
import { Fault } from "../../../model/mod.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import { ADMIN, ALICE, BOB, makeWorld, refuses, type World } from "../networking.fixture.ts";

const QUOTAS = { quotas: DEFAULT_QUOTAS };
const limited = (limits: Record<string, number>) => ({ quotas: { ...DEFAULT_QUOTAS, ...limits } });

const ports = (world: World, network_id: string, count: number, by: Caller = ALICE) =>
  world.networking.create(
    by,
    "port",
    Array.from({ length: count }, () => ({ network_id })),
  );
const setLimits = (world: World, limits: object, projectId = "alice") =>
  world.networking.update(ADMIN, "quota", projectId, { ...limits });

test("a project has Neutron's limits until it is given its own, and again when these are gone", async () => {
  const world = await makeWorld(QUOTAS);
  const quota = () => world.networking.get(ADMIN, "quota", "alice");
  const row = { id: "alice", project_id: "alice" };
  assert.deepEqual(await quota(), { ...row, ...DEFAULT_QUOTAS });
  assert.deepEqual(await setLimits(world, { port: 7 }), { ...row, ...DEFAULT_QUOTAS, port: 7 });
  await setLimits(world, { network: -1 });
  assert.deepEqual(await quota(), { ...row, ...DEFAULT_QUOTAS, port: 7, network: -1 });
  assert.deepEqual(await world.networking.get(ADMIN, "quota_default", "alice"), { ...row, ...DEFAULT_QUOTAS });
  assert.equal((await world.networking.list(ADMIN, "quota", {})).length, 1);
  await world.networking.delete(ADMIN, "quota", "alice");
  assert.deepEqual(await quota(), { ...row, ...DEFAULT_QUOTAS });
  await refuses(world, "TenantQuotaNotFound", () => world.networking.delete(ADMIN, "quota", "alice"));
});

test("nothing goes over the limit, one by one or many at a time, and what is gone makes room", async () => {
  const world = await makeWorld(limited({ port: 5, network: 1 }));
  const net = await world.network();
  await refuses(world, "OverQuota", () => world.network(), /^Quota exceeded for resources: \['network'\]\.$/);
  await refuses(world, "OverQuota", () => ports(world, net.id, 6));
  const [first] = await ports(world, net.id, 4);
  await refuses(world, "OverQuota", () => ports(world, net.id, 2));
  await world.port(net.id);
  await refuses(world, "OverQuota", () => world.port(net.id));
  await world.networking.delete(ALICE, "port", String(first?.id));
  await world.port(net.id);
  await world.network({}, BOB);
  const detail = await world.networking.get(ADMIN, "quota_detail", "alice");
  assert.deepEqual(detail.port, { limit: 5, used: 5, reserved: 0 });
  assert.deepEqual(Object.keys(detail).length, QUOTA_RESOURCES.length + 2);
});

test("who pays is the project that the new resource is for", async () => {
  const world = await makeWorld(limited({ network: 1 }));
  await world.network({ project_id: "bob" }, ADMIN);
  await refuses(world, "OverQuota", () => world.network({}, BOB));
  await refuses(world, "OverQuota", () => world.network({ project_id: "bob" }, ADMIN));
  const bodies = [{ project_id: "carol" }, { project_id: "dave" }];
  assert.equal((await world.networking.create(ADMIN, "network", bodies)).length, 2);
});

test("a limit under what is used needs force, no limit never does", async () => {
  const world = await makeWorld(QUOTAS);
  await world.network();
  await refuses(
    world,
    "HTTPBadRequest",
    () => setLimits(world, { network: 0 }),
    /greater than or equal to already used 1/,
  );
  await setLimits(world, { network: -1 });
  await setLimits(world, { network: 0, force: true });
  await refuses(world, "OverQuota", () => world.network());
});

/** Runs `attempts`, and demands that all of them either worked or were over the quota. Returns how many worked. */
async function worked(attempts: Promise<unknown>[]): Promise<number> {
  const results = await Promise.allSettled(attempts);
  for (const result of results) {
    if (result.status === "rejected") assert.ok(result.reason instanceof Fault && result.reason.code === "OverQuota");
  }
  return results.filter(({ status }) => status === "fulfilled").length;
}

const CROWDS: [what: string, counts: number[], limit: number, made: (portCount: number) => boolean][] = [
  ["single ones", Array(60).fill(1), 40, (count) => count === 40],
  ["single ones far from the limit", Array(60).fill(1), 500, (count) => count === 60],
  ["tens", Array(12).fill(10), 65, (count) => count === 60],
  ["more than there is room for at once", Array(4).fill(200), 450, (count) => count === 400],
  ["single ones and tens", [...Array(20).fill(1), ...Array(5).fill(10)], 45, (count) => count > 35 && count <= 45],
];
for (const [what, counts, limit, made] of CROWDS) {
  test(`three control nodes at once, ${what}: exactly as many as the limit allows`, async () => {
    const store = new MemoryStore();
    const worlds: World[] = [];
    for (let i = 0; i < 3; i++) worlds.push(await makeWorld(limited({ port: limit }), store));
    const [world] = worlds as [World];
    const net = await world.network();
    const subnets = await store.revision();
    await Promise.all(worlds.map(({ memory }) => memory.reached(subnets)));
    await worked(counts.map((count, i) => ports(worlds[i % 3] as World, net.id, count)));
    await world.memory.reached(await store.revision());
    assert.ok(made(world.memory.count("port")), `${world.memory.count("port")} ports`);
  });
}

test("a creation is planned anew when its project's limits change meanwhile", async () => {
  for (let round = 0; round < 10; round++) {
    const store = new MemoryStore();
    const [one, two] = [
      await makeWorld(limited({ network: -1 }), store),
      await makeWorld(limited({ network: -1 }), store),
    ];
    const attempts = Array.from({ length: 10 }, () => two.network());
    const [set] = await Promise.allSettled([setLimits(one, { network: 3 }), ...attempts]);
    await one.memory.reached(await store.revision());
    if (set?.status === "rejected") continue;
    const before = one.memory.count("network");
    await worked(Array.from({ length: 5 }, () => two.network()));
    await one.memory.reached(await store.revision());
    assert.equal(one.memory.count("network"), Math.max(before, 3));
  }
});
