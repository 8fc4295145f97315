import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "../../api/mod.ts";
import { type FaultCode, ip } from "../../model/mod.ts";
import { keys } from "../../store/mod.ts";
import { ADMIN, ALICE, BOB, contents, madeOnPurpose, makeWorld, refuses } from "./networking.fixture.ts";

const seg = (type: string, physicalNetwork?: string, id?: number): Attributes => ({
  "provider:network_type": type,
  ...(physicalNetwork !== undefined && { "provider:physical_network": physicalNetwork }),
  ...(id !== undefined && { "provider:segmentation_id": id }),
});

test("a network without attributes is a VXLAN network with Neutron's defaults and a VNI of the range", async () => {
  const world = await makeWorld({ vxlanRanges: [[70, 70]] });
  const network = await world.network({ name: "blue" });
  assert.equal(network["provider:network_type"], "vxlan");
  assert.equal(network["provider:segmentation_id"], 70);
  assert.equal(network["provider:physical_network"], null);
  const { status, mtu, shared, admin_state_up, port_security_enabled, subnets, revision_number } = network;
  assert.deepEqual(
    { status, mtu, shared, admin_state_up, port_security_enabled, subnets, revision_number },
    {
      status: "ACTIVE",
      mtu: 1450,
      shared: false,
      admin_state_up: true,
      port_security_enabled: true,
      subnets: [],
      revision_number: 1,
    },
  );
  assert.match(network.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.deepEqual(await world.networking.get(ALICE, "network", network.id), network);
  await refuses(world, "NoNetworkAvailable", () => world.network());
});

const segmentRows: [string, Attributes, FaultCode | [string, string | null, number | null]][] = [
  ["a VLAN network", seg("vlan", "physnet1", 100), ["vlan", "physnet1", 100]],
  ["a VLAN of the range", seg("vlan", "ranged"), ["vlan", "ranged", 7]],
  ["a VLAN anywhere", seg("vlan"), ["vlan", "ranged", 7]],
  ["a flat network", seg("flat", "physnet1"), ["flat", "physnet1", null]],
  ["a certain VNI below the range", seg("vxlan", undefined, 5), ["vxlan", null, 5]],
  ["no type", { "provider:segmentation_id": 5 }, "InvalidInput"],
  ["an unknown type", seg("gre"), "InvalidInput"],
  ["an inherited property's name as type", seg("constructor"), "InvalidInput"],
  ["a VNI out of range", seg("vxlan", undefined, 2 ** 24), "InvalidInput"],
  ["VXLAN with a physical network", seg("vxlan", "physnet1"), "InvalidInput"],
  ["a VLAN out of range", seg("vlan", "physnet1", 4095), "InvalidInput"],
  ["a VLAN without physical network", seg("vlan", undefined, 5), "InvalidInput"],
  ["a VLAN to choose where no range is", seg("vlan", "physnet1"), "NoNetworkAvailable"],
  ["a VLAN of a physical network that nobody knows", seg("vlan", "physnet9", 5), "InvalidInput"],
  ["flat without physical network", seg("flat"), "InvalidInput"],
  ["flat with a VLAN", seg("flat", "physnet1", 5), "InvalidInput"],
  ["an MTU beyond the underlay's", { mtu: 1451 }, "InvalidInput"],
];
for (const [name, attributes, expected] of segmentRows) {
  test(`a network may${typeof expected === "string" ? " not" : ""} have ${name}`, async () => {
    const world = await makeWorld({ vlanRanges: { ranged: [[7, 7]] } });
    await world.host("h");
    if (typeof expected === "string") {
      await refuses(world, expected, () => world.network(attributes, ADMIN));
      return;
    }
    const network = await world.network(attributes, ADMIN);
    const [type, physicalNetwork, id] = expected;
    assert.equal(network["provider:network_type"], type);
    assert.equal(network["provider:physical_network"], physicalNetwork);
    assert.equal(network["provider:segmentation_id"], id);
  });
}

const unique: [Attributes, FaultCode][] = [
  [seg("vxlan", undefined, 9), "TunnelIdInUse"],
  [seg("vlan", "physnet1", 9), "VlanIdInUse"],
  [seg("flat", "physnet1"), "FlatNetworkInUse"],
];
for (const [attributes, code] of unique) {
  test(`a segment belongs to one network until that is deleted: ${code}`, async () => {
    const world = await makeWorld();
    const first = await world.network(attributes, ADMIN);
    await refuses(world, code, () => world.network(attributes, ADMIN));
    await refuses(world, code, () => world.networking.create(ADMIN, "network", [{}, attributes]));
    await world.networking.delete(ADMIN, "network", first.id);
    assert.deepEqual(await madeOnPurpose(world.store), []);
    await world.network(attributes, ADMIN);
  });
}

test("the MTU of an overlay follows what the hosts report of their underlay", async () => {
  const world = await makeWorld();
  await world.host("a", { underlay_mtu: 9000 });
  assert.equal((await world.network()).mtu, 8950);
  await world.host("b", { underlay_mtu: 9000, tunnel_ip: ip("2001:db8::1") });
  assert.equal((await world.network()).mtu, 8930);
  await world.host("c", { underlay_mtu: 1500 });
  assert.equal((await world.network()).mtu, 1430);
  assert.equal((await world.network(seg("vlan", "physnet1", 5), ADMIN)).mtu, 1500);
});

test("an update changes what it names, counts one revision, and none when nothing differs", async () => {
  const world = await makeWorld();
  const before = await world.network();
  const after = await world.networking.update(ALICE, "network", before.id, { name: "new", mtu: 1300, tags: ["x"] });
  assert.deepEqual(
    { ...after, updated_at: "" },
    { ...before, name: "new", mtu: 1300, tags: ["x"], revision_number: 2, updated_at: "" },
  );
  const same = await world.networking.update(ALICE, "network", before.id, { name: "new" });
  assert.equal(same.revision_number, 2);
  await world.networking.update(ALICE, "network", before.id, { name: "newer" }, 2);
  await refuses(world, "RevisionNumberConstraintFailed", () =>
    world.networking.update(ALICE, "network", before.id, { name: "newest" }, 2),
  );
});

test("of the segment only an unused network's VLAN can change", async () => {
  const world = await makeWorld();
  await world.host("h");
  const vlan = await world.network(seg("vlan", "physnet1", 5), ADMIN);
  const update =
    (changes: Attributes, id = vlan.id) =>
    () =>
      world.networking.update(ADMIN, "network", id, changes);
  await refuses(world, "InvalidInput", update(seg("flat")));
  await update(seg("vlan", "physnet1", 5))();
  assert.equal((await update({ "provider:segmentation_id": 6 })())["provider:segmentation_id"], 6);
  await world.network(seg("vlan", "physnet1", 5), ADMIN);
  await refuses(world, "VlanIdInUse", update({ "provider:segmentation_id": 5 }));
  await world.port(vlan.id, { "binding:host_id": "h" }, ADMIN);
  await refuses(world, "InvalidInput", update({ "provider:segmentation_id": 7 }));
  const vxlan = await world.network();
  await refuses(world, "InvalidInput", update({ "provider:segmentation_id": 7 }, vxlan.id));
});

test("an MTU too small for a subnet's family is refused on both sides", async () => {
  const world = await makeWorld();
  const small = await world.network({ mtu: 1000 });
  await refuses(world, "NetworkMTUSubnetConflict", () => world.subnet(small.id, "2001:db8::/64"));
  const network = await world.network();
  await world.subnet(network.id, "2001:db8::/64");
  await refuses(world, "NetworkMTUSubnetConflict", () =>
    world.networking.update(ALICE, "network", network.id, { mtu: 1279 }),
  );
  await world.networking.update(ALICE, "network", network.id, { mtu: 1280 });
});

test("a network goes with its subnets and its own DHCP ports, but not under a port in use", async () => {
  const world = await makeWorld();
  const network = await world.network();
  await world.subnet(network.id, "10.0.0.0/24");
  await world.port(network.id, { device_owner: "network:dhcp" });
  const port = await world.port(network.id);
  await refuses(world, "NetworkInUse", () => world.networking.delete(ALICE, "network", network.id));
  await world.networking.delete(ALICE, "port", port.id);
  await world.networking.delete(ALICE, "network", network.id);
  assert.deepEqual(await madeOnPurpose(world.store), []);
  await refuses(world, "NetworkNotFound", () => world.networking.delete(ALICE, "network", network.id));
});

test("a network that others use stays shared", async () => {
  const world = await makeWorld();
  const network = await world.network({ shared: true });
  await world.port(network.id, {}, BOB);
  const unshare = () => world.networking.update(ALICE, "network", network.id, { shared: false });
  await refuses(world, "InvalidSharedSetting", unshare);
  for (const port of await world.networking.list(ALICE, "port", {})) {
    await world.networking.delete(ALICE, "port", port.id);
  }
  assert.equal((await unshare()).shared, false);
});

test("many networks made at once are all or none", async () => {
  const world = await makeWorld();
  const made = await world.networking.create(
    ALICE,
    "network",
    Array.from({ length: 50 }, (_, i) => ({ name: `n${i}` })),
  );
  assert.deepEqual(
    made.map((network) => network.name),
    Array.from({ length: 50 }, (_, i) => `n${i}`),
  );
  assert.equal(new Set(made.map((network) => network["provider:segmentation_id"])).size, 50);
  await refuses(world, "InvalidInput", () => world.networking.create(ALICE, "network", [{}, { mtu: 9999 }]));
});

test("a request too large for one transaction says so and writes nothing", async () => {
  const world = await makeWorld({ maxTransactionOperations: 30 });
  await world.networking.list(ALICE, "security_group", {});
  const bodies = Array.from({ length: 16 }, () => ({}));
  await refuses(world, "InvalidInput", () => world.networking.create(ALICE, "network", bodies), /49 operations/);
});

test("a segment's key is the network's own", async () => {
  const world = await makeWorld();
  const network = await world.network(seg("vxlan", undefined, 77), ADMIN);
  assert.ok((await contents(world.store)).includes(`${keys.vni(77)} ${network.id}`));
});
