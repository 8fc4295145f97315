/** The Neutron door and the control node's networking together: what one hands on is what the other takes. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type RealDoor, type Reply, realDoor } from "./neutron-door.ts";

let door: RealDoor;
let net: string;
let subnet4: string;
let subnet6: string;

async function made(kind: string, body: object, token = "admin"): Promise<Reply["body"]> {
  const reply = await door.ask("POST", `/v2.0/${kind}s`, { [kind]: body }, token);
  assert.equal(reply.status, 201, reply.text);
  return reply.body[kind];
}

before(async () => {
  door = await realDoor();
  net = (await made("network", { name: "net", dns_domain: "example.org." })).id;
  subnet4 = (await made("subnet", { network_id: net, ip_version: 4, cidr: "10.0.0.0/24" })).id;
  const modes = { ipv6_ra_mode: "slaac", ipv6_address_mode: "slaac" };
  subnet6 = (await made("subnet", { network_id: net, ip_version: 6, cidr: "2001:db8::/64", ...modes })).id;
});
after(() => door.close());

const NO_FIELD = "00000000-0000-4000-8000-000000000000";

describe("new resources", () => {
  test("a network has every attribute of Neutron's, chosen or default", async () => {
    const network = await made("network", {});
    const { id, created_at, updated_at, mtu, "provider:segmentation_id": vni, ...rest } = network;
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.match(created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(updated_at, created_at);
    assert.ok(mtu >= 1280 && vni > 0, JSON.stringify({ mtu, vni }));
    assert.deepEqual(rest, {
      name: "",
      subnets: [],
      admin_state_up: true,
      status: "ACTIVE",
      tenant_id: "admin",
      project_id: "admin",
      shared: false,
      "provider:network_type": "vxlan",
      "provider:physical_network": null,
      "router:external": false,
      port_security_enabled: true,
      dns_domain: "",
      availability_zone_hints: [],
      availability_zones: [],
      ipv4_address_scope: null,
      ipv6_address_scope: null,
      l2_adjacency: true,
      vlan_transparent: null,
      qos_policy_id: null,
      description: "",
      revision_number: 1,
      tags: [],
    });
  });

  test("a subnet has a gateway and a pool", async () => {
    const { body } = await door.ask("GET", `/v2.0/subnets/${subnet4}?fields=gateway_ip&fields=allocation_pools`);
    const allocation_pools = [{ start: "10.0.0.2", end: "10.0.0.254" }];
    assert.deepEqual(body.subnet, { gateway_ip: "10.0.0.1", allocation_pools });
    const { body: network } = await door.ask("GET", `/v2.0/networks/${net}`);
    assert.deepEqual(new Set(network.network.subnets), new Set([subnet4, subnet6]));
  });

  test("a port has a MAC and an address of each family, and names for them", async () => {
    const port = await made("port", { network_id: net, dns_name: "web" });
    const { fixed_ips, mac_address, dns_assignment, security_groups } = port as Record<string, unknown>;
    assert.match(String(mac_address), /^fa:16:3e:/);
    assert.deepEqual(
      new Set((fixed_ips as { subnet_id: string }[]).map((ip) => ip.subnet_id)),
      new Set([subnet4, subnet6]),
    );
    assert.equal((dns_assignment as { fqdn: string }[])[0]?.fqdn, "web.openstacklocal.");
    assert.equal((security_groups as string[]).length, 1);
  });

  test("tags come with a port, and are replaced on a network", async () => {
    assert.deepEqual((await made("port", { network_id: net, tags: ["a"] })).tags, ["a"]);
    assert.equal((await door.ask("PUT", `/v2.0/networks/${net}/tags/red`)).status, 201);
    const { body } = await door.ask("GET", "/v2.0/networks?tags=red&fields=id");
    assert.deepEqual(body.networks, [{ id: net }]);
  });

  test("a bulk with one refused port makes none", async () => {
    const before = (await door.ask("GET", "/v2.0/ports?fields=id")).body.ports.length;
    const bad = { network_id: net, fixed_ips: [{ ip_address: "192.0.2.1" }] };
    const reply = await door.ask("POST", "/v2.0/ports", { ports: [{ network_id: net }, bad] });
    assert.equal(reply.body.NeutronError.type, "InvalidIpForNetwork");
    assert.equal((await door.ask("GET", "/v2.0/ports?fields=id")).body.ports.length, before);
  });
});

type Row = [name: string, kind: string, body: () => object, answer: string];

const subnetOf = (body: object) => () => ({ network_id: net, ip_version: 4, cidr: "10.9.0.0/24", ...body });
const portOf = (body: object) => () => ({ network_id: net, ...body });
const input = (message: string) => `400 InvalidInput Invalid input for operation: ${message}.`;
const twice = [
  { start: "10.9.0.2", end: "10.9.0.9" },
  { start: "10.9.0.5", end: "10.9.0.20" },
];

const REFUSALS: Row[] = [
  [
    "a subnet of the other family",
    "subnet",
    subnetOf({ ip_version: 6 }),
    input("cidr '10.9.0.0/24' does not match the ip_version '6'"),
  ],
  [
    "the broadcast address as gateway",
    "subnet",
    subnetOf({ gateway_ip: "10.9.0.255" }),
    input("Gateway is not valid on subnet"),
  ],
  [
    "a gateway of the other family",
    "subnet",
    subnetOf({ gateway_ip: "2001:db8::1" }),
    input("gateway_ip '2001:db8::1' does not match the ip_version '4'"),
  ],
  [
    "a pool that ends before it starts",
    "subnet",
    subnetOf({ allocation_pools: [{ start: "10.9.0.9", end: "10.9.0.2" }] }),
    "400 InvalidAllocationPool The allocation pool {'start': '10.9.0.9', 'end': '10.9.0.2'} is not valid.",
  ],
  [
    "a pool outside of the subnet",
    "subnet",
    subnetOf({ allocation_pools: [{ start: "10.9.0.2", end: "10.9.1.2" }] }),
    "400 OutOfBoundsAllocationPool The allocation pool 10.9.0.2-10.9.1.2 spans beyond the subnet cidr 10.9.0.0/24.",
  ],
  [
    "overlapping pools",
    "subnet",
    subnetOf({ allocation_pools: twice }),
    "409 OverlappingAllocationPools Found overlapping allocation pools: 10.9.0.2-10.9.0.9 10.9.0.5-10.9.0.20 for subnet 10.9.0.0/24.",
  ],
  [
    "a gateway in a pool",
    "subnet",
    subnetOf({ gateway_ip: "10.9.0.5", allocation_pools: twice.slice(0, 1) }),
    "409 GatewayConflictWithAllocationPools Gateway ip 10.9.0.5 conflicts with allocation pool 10.9.0.2-10.9.0.9.",
  ],
  [
    "IPv6 modes in IPv4",
    "subnet",
    subnetOf({ ipv6_ra_mode: "slaac" }),
    input("ipv6_ra_mode is not valid when ip_version is 4"),
  ],
  [
    "a subnet too small for DHCP",
    "subnet",
    subnetOf({ cidr: "10.9.0.0/31" }),
    input("Subnet has a prefix length that is incompatible with DHCP service enabled"),
  ],
  [
    "too many nameservers",
    "subnet",
    subnetOf({ dns_nameservers: ["8.8.8.1", "8.8.8.2", "8.8.8.3", "8.8.8.4", "8.8.8.5", "8.8.8.6"] }),
    "400 DNSNameServersExhausted Unable to complete operation for new subnet. The number of DNS nameservers exceeds the limit 5.",
  ],
  [
    "a port on no network",
    "port",
    () => ({ network_id: NO_FIELD }),
    `404 NetworkNotFound Network ${NO_FIELD} could not be found.`,
  ],
  [
    "an address that is no host's",
    "port",
    portOf({ fixed_ips: [{ ip_address: "192.0.2.7" }] }),
    "400 InvalidIpForNetwork IP address 192.0.2.7 is not a valid IP for any of the subnets on the specified network.",
  ],
  [
    "address pairs without port security",
    "port",
    portOf({ port_security_enabled: false, allowed_address_pairs: [{ ip_address: "10.0.0.9" }] }),
    "409 AddressPairAndPortSecurityRequired Port Security must be enabled in order to have allowed address pairs on a port.",
  ],
];

describe("refused are", () => {
  for (const [name, kind, body, answer] of REFUSALS) {
    test(name, async () => {
      const reply = await door.ask("POST", `/v2.0/${kind}s`, { [kind]: body() });
      const { type, message } = reply.body.NeutronError ?? {};
      assert.equal(`${reply.status} ${type} ${message}`, answer);
    });
  }

  test("an overlapping subnet", async () => {
    const reply = await door.ask("POST", "/v2.0/subnets", { subnet: subnetOf({ cidr: "10.0.0.128/25" })() });
    const message = `Requested subnet with cidr: 10.0.0.128/25 for network: ${net} overlaps with another subnet`;
    assert.deepEqual(
      [reply.status, reply.body.NeutronError.message],
      [400, `Invalid input for operation: ${message}.`],
    );
  });

  test("an address and a MAC in use", async () => {
    const mac_address = "00:1b:77:49:54:fd";
    await made("port", { network_id: net, mac_address, fixed_ips: [{ ip_address: "10.0.0.77" }] });
    const sameMac = await door.ask("POST", "/v2.0/ports", { port: { network_id: net, mac_address } });
    assert.deepEqual([sameMac.status, sameMac.body.NeutronError.type], [409, "MacAddressInUse"]);
    const port = { network_id: net, fixed_ips: [{ ip_address: "10.0.0.77" }] };
    const sameIp = await door.ask("POST", "/v2.0/ports", { port });
    assert.deepEqual([sameIp.status, sameIp.body.NeutronError.type], [409, "IpAddressAlreadyAllocated"]);
  });

  test("the end of a network in use, and of a subnet", async () => {
    await made("port", { network_id: net });
    const network = await door.ask("DELETE", `/v2.0/networks/${net}`);
    assert.deepEqual([network.status, network.body.NeutronError.type], [409, "NetworkInUse"]);
    const subnet = await door.ask("DELETE", `/v2.0/subnets/${subnet4}`);
    assert.deepEqual([subnet.status, subnet.body.NeutronError.type], [409, "SubnetInUse"]);
  });
});

describe("updates", () => {
  test("are guarded by If-Match and numbered", async () => {
    const port = await made("port", { network_id: net });
    const changed = await door.ask("PUT", `/v2.0/ports/${port.id}`, { port: { name: "x", device_id: "vm" } });
    assert.deepEqual([changed.status, changed.body.port.name, changed.body.port.revision_number], [200, "x", 2]);
  });

  test("take back what a port showed", async () => {
    const { id } = await made("port", { network_id: net, extra_dhcp_opts: [{ opt_name: "mtu", opt_value: "1400" }] });
    const { body } = await door.ask("GET", `/v2.0/ports/${id}`);
    const { fixed_ips, allowed_address_pairs, extra_dhcp_opts, security_groups } = body.port;
    const same = { fixed_ips, allowed_address_pairs, extra_dhcp_opts, security_groups };
    const reply = await door.ask("PUT", `/v2.0/ports/${id}`, { port: same });
    assert.deepEqual([reply.status, reply.body.port], [200, body.port]);
  });

  test("of a subnet's gateway and pools are checked", async () => {
    const reply = await door.ask("PUT", `/v2.0/subnets/${subnet4}`, { subnet: { gateway_ip: "2001:db8::9" } });
    assert.deepEqual([reply.status, reply.body.NeutronError.type], [400, "InvalidInput"]);
  });
});

describe("another project", () => {
  test("sees nothing of ours, and cannot tell that it is there", async () => {
    for (const path of [`networks/${net}`, `subnets/${subnet4}`]) {
      const foreign = await door.ask("GET", `/v2.0/${path}`, undefined, "other");
      const absent = await door.ask("GET", `/v2.0/${path.replace(/[^/]*$/, NO_FIELD)}`, undefined, "other");
      assert.equal(foreign.status, 404);
      assert.equal(foreign.text.replace(/[0-9a-f-]{36}/, NO_FIELD), absent.text);
    }
    assert.deepEqual((await door.ask("GET", "/v2.0/ports", undefined, "other")).body, { ports: [] });
    const port = await door.ask("POST", "/v2.0/ports", { port: { network_id: net } }, "other");
    assert.deepEqual([port.status, port.body.NeutronError.type], [404, "NetworkNotFound"]);
  });

  test("uses a shared network without its provider's details", async () => {
    const shared = await made("network", { shared: true });
    const { body } = await door.ask("GET", `/v2.0/networks/${shared.id}`, undefined, "other");
    assert.equal("provider:network_type" in body.network, false);
    const port = await made("port", { network_id: shared.id }, "other");
    assert.deepEqual([(port as Record<string, unknown>).project_id, "binding:host_id" in port], ["other", false]);
  });
});
