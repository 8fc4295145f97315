import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes, Caller } from "../../../api/mod.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import { ADMIN, ALICE, audit, BOB, makeWorld, refuses, type World } from "../networking.fixture.ts";

async function made<T>(rows: Promise<T[]>): Promise<T> {
  const [row] = await rows;
  assert.ok(row);
  return row;
}
const service = (world: World, port_id: string, by: Caller = ALICE) =>
  made(world.networking.create(by, "tap_service", [{ port_id, name: "s" }]));
const flow = (world: World, tap_service_id: string, source_port: string, by: Caller = ALICE, more: Attributes = {}) =>
  made(world.networking.create(by, "tap_flow", [{ tap_service_id, source_port, direction: "BOTH", ...more }]));
const mirror = (world: World, port_id: string, directions: Attributes, by: Caller = ALICE) =>
  made(
    world.networking.create(by, "tap_mirror", [{ port_id, directions, remote_ip: "192.0.2.9", mirror_type: "gre" }]),
  );

async function twoPorts(world: World) {
  const net = await world.network();
  return [net, await world.port(net.id), await world.port(net.id)] as const;
}

const count = async (world: World) => {
  const { networking } = world;
  const lists = [
    networking.list(ADMIN, "tap_service", {}),
    networking.list(ADMIN, "tap_flow", {}),
    networking.list(ADMIN, "tap_mirror", {}),
  ];
  return (await Promise.all(lists)).map((rows) => rows.length);
};

test("a service has a VNI that no network and no other service has, as long as there are some", async () => {
  const world = await makeWorld({ vxlanRanges: [[1, 4]] });
  const [net, one] = await twoPorts(world);
  const taps = [await service(world, one.id), await service(world, one.id)];
  const used = [net["provider:segmentation_id"], ...taps.map(({ vni }) => vni)];
  assert.deepEqual(new Set(used).size, 3);
  assert.ok(used.every((vni) => vni !== null && vni >= 1 && vni <= 4));
  const last = await world.network();
  await refuses(world, "NoNetworkAvailable", () => world.network());
  const without = await service(world, one.id);
  assert.equal(without.vni, null, "only ports of its own host can be mirrored to it");
  for (const { id } of [...taps, without]) await world.networking.delete(ALICE, "tap_service", id);
  const again = await world.network();
  assert.notEqual(again["provider:segmentation_id"], last["provider:segmentation_id"]);
  await audit(world.store);
});

test("a VXLAN mirror's tunnel is no network's VNI, and becomes none's", async () => {
  const world = await makeWorld({ vxlanRanges: [[1, 2]] });
  const [net, one, two] = await twoPorts(world);
  const own = net["provider:segmentation_id"] as number;
  const vxlan = (port_id: string, directions: Attributes, by: Caller = ALICE) =>
    made(
      world.networking.create(by, "tap_mirror", [
        { port_id, directions, remote_ip: "192.0.2.9", mirror_type: "vxlan" },
      ]),
    );
  await refuses(world, "TapMirrorTunnelConflict", () => vxlan(one.id, { IN: own }), /tunnel_id/);
  const other = 3 - own;
  const first = await vxlan(one.id, { BOTH: other });
  await refuses(world, "NoNetworkAvailable", () => world.network());
  const theirs = await world.port(net.id, { project_id: "bob" }, ADMIN);
  await refuses(world, "TapMirrorTunnelConflict", () => vxlan(theirs.id, { IN: other }, BOB), /tunnel_id/);
  await world.networking.delete(ALICE, "tap_mirror", first.id);
  await vxlan(two.id, { IN: other });
  await world.networking.delete(ALICE, "port", two.id);
  await world.network();
  await audit(world.store);
});

for (const [mirror_type, wrong] of [
  ["gre", 2 ** 32],
  ["erspanv1", 1024],
  ["vxlan", 0],
  ["vxlan", 2 ** 24],
] as const) {
  test(`refused: a tunnel id that ${mirror_type} cannot carry, ${wrong}`, async () => {
    const world = await makeWorld();
    const [, one] = await twoPorts(world);
    const body = { port_id: one.id, directions: { IN: wrong }, remote_ip: "192.0.2.9", mirror_type };
    await refuses(world, "InvalidInput", () => made(world.networking.create(ALICE, "tap_mirror", [body])), /tunnel id/);
  });
}

test("refused: a collector that is no one machine elsewhere", async () => {
  const world = await makeWorld();
  const [, one] = await twoPorts(world);
  const body = { port_id: one.id, directions: { IN: 5 }, mirror_type: "vxlan" };
  for (const remote_ip of ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "ff02::1", "fe80::1"]) {
    const make = () => made(world.networking.create(ALICE, "tap_mirror", [{ ...body, remote_ip }]));
    await refuses(world, "InvalidInput", make, /not the address of one machine/);
  }
  await made(world.networking.create(ALICE, "tap_mirror", [{ ...body, remote_ip: "2001:db8::1" }]));
});

