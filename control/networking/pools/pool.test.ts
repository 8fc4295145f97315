import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "../../../api/mod.ts";
import type { FaultCode } from "../../../model/mod.ts";
import { ADMIN, ALICE, audit, BOB, makeWorld, refuses, type World } from "../networking.fixture.ts";
import { fromPool, makePool, makeScope, share } from "./pools.fixture.ts";

test("a pool has its prefixes in the fewest words, and bounds as wide as can be", async () => {
  const world = await makeWorld();
  const pool = await makePool(world, ["10.10.0.0/16", "10.11.0.0/16", "10.10.3.0/24"]);
  const { prefixes, ip_version, min_prefixlen, max_prefixlen, default_prefixlen, default_quota, shared } = pool;
  assert.deepEqual(
    { prefixes, ip_version, min_prefixlen, max_prefixlen, default_prefixlen, default_quota, shared },
    {
      prefixes: ["10.10.0.0/15"],
      ip_version: 4,
      min_prefixlen: 8,
      max_prefixlen: 32,
      default_prefixlen: 8,
      default_quota: null,
      shared: false,
    },
  );
  assert.equal((await makePool(world, ["2001:db8::/48"])).min_prefixlen, 64);
});

const REFUSED: [what: Attributes, code: FaultCode][] = [
  [{ prefixes: [] }, "EmptySubnetPoolPrefixList"],
  [{ prefixes: ["10.0.0.0/8", "2001:db8::/48"] }, "PrefixVersionMismatch"],
  [{ min_prefixlen: 33 }, "IllegalSubnetPoolPrefixBounds"],
  [{ max_prefixlen: 33 }, "IllegalSubnetPoolPrefixBounds"],
  [{ default_prefixlen: 7 }, "IllegalSubnetPoolPrefixBounds"],
  [{ default_prefixlen: 30, max_prefixlen: 28 }, "IllegalSubnetPoolPrefixBounds"],
  [{ address_scope_id: "none" }, "AddressScopeNotFound"],
];
for (const [what, code] of REFUSED) {
  test(`a pool is refused: ${JSON.stringify(what)}`, async () => {
    const world = await makeWorld();
    await refuses(world, code, () => makePool(world, ["10.0.0.0/8"], what));
  });
}

test("a pool only grows, its prefixes go when no subnet uses them, and it when it has no subnet", async () => {
  const world = await makeWorld();
  const pool = await makePool(world, ["10.0.0.0/16"], { default_prefixlen: 24 });
  const update = (changes: Attributes) => world.networking.update(ALICE, "subnetpool", pool.id, changes);
  const act = (action: string, body: Attributes) =>
    world.networking.act(ALICE, "subnetpool", pool.id, action, body) as Promise<unknown>;
  await refuses(world, "IllegalSubnetPoolPrefixUpdate", () => update({ prefixes: ["10.0.0.0/17"] }));
  assert.deepEqual((await update({ prefixes: ["10.0.0.0/15"] })).prefixes, ["10.0.0.0/15"]);
  assert.deepEqual(await act("add_prefixes", { prefixes: ["10.2.0.0/16"] }), {
    prefixes: ["10.0.0.0/15", "10.2.0.0/16"],
  });
  const subnet = await fromPool(world, pool.id);
  await refuses(world, "IllegalSubnetPoolPrefixUpdate", () => act("remove_prefixes", { prefixes: [subnet.cidr] }));
  assert.deepEqual(await act("remove_prefixes", { prefixes: ["192.168.0.0/16"] }), {
    prefixes: ["10.0.0.0/15", "10.2.0.0/16"],
  });
  await act("remove_prefixes", { prefixes: ["10.1.0.0/16"] });
  await refuses(world, "HTTPBadRequest", () => act("add_prefixes", {}));
  await refuses(world, "AddrFormatError", () => act("add_prefixes", { prefixes: ["x"] }));
  await refuses(world, "SubnetPoolDeleteError", () => world.networking.delete(ALICE, "subnetpool", pool.id));
  await world.networking.delete(ALICE, "subnet", subnet.id);
  await world.networking.delete(ALICE, "subnetpool", pool.id);
  await audit(world.store);
});

test("each family has one default pool, which others use only if it is shared", async () => {
  const world = await makeWorld();
  const use = (by = BOB) =>
    fromPool(world, "", { subnetpool_id: null, use_default_subnetpool: true, ip_version: 4 }, by);
  await assert.rejects(use, /No default subnetpool found for IPv4/);
  const isDefault = { is_default: true, default_prefixlen: 24 };
  const pool = await makePool(world, ["10.0.0.0/16"], isDefault, ADMIN);
  await refuses(world, "InvalidInput", () => makePool(world, ["10.1.0.0/16"], isDefault, ADMIN));
  await assert.rejects(use, /No default subnetpool found for IPv4/);
  await share(world, "subnetpool", pool.id, "*", ADMIN);
  assert.equal((await use()).subnetpool_id, pool.id);
  const next = await makePool(world, ["10.1.0.0/16"], {}, ADMIN);
  await world.networking.update(ADMIN, "subnetpool", pool.id, { is_default: false });
  await world.networking.update(ADMIN, "subnetpool", next.id, { is_default: true });
  await refuses(world, "InvalidInput", () =>
    world.networking.update(ADMIN, "subnetpool", pool.id, { is_default: true }),
  );
  await audit(world.store);
});

async function scoped(world: World) {
  const scope = await makeScope(world);
  const pool = await makePool(world, ["10.0.0.0/16"], { address_scope_id: scope.id, default_prefixlen: 24 });
  return { scope, pool };
}

