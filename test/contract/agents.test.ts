/** Agents through the Neutron door: what python-openstackclient and tempest ask. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RealDoor, realDoor } from "./neutron-door.ts";

let door: RealDoor;
let net: string;

before(async () => {
  door = await realDoor();
  await door.host("host-1");
  const { body } = await door.ask("POST", "/v2.0/networks", { network: { availability_zone_hints: ["nova"] } });
  net = body.network.id;
  await door.ask("POST", "/v2.0/ports", { port: { network_id: net } });
});
after(() => door.close());

const one = async (type: string) => {
  const { body } = await door.ask("GET", `/v2.0/agents?agent_type=${encodeURIComponent(type)}`);
  assert.equal(body.agents.length, 1, type);
  return body.agents[0];
};

test("an agent has Neutron's attributes", async () => {
  const { id, created_at, started_at, heartbeat_timestamp, configurations, ...rest } = await one("DHCP agent");
  for (const time of [created_at, started_at, heartbeat_timestamp])
    assert.match(time, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  assert.equal(typeof configurations, "object");
  assert.deepEqual(rest, {
    agent_type: "DHCP agent",
    binary: "cable-agent",
    topic: "dhcp_agent",
    host: "host-1",
    admin_state_up: true,
    alive: false,
    description: null,
    availability_zone: "nova",
    resources_synced: null,
  });
  const shown = await door.ask("GET", `/v2.0/agents/${id}`);
  assert.deepEqual([shown.status, shown.body.agent.host], [200, "host-1"]);
});

test("one who is no administrator sees none and may do nothing", async () => {
  const { id } = await one("L3 agent");
  assert.deepEqual((await door.ask("GET", "/v2.0/agents", undefined, "alice")).body, { agents: [] });
  const rows = [
    ["GET", `/v2.0/agents/${id}`, 404],
    ["DELETE", `/v2.0/agents/${id}`, 404],
    ["GET", `/v2.0/agents/${id}/dhcp-networks`, 403],
    ["GET", `/v2.0/networks/${net}/dhcp-agents`, 403],
    ["GET", `/v2.0/agents/${id}/l3-routers`, 403],
    ["DELETE", `/v2.0/agents/${id}/dhcp-networks/${net}`, 403],
  ] as const;
  for (const [method, path, status] of rows) {
    assert.equal((await door.ask(method, path, undefined, "alice")).status, status, `${method} ${path}`);
  }
});

test("a network is listed on its agents, taken off one and put back", async () => {
  const { id } = await one("DHCP agent");
  const networks = async () => (await door.ask("GET", `/v2.0/agents/${id}/dhcp-networks`)).body.networks;
  const agents = async () => (await door.ask("GET", `/v2.0/networks/${net}/dhcp-agents`)).body.agents;
  assert.deepEqual(
    (await networks()).map((network: { id: string }) => network.id),
    [net],
  );
  assert.deepEqual((await networks())[0].availability_zones, ["nova"]);
  assert.equal((await agents())[0].id, id);
  const removed = await door.ask("DELETE", `/v2.0/agents/${id}/dhcp-networks/${net}`);
  assert.deepEqual([removed.status, removed.text], [204, ""]);
  assert.deepEqual(await networks(), []);
  const added = await door.ask("POST", `/v2.0/agents/${id}/dhcp-networks`, { network_id: net });
  assert.deepEqual([added.status, added.text], [201, "null"]);
  assert.equal((await agents()).length, 1);
});

test("routers are everywhere, and nobody moves them", async () => {
  const { id } = await one("L3 agent");
  assert.deepEqual((await door.ask("GET", `/v2.0/agents/${id}/l3-routers`)).status, 200);
  const removed = await door.ask("DELETE", `/v2.0/agents/${id}/l3-routers/${net}`);
  assert.deepEqual([removed.status, removed.body.NeutronError.type], [409, "DVRL3CannotRemoveFromDvrAgent"]);
  const added = await door.ask("POST", `/v2.0/agents/${id}/l3-routers`, { router_id: net });
  assert.deepEqual([added.status, added.body.NeutronError.type], [404, "RouterNotFound"]);
});

test("availability zones are listed for everybody, and filtered", async () => {
  const { body } = await door.ask("GET", "/v2.0/availability_zones?resource=router", undefined, "alice");
  assert.deepEqual(body, { availability_zones: [{ name: "nova", resource: "router", state: "available" }] });
  const refused = await door.ask("POST", "/v2.0/networks", { network: { availability_zone_hints: ["mars"] } });
  assert.deepEqual([refused.status, refused.body.NeutronError.type], [404, "AvailabilityZoneNotFound"]);
});
