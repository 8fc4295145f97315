import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Attributes } from "../../../api/mod.ts";
import type { FaultCode } from "../../../model/mod.ts";
import { ADMIN, ALICE, BOB, refuses } from "../networking.fixture.ts";
import { auditL3, type L3World, makeL3World } from "./l3.fixture.ts";

let world: L3World;
before(async () => {
  world = await makeL3World();
});
after(async () => {
  await auditL3(world.store);
  await world.close();
});

const ports = (router: { id: string }) => world.networking.list(ADMIN, "port", { device_id: [router.id] });

test("a router is its project's, with Neutron's defaults", async () => {
  const router = await world.router({ name: "r" });
  const { id, created_at, updated_at, ...rest } = router;
  assert.deepEqual(rest, {
    project_id: "alice",
    name: "r",
    description: "",
    revision_number: 1,
    tags: [],
    admin_state_up: true,
    status: "ACTIVE",
    distributed: false,
    ha: false,
    availability_zone_hints: [],
    flavor_id: null,
    service_type_id: null,
    routes: [],
    gateways: [],
    enable_ndp_proxy: false,
    enable_default_route_bfd: false,
    enable_default_route_ecmp: false,
    external_gateway_info: null,
    external_gateways: [],
    enable_snat: true,
    availability_zones: [],
    conntrack_helpers: [],
  });
  await refuses(world, "RouterNotFound", () => world.networking.get(BOB, "router", id));
  await refuses(world, "FlavorNotFound", () => world.router({ flavor_id: id }));
  await refuses(world, "AvailabilityZoneNotFound", () => world.router({ availability_zone_hints: ["moon"] }));
});

test("an interface by subnet has the subnet's gateway address, and counts as a change of the router", async () => {
  const [router, subnet] = [await world.router(), await world.inside("10.1.0.0/24")];
  const added = await world.act(router, "add_router_interface", { subnet_id: subnet.id });
  const [port] = await ports(router);
  assert.ok(port);
  assert.deepEqual(added, {
    id: router.id,
    tenant_id: "alice",
    project_id: "alice",
    port_id: port.id,
    network_id: subnet.network_id,
    subnet_id: subnet.id,
    subnet_ids: [subnet.id],
  });
  assert.equal(port.device_owner, "network:router_interface");
  assert.deepEqual(port.fixed_ips, [{ subnet_id: subnet.id, ip_address: "10.1.0.1" }]);
  const after = await world.networking.get(ALICE, "router", router.id);
  assert.equal(after.revision_number, 2);
  await refuses(world, "RouterInUse", () => world.networking.delete(ALICE, "router", router.id), /still attached/);
  await refuses(world, "ServicePortInUse", () => world.networking.delete(ADMIN, "port", port.id));
  await refuses(world, "SubnetInUse", () => world.networking.delete(ALICE, "subnet", subnet.id));
  await refuses(world, "GatewayIpInUse", () =>
    world.networking.update(ALICE, "subnet", subnet.id, { gateway_ip: "10.1.0.9" }),
  );
  await world.act(router, "remove_router_interface", { subnet_id: subnet.id });
  assert.deepEqual(await ports(router), []);
  await world.networking.delete(ALICE, "router", router.id);
});

test("a port that only says it is a router's is none, and one that says no more that it is still is", async () => {
  const [router, subnet] = [await world.router(), await world.inside("10.1.0.0/24")];
  const device = { device_id: router.id, device_owner: "network:router_interface" };
  const false_ = await world.port(subnet.network_id, device);
  await world.networking.delete(ALICE, "port", false_.id);
  const theirs = await world.network({}, BOB);
  await refuses(world, "DeviceIDNotOwnedByTenant", () => world.port(theirs.id, device, BOB));
  const { port_id: id } = await world.act(router, "add_router_interface", { subnet_id: subnet.id });
  await world.networking.update(ALICE, "port", String(id), { device_id: "", device_owner: "" });
  await refuses(world, "ServicePortInUse", () => world.networking.delete(ALICE, "port", String(id)));
  await refuses(world, "BadRequest", () => world.act(router, "add_router_interface", { port_id: id }));
  const other = await world.router();
  await refuses(world, "PortInUse", () => world.act(other, "add_router_interface", { port_id: id }));
  await world.act(router, "remove_router_interface", { port_id: id });
});

test("an interface by port takes the port over", async () => {
  const [router, subnet] = [await world.router(), await world.inside("10.1.0.0/24")];
  const port = await world.port(subnet.network_id);
  const added = await world.act(router, "add_router_interface", { port_id: port.id });
  assert.equal(added.port_id, port.id);
  const taken = await world.networking.get(ALICE, "port", port.id);
  assert.deepEqual([taken.device_id, taken.device_owner], [router.id, "network:router_interface"]);
  const other = await world.router();
  await refuses(world, "PortInUse", () => world.act(other, "add_router_interface", { port_id: port.id }));
  await refuses(world, "SubnetMismatchForPort", () =>
    world.act(router, "remove_router_interface", { port_id: port.id, subnet_id: other.id }),
  );
  await world.act(router, "remove_router_interface", { port_id: port.id, subnet_id: subnet.id });
  await refuses(world, "PortNotFound", () => world.networking.get(ALICE, "port", port.id));
});

