/** The Contrail protocol over the control node's own networking: every operation on every type. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fastify, { type FastifyInstance } from "fastify";
import type { Authenticator } from "../../api/mod.ts";
import { fault } from "../../model/mod.ts";
import { contrailDoor } from "../../proxy/contrail/mod.ts";
import { type RealDoor, realDoor } from "./neutron-door.ts";

/** The token is the role. */
const authenticator: Authenticator = {
  async authenticate(headers, requestId) {
    const role = headers["x-auth-token"];
    if (typeof role !== "string") throw fault("Unauthorized", { msg: "no token" });
    return { requestId, userId: "neutron", projectId: "services", roles: [role], isAdmin: role === "admin" };
  },
};

const PROJECT = "0123456789abcdef0123456789abcdef";
const NOWHERE = "11111111-1111-4111-8111-111111111111";

let door: RealDoor;
let app: FastifyInstance;
before(async () => {
  door = await realDoor();
  app = fastify();
  await app.register(contrailDoor, { networking: door.networking, authenticator });
});
after(async () => {
  await app.close();
  await door.close();
});

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
  body: any;
}

async function post(type: string, payload: unknown, token: string | undefined = "service"): Promise<Answer> {
  const headers = { "content-type": "application/json", ...(token ? { "x-auth-token": token } : {}) };
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  const reply = await app.inject({ method: "POST", url: `/neutron/${type}`, headers, payload: text });
  assert.equal(reply.headers["content-type"], "application/json");
  return { status: reply.statusCode, body: reply.json() };
}

const context = (operation: string, type: string, more: object = {}) => ({
  user_id: "u",
  is_admin: true,
  operation,
  type,
  tenant_id: PROJECT,
  request_id: "req-01234567-89ab-cdef-0123-456789abcdef",
  roles: ["admin"],
  ...more,
});

const call = (operation: string, type: string, data: object, more: object = {}) =>
  post(type, { context: context(operation, type, more), data: { filters: null, fields: null, ...data } });

/** The body of a success, which is exactly 200. */
async function done(operation: string, type: string, data: object, more: object = {}) {
  const { status, body } = await call(operation, type, data, more);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}
const make = (type: string, resource: object) =>
  done("CREATE", type, { resource: { tenant_id: PROJECT, ...resource } });

interface Case {
  /** What a CREATE sends, of the things it rests on. */
  resource: (made: Record<string, string>) => object;
  change: object | undefined;
  /** Members that the object must have (protocol, objects). */
  members: string;
  hasCount: boolean;
  absent: [exception: string, keyword: string];
}

