/** Subnet pools, address scopes, RBAC policies and what is free, through the Neutron door and its policy. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type RealDoor, realDoor } from "./neutron-door.ts";

let door: RealDoor;
before(async () => {
  door = await realDoor();
});
after(() => door.close());

async function made(collection: string, body: object, token = "admin") {
  const name = collection.replaceAll("-", "_").replace(/ies$/, "y").replace(/s$/, "");
  const reply = await door.ask("POST", `/v2.0/${collection}`, { [name]: body }, token);
  assert.equal(reply.status, 201, reply.text);
  return reply.body[name];
}
const pool = (more: object = {}, token = "alice") =>
  made("subnetpools", { name: "pool", prefixes: ["10.0.0.0/8"], ...more }, token);

/** The status and the message, or the body's only member. */
async function told(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body: unknown, token: string) {
  const reply = await door.ask(method, `/v2.0/${path}`, body, token);
  return `${reply.status} ${reply.body?.NeutronError?.message ?? ""}`.trimEnd();
}

describe("subnet pools", () => {
  it("lengths are shown as text, and what a project may not say is refused", async () => {
    const own = await pool({ default_prefixlen: 24 });
    assert.deepEqual([own.default_prefixlen, own.min_prefixlen, own.max_prefixlen], ["24", "8", "32"]);
    assert.deepEqual([own.ip_version, own.shared, own.is_default, own.default_quota], [4, false, false, null]);
    for (const default_prefixlen of [9, 10]) await pool({ name: "sorted", default_prefixlen });
    const sorted = await door.ask(
      "GET",
      "/v2.0/subnetpools?name=sorted&sort_key=default_prefixlen&sort_dir=asc",
      undefined,
      "alice",
    );
    const lengths = sorted.body.subnetpools.map((row: { default_prefixlen: string }) => row.default_prefixlen);
    assert.deepEqual(lengths, ["9", "10"]);
    const body = { subnetpool: { name: "p", prefixes: ["10.0.0.0/8"], shared: true } };
    const rules = "(rule:create_subnetpool and rule:create_subnetpool:shared) is disallowed by policy";
    assert.equal(await told("POST", "subnetpools", body, "alice"), `403 ${rules}`);
    assert.equal(
      await told(
        "POST",
        "subnetpools",
        { subnetpool: { name: "p", prefixes: ["10.0.0.0/8"], default_quota: null } },
        "alice",
      ),
      "400 Invalid input for operation: 'None' is not an integer.",
    );
    assert.equal(
      await told("PUT", `subnetpools/${own.id}`, { subnetpool: { shared: true } }, "admin"),
      "400 Cannot update read-only attribute shared",
    );
  });

  it("calls on a pool answer with its prefixes, and are its owner's", async () => {
    const { id } = await pool({ prefixes: ["10.0.0.0/16"] });
    const added = await door.ask("PUT", `/v2.0/subnetpools/${id}/add_prefixes`, { prefixes: ["10.1.0.0/16"] }, "alice");
    assert.deepEqual(added.body, { prefixes: ["10.0.0.0/15"] });
    const bare = "400 Request body contains invalid data";
    assert.equal(await told("PUT", `subnetpools/${id}/remove_prefixes`, {}, "alice"), bare);
    const missing = `404 Subnet pool ${id} could not be found.`;
    assert.equal(await told("PUT", `subnetpools/${id}/add_prefixes`, { prefixes: ["10.2.0.0/16"] }, "bob"), missing);
    await door.ask("PUT", `/v2.0/subnetpools/${id}/tags/red`, undefined, "alice");
    const found = await door.ask("GET", "/v2.0/subnetpools?tags=red&fields=id", undefined, "alice");
    assert.deepEqual(found.body, { subnetpools: [{ id }] });
  });

  it("a network's subnets are taken in, and shown with their ids and prefixes", async () => {
    const { id } = await pool({ prefixes: ["10.0.0.0/16"] });
    const net = await made("networks", { name: "n" }, "alice");
    const subnet = await made("subnets", { network_id: net.id, ip_version: 4, cidr: "172.20.0.0/24" }, "alice");
    const path = `/v2.0/subnetpools/${id}/onboard_network_subnets`;
    const { body } = await door.ask("PUT", path, { network_id: net.id }, "alice");
    assert.deepEqual(body, [{ id: subnet.id, cidr: "172.20.0.0/24" }]);
  });
});