test("pools of a scope share no address, are of its family, and keep it alive", async () => {
  const world = await makeWorld();
  const { scope, pool } = await scoped(world);
  const inScope = { address_scope_id: scope.id };
  await refuses(world, "AddressScopePrefixConflict", () => makePool(world, ["10.0.8.0/24"], inScope));
  await refuses(world, "IllegalSubnetPoolIpVersionAssociationToAddressScope", () =>
    makePool(world, ["2001:db8::/48"], inScope),
  );
  const other = await makePool(world, ["10.1.0.0/16"], inScope);
  await refuses(world, "AddressScopePrefixConflict", () =>
    world.networking.update(ALICE, "subnetpool", other.id, { prefixes: ["10.0.0.0/15"] }),
  );
  await refuses(world, "AddressScopeInUse", () => world.networking.delete(ALICE, "address_scope", scope.id));
  for (const { id } of [pool, other]) await world.networking.delete(ALICE, "subnetpool", id);
  await world.networking.delete(ALICE, "address_scope", scope.id);
  await audit(world.store);
});

test("a network shows the scope of its subnets' pool, and is in one only", async () => {
  const world = await makeWorld();
  const { scope, pool } = await scoped(world);
  const net = await world.network();
  assert.equal(net.ipv4_address_scope, null);
  await fromPool(world, pool.id, { network_id: net.id });
  const shown = await world.networking.get(ALICE, "network", net.id);
  assert.deepEqual([shown.ipv4_address_scope, shown.ipv6_address_scope], [scope.id, null]);
  const outside = await makePool(world, ["10.9.0.0/16"], { default_prefixlen: 24 });
  await refuses(world, "NetworkAddressScopeAffinityError", () => fromPool(world, outside.id, { network_id: net.id }));
  await refuses(world, "NetworkSubnetPoolAffinityError", () => world.subnet(net.id, "192.168.0.0/24"));
  const inside = await makePool(world, ["10.8.0.0/16"], { address_scope_id: scope.id, default_prefixlen: 24 });
  await fromPool(world, inside.id, { network_id: net.id });
  await refuses(world, "NetworkAddressScopeAffinityError", () =>
    world.networking.update(ALICE, "subnetpool", pool.id, { prefixes: ["10.0.0.0/16", "10.7.0.0/16"] }),
  );
});

test("another's scope is joined when shared, and the pool in it is not changed any more", async () => {
  const world = await makeWorld();
  const scope = await makeScope(world);
  const inScope = { address_scope_id: scope.id };
  await refuses(world, "AddressScopeNotFound", () => makePool(world, ["10.0.0.0/16"], inScope, BOB));
  const policy = await share(world, "address_scope", scope.id, "bob");
  const pool = await makePool(world, ["10.0.0.0/16"], inScope, BOB);
  await refuses(world, "IllegalSubnetPoolUpdate", () =>
    world.networking.update(BOB, "subnetpool", pool.id, { name: "x" }),
  );
  await refuses(world, "RbacPolicyInUse", () => world.networking.delete(ALICE, "rbac_policy", policy.id));
  const shared = await makeScope(world, { shared: true }, ADMIN);
  await refuses(world, "AddressScopeUpdateError", () =>
    world.networking.update(ADMIN, "address_scope", shared.id, { shared: false }),
  );
});

test("who is given a pool must have its scope, and keeps what it uses", async () => {
  const world = await makeWorld();
  const { scope, pool } = await scoped(world);
  await refuses(world, "InvalidInput", () => share(world, "subnetpool", pool.id, "bob"), /address scope/);
  await share(world, "address_scope", scope.id, "bob");
  const policy = await share(world, "subnetpool", pool.id, "bob");
  const subnet = await fromPool(world, pool.id, {}, BOB);
  await refuses(world, "RbacPolicyInUse", () => world.networking.delete(ALICE, "rbac_policy", policy.id));
  await world.networking.delete(BOB, "subnet", subnet.id);
  await world.networking.delete(ALICE, "rbac_policy", policy.id);
  await refuses(world, "SubnetPoolNotFound", () => fromPool(world, pool.id, { network_id: subnet.network_id }, BOB));
});

test("a network's subnets are taken into a pool", async () => {
  const world = await makeWorld();
  const pool = await makePool(world, ["10.0.0.0/16"]);
  const net = await world.network();
  const [one, two] = [await world.subnet(net.id, "172.20.0.0/24"), await world.subnet(net.id, "172.20.1.0/24")];
  await world.subnet(net.id, "2001:db8::/64");
  const onboard = (network_id?: string, by = ALICE) =>
    world.networking.act(by, "subnetpool", pool.id, "onboard_network_subnets", network_id ? { network_id } : {});
  assert.deepEqual(await onboard(net.id), [
    { id: one.id, cidr: one.cidr },
    { id: two.id, cidr: two.cidr },
  ]);
  const after = await world.networking.get(ALICE, "subnetpool", pool.id);
  assert.deepEqual(after.prefixes, ["10.0.0.0/16", "172.20.0.0/23"]);
  assert.equal((await world.networking.get(ALICE, "subnet", one.id)).subnetpool_id, pool.id);
  await refuses(world, "IllegalSubnetPoolUpdate", () => onboard(net.id));
  await refuses(world, "InvalidInput", () => onboard());
  await refuses(world, "NetworkNotFound", () => onboard("none"));
  await audit(world.store);
  await world.networking.delete(ALICE, "network", net.id);
  await audit(world.store);
});