const CASES: Record<string, Case> = {
  network: {
    resource: () => ({ name: "n", admin_state_up: true, shared: false, "router:external": false }),
    change: { name: "changed" },
    members:
      "id name tenant_id project_id admin_state_up shared status router:external subnets port_security_enabled mtu provider:physical_network provider:segmentation_id description created_at updated_at tags",
    hasCount: true,
    absent: ["NetworkNotFound", "net_id"],
  },
  subnet: {
    resource: ({ network }) => ({
      network_id: network,
      name: "s",
      ip_version: 4,
      cidr: "10.9.0.0/24",
      gateway_ip: "0.0.0.0",
      enable_dhcp: true,
      dns_nameservers: [],
      host_routes: [],
    }),
    change: { name: "changed" },
    members:
      "id name tenant_id network_id ip_version cidr gateway_ip enable_dhcp allocation_pools dns_nameservers host_routes ipv6_ra_mode ipv6_address_mode",
    hasCount: true,
    absent: ["SubnetNotFound", "subnet_id"],
  },
  port: {
    resource: ({ network }) => ({
      network_id: network,
      name: "p",
      admin_state_up: true,
      device_id: "",
      device_owner: "",
      "binding:host_id": "",
      "binding:vnic_type": "normal",
      "binding:profile": null,
    }),
    change: { name: "changed" },
    members:
      "id name tenant_id network_id mac_address fixed_ips security_groups device_id device_owner status admin_state_up port_security_enabled allowed_address_pairs extra_dhcp_opts binding:host_id binding:vif_type binding:vif_details binding:vnic_type binding:profile",
    hasCount: true,
    absent: ["PortNotFound", "port_id"],
  },
  router: {
    resource: () => ({ name: "r", admin_state_up: true, external_gateway_info: null }),
    change: { name: "changed" },
    members: "id name tenant_id admin_state_up shared status gw_port_id external_gateway_info routes",
    hasCount: true,
    absent: ["RouterNotFound", "router_id"],
  },
  floatingip: {
    resource: ({ external }) => ({ floating_network_id: external }),
    change: { description: "changed" },
    members: "id tenant_id floating_network_id floating_ip_address port_id fixed_ip_address router_id status",
    hasCount: true,
    absent: ["FloatingIPNotFound", "floatingip_id"],
  },
  security_group: {
    resource: () => ({ name: "g", description: "" }),
    change: { name: "changed" },
    members: "id tenant_id name description security_group_rules",
    hasCount: false,
    absent: ["SecurityGroupNotFound", "id"],
  },
  security_group_rule: {
    resource: ({ security_group }) => ({
      security_group_id: security_group,
      direction: "ingress",
      ethertype: "IPv4",
      protocol: "tcp",
      port_range_min: 80,
      port_range_max: 80,
      remote_ip_prefix: null,
      remote_group_id: null,
    }),
    change: undefined,
    members:
      "id tenant_id security_group_id direction ethertype protocol port_range_min port_range_max remote_ip_prefix remote_group_id",
    hasCount: false,
    absent: ["SecurityGroupRuleNotFound", "id"],
  },
  trunk: {
    resource: ({ port }) => ({ name: "t", port_id: port, admin_state_up: true, sub_ports: [] }),
    change: { name: "changed" },
    members: "id name tenant_id port_id admin_state_up status sub_ports",
    hasCount: false,
    absent: ["TrunkNotFound", "trunk_id"],
  },
};

/** What the cases rest on, made once. */
let base: Promise<Record<string, string>> | undefined;
function world(): Promise<Record<string, string>> {
  base ??= makeWorld();
  return base;
}

async function makeWorld(): Promise<Record<string, string>> {
  const network = await make("network", { name: "base" });
  await make("subnet", { network_id: network.id, ip_version: 4, cidr: "10.8.0.0/24" });
  const external = await make("network", { name: "external", "router:external": true });
  await make("subnet", { network_id: external.id, ip_version: 4, cidr: "192.0.2.0/24" });
  const group = await make("security_group", { name: "base" });
  const port = await make("port", { network_id: network.id });
  return { network: network.id, external: external.id, security_group: group.id, port: port.id };
}

for (const [type, { resource, change, members, hasCount, absent }] of Object.entries(CASES)) {
  describe(type, () => {
    let id: string;
    before(async () => {
      const object = await make(type, resource(await world()));
      id = object.id;
      const missing = members.split(" ").filter((name) => !Object.hasOwn(object, name));
      assert.deepEqual(missing, []);
      assert.equal(object.tenant_id, PROJECT);
      if (type === "subnet") assert.equal(object.gateway_ip, null);
    });
    test("READ, with fields", async () => {
      assert.equal((await done("READ", type, { id })).id, id);
      assert.deepEqual(await done("READ", type, { id, fields: ["id"] }), { id });
    });
    test("READALL is a bare list of what the filters say", async () => {
      const found = await done("READALL", type, { filters: { id: [id, NOWHERE], tenant_id: [PROJECT] } });
      assert.deepEqual(
        found.map((row: { id: string }) => row.id),
        [id],
      );
      assert.deepEqual(await done("READALL", type, { filters: { id: [NOWHERE] } }), []);
    });
    test(`READCOUNT is ${hasCount ? "a number" : "not there"}`, async () => {
      const { status, body } = await call("READCOUNT", type, { filters: { id: [id] } });
      assert.deepEqual(hasCount ? body : [status, body.exception], hasCount ? { count: 1 } : [400, "BadRequest"]);
    });
    test(change ? "UPDATE answers the whole object" : "UPDATE is not there", async () => {
      const { status, body } = await call("UPDATE", type, { id, resource: change ?? { name: "x" } });
      if (change) assert.deepEqual({ ...body, ...change }, body);
      else assert.deepEqual([status, body.exception], [400, "BadRequest"]);
    });
    test("other projects see nothing of it", async () => {
      const foreign = { is_admin: false, roles: ["member"], tenant_id: "f".repeat(32) };
      assert.deepEqual(await done("READALL", type, { filters: { id: [id] } }, foreign), []);
      const { body } = await call("READ", type, { id }, foreign);
      assert.equal(body.exception, absent[0]);
    });
    test("DELETE, and what is not there", async () => {
      assert.deepEqual(await done("DELETE", type, { id }), {});
      for (const operation of ["READ", "DELETE"]) {
        const { status, body } = await call(operation, type, { id });
        assert.deepEqual([status, body], [400, { exception: absent[0], [absent[1]]: id }]);
      }
    });
  });
}