describe("RBAC policies", () => {
  it("everybody is an administrator's to name, a project its owner's", async () => {
    const net = await made("networks", { name: "n" }, "alice");
    const policy = (target_tenant: string) => ({
      rbac_policy: { object_type: "network", object_id: net.id, action: "access_as_shared", target_tenant },
    });
    const forAll = await door.ask("POST", "/v2.0/rbac-policies", policy("*"), "alice");
    assert.match(forAll.body.NeutronError.message, /rule:create_rbac_policy:target_tenant/);
    assert.equal(forAll.status, 403);
    assert.match(await told("POST", "rbac-policies", policy("bob"), "alice"), /expected a UUID or '\*'/);
    const shared = await door.ask("POST", "/v2.0/rbac-policies", policy("*"));
    const { id, ...rest } = shared.body.rbac_policy;
    assert.deepEqual(rest, {
      object_type: "network",
      object_id: net.id,
      action: "access_as_shared",
      target_tenant: "*",
      project_id: "admin",
      tenant_id: "admin",
    });
    const seen = await door.ask("GET", `/v2.0/networks?shared=true&fields=id`, undefined, "bob");
    assert.deepEqual(seen.body, { networks: [{ id: net.id }] });
    assert.match(await told("DELETE", `rbac-policies/${id}`, undefined, "alice"), /^404 RBAC policy of type unknown/);
    assert.equal(await told("DELETE", `rbac-policies/${id}`, undefined, "admin"), "204");
  });

  it("subnets are filtered by what their network is to the caller", async () => {
    const net = await made("networks", { name: "n", shared: true });
    const subnet = await made("subnets", { network_id: net.id, ip_version: 4, cidr: "10.7.0.0/24" });
    const ids = async (query: string) =>
      (await door.ask("GET", `/v2.0/subnets?cidr=10.7.0.0/24&fields=id&${query}`, undefined, "bob")).body.subnets;
    assert.deepEqual(await ids("shared=True"), [{ id: subnet.id }]);
    assert.deepEqual(await ids("shared=False"), []);
  });
});

describe("what is free", () => {
  it("is an administrator's to know, in whole numbers of any size", async () => {
    const net = await made("networks", { name: "free" }, "alice");
    await made("subnets", { network_id: net.id, ip_version: 6, cidr: "2001:db8::/64" }, "alice");
    const path = `/v2.0/network-ip-availabilities/${net.id}`;
    assert.match((await door.ask("GET", path)).text, /"total_ips":18446744073709551615[,}]/);
    assert.equal(
      await told("GET", `network-ip-availabilities/${net.id}`, undefined, "alice"),
      "404 The resource could not be found.",
    );
    const list = await door.ask("GET", "/v2.0/network-ip-availabilities", undefined, "alice");
    assert.deepEqual(list.body, { network_ip_availabilities: [] });
    const four = await door.ask("GET", "/v2.0/network-ip-availabilities?network_name=free&ip_version=4");
    assert.deepEqual(four.body, { network_ip_availabilities: [] });
  });
});

describe("auto-allocated topologies", () => {
  it("are made by a look, tried by a dry run, and each project's own", async () => {
    const path = "auto-allocated-topology";
    const none = "409 Deployment error: No default router:external network.";
    assert.equal(await told("GET", `${path}/alice`, undefined, "alice"), none);
    const external = await made("networks", { "router:external": true, is_default: true });
    await made("subnets", { network_id: external.id, ip_version: 4, cidr: "192.0.2.0/24" });
    await made("subnetpools", {
      name: "d",
      prefixes: ["10.99.0.0/16"],
      default_prefixlen: 26,
      is_default: true,
      shared: true,
    });
    const trial = await door.ask("GET", `/v2.0/${path}/None?fields=dry-run`, undefined, "alice");
    assert.deepEqual(trial.body, { auto_allocated_topology: { id: "dry-run=pass", tenant_id: "alice" } });
    assert.equal(await told("GET", `${path}/alice`, undefined, "bob"), "403 Not authorized.");
    assert.equal(
      await told("GET", `${path}/alice?fields=id`, undefined, "alice"),
      "400 Bad auto_allocate request: Unrecognized field.",
    );
    const { auto_allocated_topology: topology } = (await door.ask("GET", `/v2.0/${path}/alice`, undefined, "alice"))
      .body;
    assert.deepEqual([topology.tenant_id, topology.project_id], ["alice", "alice"]);
    assert.equal(await told("GET", `networks/${topology.id}`, undefined, "alice"), "200");
    assert.equal(await told("DELETE", `${path}/alice`, undefined, "alice"), "204");
    assert.match(await told("GET", `networks/${topology.id}`, undefined, "alice"), /^404/);
  });
});