const ID = "11111111-1111-4111-8111-111111111111";
/** [what is sent, fault, words] */
const bodies: [Attributes, FaultCode, RegExp][] = [
  [{}, "BadRequest", /^Bad router request: Either subnet_id or port_id must be specified\.$/],
  [{ subnet_id: "xx" }, "BadRequest", /^Bad router request: 'xx' is not a valid UUID\.$/],
  [{ subnet_id: ID, port_id: ID }, "BadRequest", /Cannot specify both subnet-id and port-id/],
  [{ subnet_id: ID }, "SubnetNotFound", /./],
  [{ port_id: ID }, "PortNotFound", /./],
];
for (const [body, code, words] of bodies) {
  test(`add_router_interface with ${JSON.stringify(body)} is refused with ${code}`, async () => {
    const router = await world.router();
    await refuses(world, code, () => world.act(router, "add_router_interface", body), words);
  });
}

test("a router is on a subnet once, and its subnets are apart, the external ones too", async () => {
  const router = await world.router({ external_gateway_info: { network_id: world.external.id } });
  const [a, b, c] = [
    await world.inside("10.1.0.0/24"),
    await world.inside("10.1.0.128/25"),
    await world.inside("203.0.113.0/26"),
  ];
  await world.act(router, "add_router_interface", { subnet_id: a.id });
  const add = (subnet: { id: string }) => () => world.act(router, "add_router_interface", { subnet_id: subnet.id });
  await refuses(world, "BadRequest", add(a), /Router already has a port on subnet/);
  await refuses(world, "BadRequest", add(b), /Cidr 10\.1\.0\.128\/25 of subnet .* overlaps with cidr 10\.1\.0\.0\/24/);
  await refuses(world, "BadRequest", add(c), /overlaps with cidr 203\.0\.113\.0\/24/);
  await refuses(world, "SubnetNotFound", add(world.externalSubnet));
});

test("of requests at the same time for overlapping subnets one wins", async () => {
  const router = await world.router();
  const subnets = await Promise.all(["10.2.0.0/16", "10.2.3.0/24", "10.2.0.0/24"].map((cidr) => world.inside(cidr)));
  const done = await Promise.allSettled(
    subnets.map(({ id }) => world.act(router, "add_router_interface", { subnet_id: id })),
  );
  assert.equal(done.filter(({ status }) => status === "fulfilled").length, 1);
  assert.equal((await ports(router)).length, 1);
});

test("IPv6 prefixes of a network share the router's port there, and leave it one by one", async () => {
  const [router, first] = [await world.router(), await world.inside("2001:db8:1::/64", { ip_version: 6 })];
  const second = await world.subnet(first.network_id, "2001:db8:2::/64", { ip_version: 6 });
  for (const { id } of [first, second]) await world.act(router, "add_router_interface", { subnet_id: id });
  const [port, ...others] = await ports(router);
  assert.deepEqual([others.length, port?.fixed_ips.length], [0, 2]);
  await world.act(router, "remove_router_interface", { subnet_id: first.id });
  assert.deepEqual((await ports(router))[0]?.fixed_ips, [{ subnet_id: second.id, ip_address: "2001:db8:2::" }]);
  await world.act(router, "remove_router_interface", { subnet_id: second.id });
  assert.deepEqual(await ports(router), []);
});

test("a gateway is a port of no project on the external network, and goes with null or {}", async () => {
  for (const none of [null, {}]) {
    const router = await world.router({ external_gateway_info: { network_id: world.external.id } });
    const [port] = await ports(router);
    assert.deepEqual([port?.project_id, port?.device_owner], ["", "network:router_gateway"]);
    assert.deepEqual(router.external_gateway_info, {
      network_id: world.external.id,
      external_fixed_ips: port?.fixed_ips,
      enable_snat: true,
    });
    const after = await world.set(router, { external_gateway_info: none });
    assert.equal(after.external_gateway_info, null);
    assert.deepEqual(await ports(router), []);
    await world.networking.delete(ALICE, "router", router.id);
  }
});