test("a router's interfaces, by subnet and by port", async () => {
  const { network = "" } = await world();
  const router = await make("router", { name: "r" });
  const { body: subnets } = await call("READALL", "subnet", { filters: { network_id: [network] } });
  const subnet_id = subnets[0].id;
  await done("UPDATE", "subnet", { id: subnet_id, resource: { gateway_ip: "10.8.0.1" } });
  const added = await done("ADDINTERFACE", "router", { id: router.id, resource: { subnet_id } });
  assert.deepEqual(Object.keys(added).sort(), ["id", "port_id", "subnet_id", "tenant_id"]);
  assert.deepEqual([added.id, added.subnet_id, added.tenant_id], [router.id, subnet_id, PROJECT]);
  const busy = await call("DELETE", "router", { id: router.id });
  assert.equal(busy.body.exception, "RouterInUse");
  const both = { subnet_id, port_id: added.port_id };
  assert.equal((await done("DELINTERFACE", "router", { id: router.id, resource: both })).port_id, added.port_id);
  const again = await call("DELINTERFACE", "router", { id: router.id, resource: { subnet_id } });
  assert.deepEqual(again.body, { exception: "RouterInterfaceNotFoundForSubnet", router_id: router.id, subnet_id });
});

test("a trunk's subports are added and removed, and are in one trunk only", async () => {
  const { network = "" } = await world();
  const [parent, child] = [await make("port", { network_id: network }), await make("port", { network_id: network })];
  const { id } = await make("trunk", { port_id: parent.id });
  const sub_ports = [{ port_id: child.id, segmentation_type: "vlan", segmentation_id: 5 }];
  const added = await done("ADD_SUBPORTS", "trunk", { id, resource: { sub_ports } });
  assert.deepEqual(added.sub_ports, sub_ports);
  const again = await call("CREATE", "trunk", { resource: { tenant_id: PROJECT, port_id: child.id } });
  assert.deepEqual(again.body, { exception: "TrunkPortInUse", port_id: child.id });
  const busy = await call("DELETE", "port", { id: child.id });
  assert.equal(busy.body.exception, "PortInUseAsSubPort");
  // As the plugin sends an update: with the type's name around it.
  assert.equal((await done("UPDATE", "trunk", { id, resource: { trunk: { name: "u" } } })).name, "u");
  const left = await done("REMOVE_SUBPORTS", "trunk", { id, resource: { sub_ports: [{ port_id: child.id }] } });
  assert.deepEqual([left.id, left.sub_ports], [id, []]);
  const gone = await call("REMOVE_SUBPORTS", "trunk", { id, resource: { sub_ports: [{ port_id: child.id }] } });
  assert.deepEqual(gone.body, { exception: "SubPortNotFound", trunk_id: id, port_id: child.id });
});

test("a port's addresses are filtered as neutron-server asks, and one is had once", async () => {
  const { network = "" } = await world();
  const port = await make("port", { network_id: network, fixed_ips: [{ ip_address: "10.8.0.9" }] });
  const [{ subnet_id }] = port.fixed_ips;
  const asked = [{ subnet_id: [subnet_id], ip_address: ["10.8.0.9"] }, [`ip_address=10.8.0.9`]];
  for (const fixed_ips of asked) {
    const found = await done("READALL", "port", { filters: { network_id: [network], fixed_ips } });
    assert.equal(found.length, 1);
  }
  const taken = await call("CREATE", "port", {
    resource: { tenant_id: PROJECT, network_id: network, fixed_ips: [{ subnet_id, ip_address: "10.8.0.9" }] },
  });
  assert.deepEqual(taken.body, { exception: "IpAddressInUse", net_id: network, ip_address: "10.8.0.9" });
});

