import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "../../../api/mod.ts";
import { Fault, type FaultCode, prefix, prefixesOverlap } from "../../../model/mod.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import { ALICE, audit, makeWorld, refuses, type World } from "../networking.fixture.ts";
import { fromPool, makePool } from "./pools.fixture.ts";

test("a subnet gets the first part that fits into the smallest hole", async () => {
  const world = await makeWorld();
  const pool = await makePool(world, ["10.0.0.0/16"], { default_prefixlen: 24 });
  const take = async (more: Attributes = {}) => (await fromPool(world, pool.id, more)).cidr;
  assert.equal(await take(), "10.0.0.0/24");
  assert.equal(await take({ prefixlen: 28 }), "10.0.1.0/28");
  assert.equal(await take({ cidr: "10.0.4.0/24" }), "10.0.4.0/24");
  assert.equal(await take(), "10.0.5.0/24");
  assert.equal(await take({ prefixlen: 28 }), "10.0.1.16/28");
  assert.equal(await take({ prefixlen: 23 }), "10.0.2.0/23");
});

test("its gateway is the first host, of IPv6 too, or the one that is asked for", async () => {
  const world = await makeWorld();
  const four = await makePool(world, ["10.0.0.0/16"], { default_prefixlen: 24 });
  const six = await makePool(world, ["2001:db8::/48"]);
  const take = async (pool: string, more: Attributes = {}) => {
    const { cidr, gateway_ip, allocation_pools } = await fromPool(world, pool, more);
    return [cidr, gateway_ip, ...allocation_pools.map(({ start, end }) => `${start}-${end}`)].join(" ");
  };
  assert.equal(await take(four.id), "10.0.0.0/24 10.0.0.1 10.0.0.2-10.0.0.254");
  assert.equal(await take(six.id), "2001:db8::/64 2001:db8::1 2001:db8::2-2001:db8::ffff:ffff:ffff:ffff");
  assert.equal(await take(four.id, { gateway_ip: null }), "10.0.1.0/24  10.0.1.1-10.0.1.254");
  assert.equal(
    await take(four.id, { gateway_ip: "10.0.9.5" }),
    "10.0.9.0/24 10.0.9.5 10.0.9.1-10.0.9.4 10.0.9.6-10.0.9.254",
  );
});

const REFUSED: [body: Attributes, code: FaultCode][] = [
  [{ cidr: "10.0.0.0/24" }, "SubnetAllocationError"],
  [{ cidr: "10.0.0.128/25" }, "SubnetAllocationError"],
  [{ cidr: "10.0.0.0/23" }, "SubnetAllocationError"],
  [{ cidr: "192.168.0.0/24" }, "SubnetAllocationError"],
  [{ prefixlen: 15 }, "MinPrefixSubnetAllocationError"],
  [{ prefixlen: 29 }, "MaxPrefixSubnetAllocationError"],
  [{ prefixlen: 33 }, "AddrFormatError"],
  [{ prefixlen: 16 }, "SubnetAllocationError"],
  [{ prefixlen: 24, cidr: "10.0.1.0/24" }, "BadRequest"],
  [{ ip_version: 6 }, "BadRequest"],
  [{ use_default_subnetpool: true }, "BadRequest"],
  [{ allocation_pools: [{ start: "10.0.1.2", end: "10.0.1.9" }] }, "BadRequest"],
  [{ subnetpool_id: "none" }, "SubnetPoolNotFound"],
  [{ subnetpool_id: "prefix_delegation" }, "BadRequest"],
  [{ subnetpool_id: "prefix_delegation", ip_version: 6, ipv6_ra_mode: "slaac" }, "BadRequest"],
  [{ subnetpool_id: null }, "BadRequest"],
];
for (const [body, code] of REFUSED) {
  test(`refused: ${JSON.stringify(body)}`, async () => {
    const world = await makeWorld();
    const bounds = { default_prefixlen: 24, min_prefixlen: 16, max_prefixlen: 28 };
    const pool = await makePool(world, ["10.0.0.0/16"], bounds);
    const { network_id } = await fromPool(world, pool.id);
    await refuses(world, code, () => fromPool(world, pool.id, { network_id, ...body }));
  });
}

test("a project takes no more than the pool's quota: addresses of IPv4, /64 of IPv6", async () => {
  const world = await makeWorld();
  const four = await makePool(world, ["10.0.0.0/16"], { default_prefixlen: 26, default_quota: 100 });
  const { network_id } = await fromPool(world, four.id);
  await refuses(world, "SubnetPoolQuotaExceeded", () => fromPool(world, four.id, { network_id }));
  await fromPool(world, four.id, { network_id, prefixlen: 27 });
  const six = await makePool(world, ["2001:db8::/48"], { default_quota: 3, min_prefixlen: 60 });
  const bigger = await fromPool(world, six.id, { prefixlen: 63 });
  await fromPool(world, six.id, { network_id: bigger.network_id, prefixlen: 64 });
  await refuses(world, "SubnetPoolQuotaExceeded", () => fromPool(world, six.id, { network_id: bigger.network_id }));
});

