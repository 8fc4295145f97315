import assert from "node:assert/strict";
import { test } from "node:test";
import { ADMIN, ALICE, BOB, makeWorld, refuses } from "./networking.fixture.ts";

test("what is free and what is taken, of each subnet and of the network", async () => {
  const world = await makeWorld();
  const net = await world.network({ name: "n" });
  const pool = [{ start: "10.0.0.10", end: "10.0.0.19" }];
  const four = await world.subnet(net.id, "10.0.0.0/24", { name: "four", allocation_pools: pool });
  await world.port(net.id);
  await world.port(net.id, { fixed_ips: [{ ip_address: "10.0.0.200" }] });
  const six = await world.subnet(net.id, "2001:db8::/64", { name: "six" });
  const row = await world.networking.get(ADMIN, "network_ip_availability", net.id);
  const { subnet_ip_availability: subnets, ...sums } = row as Record<string, unknown> & {
    subnet_ip_availability: { subnet_id: string }[];
  };
  const byId = new Map(subnets.map((subnet) => [subnet.subnet_id, subnet]));
  assert.deepEqual(byId.get(four.id), {
    subnet_id: four.id,
    subnet_name: "four",
    ip_version: 4,
    cidr: "10.0.0.0/24",
    total_ips: 10,
    used_ips: 2,
    ip_availability_details: {
      total_ips_in_subnet: 254,
      total_ips_in_allocation_pool: 10,
      used_ips_in_subnet: 2,
      used_ips_in_allocation_pool: 1,
    },
  });
  assert.deepEqual(byId.get(six.id), {
    subnet_id: six.id,
    subnet_name: "six",
    ip_version: 6,
    cidr: "2001:db8::/64",
    total_ips: 2n ** 64n - 1n,
    used_ips: 0,
    ip_availability_details: {
      total_ips_in_subnet: 2n ** 64n,
      total_ips_in_allocation_pool: 2n ** 64n - 1n,
      used_ips_in_subnet: 0,
      used_ips_in_allocation_pool: 0,
    },
  });
  assert.deepEqual([sums.network_name, sums.total_ips, sums.used_ips], ["n", 2n ** 64n + 9n, 2]);
});

test("lists are of the networks and versions that are asked for, and of what the caller sees", async () => {
  const world = await makeWorld();
  const [one, two] = [await world.network({ name: "one" }), await world.network({ name: "two" }, BOB)];
  await world.subnet(one.id, "10.0.0.0/24");
  await world.subnet(one.id, "2001:db8::/64");
  const list = async (hint: Record<string, string[]>, by = ADMIN) =>
    (await world.networking.list(by, "network_ip_availability", hint)).map(
      (row) => `${row.network_name} ${(row.subnet_ip_availability as unknown[]).length}`,
    );
  assert.deepEqual((await list({})).sort(), ["one 2", "two 0"]);
  assert.deepEqual(await list({ network_id: [two.id] }), ["two 0"]);
  assert.deepEqual(await list({ ip_version: ["4"] }), ["one 1"]);
  assert.deepEqual(await list({ project_id: ["bob"] }), ["two 0"]);
  assert.deepEqual(await list({}, ALICE), ["one 2"]);
  await refuses(world, "NetworkNotFound", () => world.networking.get(BOB, "network_ip_availability", one.id));
});
