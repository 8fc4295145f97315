import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Attributes } from "../../api/mod.ts";
import { ADMIN, makeWorld, refuses, type World } from "./networking.fixture.ts";

let world: World;
let port: string;

beforeEach(async () => {
  world = await makeWorld();
  for (const host of ["h1", "h2"]) await world.host(host);
  const { id } = await world.network();
  port = (await world.port(id, { device_owner: "compute:nova", "binding:host_id": "h1" }, ADMIN)).id;
});
afterEach(() => world.close());

type Row = Attributes;
const create = async (host: string, more: Attributes = {}) =>
  (await world.networking.create(ADMIN, "port_binding", [{ port_id: port, host, ...more }]))[0] as Row;
const list = async () =>
  ((await world.networking.list(ADMIN, "port_binding", { port_id: [port] })) as unknown as Row[]).map(
    ({ host, status, vif_type }) => `${host} ${status} ${vif_type}`,
  );
const key = (host: string) => `${port}/${host}`;
const update = (host: string, changes: Attributes) =>
  world.networking.update(ADMIN, "port_binding", key(host), changes) as Promise<Row>;
const activate = (host: string) => world.networking.act(ADMIN, "port_binding", key(host), "activate", {});
const remove = (host: string) => world.networking.delete(ADMIN, "port_binding", key(host));

describe("a port's bindings", () => {
  test("the port's own is the active one, others are prepared, and one of them takes over", async () => {
    assert.deepEqual(await list(), ["h1 ACTIVE tap"]);
    const made = await create("h2", { profile: { a: 1 } });
    assert.deepEqual([made.status, made.vif_type, made.vnic_type], ["INACTIVE", "tap", "normal"]);
    assert.deepEqual(await list(), ["h1 ACTIVE tap", "h2 INACTIVE tap"]);
    const active = await activate("h2");
    assert.equal(active.status, "ACTIVE");
    assert.deepEqual(await list(), ["h2 ACTIVE tap", "h1 INACTIVE unbound"]);
    const record = await world.networking.get(ADMIN, "port", port);
    assert.deepEqual([record["binding:host_id"], record["binding:profile"], record.status], ["h2", { a: 1 }, "DOWN"]);
    await remove("h1");
    assert.deepEqual(await list(), ["h2 ACTIVE tap"]);
  });

  test("what goes wrong has Neutron's words", async () => {
    await create("h2");
    await refuses(world, "PortBindingAlreadyExists", () => create("h1"));
    await refuses(world, "PortBindingAlreadyExists", () => create("h2"));
    await refuses(world, "PortBindingError", () => create("nowhere"));
    await refuses(world, "PortBindingAlreadyActive", () => activate("h1"));
    for (const attempt of [() => activate("h3"), () => remove("h3"), () => update("h3", {})]) {
      await refuses(world, "PortBindingNotFound", attempt, new RegExp(`port ${port} for host h3`));
    }
    await refuses(world, "PortNotFound", () => world.networking.list(ADMIN, "port_binding", { port_id: ["none"] }));
    await refuses(world, "InvalidInput", () => update("h2", { profile: { long: "x".repeat(5000) } }), /too large/);
  });

  test("only servers' ports have several", async () => {
    await world.networking.update(ADMIN, "port", port, { device_owner: "network:dhcp" });
    await refuses(world, "BadRequest", () => create("h2"));
    await refuses(world, "BadRequest", list);
  });

  test("one is changed where it is; without a profile it has an empty one", async () => {
    await create("h2", { profile: { a: 1 } });
    const changed = await update("h2", { vnic_type: "normal" });
    assert.deepEqual([changed.profile, changed.status], [{}, "INACTIVE"]);
    await update("h1", { profile: { b: 2 } });
    const record = await world.networking.get(ADMIN, "port", port);
    assert.deepEqual([record["binding:profile"], record["binding:vif_type"]], [{ b: 2 }, "tap"]);
  });

  test("without its active one a port is nowhere", async () => {
    await create("h2");
    await remove("h1");
    assert.deepEqual(await list(), [" ACTIVE unbound", "h2 INACTIVE tap"]);
  });

  test("a port that moves by itself to where it is prepared is there once", async () => {
    await create("h2");
    await world.networking.update(ADMIN, "port", port, { "binding:host_id": "h2" });
    assert.deepEqual(await list(), ["h2 ACTIVE tap"]);
  });
});