test("a gateway's addresses and SNAT change in place; another network means another port", async () => {
  // Of its own: in the one of all tests another router may have any of these addresses.
  const { id: network_id } = await world.network({ "router:external": true }, ADMIN);
  const { id: subnet_id } = await world.subnet(network_id, "203.0.113.0/24", { enable_dhcp: false }, ADMIN);
  const info = (more: Attributes) => ({ external_gateway_info: { network_id, ...more } });
  const router = await world.router(info({ external_fixed_ips: [{ ip_address: "203.0.113.50" }] }), ADMIN);
  const [before] = await ports(router);
  const moved = await world.set(router, info({ external_fixed_ips: [{ ip_address: "203.0.113.51" }] }), ADMIN);
  assert.deepEqual(moved.external_gateway_info, {
    network_id,
    external_fixed_ips: [{ subnet_id, ip_address: "203.0.113.51" }],
    enable_snat: true,
  });
  const quiet = await world.set(router, info({ enable_snat: false }), ADMIN);
  assert.equal(quiet.enable_snat, false);
  assert.equal((await ports(router))[0]?.id, before?.id);
  await refuses(
    world,
    "BadRequest",
    () => world.set(router, info({ external_fixed_ips: [{ ip_address: "203.0.113.1" }] }), ADMIN),
    /External IP 203\.0\.113\.1 is the same as the gateway IP/,
  );
  const inner = await world.inside("10.9.0.0/24");
  const toInner = { external_gateway_info: { network_id: inner.network_id } };
  await refuses(world, "BadRequest", () => world.set(router, toInner, ADMIN), /is not an external network/);
  await refuses(world, "ExternalNetworkInUse", () =>
    world.networking.update(ADMIN, "network", network_id, { "router:external": false }),
  );
});

test("a gateway gets an address of a new subnet of the other version, and none of the same", async () => {
  const network = await world.network({ "router:external": true }, ADMIN);
  const add = (cidr: string) => world.subnet(network.id, cidr, { enable_dhcp: false }, ADMIN);
  await add("198.51.100.0/24");
  const router = await world.router({ external_gateway_info: { network_id: network.id } });
  const subnets = async () => (await ports(router))[0]?.fixed_ips.map(({ subnet_id }) => subnet_id);
  const before = await subnets();
  const six = await add("2001:db8:e::/64");
  assert.deepEqual(await subnets(), [...(before ?? []), six.id]);
  for (const cidr of ["198.51.101.0/24", "2001:db8:f::/64"]) await add(cidr);
  assert.equal((await subnets())?.length, 2);
  assert.equal((await world.networking.get(ALICE, "router", router.id)).revision_number, 2);
});

test("routes go through what the router is connected to, and keep the interface", async () => {
  const [router, subnet] = [await world.router(), await world.inside("10.1.0.0/24")];
  await world.act(router, "add_router_interface", { subnet_id: subnet.id });
  const route = (nexthop: string, destination = "198.51.100.0/24") => ({ destination, nexthop });
  const set = (...routes: Attributes[]) => world.set(router, { routes });
  await refuses(world, "InvalidRoutes", () => set(route("10.2.0.9")), /the nexthop is not connected with router$/);
  await refuses(
    world,
    "InvalidRoutes",
    () => set(route("10.1.0.1")),
    /^Invalid format for routes: \[\{'destination': '198\.51\.100\.0\/24', 'nexthop': '10\.1\.0\.1'\}\], the nexthop is used by router$/,
  );
  assert.deepEqual((await set(route("10.1.0.9"))).routes, [route("10.1.0.9")]);
  await refuses(world, "RouterInterfaceInUseByRoute", () =>
    world.act(router, "remove_router_interface", { subnet_id: subnet.id }),
  );
  const added = await world.act(router, "add_extraroutes", { routes: [route("10.1.0.8"), route("10.1.0.9")] });
  assert.deepEqual(added.routes, [route("10.1.0.9"), route("10.1.0.8")]);
  const left = await world.act(router, "remove_extraroutes", { routes: [route("10.1.0.9"), route("10.1.0.7")] });
  assert.deepEqual(left.routes, [route("10.1.0.8")]);
  const many = Array.from({ length: 31 }, (_, i) => route("10.1.0.9", `198.51.${i}.0/24`));
  await refuses(world, "RoutesExhausted", () => set(...many));
});

test("extra routes added at the same time are all there", async () => {
  const [router, subnet] = [await world.router(), await world.inside("10.1.0.0/24")];
  await world.act(router, "add_router_interface", { subnet_id: subnet.id });
  const add = (i: number) =>
    world.act(router, "add_extraroutes", { routes: [{ destination: `198.51.${i}.0/24`, nexthop: "10.1.0.9" }] });
  await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(add));
  assert.equal((await world.networking.get(ALICE, "router", router.id)).routes.length, 8);
});

test("a router becomes distributed or highly available while it is down, and its interfaces with it", async () => {
  const [router, subnet] = [await world.router(), await world.inside("10.1.0.0/24")];
  await world.act(router, "add_router_interface", { subnet_id: subnet.id });
  const active = /attribute of active routers\. Please set router admin_state_up to False prior to upgrade\.$/;
  const set = (changes: Attributes) => world.set(router, changes, ADMIN);
  await refuses(world, "BadRequest", () => set({ distributed: true }), active);
  await refuses(world, "BadRequest", () => set({ distributed: true, admin_state_up: false }), active);
  await refuses(world, "BadRequest", () => set({ ha: true }), active);
  await set({ admin_state_up: false });
  const owner = async () => (await ports(router))[0]?.device_owner;
  await set({ ha: true });
  assert.equal(await owner(), "network:ha_router_replicated_interface");
  assert.equal((await set({ distributed: true })).distributed, true);
  assert.equal(await owner(), "network:router_interface_distributed");
  await set({ distributed: false, ha: false });
  assert.equal(await owner(), "network:router_interface");
});
