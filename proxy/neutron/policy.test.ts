import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { type FakeDoor, fakeDoor } from "./fake-door.ts";
import { Policy } from "./policy/mod.ts";

const MINE = "11111111-1111-4111-8111-111111111111";
const SHARED = "33333333-3333-4333-8333-333333333333";
const THEIRS = "44444444-4444-4444-8444-444444444444";
const SUB = "22222222-2222-4222-8222-222222222222";

let door: FakeDoor;
beforeEach(async () => {
  door = await fakeDoor();
  for (const [id, project_id, shared] of [
    [MINE, "mine", false],
    [SHARED, "theirs", true],
    [THEIRS, "theirs", false],
  ]) {
    const external = { "router:external": false, "provider:segmentation_id": 7 };
    door.networking.put("network", { id, project_id, shared, subnets: [], tags: [], ...external });
  }
  const port = { network_id: SHARED, fixed_ips: [], security_groups: [], tags: [], dns_name: "" };
  door.networking.put("port", { id: "p", project_id: "mine", ...port, "binding:host_id": "h1" });
});
afterEach(() => door.close());

type Row = [
  token: string,
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  given: object | undefined,
  answer: string,
];

const ok = (status: number) => String(status);
const refused = (rule: string) => `403 PolicyNotAuthorized ${rule} is disallowed by policy`;
const address = { fixed_ips: [{ ip_address: "10.0.0.1", subnet_id: SUB }] };

const ROWS: Row[] = [
  ["member", "POST", "networks", {}, ok(201)],
  ["manager", "POST", "networks", {}, ok(201)],
  ["reader", "POST", "networks", {}, refused("rule:create_network")],
  [
    "member",
    "POST",
    "networks",
    { shared: true, mtu: 1400 },
    refused("((rule:create_network and rule:create_network:shared) and rule:create_network:mtu)"),
  ],
  ["member", "POST", "networks", { shared: false, port_security_enabled: false, mtu: 1400 }, ok(201)],
  [
    "member",
    "POST",
    "networks",
    { "provider:segmentation_id": 5 },
    refused("(rule:create_network and rule:create_network:provider:segmentation_id)"),
  ],
  ["member", "PUT", `networks/${MINE}`, { name: "x" }, ok(200)],
  [
    "member",
    "PUT",
    `networks/${MINE}`,
    { shared: false },
    refused("(rule:update_network and rule:update_network:shared)"),
  ],
  ["reader", "PUT", `networks/${MINE}`, { name: "x" }, refused("rule:update_network")],
  ["member", "PUT", `networks/${SHARED}`, { name: "x" }, refused("rule:update_network")],
  ["member", "PUT", `networks/${THEIRS}`, { name: "x" }, `404 NetworkNotFound Network ${THEIRS} could not be found.`],
  ["member", "DELETE", `networks/${SHARED}`, undefined, refused("rule:delete_network")],
  ["member", "DELETE", `networks/${THEIRS}`, undefined, `404 NetworkNotFound Network ${THEIRS} could not be found.`],
  ["member", "GET", `networks/${THEIRS}`, undefined, `404 NetworkNotFound Network ${THEIRS} could not be found.`],
  ["member", "DELETE", `networks/${MINE}`, undefined, ok(204)],
  ["member", "POST", "subnets", { network_id: MINE, ip_version: 4, cidr: "10.0.0.0/24" }, ok(201)],
  [
    "member",
    "POST",
    "subnets",
    { network_id: SHARED, ip_version: 4, cidr: "10.0.0.0/24" },
    refused("rule:create_subnet"),
  ],
  ["member", "POST", "ports", { network_id: MINE, ...address, mac_address: "fa:16:3e:00:00:09" }, ok(201)],
  ["member", "POST", "ports", { network_id: SHARED, fixed_ips: [{ subnet_id: SUB }] }, ok(201)],
  [
    "member",
    "POST",
    "ports",
    { network_id: SHARED, ...address },
    refused(
      "(rule:create_port and (rule:create_port:fixed_ips and " +
        "(rule:create_port:fixed_ips:ip_address and rule:create_port:fixed_ips:subnet_id)))",
    ),
  ],
  ["member", "POST", "ports", { network_id: THEIRS }, `404 NetworkNotFound Network ${THEIRS} could not be found.`],
  [
    "member",
    "POST",
    "ports",
    { network_id: MINE, "binding:host_id": "h1" },
    refused("(rule:create_port and rule:create_port:binding:host_id)"),
  ],
  ["service", "POST", "ports", { network_id: SHARED, "binding:host_id": "h1", project_id: "mine" }, ok(201)],
  [
    "member",
    "POST",
    "ports",
    { network_id: SHARED, device_owner: "network:dhcp" },
    refused("(rule:create_port and rule:create_port:device_owner)"),
  ],
  ["member", "POST", "ports", { network_id: SHARED, device_owner: "compute:nova", device_id: "vm" }, ok(201)],
  ["member", "PUT", "ports/p", { name: "x", device_id: "vm" }, ok(200)],
  [
    "manager",
    "PUT",
    "ports/p",
    { mac_address: "fa:16:3e:00:00:09" },
    refused("(rule:update_port and rule:update_port:mac_address)"),
  ],
  ["other", "PUT", "ports/p", { name: "x" }, "404 PortNotFound Port p could not be found."],
  ["admin", "PUT", "ports/p", { "binding:host_id": "h2", "binding:profile": { a: 1 } }, ok(200)],
  ["member", "PUT", `networks/${MINE}/tags`, { tags: ["a"] }, ok(200)],
  ["reader", "PUT", `networks/${MINE}/tags`, { tags: ["a"] }, refused("rule:update_network:tags")],
  ["member", "DELETE", `networks/${SHARED}/tags`, undefined, refused("rule:delete_network:tags")],
];

