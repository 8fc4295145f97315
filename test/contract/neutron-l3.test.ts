/** Routers, floating IPs and what is part of them through the door: statuses and words as a real Neutron has them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RealDoor, type Reply, realDoor } from "./neutron-door.ts";

let door: RealDoor;
/** The ids of things by name, which paths and bodies below say as $name. */
const ids: Record<string, string> = {};
const ALICE = "a".repeat(32);
const BOB = "b".repeat(32);

type Method = "GET" | "POST" | "PUT" | "DELETE";
const filled = (text: string) => text.replace(/\$(\w+)/g, (_, name: string) => ids[name] ?? `no ${name}`);

async function ask(method: Method, path: string, body?: unknown, token = ALICE): Promise<Reply> {
  const text = body === undefined ? undefined : filled(JSON.stringify(body));
  return door.ask(method, `/v2.0/${filled(path)}`, text, token);
}

async function make(name: string, collection: string, kind: string, body: object, token = ALICE): Promise<void> {
  const answer = await ask("POST", collection, { [kind]: body }, token);
  assert.equal(answer.status, 201, answer.text);
  ids[name] = answer.body[kind].id;
}

before(async () => {
  door = await realDoor();
  await make("ext", "networks", "network", { "router:external": true }, "admin");
  const pool = { allocation_pools: [{ start: "10.88.0.100", end: "10.88.0.200" }] };
  await make(
    "ext4",
    "subnets",
    "subnet",
    { network_id: "$ext", ip_version: 4, cidr: "10.88.0.0/24", ...pool },
    "admin",
  );
  await make("net", "networks", "network", {});
  await make("sub", "subnets", "subnet", { network_id: "$net", ip_version: 4, cidr: "10.77.0.0/24" });
  await make("nogw", "subnets", "subnet", {
    network_id: "$net",
    ip_version: 4,
    cidr: "10.78.0.0/24",
    gateway_ip: null,
  });
  const fixed = (...addresses: string[]) => ({ fixed_ips: addresses.map((ip_address) => ({ ip_address })) });
  await make("port", "ports", "port", { network_id: "$net", ...fixed("10.77.0.20") });
  await make("pair", "ports", "port", { network_id: "$net", ...fixed("10.77.0.30", "10.78.0.30") });
  await make("bare", "ports", "port", { network_id: "$net", fixed_ips: [] });
  await make("router", "routers", "router", { external_gateway_info: { network_id: "$ext" } });
  await make("other", "routers", "router", {});
  await make("bobs", "routers", "router", {}, BOB);
  assert.equal((await ask("PUT", "routers/$router/add_router_interface", { subnet_id: "$sub" })).status, 200);
  await make("fip", "floatingips", "floatingip", { floating_network_id: "$ext", port_id: "$port" });
  await make("idle", "floatingips", "floatingip", { floating_network_id: "$ext" });
  await make("helper", "routers/$other/conntrack_helpers", "conntrack_helper", {
    protocol: "tcp",
    port: 21,
    helper: "ftp",
  });
  await make("lip", "local_ips", "local_ip", { local_port_id: "$port" });
  const forward = { protocol: "tcp", internal_port_id: "$pair", internal_ip_address: "10.77.0.30" };
  await make("pf", "floatingips/$idle/port_forwardings", "port_forwarding", {
    ...forward,
    external_port: 80,
    internal_port: 8080,
  });
});
after(() => door.close());

const add = "routers/$router/add_router_interface";
const remove = "routers/$router/remove_router_interface";
const gateway = (info: object | null) => ({ router: { external_gateway_info: info } });
const forwarding = (more: object) => ({
  port_forwarding: {
    ...{ protocol: "tcp", internal_port_id: "$pair", internal_ip_address: "10.77.0.30" },
    ...{ external_port: 81, internal_port: 81 },
    ...more,
  },
});
const floating = (more: object) => ({ floatingip: { floating_network_id: "$ext", ...more } });

