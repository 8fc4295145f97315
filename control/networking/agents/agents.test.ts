import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { keys } from "../../../store/mod.ts";
import { ADMIN, makeWorld, refuses, type World } from "../networking.fixture.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  await world.host("h1");
  await world.host("h2");
});
afterEach(() => world.close());

type Row = Record<string, unknown> & { id: string };

const agents = async () => (await world.networking.list(ADMIN, "agent", {})) as unknown as Row[];
async function agent(host: string, agent_type: string): Promise<Row> {
  const found = (await agents()).find((row) => row.host === host && row.agent_type === agent_type);
  assert.ok(found, `${agent_type} of ${host}`);
  return found;
}

async function beat(host: string, seen_at: string, more: object = {}): Promise<void> {
  const value = JSON.stringify({ name: host, seen_at, started_at: seen_at, ...more });
  const { revision } = await world.store.commit({
    guards: [],
    writes: [{ kind: "put", key: keys.record("host_beat", host), value }],
  });
  await world.memory.reached(revision);
}

const ago = (seconds: number) => `${new Date(Date.now() - seconds * 1000).toISOString().slice(0, 19)}Z`;

describe("agents", () => {
  test("each host is shown as one of each type, with the same ids every time", async () => {
    const rows = await agents();
    const names = rows.map((row) => `${row.host} ${row.agent_type} ${row.availability_zone}`).sort();
    assert.deepEqual(names, [
      "h1 Cable agent null",
      "h1 DHCP agent nova",
      "h1 L3 agent nova",
      "h2 Cable agent null",
      "h2 DHCP agent nova",
      "h2 L3 agent nova",
    ]);
    assert.deepEqual(new Set((await agents()).map(({ id }) => id)), new Set(rows.map(({ id }) => id)));
    assert.equal(new Set(rows.map(({ id }) => id)).size, 6);
    for (const { id } of rows) {
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.equal(((await world.networking.get(ADMIN, "agent", id)) as Row).id, id);
    }
  });

  test("one that was just seen and has gone since is not alive", async () => {
    await beat("h1", ago(5), { gone_at: ago(2) });
    assert.equal((await agent("h1", "DHCP agent")).alive, false);
  });

  for (const [seconds, alive] of [
    [5, true],
    [60, true],
    [80, false],
  ] as const) {
    test(`one that was seen ${seconds} s ago is ${alive ? "alive" : "not alive"}`, async () => {
      await beat("h1", ago(seconds));
      assert.equal((await agent("h1", "DHCP agent")).alive, alive);
      assert.equal((await agent("h2", "DHCP agent")).alive, false);
    });
  }

  test("one is switched off and described apart from the others of its host", async () => {
    const { id } = await agent("h1", "DHCP agent");
    await world.networking.update(ADMIN, "agent", id, { admin_state_up: false, description: "broken" });
    const changed = await agent("h1", "DHCP agent");
    assert.deepEqual([changed.admin_state_up, changed.description], [false, "broken"]);
    assert.equal((await agent("h1", "L3 agent")).admin_state_up, true);
  });

  test("one that is deleted comes back, as new, with the next sign of life of its host", async () => {
    const { id } = await agent("h1", "L3 agent");
    await world.networking.update(ADMIN, "agent", id, { description: "old" });
    await world.networking.delete(ADMIN, "agent", id);
    await refuses(world, "AgentNotFound", () => world.networking.get(ADMIN, "agent", id));
    assert.equal((await agents()).length, 5);
    await beat("h1", ago(-2));
    assert.equal((await agent("h1", "L3 agent")).description, null);
  });

  test("none is made by the API", () =>
    refuses(world, "BadRequest", () => world.networking.create(ADMIN, "agent", [{}]), /not supported/));
});

