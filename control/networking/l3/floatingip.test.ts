import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Attributes } from "../../../api/mod.ts";
import type { FaultCode } from "../../../model/mod.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import { ADMIN, ALICE, BOB, makeWorld, refuses } from "../networking.fixture.ts";
import { auditL3, type L3World, makeL3World } from "./l3.fixture.ts";

let world: L3World;
const store = new MemoryStore();
before(async () => {
  world = await makeL3World(store);
  await makeAll();
});
after(async () => {
  await auditL3(world.store);
  await world.close();
});

const get = (id: string) => world.networking.get(ALICE, "floatingip", id);

test("a floating IP has its address by a port of no project, and goes with it", async () => {
  const floating = await world.floatingIp();
  const port = await world.networking.get(ADMIN, "port", floating.floating_port_id);
  assert.deepEqual(
    [port.project_id, port.device_owner, port.device_id, port.status],
    ["", "network:floatingip", floating.id, "N/A"],
  );
  assert.equal(port.fixed_ips[0]?.ip_address, floating.floating_ip_address);
  assert.deepEqual(
    [floating.port_id, floating.router_id, floating.fixed_ip_address, floating.status, floating.port_details],
    [null, null, null, "DOWN", null],
  );
  const take = (changes: Attributes) => world.networking.update(ADMIN, "port", port.id, changes);
  await refuses(world, "BadRequest", () => take({ fixed_ips: [] }), /IP updates for port \S+ are not allowed/);
  await take({ device_id: "", device_owner: "" });
  await refuses(world, "ServicePortInUse", () => world.networking.delete(ADMIN, "port", port.id));
  await refuses(world, "FloatingIPNotFound", () => world.networking.get(BOB, "floatingip", floating.id));
  await world.networking.delete(ALICE, "floatingip", floating.id);
  await refuses(world, "PortNotFound", () => world.networking.get(ADMIN, "port", port.id));
});

test("it is associated at creation or by a change, and keeps what it needs", async () => {
  const { router, subnet, port } = await world.joined();
  const address = port.fixed_ips[0]?.ip_address;
  const floating = await world.floatingIp({ port_id: port.id });
  assert.deepEqual(
    [floating.port_id, floating.router_id, floating.fixed_ip_address, floating.status],
    [port.id, router.id, address, "DOWN"],
  );
  assert.deepEqual((floating.port_details as Attributes).mac_address, port.mac_address);
  await refuses(world, "FloatingIPPortAlreadyAssociated", () => world.floatingIp({ port_id: port.id }));
  const other = await world.floatingIp();
  const associate = (changes: Attributes) => () => world.networking.update(ALICE, "floatingip", other.id, changes);
  await refuses(world, "FloatingIPPortAlreadyAssociated", associate({ port_id: port.id }));
  await refuses(world, "RouterInterfaceInUseByFloatingIP", () =>
    world.act(router, "remove_router_interface", { subnet_id: subnet.id }),
  );
  await refuses(world, "RouterExternalGatewayInUseByFloatingIp", () =>
    world.set(router, { external_gateway_info: null }),
  );
  await refuses(
    world,
    "BadRequest",
    () => world.networking.update(ALICE, "port", port.id, { fixed_ips: [{ ip_address: "10.0.0.200" }] }),
    /Cannot update the fixed_ips of the port .* because its original fixed_ip has been associated to a floating ip/,
  );
  const described = await world.networking.update(ALICE, "floatingip", floating.id, { description: "d" });
  assert.equal(described.port_id, port.id);
  const emptied = await world.networking.update(ALICE, "floatingip", floating.id, {});
  assert.deepEqual([emptied.port_id, emptied.router_id], [null, null]);
  await world.networking.update(ALICE, "floatingip", floating.id, { port_id: port.id });
  await world.networking.delete(ALICE, "port", port.id);
  const free = await get(floating.id);
  assert.deepEqual([free.port_id, free.router_id, free.fixed_ip_address, free.status], [null, null, null, "DOWN"]);
  await world.act(router, "remove_router_interface", { subnet_id: subnet.id });
  await world.networking.delete(ALICE, "router", router.id);
});

