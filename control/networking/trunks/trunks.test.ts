import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Attributes } from "../../../api/mod.ts";
import type { FaultCode, TrunkRecord } from "../../../model/mod.ts";
import { ADMIN, ALICE, audit, BOB, makeWorld, refuses, type World } from "../networking.fixture.ts";
import { trunkStatus } from "./carry.ts";

let world: World;
let net: string;
let ports: string[];

beforeEach(async () => {
  world = await makeWorld();
  net = (await world.network()).id;
  ports = [];
  for (let i = 0; i < 4; i++) ports.push((await world.port(net)).id);
});
afterEach(async () => {
  await audit(world.store);
  await world.close();
});

const vlan = (port: number, id: number | string) => ({
  port_id: ports[port],
  segmentation_type: "vlan",
  segmentation_id: id,
});
const trunk = async (port: number, sub_ports: Attributes[] = [], more: Attributes = {}, by = ALICE) => {
  const [made] = await world.networking.create(by, "trunk", [{ port_id: ports[port], sub_ports, ...more }]);
  assert.ok(made);
  return made;
};
const add = (id: string, ...sub_ports: Attributes[]) =>
  world.networking.act(ALICE, "trunk", id, "add_subports", { sub_ports });
const remove = (id: string, ...sub_ports: Attributes[]) =>
  world.networking.act(ALICE, "trunk", id, "remove_subports", { sub_ports });
const get = (id: string) => world.networking.get(ALICE, "trunk", id);