test("several subnets of one request get parts of their own", async () => {
  const world = await makeWorld();
  const pool = await makePool(world, ["10.0.0.0/16"], { default_prefixlen: 24 });
  const { id: network_id } = await world.network();
  const bodies = Array.from({ length: 5 }, (_, i) => ({ network_id, subnetpool_id: pool.id, prefixlen: 24 + (i % 3) }));
  await world.networking.create(ALICE, "subnet", bodies);
  await audit(world.store);
  await assertApart(world);
});

async function assertApart(world: World): Promise<void> {
  const { entries } = await world.store.list("/cable/1/record/subnet/");
  const ranges = entries.map(({ value }) => prefix(JSON.parse(value).cidr));
  for (const [i, a] of ranges.entries()) {
    for (const b of ranges.slice(i + 1)) assert.ok(!prefixesOverlap(a, b), `${a.cidr} and ${b.cidr}`);
  }
}

test("three control nodes take from one pool at once, in parts of any size: none overlaps, and nothing is lost", async () => {
  const store = new MemoryStore();
  const worlds: World[] = [];
  for (let i = 0; i < 3; i++) worlds.push(await makeWorld({}, store));
  const [world] = worlds as [World];
  const pool = await makePool(world, ["10.0.0.0/20"], { default_prefixlen: 24 });
  const nets: string[] = [];
  for (let i = 0; i < 40; i++) nets.push((await world.network()).id);
  const revision = await store.revision();
  await Promise.all(worlds.map(({ memory }) => memory.reached(revision)));
  const results = await Promise.allSettled(
    nets.map((network_id, i) => fromPool(worlds[i % 3] as World, pool.id, { network_id, prefixlen: 24 + (i % 4) })),
  );
  for (const result of results) {
    if (result.status === "rejected") assert.ok(result.reason instanceof Fault, String(result.reason));
  }
  await audit(store);
  await assertApart(world);
  // 16 of /24 is all: ten of each size from /24 to /27 need 10 + 5 + 2.5 + 1.25 of them.
  const made = results.filter(({ status }) => status === "fulfilled").length;
  assert.ok(made >= 30, `${made} subnets`);
});

test("a pool is not deleted, nor a prefix removed, under a subnet that another control node makes", async () => {
  const store = new MemoryStore();
  const [one, two] = [await makeWorld({}, store), await makeWorld({}, store)];
  for (let round = 0; round < 20; round++) {
    const pool = await makePool(one, ["10.0.0.0/16"], { default_prefixlen: 24 });
    const { id: network_id } = await one.network();
    await two.memory.reached(one.memory.revision);
    await Promise.allSettled([
      round % 2
        ? one.networking.delete(ALICE, "subnetpool", pool.id)
        : one.networking.act(ALICE, "subnetpool", pool.id, "remove_prefixes", { prefixes: ["10.0.0.0/17"] }),
      fromPool(two, pool.id, { network_id }),
    ]);
    await audit(store);
    await one.memory.reached(await store.revision());
    const left = one.memory.get("subnetpool", pool.id)?.record;
    for (const id of one.memory.subnetsOfNetwork(network_id)) {
      const subnet = one.memory.get("subnet", id)?.record;
      assert.ok(subnet && left?.prefixes.some((cidr) => prefixesOverlap(prefix(cidr), prefix(subnet.cidr))));
    }
  }
});

test("a pool's quota holds for a project that allocates on three control nodes at once", async () => {
  const store = new MemoryStore();
  const worlds: World[] = [];
  for (let i = 0; i < 3; i++) worlds.push(await makeWorld({}, store));
  const [world] = worlds as [World];
  const bounds = { default_prefixlen: 24, min_prefixlen: 22 };
  const pool = await makePool(world, ["10.0.0.0/8"], { ...bounds, default_quota: 10 * 256 });
  const nets: string[] = [];
  for (let i = 0; i < 18; i++) nets.push((await world.network()).id);
  const revision = await store.revision();
  await Promise.all(worlds.map(({ memory }) => memory.reached(revision)));
  const results = await Promise.allSettled(
    nets.map((network_id, i) => fromPool(worlds[i % 3] as World, pool.id, { network_id })),
  );
  for (const result of results) {
    if (result.status === "rejected") assert.equal((result.reason as Fault).code, "SubnetPoolQuotaExceeded");
  }
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 10);
  await audit(store);
});
