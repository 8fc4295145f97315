import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Attributes } from "../../../api/mod.ts";
import type { FaultCode } from "../../../model/mod.ts";
import { ADMIN, ALICE, BOB, refuses } from "../networking.fixture.ts";
import { auditL3, type L3World, makeL3World } from "./l3.fixture.ts";

let world: L3World;
let net: string;
before(async () => {
  world = await makeL3World();
  net = (await world.inside("10.0.0.0/24")).network_id;
});
after(async () => {
  await auditL3(world.store);
  await world.close();
});

const at = (...addresses: string[]) => world.port(net, { fixed_ips: addresses.map((ip_address) => ({ ip_address })) });
const make = async (body: Attributes) => {
  const [row] = await world.networking.create(ALICE, "local_ip", [body]);
  assert.ok(row);
  return row;
};
const associate = async (local: { id: string }, body: Attributes) => {
  const [row] = await world.networking.create(ALICE, "local_ip_association", [{ local_ip_id: local.id, ...body }]);
  assert.ok(row);
  return row;
};

test("a local IP on a network has a port of its own, which goes with it", async () => {
  const local = await make({ network_id: net, local_ip_address: "10.0.0.201", ip_mode: "passthrough" });
  const port = await world.networking.get(ALICE, "port", local.local_port_id);
  assert.deepEqual(
    [port.project_id, port.device_owner, port.device_id, port.status, port.fixed_ips[0]?.ip_address],
    ["alice", "network:local_ip", local.id, "N/A", local.local_ip_address],
  );
  await refuses(world, "ServicePortInUse", () => world.networking.delete(ALICE, "port", port.id), /by Local IPs/);
  await refuses(world, "LocalIPNotFound", () => world.networking.get(BOB, "local_ip", local.id));
  await world.networking.delete(ALICE, "local_ip", local.id);
  await refuses(world, "PortNotFound", () => world.networking.get(ALICE, "port", port.id));
});

test("a local IP on a port leaves it where it is", async () => {
  const port = await at("10.0.0.20");
  const local = await make({ local_port_id: port.id });
  assert.deepEqual([local.local_ip_address, local.network_id, local.ip_mode], ["10.0.0.20", net, "translate"]);
  await world.networking.delete(ALICE, "local_ip", local.id);
  await world.networking.delete(ALICE, "port", port.id);
});

/** [what is asked for, fault]: "two" has two addresses, "one" one, "none" none */
const refusals: [Attributes, FaultCode][] = [
  [{}, "LocalIPPortOrNetworkRequired"],
  [{ network_id: "none" }, "NetworkNotFound"],
  [{ local_port_id: "missing" }, "BadRequest"],
  [{ local_port_id: "two" }, "LocalIPNoRequestedIP"],
  [{ local_port_id: "two", local_ip_address: "10.0.0.99" }, "LocalIPRequestedIPNotFound"],
  [{ local_port_id: "one", local_ip_address: "10.0.0.99" }, "LocalIPRequestedIPNotFound"],
  [{ local_port_id: "none" }, "LocalIPNoIP"],
];
test("a local IP needs a port with the address, or a network", async () => {
  const ports: Record<string, { id: string }> = {
    two: await at("10.0.0.30", "10.0.0.31"),
    one: await at("10.0.0.32"),
    none: await world.port(net, { fixed_ips: [] }),
  };
  for (const [body, code] of refusals) {
    const named = ports[String(body.local_port_id)]?.id ?? body.local_port_id;
    await refuses(world, code, () => make({ ...body, ...(named !== undefined && { local_port_id: named }) }));
  }
});

test("a local IP stands for ports, each once, until they go", async () => {
  const local = await make({ network_id: net, local_ip_address: "10.0.0.200" });
  const [one, two] = [await at("10.0.0.40"), await at("10.0.0.41", "10.0.0.42")];
  const made = await associate(local, { fixed_port_id: one.id });
  assert.deepEqual([made.fixed_ip, made.host, made.local_ip_address], ["10.0.0.40", "", local.local_ip_address]);
  await refuses(world, "NeutronDbObjectDuplicateEntry", () => associate(local, { fixed_port_id: one.id }));
  await refuses(world, "LocalIPNoRequestedIP", () => associate(local, { fixed_port_id: two.id }));
  await associate(local, { fixed_port_id: two.id, fixed_ip: "10.0.0.42" });
  await refuses(world, "LocalIPInUse", () => world.networking.delete(ALICE, "local_ip", local.id));
  const path = `${local.id}/${two.id}`;
  assert.equal((await world.networking.get(ALICE, "local_ip_association", path)).fixed_ip, "10.0.0.42");
  await world.networking.delete(ALICE, "local_ip_association", path);
  await refuses(
    world,
    "LocalIPAssociationNotFound",
    () => world.networking.get(ALICE, "local_ip_association", path),
    new RegExp(`^Local IP ${local.id} association with port ${two.id} could not be found\\.$`),
  );
  await world.networking.delete(ALICE, "port", one.id);
  assert.deepEqual(await world.networking.list(ADMIN, "local_ip_association", { local_ip_id: [local.id] }), []);
  await world.networking.delete(ALICE, "local_ip", local.id);
});
