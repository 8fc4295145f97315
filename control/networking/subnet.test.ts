import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "../../api/mod.ts";
import type { FaultCode, Mac } from "../../model/mod.ts";
import { prefix, slaacAddress } from "../../model/mod.ts";
import { ALICE, contents, makeWorld, refuses } from "./networking.fixture.ts";

const pool = (start: string, end: string) => ({ allocation_pools: [{ start, end }] });
const SLAAC = { ipv6_ra_mode: "slaac", ipv6_address_mode: "slaac" };

/** [cidr, attributes, gateway, pools] */
const defaults: [string, Attributes, string | null, string][] = [
  ["10.0.0.0/24", {}, "10.0.0.1", "10.0.0.2-10.0.0.254"],
  ["10.0.0.77/24", {}, "10.0.0.1", "10.0.0.2-10.0.0.254"],
  ["10.0.0.0/24", { gateway_ip: "10.0.0.9" }, "10.0.0.9", "10.0.0.1-10.0.0.8 10.0.0.10-10.0.0.254"],
  ["10.0.0.0/24", { gateway_ip: "10.0.0.254" }, "10.0.0.254", "10.0.0.1-10.0.0.253"],
  ["10.0.0.0/24", { gateway_ip: null }, null, "10.0.0.1-10.0.0.254"],
  ["10.0.0.0/24", { gateway_ip: "0.0.0.0" }, null, "10.0.0.1-10.0.0.254"],
  ["10.0.0.0/24", { gateway_ip: "192.0.2.1" }, "192.0.2.1", "10.0.0.1-10.0.0.254"],
  ["10.0.0.0/31", { gateway_ip: null, enable_dhcp: false }, null, "10.0.0.0-10.0.0.1"],
  ["10.0.0.7/32", { gateway_ip: null, enable_dhcp: false }, null, "10.0.0.7-10.0.0.7"],
  ["10.0.0.0/8", {}, "10.0.0.1", "10.0.0.2-10.255.255.254"],
  ["10.0.0.0/24", pool("10.0.0.50", "10.0.0.60"), "10.0.0.1", "10.0.0.50-10.0.0.60"],
  ["2001:db8::/64", {}, "2001:db8::", "2001:db8::1-2001:db8::ffff:ffff:ffff:ffff"],
  [
    "2001:db8::/64",
    { gateway_ip: "2001:db8::1", ...SLAAC },
    "2001:db8::1",
    "2001:db8::2-2001:db8::ffff:ffff:ffff:ffff",
  ],
];
for (const [cidr, attributes, gateway, pools] of defaults) {
  test(`a subnet ${cidr} with ${JSON.stringify(attributes)} has gateway ${gateway} and pools ${pools}`, async () => {
    const world = await makeWorld();
    const network = await world.network();
    const subnet = await world.subnet(network.id, cidr, attributes);
    assert.equal(subnet.gateway_ip, gateway);
    assert.equal(subnet.allocation_pools.map(({ start, end }) => `${start}-${end}`).join(" "), pools);
    assert.equal(subnet.cidr, prefix(cidr).cidr);
    assert.equal(subnet.enable_dhcp, attributes.enable_dhcp ?? true);
    assert.deepEqual((await world.networking.get(ALICE, "network", network.id)).subnets, [subnet.id]);
    assert.equal((await world.networking.get(ALICE, "network", network.id)).revision_number, 2);
  });
}