test("tags: replaced, listed, looked for and removed", async () => {
  const { network: parent_id = "" } = await world();
  const replace = (tags: string[]) => done("CREATE", "tags", { resource: { resource: { parent_id, tags } } });
  assert.deepEqual(await replace(["a", "b"]), ["a", "b"]);
  assert.deepEqual(await done("READALL", "tags", { filters: { parent_id } }), ["a", "b"]);
  assert.deepEqual(await done("READ", "tags", { filters: { parent_id, tag: "a" } }), {});
  assert.equal((await call("READ", "tags", { filters: { parent_id, tag: "c" } })).body.exception, "NotFound");
  assert.deepEqual(await done("DELETE", "tags", { resource: { parent_id, tag: "a" } }), {});
  const tagged = await done("READALL", "network", { filters: { "tags-any": ["b,c"], id: [parent_id] } });
  assert.deepEqual(tagged[0].tags, ["b"]);
  // As the plugin adds one.
  assert.deepEqual(await replace(["c"]), ["c"]);
  assert.deepEqual(await done("DELETEALL", "tags", { resource: { parent_id } }), {});
  assert.deepEqual(await done("READALL", "tags", { filters: { parent_id } }), []);
  assert.equal((await call("READALL", "tags", { filters: { parent_id: NOWHERE } })).body.exception, "NotFound");
  assert.equal((await call("UPDATE", "tags", { resource: { parent_id } })).body.exception, "BadRequest");
});

test("a host's data plane is its kernel", async () => {
  await door.host("h1");
  assert.deepEqual(await done("READ", "virtual_router", { id: "h1" }), { dpdk_enabled: false });
  assert.equal((await call("READ", "virtual_router", { id: "h2" })).body.exception, "VirtualRouterNotFound");
});

describe("only a server in front is believed", () => {
  const body = { context: context("READALL", "network"), data: { filters: {} } };
  const TOKENS: [token: string | undefined, status: number][] = [
    ["admin", 200],
    ["service", 200],
    // The plugin then comes with its own token.
    ["member", 401],
    ["", 401],
  ];
  for (const [token, status] of TOKENS) {
    test(`with the token of ${token || "nobody"}: ${status}`, async () => {
      assert.equal((await post("network", body, token)).status, status);
    });
  }
  test("whether a token is needed is told without one", async () => {
    assert.equal((await app.inject({ method: "GET", url: "/aaa-mode" })).statusCode, 401);
  });
});

test("default groups come with a project's first look", async () => {
  const tenant_id = "d".repeat(32);
  const member = { is_admin: false, roles: ["member"], tenant_id };
  const [group, ...more] = await done("READALL", "security_group", { filters: { tenant_id: [tenant_id] } }, member);
  assert.deepEqual([group.name, group.tenant_id, more.length], ["default", tenant_id, 0]);
  assert.equal(group.security_group_rules.length, 4);
});

const REFUSED: [what: string, type: string, payload: unknown, exception: string][] = [
  ["no JSON", "port", "<html>", "BadRequest"],
  ["no context", "port", { data: {} }, "BadRequest"],
  ["an unknown type", "ipam", { context: context("READALL", "ipam"), data: {} }, "NotFound"],
  ["an unknown operation", "port", { context: context("CRUSH", "port"), data: {} }, "BadRequest"],
  ["no id", "port", { context: context("READ", "port"), data: {} }, "BadRequest"],
  ["no resource", "port", { context: context("CREATE", "port"), data: {} }, "BadRequest"],
  [
    "an unknown filter",
    "port",
    { context: context("READALL", "port"), data: { filters: { colour: ["red"] } } },
    "BadRequest",
  ],
  [
    "a value of the wrong form",
    "network",
    { context: context("CREATE", "network"), data: { resource: { mtu: "much" } } },
    "InvalidInput",
  ],
];
for (const [what, type, payload, exception] of REFUSED) {
  test(`refused: ${what}`, async () => {
    const { status, body } = await post(type, payload);
    assert.deepEqual([status, body.exception], [400, exception]);
  });
}

test("any other path is a 404 with a body", async () => {
  const reply = await app.inject({ method: "GET", url: "/projects" });
  assert.deepEqual([reply.statusCode, reply.json().exception], [404, "NotFound"]);
});