describe("trunks", () => {
  test("one is made with subports, gets more and loses some, and its parent port shows them", async () => {
    const made = await trunk(0, [vlan(1, "5")], { name: "t" });
    assert.deepEqual([made.status, made.revision_number, made.sub_ports], ["DOWN", 0, [vlan(1, 5)]]);
    await add(made.id, vlan(2, 6));
    assert.deepEqual((await get(made.id)).sub_ports, [vlan(1, 5), vlan(2, 6)]);
    const parent = (await world.networking.get(ALICE, "port", ports[0] as string)) as unknown as Attributes;
    const [, second] = await Promise.all(ports.slice(1, 3).map((id) => world.networking.get(ALICE, "port", id)));
    const details = parent.trunk_details as { trunk_id: string; sub_ports: Attributes[] };
    assert.equal(details.trunk_id, made.id);
    assert.deepEqual(details.sub_ports[1], { ...vlan(2, 6), mac_address: second?.mac_address });
    await remove(made.id, { port_id: ports[1] });
    assert.deepEqual(await world.networking.act(ALICE, "trunk", made.id, "get_subports", {}), {
      sub_ports: [vlan(2, 6)],
    });
    await refuses(world, "SubPortNotFound", () => remove(made.id, { port_id: ports[1] }));
    await world.networking.delete(ALICE, "trunk", made.id);
    for (const id of ports) await world.networking.delete(ALICE, "port", id);
  });

  test("subports are where their parent is, and nowhere once they are out", async () => {
    for (const name of ["h1", "h2"]) await world.host(name);
    const move = (host: string) =>
      world.networking.update(ADMIN, "port", ports[0] as string, { "binding:host_id": host });
    const placeOf = (port: number) => {
      const record = world.memory.get("port", ports[port] as string)?.record;
      return [record?.["binding:host_id"], record?.device_owner, record?.subport_of?.segmentation_id];
    };
    const made = await trunk(0, [vlan(1, 5)]);
    assert.deepEqual(placeOf(1), ["", "trunk:subport", 5]);
    await move("h1");
    assert.deepEqual(placeOf(1), ["h1", "trunk:subport", 5]);
    await add(made.id, vlan(2, 6));
    assert.deepEqual(placeOf(2), ["h1", "trunk:subport", 6]);
    await move("h2");
    assert.deepEqual([placeOf(1)[0], placeOf(2)[0]], ["h2", "h2"]);
    await remove(made.id, { port_id: ports[1] });
    assert.deepEqual(placeOf(1), ["", "", undefined]);
    await move("");
    await world.networking.delete(ALICE, "trunk", made.id);
    assert.deepEqual(placeOf(2), ["", "", undefined]);
  });

  test("a trunk works when all its ports do", () => {
    const row = { port_id: "p", admin_state_up: true, sub_ports: [vlan(1, 5), vlan(2, 6)] } as unknown as TrunkRecord;
    const status = (up: string[], changes: Partial<TrunkRecord> = {}) =>
      trunkStatus({ ...row, ...changes }, (id) => ({ status: up.includes(id) ? "ACTIVE" : "DOWN" }));
    const [, one = "", two = ""] = ports;
    assert.deepEqual(
      [status([]), status([one, two]), status(["p", one]), status(["p", one, two]), status(["p"], { sub_ports: [] })],
      ["DOWN", "DOWN", "DEGRADED", "ACTIVE", "ACTIVE"],
    );
    assert.equal(status(["p", one, two], { admin_state_up: false }), "DOWN");
  });

  test("a subport may inherit the VLAN of its network", async () => {
    const provider = {
      "provider:network_type": "vlan",
      "provider:physical_network": "physnet1",
      "provider:segmentation_id": 77,
      mtu: 1400,
    };
    const { id } = await world.network(provider, ADMIN);
    ports[1] = (await world.port(id, { project_id: "alice" }, ADMIN)).id;
    const made = await trunk(0, [{ port_id: ports[1], segmentation_type: "inherit" }]);
    assert.deepEqual(made.sub_ports, [vlan(1, 77)]);
    await refuses(
      world,
      "InvalidInput",
      () => add(made.id, { port_id: ports[2], segmentation_type: "inherit" }),
      /'vxlan'/,
    );
  });

  const refused: [string, FaultCode, () => Promise<unknown>][] = [
    ["a port that is a parent", "ParentPortInUse", () => trunk(0)],
    ["a port that is a subport", "TrunkPortInUse", () => trunk(1)],
    ["a subport that is another's", "TrunkPortInUse", () => trunk(2, [vlan(1, 9)])],
    ["a subport that is a parent", "ParentPortInUse", () => trunk(2, [vlan(0, 9)])],
    ["its parent as a subport", "ParentPortInUse", () => trunk(2, [vlan(2, 9)])],
    ["a port that is not there", "PortNotFound", () => world.networking.create(ALICE, "trunk", [{ port_id: "none" }])],
    ["a stranger's port", "PortNotFound", () => trunk(2, [], {}, BOB)],
    ["a subport that is not there", "PortNotFound", () => trunk(2, [{ ...vlan(3, 5), port_id: "none" }])],
    ["a subport without VLAN", "InvalidInput", () => trunk(2, [{ port_id: ports[3] }])],
    ["a VLAN that there is not", "InvalidInput", () => trunk(2, [vlan(3, 4095)])],
    ["a VLAN that is no number", "InvalidInput", () => trunk(2, [vlan(3, "x")])],
    ["another kind of segment", "InvalidInput", () => trunk(2, [{ ...vlan(3, 5), segmentation_type: "gre" }])],
  ];
  for (const [name, code, attempt] of refused) {
    test(`none is made with ${name}`, async () => {
      await trunk(0, [vlan(1, 5)]);
      await refuses(world, code, attempt);
    });
  }

  test("two subports never share a VLAN", async () => {
    const { id } = await trunk(0, [vlan(1, 5)]);
    await refuses(world, "DuplicateSubPort", () => add(id, vlan(2, 5)));
    await refuses(world, "DuplicateSubPort", () => trunk(2, [vlan(3, 5), { ...vlan(1, 5), port_id: ports[3] }]));
  });

  test("a subport's network must not need more than the trunk's carries", async () => {
    await world.networking.update(ALICE, "network", net, { mtu: 1300 });
    const { id } = await world.network();
    ports[1] = (await world.port(id)).id;
    await refuses(world, "SubPortMtuGreaterThanTrunkPortMtu", () => trunk(0, [vlan(1, 5)]), /1450 .* 1300/);
  });

  test("a port that is used otherwise is no subport, and one that could not be plugged no parent", async () => {
    await world.networking.update(ADMIN, "port", ports[1] as string, { device_id: "vm" });
    await refuses(world, "PortInUse", () => trunk(0, [vlan(1, 5)]));
    await world.networking.update(ADMIN, "port", ports[0] as string, { "binding:host_id": "nowhere" });
    await refuses(world, "ParentPortInUse", () => trunk(0));
    const { id } = await trunk(2);
    await world.networking.update(ADMIN, "port", ports[2] as string, { "binding:host_id": "nowhere" });
    await refuses(world, "TrunkInUse", () => world.networking.delete(ALICE, "trunk", id));
  });

  test("one that is off is left alone", async () => {
    const { id } = await trunk(0, [vlan(1, 5)], { admin_state_up: false });
    await refuses(world, "TrunkDisabled", () => add(id, vlan(2, 6)));
    await refuses(world, "TrunkDisabled", () => remove(id, { port_id: ports[1] }));
    await refuses(world, "TrunkDisabled", () => world.networking.delete(ALICE, "trunk", id));
    await world.networking.update(ALICE, "trunk", id, { admin_state_up: true });
    await world.networking.delete(ALICE, "trunk", id);
  });

  test("a port in a trunk is not deleted", async () => {
    await trunk(0, [vlan(1, 5)]);
    const drop = (port: number) => () => world.networking.delete(ALICE, "port", ports[port] as string);
    await refuses(world, "PortInUseAsTrunkParent", drop(0));
    await refuses(world, "PortInUseAsSubPort", drop(1));
    await drop(2)();
  });

  test("who is not its owner does not see it", async () => {
    const { id } = await trunk(0);
    await refuses(world, "TrunkNotFound", () => world.networking.get(BOB, "trunk", id));
    assert.deepEqual(await world.networking.list(BOB, "trunk", {}), []);
    assert.equal((await world.networking.list(ALICE, "trunk", { port_id: [ports[0] as string] })).length, 1);
  });
});