test("a port of another project is only an administrator's to give, and only its to delete then", async () => {
  const { port } = await world.joined("10.3.0.0/24");
  await refuses(world, "PortNotFound", () => world.floatingIp({ port_id: port.id }, BOB));
  const floating = await world.floatingIp({ port_id: port.id, project_id: "bob" }, ADMIN);
  assert.equal(floating.port_id, port.id);
  await refuses(world, "FipAssociated", () => world.networking.delete(ALICE, "port", port.id));
  await world.networking.delete(ADMIN, "port", port.id);
});

/** [name, what is asked for, fault, words] */
const refusals: [string, (made: Made) => Attributes, FaultCode, RegExp][] = [
  [
    "an inner network",
    ({ inner }) => ({ floating_network_id: inner }),
    "BadRequest",
    /is not a valid external network/,
  ],
  ["no network", ({ port }) => ({ floating_network_id: port }), "NetworkNotFound", /./],
  ["a used address", ({ used }) => ({ floating_ip_address: used }), "IpAddressAlreadyAllocated", /./],
  ["an address elsewhere", () => ({ floating_ip_address: "192.0.2.9" }), "InvalidIpForNetwork", /./],
  ["a fixed address alone", () => ({ fixed_ip_address: "10.0.0.3" }), "BadRequest", /without a port_id/],
  [
    "another fixed address",
    ({ port }) => ({ port_id: port, fixed_ip_address: "10.4.0.250" }),
    "BadRequest",
    /does not have fixed ip 10\.4\.0\.250/,
  ],
  [
    "an IPv6 fixed address",
    ({ port }) => ({ port_id: port, fixed_ip_address: "2001:db8::1" }),
    "BadRequest",
    /not an IPv4 address/,
  ],
  [
    "a port with two addresses",
    ({ two }) => ({ port_id: two }),
    "BadRequest",
    /has multiple fixed IPv4 addresses\. {2}Must provide/,
  ],
  ["a port without address", ({ none }) => ({ port_id: none }), "BadRequest", /no fixed IPv4 addresses/],
  ["a port that no router joins", ({ apart }) => ({ port_id: apart }), "ExternalGatewayForFloatingIPNotFound", /./],
  ["half of a DNS name", () => ({ dns_name: "vm" }), "BadRequest", /dns_name cannot be specified without a dns_domain/],
  ["no QoS policy", ({ port }) => ({ qos_policy_id: port }), "QosPolicyNotFound", /./],
];
type Made = Record<"inner" | "port" | "used" | "two" | "none" | "apart", string>;
let made: Made;
async function makeAll(): Promise<void> {
  const { subnet, port } = await world.joined("10.4.0.0/24");
  const on = { subnet_id: subnet.id };
  const apart = await world.inside("10.5.0.0/24");
  made = {
    inner: subnet.network_id,
    port: port.id,
    used: (await world.floatingIp()).floating_ip_address,
    two: (await world.port(subnet.network_id, { fixed_ips: [on, on] })).id,
    none: (await world.port(subnet.network_id, { fixed_ips: [] })).id,
    apart: (await world.port(apart.network_id)).id,
  };
}
for (const [name, body, code, words] of refusals) {
  test(`a floating IP for ${name} is refused with ${code}`, async () => {
    await refuses(world, code, () => world.floatingIp(body(made), ADMIN), words);
  });
}

test("the router that is the subnet's gateway carries it, whoever was first", async () => {
  const subnet = await world.inside("10.6.0.0/24");
  const info = { external_gateway_info: { network_id: world.external.id } };
  const [first, gateway] = [await world.router(info), await world.router(info)];
  const side = await world.port(subnet.network_id);
  await world.act(first, "add_router_interface", { port_id: side.id });
  const [a, b] = [await world.port(subnet.network_id), await world.port(subnet.network_id)];
  assert.equal((await world.floatingIp({ port_id: a.id })).router_id, first.id);
  await world.act(gateway, "add_router_interface", { subnet_id: subnet.id });
  assert.equal((await world.floatingIp({ port_id: b.id })).router_id, gateway.id);
});

