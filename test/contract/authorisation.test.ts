/** What a member of another project may do with what it can see: the policy in front of the real networking. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RealDoor, realDoor } from "./neutron-door.ts";

let door: RealDoor;
const ids = { shared: "", external: "", subnet: "", port: "", private: "" };
before(async () => {
  door = await realDoor();
  const make = async (kind: string, body: object, token = "alice") => {
    const { status, body: reply } = await door.ask("POST", `/v2.0/${kind}s`, { [kind]: body }, token);
    assert.equal(status, 201, JSON.stringify(reply));
    return reply[kind].id as string;
  };
  const owner = { project_id: "alice" };
  ids.shared = await make("network", { ...owner, name: "shared", shared: true }, "admin");
  ids.external = await make("network", { ...owner, name: "external", "router:external": true }, "admin");
  ids.private = await make("network", { name: "private" });
  ids.subnet = await make("subnet", { network_id: ids.shared, ip_version: 4, cidr: "10.0.0.0/24" });
  ids.port = await make("port", { network_id: ids.shared }, "bob");
});
after(() => door.close());

type Row = [
  what: string,
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: () => string,
  body: (() => object) | undefined,
  status: number,
];

const port = (attributes: object) => () => ({ port: { network_id: ids.shared, ...attributes } });
const rows: Row[] = [
  ["changes a shared network", "PUT", () => `networks/${ids.shared}`, () => ({ network: { name: "x" } }), 403],
  ["deletes a shared network", "DELETE", () => `networks/${ids.shared}`, undefined, 403],
  ["changes a shared subnet", "PUT", () => `subnets/${ids.subnet}`, () => ({ subnet: { name: "x" } }), 403],
  ["deletes a shared subnet", "DELETE", () => `subnets/${ids.subnet}`, undefined, 403],
  ["changes a private network", "PUT", () => `networks/${ids.private}`, () => ({ network: { name: "x" } }), 404],
  ["plugs into a private network", "POST", () => "ports", () => ({ port: { network_id: ids.private } }), 404],
  ["plugs into an external network", "POST", () => "ports", () => ({ port: { network_id: ids.external } }), 403],
  ["plugs into a shared network", "POST", () => "ports", port({}), 201],
  ["chooses an address there", "POST", () => "ports", port({ fixed_ips: [{ ip_address: "10.0.0.9" }] }), 403],
  ["chooses a MAC there", "POST", () => "ports", port({ mac_address: "02:00:00:00:00:09" }), 403],
  ["switches port security off there", "POST", () => "ports", port({ port_security_enabled: false }), 403],
  ["plays router there", "POST", () => "ports", port({ device_owner: "network:router_interface" }), 403],
  [
    "makes a subnet there",
    "POST",
    () => "subnets",
    () => ({ subnet: { network_id: ids.shared, ip_version: 4, cidr: "10.1.0.0/24" } }),
    403,
  ],
  ["changes his port", "PUT", () => `ports/${ids.port}`, () => ({ port: { name: "x" } }), 200],
];
for (const [what, method, path, body, status] of rows) {
  test(`Bob ${what}: ${status}`, async () => {
    const reply = await door.ask(method, `/v2.0/${path()}`, body?.(), "bob");
    assert.equal(reply.status, status, reply.text);
  });
}

test("a network's owner removes others' ports on it, and changes none", async () => {
  const change = await door.ask("PUT", `/v2.0/ports/${ids.port}`, { port: { name: "y" } }, "alice");
  assert.equal(change.status, 403);
  assert.equal((await door.ask("DELETE", `/v2.0/ports/${ids.port}`, undefined, "alice")).status, 204);
});