describe("Neutron's default policy:", () => {
  for (const [token, method, path, given, answer] of ROWS) {
    test(`${token} ${method} ${path} ${JSON.stringify(given) ?? ""} gets ${answer.slice(0, 3)}`, async () => {
      const kind = path.split("/")[0]?.slice(0, -1) ?? "";
      const body = given === undefined || path.endsWith("tags") ? given : { [kind]: given };
      const reply = await door.ask(method, `/v2.0/${path}`, { token, body });
      const error = reply.body?.NeutronError;
      assert.equal(error ? `${reply.status} ${error.type} ${error.message}` : String(reply.status), answer);
    });
  }
});

describe("what only some may see", () => {
  const rows: [token: string, path: string, attribute: string, isShown: boolean][] = [
    ["admin", `networks/${MINE}`, "provider:segmentation_id", true],
    ["member", `networks/${MINE}`, "provider:segmentation_id", false],
    ["service", `networks/${SHARED}`, "provider:segmentation_id", false],
    ["admin", "ports/p", "binding:host_id", true],
    ["member", "ports/p", "binding:host_id", false],
    ["member", "ports/p", "binding:vnic_type", true],
  ];
  for (const [token, path, attribute, isShown] of rows) {
    test(`${attribute} is ${isShown ? "" : "not "}shown to ${token}`, async () => {
      door.networking.put("port", { ...door.networking.table("port").get("p"), "binding:vnic_type": "normal" });
      const shown = await door.ask("GET", `/v2.0/${path}?fields=${attribute}`, { token });
      const [row] = Object.values(shown.body) as object[];
      assert.equal(attribute in (row as object), isShown);
      const [collection = ""] = path.split("/");
      const listed = await door.ask("GET", `/v2.0/${collection}?fields=${attribute}`, { token });
      assert.equal(
        listed.body[collection].some((item: object) => attribute in item),
        isShown,
      );
    });
  }
});

describe("a policy of one's own", () => {
  const rules = {
    context_is_admin: "role:service",
    create_network: "role:reader",
    "get_network:provider:segmentation_id": "project_id:%(project_id)s",
  };
  const rows: [token: string, method: "GET" | "POST", path: string, answer: string][] = [
    ["reader", "POST", "networks", ok(201)],
    ["service", "POST", "networks", refused("rule:create_network")],
    ["service", "GET", `networks/${THEIRS}`, ok(200)],
    ["admin", "GET", `networks/${THEIRS}`, "404 NetworkNotFound"],
  ];
  for (const [token, method, path, answer] of rows) {
    test(`${token} ${method} ${path} gets ${answer.slice(0, 3)}`, async () => {
      await using own = await ownDoor();
      const { status, body } = await own.ask(method, `/v2.0/${path}`, {
        token,
        body: method === "POST" ? { network: {} } : undefined,
      });
      const { type, message } = body.NeutronError ?? {};
      const said = type === undefined ? String(status) : `${status} ${type} ${message}`;
      assert.ok(said.startsWith(answer), said);
    });
  }
  test("shows an attribute of some rows and not of others", async () => {
    await using own = await ownDoor();
    const { body } = await own.ask("GET", "/v2.0/networks", { token: "reader" });
    const shown = body.networks.map((row: Record<string, unknown>) => [row.id, row["provider:segmentation_id"]]);
    assert.deepEqual(shown, [
      [MINE, 7],
      [SHARED, undefined],
    ]);
  });

  async function ownDoor() {
    const own = await fakeDoor(undefined, Policy.make(rules));
    for (const network of door.networking.table("network").values()) own.networking.put("network", network);
    return { ask: own.ask, networking: own.networking, [Symbol.asyncDispose]: () => own.close() };
  }
});