/** [status, type, the message's words, method, path, body, who asks] */
type Row = [number, string, RegExp, Method, string, unknown?, string?];
const rows: Row[] = [
  // routers
  [404, "RouterNotFound", /^Router \S+ could not be found$/, "GET", "routers/$bobs"],
  [404, "NetworkNotFound", /./, "POST", "routers", gateway({ network_id: "$port" })],
  [
    400,
    "BadRequest",
    /^Bad router request: Network \S+ is not an external network\.$/,
    "POST",
    "routers",
    gateway({ network_id: "$net" }),
  ],
  [
    403,
    "PolicyNotAuthorized",
    /create_router:external_gateway_info:enable_snat/,
    "POST",
    "routers",
    gateway({ network_id: "$ext", enable_snat: false }),
  ],
  [403, "PolicyNotAuthorized", /update_router:ha\)? is disallowed/, "PUT", "routers/$router", { router: { ha: true } }],
  [
    400,
    "BadRequest",
    /Cannot change the 'distributed' attribute of active routers/,
    "PUT",
    "routers/$router",
    { router: { distributed: true } },
    "admin",
  ],
  [409, "RouterInUse", /^Router \S+ has ports still attached: \S+$/, "DELETE", "routers/$router"],
  [404, "FlavorNotFound", /./, "POST", "routers", { router: { flavor_id: "$port" } }],
  [
    404,
    "AvailabilityZoneNotFound",
    /^AvailabilityZone moon could not be found\.$/,
    "POST",
    "routers",
    { router: { availability_zone_hints: ["moon"] } },
  ],
  [400, "HTTPBadRequest", /invalid attribute for filtering/, "GET", "routers?status=ACTIVE"],
  [400, "HTTPBadRequest", /^Resource body required$/, "POST", "routers", {}],
  [400, "HTTPBadRequest", /^Bulk operation not supported$/, "POST", "floatingips", { floatingips: [{}] }],
  // interfaces
  [400, "BadRequest", /Either subnet_id or port_id must be specified/, "PUT", add],
  [400, "BadRequest", /'5' is not a valid UUID/, "PUT", add, { subnet_id: 5 }],
  [400, "BadRequest", /Router already has a port on subnet/, "PUT", add, { subnet_id: "$sub" }],
  [400, "BadRequest", /must have a gateway IP/, "PUT", add, { subnet_id: "$nogw" }],
  [400, "BadRequest", /at least one fixed IP/, "PUT", "routers/$other/add_router_interface", { port_id: "$bare" }],
  [
    400,
    "BadRequest",
    /Cannot have multiple IPv4 subnets on router port/,
    "PUT",
    "routers/$other/add_router_interface",
    { port_id: "$pair" },
  ],
  [409, "IpAddressAlreadyAllocated", /./, "PUT", "routers/$other/add_router_interface", { subnet_id: "$sub" }],
  [404, "RouterInterfaceNotFound", /does not have an interface with id/, "PUT", remove, { port_id: "$port" }],
  [409, "RouterInterfaceInUseByFloatingIP", /./, "PUT", remove, { subnet_id: "$sub" }],
  [404, "HTTPNotFound", /./, "PUT", "routers/$router/add_nothing", {}],
  [405, "HTTPMethodNotAllowed", /./, "GET", add],
  // routes and gateways
  [
    400,
    "InvalidRoutes",
    /^Invalid format for routes: \[\{'destination': '192\.0\.2\.0\/24', 'nexthop': '1\.2\.3\.4'\}\], the nexthop is not connected/,
    "PUT",
    "routers/$router/add_extraroutes",
    { router: { routes: [{ destination: "192.0.2.0/24", nexthop: "1.2.3.4" }] } },
  ],
  [400, "HTTPBadRequest", /'routes' not specified/, "PUT", "routers/$router/add_extraroutes", { router: {} }],
  [409, "RouterExternalGatewayInUseByFloatingIp", /./, "PUT", "routers/$router", gateway(null)],
  [
    400,
    "BadRequest",
    /is not an external network/,
    "PUT",
    "routers/$router/remove_external_gateways",
    { router: { external_gateways: [{ network_id: "$net" }] } },
  ],
  [
    400,
    "UnableToRemoveGateways",
    /does not have any external gateways$/,
    "PUT",
    "routers/$other/remove_external_gateways",
    { router: { external_gateways: [{ network_id: "$ext" }] } },
  ],
  [
    403,
    "PolicyNotAuthorized",
    /add_external_gateways:external_gateways:enable_snat/,
    "PUT",
    "routers/$router/add_external_gateways",
    { router: { external_gateways: [{ network_id: "$ext", enable_snat: false }] } },
  ],
  // floating IPs
  [404, "FloatingIPNotFound", /^Floating IP \S+ could not be found$/, "GET", "floatingips/$fip", undefined, BOB],
  [
    400,
    "BadRequest",
    /is not a valid external network/,
    "POST",
    "floatingips",
    floating({ floating_network_id: "$net" }),
  ],
  [
    403,
    "PolicyNotAuthorized",
    /create_floatingip:floating_ip_address/,
    "POST",
    "floatingips",
    floating({ floating_ip_address: "10.88.0.7" }),
  ],
  [400, "InvalidIpForNetwork", /./, "POST", "floatingips", floating({ floating_ip_address: "10.99.0.7" }), "admin"],
  [
    409,
    "FloatingIPPortAlreadyAssociated",
    /^Cannot associate floating IP \S+ \(\S+\) with port \S+ using fixed IP 10\.77\.0\.20, as that fixed IP/,
    "POST",
    "floatingips",
    floating({ port_id: "$port" }),
  ],
  [
    400,
    "BadRequest",
    /has multiple fixed IPv4 addresses\. {2}Must provide/,
    "POST",
    "floatingips",
    floating({ port_id: "$pair" }),
  ],
  [
    400,
    "BadRequest",
    /fixed_ip_address cannot be specified without a port_id/,
    "PUT",
    "floatingips/$fip",
    { floatingip: { fixed_ip_address: "10.77.0.3" } },
  ],
  [
    400,
    "HTTPBadRequest",
    /Cannot update read-only attribute floating_ip_address/,
    "PUT",
    "floatingips/$fip",
    { floatingip: { floating_ip_address: "10.88.0.9" } },
  ],
  [409, "FipInUseByPortForwarding", /in use by Port Forwarding resources\.$/, "DELETE", "floatingips/$idle"],
  // port forwardings
  [
    400,
    "BadRequest",
    /^Bad port_forwarding request: There is a port collision with the external_port_range/,
    "POST",
    "floatingips/$idle/port_forwardings",
    forwarding({ external_port: 80 }),
  ],
  [
    400,
    "HTTPBadRequest",
    /Required attribute 'internal_ip_address' not specified/,
    "POST",
    "floatingips/$idle/port_forwardings",
    { port_forwarding: { protocol: "tcp", internal_port_id: "$pair" } },
  ],
  [409, "FloatingIPPortAlreadyAssociated", /./, "POST", "floatingips/$fip/port_forwardings", forwarding({})],
  [
    409,
    "PortHasBindingFloatingIP",
    /./,
    "POST",
    "floatingips/$idle/port_forwardings",
    forwarding({ internal_port_id: "$port" }),
  ],
  [404, "FloatingIPNotFound", /./, "GET", "floatingips/$idle/port_forwardings", undefined, BOB],
  [404, "PortForwardingNotFound", /./, "GET", "floatingips/$fip/port_forwardings/$pf"],
  [
    400,
    "HTTPBadRequest",
    /\['internal_port'\] is invalid attribute for filtering/,
    "GET",
    "floatingips/$idle/port_forwardings?internal_port=1",
  ],
  // helpers, local IPs, ND proxies
  [
    400,
    "InvalidProtocolForHelper",
    /^Conntrack Helper ftp does not support: udp\. Supported protocols are: tcp$/,
    "PUT",
    "routers/$other/conntrack_helpers/$helper",
    { conntrack_helper: { protocol: "udp" } },
  ],
  [404, "ConntrackHelperNotFound", /./, "GET", "routers/$router/conntrack_helpers/$helper"],
  [400, "LocalIPPortOrNetworkRequired", /./, "POST", "local_ips", { local_ip: {} }],
  [
    404,
    "LocalIPAssociationNotFound",
    /^Local IP \S+ association with port \S+ could not be found\.$/,
    "GET",
    "local-ips/$lip/port_associations/$bare",
  ],
  [409, "PortUnreachableRouter", /./, "POST", "ndp-proxies", { ndp_proxy: { router_id: "$other", port_id: "$port" } }],
  // networks, subnets and ports that are in use
  [409, "SubnetInUse", /One or more ports have an IP allocation from this subnet\.$/, "DELETE", "subnets/$sub"],
  [
    409,
    "GatewayIpInUse",
    /^Current gateway ip 10\.77\.0\.1 already in use by port/,
    "PUT",
    "subnets/$sub",
    { subnet: { gateway_ip: "10.77.0.9" } },
  ],
  [
    409,
    "ExternalNetworkInUse",
    /since it has existing gateway ports\.$/,
    "PUT",
    "networks/$ext",
    { network: { "router:external": false } },
    "admin",
  ],
  [
    400,
    "BadRequest",
    /^Bad port request: Cannot update the fixed_ips of the port/,
    "PUT",
    "ports/$port",
    { port: { fixed_ips: [{ ip_address: "10.77.0.21" }] } },
  ],
  [409, "ServicePortInUse", /still referenced by Local IPs\.$/, "DELETE", "ports/$port"],
];
for (const [status, type, words, method, path, body, token] of rows) {
  test(`${method} ${path} ${body === undefined ? "" : JSON.stringify(body)}: ${status} ${type}`, async () => {
    const answer = await ask(method, path, body, token);
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.body.NeutronError.type, type);
    assert.match(answer.body.NeutronError.message, words);
  });
}