describe("at two control nodes at a time", () => {
  let other: World;
  beforeEach(async () => {
    other = await makeWorld({}, world.store);
  });
  afterEach(() => other.close());

  const both = (attempt: (at: World, turn: number) => Promise<unknown>) =>
    Promise.allSettled([world, other, world, other].map(attempt));
  const won = (results: PromiseSettledResult<unknown>[]) =>
    results.filter(({ status }) => status === "fulfilled").length;

  test("a port comes into one trunk", async () => {
    const results = await both((at, turn) =>
      at.networking.create(ALICE, "trunk", [{ port_id: ports[turn < 2 ? 0 : 1], sub_ports: [vlan(2, 5)] }]),
    );
    assert.equal(won(results), 1);
  });

  test("a VLAN of a trunk goes to one port", async () => {
    const { id } = await trunk(0);
    const results = await both((at, turn) =>
      at.networking.act(ALICE, "trunk", id, "add_subports", { sub_ports: [vlan((turn % 3) + 1, 5)] }),
    );
    assert.equal(won(results), 1);
    assert.equal((await get(id)).sub_ports.length, 1);
  });

  test("a port is deleted, or in a trunk", async () => {
    const results = await both((at, turn) =>
      turn === 0
        ? at.networking.delete(ALICE, "port", ports[1] as string)
        : at.networking.create(ALICE, "trunk", [{ port_id: ports[turn < 2 ? 0 : 2], sub_ports: [vlan(1, 5)] }]),
    );
    assert.equal(won(results), 1);
  });
});