test("unused floating IPs go with their network, used ones and gateways keep it", async () => {
  const network = await world.network({ "router:external": true }, ADMIN);
  await world.subnet(network.id, "198.51.100.0/24", { enable_dhcp: false }, ADMIN);
  const floating = await world.floatingIp({ floating_network_id: network.id });
  const router = await world.router({ external_gateway_info: { network_id: network.id } });
  await refuses(world, "NetworkInUse", () => world.networking.delete(ADMIN, "network", network.id));
  await world.networking.delete(ALICE, "router", router.id);
  await world.networking.delete(ADMIN, "network", network.id);
  await refuses(world, "FloatingIPNotFound", () => get(floating.id));
});

test("on two control nodes at a time, nobody goes out through a network that is taken from it", async () => {
  const other = await makeWorld({}, store);
  for (const round of [0, 1, 2, 3, 4, 5]) {
    const network = await world.network({ "router:external": true }, ADMIN);
    await world.subnet(network.id, "198.51.100.0/24", { enable_dhcp: false }, ADMIN);
    const policies = await world.networking.list(ADMIN, "rbac_policy", {});
    const policy = policies.find(({ object_id }) => object_id === network.id);
    // Another's policy, with which the network stays external.
    const theirs = { object_type: "network", object_id: network.id, action: "access_as_external" };
    await world.networking.create(ADMIN, "rbac_policy", [{ ...theirs, target_project: "carol" }]);
    await other.memory.reached(world.memory.revision);
    await Promise.allSettled([
      other.networking.delete(ADMIN, "rbac_policy", policy?.id ?? ""),
      world.router({ external_gateway_info: { network_id: network.id } }),
      world.floatingIp({ floating_network_id: network.id }),
    ]);
    await world.memory.reached(await store.revision());
    const isShared = world.memory.get("rbac_policy", policy?.id ?? "") !== undefined;
    const routers = await world.networking.list(ALICE, "router", {});
    const isUsed = routers.some(({ gateways }) => gateways.some(({ network_id }) => network_id === network.id));
    assert.ok(isShared || !isUsed, `round ${round}`);
  }
  await other.close();
});

test("on two control nodes at a time, one floating IP gets a port, and none a port that goes", async () => {
  const { router, subnet, port } = await world.joined("10.7.0.0/24");
  const other = await makeWorld({}, store);
  const ids = (await Promise.all([0, 1, 2, 3].map(() => world.floatingIp()))).map(({ id }) => id);
  const nodes = [world.networking, other.networking];
  const done = await Promise.allSettled(
    ids.map((id, i) => nodes[i % 2]!.update(ALICE, "floatingip", id, { port_id: port.id })),
  );
  assert.equal(done.filter(({ status }) => status === "fulfilled").length, 1);

  const rounds = [0, 1, 2, 3, 4, 5];
  for (const round of rounds) {
    const victim = await world.port(subnet.network_id);
    const floating = await world.floatingIp();
    await other.memory.reached(world.memory.revision);
    await Promise.allSettled([
      world.networking.update(ALICE, "floatingip", floating.id, { port_id: victim.id }),
      other.networking.delete(ALICE, "port", victim.id),
    ]);
    await world.memory.reached(await store.revision());
    const gone = world.memory.get("port", victim.id) === undefined;
    assert.equal((await get(floating.id)).port_id, gone ? null : victim.id, `round ${round}`);
  }

  const [late] = await Promise.allSettled([
    world.floatingIp({ port_id: (await world.port(subnet.network_id)).id }),
    other.networking.act(ALICE, "router", router.id, "remove_router_interface", { subnet_id: subnet.id }),
  ]);
  await world.memory.reached(await store.revision());
  const isJoined = [...world.memory.portsOfDevice(router.id)].length === 2;
  assert.ok(isJoined || late.status === "rejected");
  await other.close();
});