test("parts of what is another's, or not there, are not found either", async () => {
  const rows: [string, string, string?][] = [
    ["routers/$other/conntrack_helpers", "RouterNotFound", BOB],
    ["local_ips/$lip/port_associations", "LocalIPNotFound", BOB],
    ["local_ips/$bare/port_associations", "LocalIPNotFound"],
  ];
  for (const [path, type, token] of rows) {
    assert.equal((await ask("GET", path, undefined, token)).body.NeutronError.type, type);
  }
});

test("a router is shown as Neutron shows it, with more to an administrator", async () => {
  const { router } = (await ask("GET", "routers/$router", undefined, "admin")).body;
  const { external_fixed_ips, ...info } = router.external_gateway_info;
  assert.deepEqual(info, { network_id: ids.ext, enable_snat: true });
  assert.equal(external_fixed_ips[0].subnet_id, ids.ext4);
  assert.deepEqual([router.distributed, router.ha], [false, false]);
  const own = (await ask("GET", "routers/$router")).body.router;
  assert.deepEqual(
    Object.keys(router).filter((name) => !(name in own)),
    ["distributed", "ha"],
  );
});

test("interfaces, routes and gateways answer as Neutron does", async () => {
  await make("r", "routers", "router", {});
  await make("n", "networks", "network", {});
  await make("s", "subnets", "subnet", { network_id: "$n", ip_version: 4, cidr: "10.79.0.0/24" });
  const added = (await ask("PUT", "routers/$r/add_router_interface", { subnet_id: "$s" })).body;
  assert.deepEqual([added.id, added.subnet_id, added.subnet_ids], [ids.r, ids.s, [ids.s]]);
  assert.deepEqual([added.network_id, added.tenant_id], [ids.n, ALICE]);
  const routes = [{ destination: "192.0.2.0/24", nexthop: "10.79.0.9" }];
  assert.deepEqual((await ask("PUT", "routers/$r/add_extraroutes", { router: { routes } })).body.router.routes, routes);
  const left = await ask("PUT", "routers/$r/remove_extraroutes", { router: { routes } });
  assert.deepEqual(left.body.router.routes, []);
  const gateways = { router: { external_gateways: [{ network_id: "$ext" }] } };
  await ask("PUT", "routers/$r/add_external_gateways", gateways);
  const two = (await ask("PUT", "routers/$r/add_external_gateways", gateways)).body.router;
  assert.deepEqual([two.external_gateways.length, two.external_gateway_info.network_id], [2, ids.ext]);
  assert.equal(
    (await ask("PUT", "routers/$r/update_external_gateways", { router: { external_gateways: [] } })).body.router
      .external_gateway_info,
    null,
  );
  assert.equal((await ask("PUT", "routers/$r/remove_router_interface", { subnet_id: "$s" })).status, 200);
  assert.equal((await ask("DELETE", "routers/$r")).status, 204);
});

test("floating IPs tell their port, their forwardings, and where more can be had", async () => {
  const bound = (await ask("GET", "floatingips/$fip")).body.floatingip;
  assert.deepEqual([bound.port_id, bound.fixed_ip_address, bound.router_id], [ids.port, "10.77.0.20", ids.router]);
  assert.deepEqual(Object.keys(bound.port_details).sort(), [
    ...["admin_state_up", "device_id", "device_owner", "mac_address", "name", "network_id", "status"],
  ]);
  const idle = (await ask("GET", "floatingips/$idle")).body.floatingip;
  const forwarded = { external_port: 80, internal_port: 8080, internal_ip_address: "10.77.0.30", protocol: "tcp" };
  assert.deepEqual(idle.port_forwardings, [{ id: ids.pf, internal_port_id: ids.pair, ...forwarded }]);
  const { floatingip_pools: pools } = (await ask("GET", "floatingip_pools")).body;
  assert.deepEqual(pools, [
    ...[{ subnet_id: ids.ext4, subnet_name: "", network_id: ids.ext, cidr: "10.88.0.0/24" }].map((pool) => ({
      ...pool,
      tenant_id: ALICE,
      project_id: ALICE,
    })),
  ]);
});