describe("networks on DHCP agents", () => {
  const hosting = async (networkId: string) =>
    ((await world.networking.list(ADMIN, "network_agent", { network_id: [networkId] })) as unknown as Row[])
      .map(({ host }) => host)
      .sort();
  const hosted = async (agentId: string) =>
    ((await world.networking.list(ADMIN, "agent_network", { agent_id: [agentId] })) as unknown as Row[]).map(
      ({ id }) => id,
    );

  test("a network is on all of them with its first port, until it is taken off one, and can be put back", async () => {
    const { id: network_id } = await world.network();
    const { id: agent_id } = await agent("h1", "DHCP agent");
    const add = () => world.networking.create(ADMIN, "agent_network", [{ agent_id, network_id }]);
    const remove = () => world.networking.act(ADMIN, "agent", agent_id, "remove_network", { network_id });
    assert.deepEqual([await hosting(network_id), await hosted(agent_id)], [[], []]);
    await refuses(world, "NetworkNotHostedByDhcpAgent", remove);
    await world.port(network_id);
    assert.deepEqual(await hosting(network_id), ["h1", "h2"]);
    assert.deepEqual(await hosted(agent_id), [network_id]);
    await refuses(world, "NetworkHostedByDHCPAgent", add);
    await remove();
    assert.deepEqual([await hosting(network_id), await hosted(agent_id)], [["h2"], []]);
    await refuses(world, "NetworkNotHostedByDhcpAgent", remove);
    await add();
    assert.deepEqual(await hosting(network_id), ["h1", "h2"]);
  });

  test("one with DHCP stays on them when its last port goes, and can be put on one before its first", async () => {
    const { id: network_id } = await world.network();
    await world.subnet(network_id, "10.0.0.0/24");
    const { id: agent_id } = await agent("h1", "DHCP agent");
    const add = () => world.networking.create(ADMIN, "agent_network", [{ agent_id, network_id }]);
    await add();
    await refuses(world, "NetworkHostedByDHCPAgent", add);
    const { id: port } = await world.port(network_id);
    await world.networking.delete(ADMIN, "port", port);
    assert.deepEqual(await hosting(network_id), ["h1", "h2"]);
  });

  test("one without ports can be put on one, which it is on from then", async () => {
    const { id: network_id } = await world.network();
    const { id: agent_id } = await agent("h1", "DHCP agent");
    await world.networking.create(ADMIN, "agent_network", [{ agent_id, network_id }]);
    assert.deepEqual(await hosting(network_id), ["h1"]);
    assert.deepEqual((await world.networking.get(ADMIN, "network", network_id)).availability_zones, ["nova"]);
  });

  test("a router is on every L3 agent, and stays there", async () => {
    const [router] = await world.networking.create(ADMIN, "router", [{ name: "r" }]);
    const router_id = router?.id ?? "";
    const { id: agent_id } = await agent("h1", "L3 agent");
    const dhcp = (await agent("h1", "DHCP agent")).id;
    await world.networking.create(ADMIN, "agent_router", [{ agent_id, router_id }]);
    const rows = (await world.networking.list(ADMIN, "agent_router", { agent_id: [agent_id] })) as unknown as Row[];
    assert.deepEqual(
      rows.map(({ id }) => id),
      [router_id],
    );
    const agents = (await world.networking.list(ADMIN, "router_agent", { router_id: [router_id] })) as unknown as Row[];
    assert.deepEqual(agents.map(({ host }) => host).sort(), ["h1", "h2"]);
    const add = (id: string, router: string) => () =>
      world.networking.create(ADMIN, "agent_router", [{ agent_id: id, router_id: router }]);
    await refuses(world, "InvalidL3Agent", add(dhcp, router_id));
    await refuses(world, "AgentNotFound", add("none", router_id));
    await refuses(world, "RouterNotFound", add(agent_id, "none"));
    await refuses(world, "DVRL3CannotRemoveFromDvrAgent", () =>
      world.networking.act(ADMIN, "agent", agent_id, "remove_router", { router_id }),
    );
  });

  test("agents of another type, agents that are off and what is not there are refused", async () => {
    const { id: network_id } = await world.network();
    const l3 = (await agent("h1", "L3 agent")).id;
    const off = (await agent("h2", "DHCP agent")).id;
    await world.networking.update(ADMIN, "agent", off, { admin_state_up: false });
    const add = (agent_id: string, network: string) => () =>
      world.networking.create(ADMIN, "agent_network", [{ agent_id, network_id: network }]);
    await refuses(world, "InvalidDHCPAgent", add(l3, network_id));
    await refuses(world, "InvalidDHCPAgent", add(off, network_id));
    await refuses(world, "AgentNotFound", add("none", network_id));
    await refuses(world, "NetworkNotFound", add(l3, "none"));
    await refuses(world, "AgentNotFound", () => hosted("none"));
    assert.deepEqual(await hosted(l3), []);
    assert.deepEqual(await hosting("none"), []);
  });
});

describe("availability zones", () => {
  const zones = async () => await world.networking.list(ADMIN, "availability_zone", {});

  test("are where hosts are, available while one of its agents is on", async () => {
    const available = ["network", "router"].map((resource) => ({ name: "nova", resource, state: "available" }));
    assert.deepEqual(await zones(), available);
    for (const host of ["h1", "h2"]) {
      const { id } = await agent(host, "DHCP agent");
      await world.networking.update(ADMIN, "agent", id, { admin_state_up: false });
    }
    assert.deepEqual(await zones(), [{ ...available[0], state: "unavailable" }, available[1]]);
  });

  test("a network is in those of its agents, and its hints must be among them", async () => {
    const network = await world.network({ availability_zone_hints: ["nova"] });
    assert.deepEqual(network.availability_zones, []);
    await world.port(network.id);
    assert.deepEqual((await world.networking.get(ADMIN, "network", network.id)).availability_zones, ["nova"]);
    await refuses(world, "AvailabilityZoneNotFound", () => world.network({ availability_zone_hints: ["nova", "x"] }));
    for (const host of ["h1", "h2"]) {
      const { id } = await agent(host, "DHCP agent");
      await world.networking.act(ADMIN, "agent", id, "remove_network", { network_id: network.id });
    }
    assert.deepEqual((await world.networking.get(ADMIN, "network", network.id)).availability_zones, []);
  });
});