const refusals: [string, Attributes, FaultCode, RegExp?][] = [
  ["10.0.0.0/24", { ip_version: 6 }, "InvalidInput", /cidr '10.0.0.0\/24' does not match the ip_version '6'/],
  ["10.0.0.0/31", {}, "InvalidInput", /prefix length/],
  ["2001:db8::/127", {}, "InvalidInput", /prefix length/],
  ["224.0.0.0/24", {}, "InvalidInput", /Multicast/],
  ["127.0.0.0/24", {}, "InvalidInput", /Loopback/],
  ["0.0.0.0/8", {}, "InvalidInput", /0\.0\.0\.0/],
  ["0.0.0.0/0", { enable_dhcp: false }, "InvalidInput", /0 is not allowed/],
  ["::/64", {}, "InvalidInput", /'::' is not supported/],
  ["10.0.0.0/24", { gateway_ip: "10.0.0.0" }, "InvalidInput", /Gateway is not valid/],
  ["10.0.0.0/24", { gateway_ip: "10.0.0.255" }, "InvalidInput", /Gateway is not valid/],
  ["10.0.0.0/24", { gateway_ip: "2001:db8::1" }, "InvalidInput", /gateway_ip/],
  ["10.0.0.0/24", pool("10.0.0.1", "10.0.0.9"), "GatewayConflictWithAllocationPools"],
  ["10.0.0.0/24", pool("10.0.0.0", "10.0.0.9"), "OutOfBoundsAllocationPool"],
  ["10.0.0.0/24", pool("10.0.0.9", "10.0.0.255"), "OutOfBoundsAllocationPool"],
  ["10.0.0.0/24", pool("10.0.0.9", "10.0.0.8"), "InvalidAllocationPool"],
  ["10.0.0.0/24", pool("2001:db8::1", "2001:db8::2"), "InvalidAllocationPool"],
  [
    "10.0.0.0/24",
    { allocation_pools: [...pool("10.0.0.20", "10.0.0.30").allocation_pools, { start: "10.0.0.9", end: "10.0.0.20" }] },
    "OverlappingAllocationPools",
  ],
  ["10.0.0.0/24", { dns_nameservers: ["2001:db8::1"] }, "InvalidInput", /dns_nameserver/],
  ["10.0.0.0/24", { dns_nameservers: Array(6).fill("10.0.0.2") }, "DNSNameServersExhausted", /new subnet/],
  ["10.0.0.0/24", { host_routes: [{ destination: "::/0", nexthop: "10.0.0.2" }] }, "InvalidInput", /destination/],
  [
    "10.0.0.0/24",
    { host_routes: Array(21).fill({ destination: "10.1.0.0/24", nexthop: "10.0.0.2" }) },
    "HostRoutesExhausted",
  ],
  ["10.0.0.0/24", { ipv6_ra_mode: "slaac" }, "InvalidInput", /ipv6_ra_mode is not valid when ip_version is 4/],
  ["2001:db8::/64", { ...SLAAC, enable_dhcp: false }, "InvalidInput", /enable_dhcp/],
  ["2001:db8::/64", { ipv6_ra_mode: "slaac", ipv6_address_mode: "dhcpv6-stateful" }, "InvalidInput", /same value/],
  ["10.0.0.0/24", { service_types: ["compute:a", "compute:a"] }, "NeutronDbObjectDuplicateEntry"],
  ["0.0.0.0/0", { enable_dhcp: false }, "InvalidInput", /0 is not allowed/],
  ["0.0.0.0/0", {}, "InvalidInput", /First IP '0.0.0.0'/],
  ["2001:db8::/65", SLAAC, "InvalidInput", /EUI-64/],
  ["10.0.0.0/24", { subnetpool_id: "x" }, "SubnetPoolNotFound"],
];
for (const [cidr, attributes, code, message] of refusals) {
  test(`a subnet ${cidr} with ${JSON.stringify(attributes)} is refused: ${code}`, async () => {
    const world = await makeWorld();
    const network = await world.network();
    await refuses(world, code, () => world.subnet(network.id, cidr, attributes), message);
  });
}

test("subnets of one network must not overlap, those of two may", async () => {
  const world = await makeWorld();
  const network = await world.network();
  await world.subnet(network.id, "10.0.0.0/16");
  for (const cidr of ["10.0.3.0/24", "10.0.0.0/8", "10.0.0.0/16"]) {
    await refuses(world, "InvalidInput", () => world.subnet(network.id, cidr), /overlaps with another subnet/);
  }
  const twice = ["10.2.0.0/24", "10.2.0.0/25"].map((cidr) => ({ network_id: network.id, cidr }));
  await refuses(world, "InvalidInput", () => world.networking.create(ALICE, "subnet", twice));
  await world.subnet((await world.network()).id, "10.0.0.0/16");
  await world.subnet(network.id, "10.1.0.0/16");
});

