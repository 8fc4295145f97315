import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Attributes } from "../../api/mod.ts";
import type { NetworkingOptions } from "./env.ts";
import { ADMIN, makeWorld, refuses, type World } from "./networking.fixture.ts";

let world: World;
let net: string;

async function start(options: Partial<NetworkingOptions> = {}): Promise<void> {
  world = await makeWorld(options);
  await world.host("h1");
  net = (await world.network()).id;
}
beforeEach(() => start());
afterEach(() => world.close());

const port = (attributes: Attributes = {}) => world.port(net, attributes, ADMIN);
const update = (id: string, changes: Attributes) => world.networking.update(ADMIN, "port", id, changes);

describe("what a port carries for others", () => {
  const kept: [string, Attributes][] = [
    ["a NUMA policy", { numa_affinity_policy: "socket" }],
    ["a device profile", { device_profile: "gpu" }],
    ["hints", { hints: { openvswitch: { other_config: { "tx-steering": "hash" } } } }],
    ["no propagation of the uplink's status", { propagate_uplink_status: false }],
    ["trust", { trusted: true }],
    ["no address on purpose", { fixed_ips: [], ip_allocation: "none" }],
  ];
  for (const [name, attributes] of kept) {
    test(`a port is made with ${name}`, async () => {
      const made = (await port(attributes)) as unknown as Attributes;
      for (const [key, value] of Object.entries(attributes)) assert.deepEqual(made[key], value, key);
    });
  }

  test("a port of no particular kind has none of it in its record", async () => {
    const made = await port({
      numa_affinity_policy: null,
      device_profile: null,
      hints: null,
      propagate_uplink_status: true,
    });
    for (const name of [
      "numa_affinity_policy",
      "device_profile",
      "hints",
      "propagate_uplink_status",
      "ip_allocation",
    ]) {
      assert.equal(name in made, false, name);
    }
  });

  test("offload is asked for in the profile, too", async () => {
    const made = await port({ hardware_offload_type: "switchdev", "binding:profile": { a: 1 } });
    assert.deepEqual(made["binding:profile"], { a: 1, capabilities: ["switchdev"] });
    assert.equal(made.hardware_offload_type, "switchdev");
  });

  test("the status of its data plane is told by others, and taken back", async () => {
    const { id } = await port();
    assert.equal((await update(id, { data_plane_status: "DOWN" })).data_plane_status, "DOWN");
    const after = await update(id, {
      data_plane_status: null,
      propagate_uplink_status: false,
      hints: { openvswitch: {} },
    });
    assert.deepEqual(
      [after.data_plane_status, after.propagate_uplink_status, after.hints],
      [null, false, { openvswitch: {} }],
    );
  });

  test("the NUMA policy of a plugged port stays, also where the same request plugs it", async () => {
    const { id } = await port();
    await update(id, { numa_affinity_policy: "legacy" });
    const both = { numa_affinity_policy: "required", "binding:host_id": "h1" };
    await refuses(world, "PortBoundNUMAAffinityPolicy", () => update(id, both), /host h1.*required/);
    await update(id, { "binding:host_id": "h1" });
    await refuses(world, "PortBoundNUMAAffinityPolicy", () => update(id, { numa_affinity_policy: null }), /None/);
    await update(id, { "binding:host_id": "", numa_affinity_policy: null });
  });
});

describe("names of ports in the operator's domain", () => {
  test("are told with it", async () => {
    await start({ dnsDomain: "cloud.example." });
    await world.subnet(net, "10.0.0.0/24");
    const [named, unnamed] = await Promise.all([
      port({ dns_name: "web", fixed_ips: [{ ip_address: "10.0.0.9" }] }),
      port({ fixed_ips: [{ ip_address: "10.0.0.10" }] }),
    ]);
    const assigned = [named, unnamed].map((made) => (made as unknown as Attributes).dns_assignment);
    assert.deepEqual(assigned, [
      [{ ip_address: "10.0.0.9", hostname: "web", fqdn: "web.cloud.example." }],
      [{ ip_address: "10.0.0.10", hostname: "host-10-0-0-10", fqdn: "host-10-0-0-10.cloud.example." }],
    ]);
  });

  for (const [name, isGood] of [
    ["web", true],
    ["web.cloud.example.", true],
    ["web.elsewhere.example.", false],
    ["cloud.example.", false],
    ["x".repeat(63), true],
    [`${"x".repeat(60)}.`.repeat(4), false],
    [`${"x".repeat(60)}.`.repeat(4).slice(0, -1), false],
  ] as const) {
    test(`${name.slice(0, 30)} (${name.length} characters) is ${isGood ? "good" : "refused"}`, async () => {
      await start({ dnsDomain: "cloud.example." });
      const attempt = () => port({ dns_name: name });
      if (isGood) assert.equal((await attempt()).dns_name, name);
      else
        await refuses(
          world,
          "HTTPBadRequest",
          attempt,
          /^Invalid input for dns_name\. Reason: The dns_name passed is a/,
        );
    });
  }

  test("in Neutron's default domain any name is good", async () => {
    assert.equal((await port({ dns_name: "web.elsewhere.example." })).dns_name, "web.elsewhere.example.");
  });
});