test("services and flows are DOWN while no data plane mirrors, and change their names only", async () => {
  const world = await makeWorld();
  const [, one, two] = await twoPorts(world);
  const tap = await service(world, one.id);
  const tapped = await flow(world, tap.id, two.id, ALICE, { vlan_filter: "10-20" });
  assert.deepEqual([tap.status, tapped.status, tapped.vlan_filter], ["DOWN", "DOWN", "10-20"]);
  assert.equal((await world.networking.update(ALICE, "tap_service", tap.id, { name: "t" })).name, "t");
  assert.equal((await world.networking.update(ALICE, "tap_flow", tapped.id, { description: "d" })).description, "d");
  await audit(world.store);
});

test("flows go with their service, and everything with its port", async () => {
  const world = await makeWorld();
  const [, one, two] = await twoPorts(world);
  const tap = await service(world, one.id);
  await flow(world, tap.id, two.id);
  await world.networking.delete(ALICE, "tap_service", tap.id);
  assert.deepEqual(await count(world), [0, 0, 0]);
  const again = await service(world, one.id);
  await flow(world, again.id, two.id);
  await mirror(world, two.id, { IN: 1 });
  await world.networking.delete(ALICE, "port", two.id);
  assert.deepEqual(await count(world), [1, 0, 0]);
  await world.networking.delete(ALICE, "port", one.id);
  assert.deepEqual(await count(world), [0, 0, 0]);
  await audit(world.store);
  assert.ok(!(await world.store.list("/cable/")).entries.some(({ key }) => key.includes("/use/port/")));
});

test("a tunnel is of one mirror of a project, in both directions if it likes", async () => {
  const world = await makeWorld();
  const [net, one, two] = await twoPorts(world);
  const first = await mirror(world, one.id, { IN: 7, OUT: "7" });
  assert.deepEqual(first.directions, { IN: 7, OUT: 7 });
  await refuses(world, "TapMirrorTunnelConflict", () => mirror(world, two.id, { OUT: 7 }), /tunnel_id 7/);
  const theirs = await world.port(net.id, { project_id: "bob" }, ADMIN);
  await mirror(world, theirs.id, { OUT: 7 }, BOB);
  await world.networking.delete(ALICE, "tap_mirror", first.id);
  await mirror(world, two.id, { OUT: 7 });
  await audit(world.store);
});

const NOWHERE = "11111111-1111-4111-8111-111111111111";

test("refused: ports and services that are not there, or not the project's", async () => {
  const world = await makeWorld();
  const [net, one] = await twoPorts(world);
  const theirs = await world.port(net.id, { project_id: "bob" }, ADMIN);
  const tap = await service(world, one.id);
  await refuses(world, "PortNotFound", () => service(world, NOWHERE));
  await refuses(world, "PortNotFound", () => service(world, one.id, BOB));
  await refuses(world, "PortDoesNotBelongToTenant", () => service(world, theirs.id));
  await refuses(world, "PortDoesNotBelongToTenant", () => mirror(world, theirs.id, { IN: 1 }));
  await refuses(world, "TapServiceNotFound", () => flow(world, NOWHERE, one.id));
  await refuses(world, "TapServiceNotFound", () => flow(world, tap.id, theirs.id, BOB));
  await refuses(world, "TapServiceNotBelongToTenant", () => flow(world, tap.id, one.id, ADMIN));
  await refuses(world, "PortNotFound", () => flow(world, tap.id, NOWHERE));
  await refuses(world, "TapFlowNotFound", () => world.networking.get(ALICE, "tap_flow", NOWHERE));
  await refuses(world, "TapMirrorNotFound", () => world.networking.get(ALICE, "tap_mirror", NOWHERE));
});

test("two control nodes: no mirror without its port, none of a tunnel twice", async () => {
  const store = new MemoryStore();
  const [one, two] = [await makeWorld({}, store), await makeWorld({}, store)];
  for (let round = 0; round < 20; round++) {
    const [, source, target] = await twoPorts(one);
    const tap = await service(one, target.id);
    await two.memory.reached(one.memory.revision);
    await Promise.allSettled([
      flow(one, tap.id, source.id),
      mirror(one, source.id, { IN: round }),
      mirror(two, source.id, { IN: round }),
      two.networking.delete(ALICE, "port", round % 2 ? source.id : target.id),
      ...(round % 3 ? [two.networking.delete(ALICE, "tap_service", tap.id)] : []),
    ]);
    await audit(store);
  }
});