test("an update checks pools and gateway against each other and keeps what it does not name", async () => {
  const world = await makeWorld();
  const network = await world.network();
  const before = await world.subnet(network.id, "10.0.0.0/24", { dns_nameservers: ["10.0.0.2"] });
  const update = (changes: Attributes) => () => world.networking.update(ALICE, "subnet", before.id, changes);
  await refuses(world, "GatewayConflictWithAllocationPools", update({ gateway_ip: "10.0.0.9" }));
  await refuses(world, "GatewayConflictWithAllocationPools", update(pool("10.0.0.1", "10.0.0.9")));
  await refuses(world, "OutOfBoundsAllocationPool", update(pool("10.0.1.1", "10.0.1.9")));
  await refuses(world, "DNSNameServersExhausted", update({ dns_nameservers: Array(6).fill("10.0.0.2") }));
  const after = await update({ gateway_ip: "10.0.0.9", ...pool("10.0.0.10", "10.0.0.20") })();
  assert.equal(after.gateway_ip, "10.0.0.9");
  assert.deepEqual(after.dns_nameservers, ["10.0.0.2"]);
  assert.equal(after.revision_number, 2);
  assert.equal((await update({ gateway_ip: null })()).gateway_ip, null);
});

test("a gateway that a router has in use stays", async () => {
  const world = await makeWorld();
  const network = await world.network();
  const subnet = await world.subnet(network.id, "10.0.0.0/24");
  await world.port(network.id, {
    device_owner: "network:router_interface",
    fixed_ips: [{ ip_address: "10.0.0.1" }],
  });
  await refuses(world, "GatewayIpInUse", () =>
    world.networking.update(ALICE, "subnet", subnet.id, { gateway_ip: null }),
  );
});

test("DHCP cannot be switched off under IPv6 modes", async () => {
  const world = await makeWorld();
  const subnet = await world.subnet((await world.network()).id, "2001:db8::/64", SLAAC);
  await refuses(world, "InvalidInput", () =>
    world.networking.update(ALICE, "subnet", subnet.id, { enable_dhcp: false }),
  );
});

test("a subnet with a port's address stays, unless that is automatic or Cable's own", async () => {
  const world = await makeWorld();
  const network = await world.network();
  const v4 = await world.subnet(network.id, "10.0.0.0/24");
  const v6 = await world.subnet(network.id, "2001:db8::/64", SLAAC);
  const port = await world.port(network.id);
  const dhcp = await world.port(network.id, { device_owner: "network:dhcp" });
  assert.equal(port.fixed_ips.length, 2);
  await refuses(world, "SubnetInUse", () => world.networking.delete(ALICE, "subnet", v4.id));
  await world.networking.delete(ALICE, "subnet", v6.id);
  const left = await world.networking.get(ALICE, "port", port.id);
  assert.deepEqual(
    left.fixed_ips.map((entry) => entry.subnet_id),
    [v4.id],
  );
  await world.networking.delete(ALICE, "port", port.id);
  await world.networking.delete(ALICE, "subnet", v4.id);
  assert.deepEqual((await world.networking.get(ALICE, "port", dhcp.id)).fixed_ips, []);
  assert.ok(!(await contents(world.store)).some((line) => line.includes("/unique/ip/")));
});

test("a router's address in an automatic subnet keeps the subnet", async () => {
  const world = await makeWorld();
  const network = await world.network();
  const subnet = await world.subnet(network.id, "2001:db8::/64", SLAAC);
  await world.port(network.id, { device_owner: "network:router_interface", fixed_ips: [{ subnet_id: subnet.id }] });
  await refuses(world, "SubnetInUse", () => world.networking.delete(ALICE, "subnet", subnet.id));
});

test("a new SLAAC subnet gives the present ports their addresses, however many, but not routers", async () => {
  const world = await makeWorld();
  const network = await world.network();
  const bodies = Array.from({ length: 450 }, () => ({ network_id: network.id }));
  const ports = await world.networking.create(ALICE, "port", bodies);
  const router = await world.port(network.id, { device_owner: "network:router_interface" });
  const subnet = await world.subnet(network.id, "2001:db8::/64", SLAAC);
  for (const { id, mac_address } of ports) {
    const { fixed_ips } = await world.networking.get(ALICE, "port", id);
    const address = slaacAddress(prefix("2001:db8::/64"), mac_address as Mac);
    assert.deepEqual(fixed_ips, [{ subnet_id: subnet.id, ip_address: address }]);
  }
  assert.deepEqual((await world.networking.get(ALICE, "port", router.id)).fixed_ips, []);
});
