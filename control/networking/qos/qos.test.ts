import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes, Caller } from "../../../api/mod.ts";
import type { NetworkRecord, PortRecord, QosPolicyRecord } from "../../../model/mod.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import { ADMIN, ALICE, audit, BOB, makeWorld, refuses, type World } from "../networking.fixture.ts";
import { resourceRequest } from "./request.ts";

type RuleKind = "bandwidth_limit_rule" | "minimum_bandwidth_rule" | "minimum_packet_rate_rule" | "dscp_marking_rule";

async function make(world: World, body: Attributes = {}, by: Caller = ALICE) {
  const [policy] = await world.networking.create(by, "qos_policy", [{ name: "q", ...body }]);
  assert.ok(policy);
  return policy;
}
const get = (world: World, id: string, by = ALICE) => world.networking.get(by, "qos_policy", id);
async function addRule(world: World, policyId: string, kind: RuleKind, body: Attributes): Promise<string> {
  const [rule] = await world.networking.create(ALICE, kind, [{ qos_policy_id: policyId, ...body }]);
  return String(rule?.id);
}
const share = (world: World, id: string) =>
  world.networking.create(ALICE, "rbac_policy", [
    { object_type: "qos_policy", object_id: id, action: "access_as_shared", target_project: "bob" },
  ]);

test("rules are parts of their policy: shown in it by type, counted by it, found below it and by their id", async () => {
  const world = await makeWorld();
  const { id, revision_number } = await make(world);
  assert.equal(revision_number, 0);
  const rate = await addRule(world, id, "minimum_packet_rate_rule", { min_kpps: 3, direction: "any" });
  const limit = await addRule(world, id, "bandwidth_limit_rule", { max_kbps: 100 });
  const policy = await get(world, id);
  assert.equal(policy.revision_number, 2);
  assert.deepEqual(policy.rules, [
    { type: "bandwidth_limit", id: limit, max_kbps: 100, max_burst_kbps: 0, direction: "egress", qos_policy_id: id },
    { type: "minimum_packet_rate", id: rate, min_kpps: 3, direction: "any", qos_policy_id: id },
  ]);
  const { networking } = world;
  for (const key of [limit, `${id}/${limit}`]) {
    assert.equal((await networking.get(ALICE, "bandwidth_limit_rule", key)).max_kbps, 100);
  }
  const other = await make(world);
  const lost: [RuleKind, string, RegExp][] = [
    ["bandwidth_limit_rule", `${other.id}/${limit}`, new RegExp(`for policy ${other.id} could`)],
    ["bandwidth_limit_rule", "none", /for policy {2}could/],
    ["dscp_marking_rule", limit, /QoS rule/],
  ];
  for (const [kind, key, words] of lost) {
    await refuses(world, "QosRuleNotFound", () => networking.get(ALICE, kind, key), words);
  }
  await networking.update(ALICE, "bandwidth_limit_rule", limit, { max_burst_kbps: 7 });
  assert.deepEqual(
    (await networking.list(ALICE, "bandwidth_limit_rule", { qos_policy_id: [id] })).map((row) => row.max_burst_kbps),
    [7],
  );
  await refuses(world, "QosPolicyNotFound", () =>
    networking.list(BOB, "bandwidth_limit_rule", { qos_policy_id: [id] }),
  );
  await networking.delete(ALICE, "bandwidth_limit_rule", `${id}/${limit}`);
  assert.equal((await get(world, id)).rules.length, 1);
});

/** [what is there, what comes, refusal] */
const conflicts: [[RuleKind, Attributes], [RuleKind, Attributes], Parameters<typeof refuses>[1] | undefined][] = [
  [["bandwidth_limit_rule", { max_kbps: 5 }], ["bandwidth_limit_rule", { max_kbps: 6 }], "QoSRulesConflict"],
  [
    ["bandwidth_limit_rule", { max_kbps: 5 }],
    ["bandwidth_limit_rule", { max_kbps: 6, direction: "ingress" }],
    undefined,
  ],
  [["dscp_marking_rule", { dscp_mark: 8 }], ["dscp_marking_rule", { dscp_mark: 10 }], "QoSRulesConflict"],
  [["bandwidth_limit_rule", { max_kbps: 5 }], ["minimum_bandwidth_rule", { min_kbps: 6 }], "QoSRuleParameterConflict"],
  [["minimum_bandwidth_rule", { min_kbps: 6 }], ["bandwidth_limit_rule", { max_kbps: 5 }], "QoSRuleParameterConflict"],
  [
    ["minimum_bandwidth_rule", { min_kbps: 6, direction: "ingress" }],
    ["bandwidth_limit_rule", { max_kbps: 5, direction: "egress" }],
    undefined,
  ],
  [
    ["minimum_packet_rate_rule", { min_kpps: 1, direction: "any" }],
    ["minimum_packet_rate_rule", { min_kpps: 1, direction: "egress" }],
    "QoSRuleParameterConflict",
  ],
  [
    ["minimum_packet_rate_rule", { min_kpps: 1, direction: "ingress" }],
    ["minimum_packet_rate_rule", { min_kpps: 1, direction: "egress" }],
    undefined,
  ],
];
for (const [[kind, there], [newKind, comes], refusal] of conflicts) {
  test(`${kind} ${JSON.stringify(there)} and ${newKind} ${JSON.stringify(comes)}: ${refusal ?? "fine"}`, async () => {
    const world = await makeWorld();
    const { id } = await make(world);
    await addRule(world, id, kind, there);
    const attempt = () => addRule(world, id, newKind, comes);
    if (refusal === undefined) await attempt();
    else await refuses(world, refusal, attempt);
  });
}

test("a guarantee is not changed under a server's port, which Placement has counted", async () => {
  const world = await makeWorld();
  const { id } = await make(world);
  const minimum = await addRule(world, id, "minimum_bandwidth_rule", { min_kbps: 6 });
  const network = await world.network({ qos_policy_id: id });
  const port = await world.port(network.id, { device_owner: "compute:nova" });
  const change = () => world.networking.update(ALICE, "minimum_bandwidth_rule", minimum, { min_kbps: 7 });
  await refuses(world, "NotImplementedError", change);
  await addRule(world, id, "dscp_marking_rule", { dscp_mark: 8 });
  await world.networking.update(ALICE, "port", port.id, { qos_policy_id: (await make(world)).id });
  await change();
});

test("a project has one default policy, which its new networks get, also when two are made at once", async () => {
  const store = new MemoryStore();
  const [one, two] = [await makeWorld({}, store), await makeWorld({}, store)];
  const made = await Promise.allSettled([make(one, { is_default: true }), make(two, { is_default: true })]);
  const [policy] = made.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  assert.ok(policy);
  const refused = made.find((result) => result.status === "rejected");
  assert.match(String(refused?.reason.message), /A default QoS policy exists for project alice/);
  const network = await one.network();
  assert.equal(network.qos_policy_id, policy.id);
  assert.equal((await one.network({}, BOB)).qos_policy_id, undefined);
  const other = await make(one);
  await refuses(one, "QoSPolicyDefaultAlreadyExists", () =>
    one.networking.update(ALICE, "qos_policy", other.id, { is_default: true }),
  );
  await one.networking.update(ALICE, "qos_policy", policy.id, { is_default: false });
  await two.networking.update(ALICE, "qos_policy", other.id, { is_default: true });
  await audit(store);
});

test("a policy stays while something has it, also when that begins at the same time", async () => {
  const world = await makeWorld();
  const { id } = await make(world);
  const network = await world.network({ qos_policy_id: id });
  const remove = () => world.networking.delete(ALICE, "qos_policy", id);
  await refuses(world, "QosPolicyInUse", remove, new RegExp(`by network ${network.id}`));
  const port = await world.port(network.id, { qos_policy_id: id });
  await refuses(world, "QosPolicyInUse", remove, new RegExp(`by port ${port.id}`));
  await world.networking.update(ALICE, "port", port.id, { qos_policy_id: null });
  await world.networking.update(ALICE, "network", network.id, { qos_policy_id: null });
  await share(world, id);
  await remove();
  const { entries } = await world.store.list("/cable/");
  assert.ok(!entries.some(({ key, value }) => `${key} ${value}`.includes(id)), "something of the policy is left");
  for (let round = 0; round < 10; round++) {
    const two = await makeWorld({}, world.store);
    const policy = await make(world);
    await Promise.allSettled([
      world.networking.delete(ALICE, "qos_policy", policy.id),
      two.port(network.id, { qos_policy_id: policy.id }),
      two.network({ qos_policy_id: policy.id }),
    ]);
    await audit(world.store);
    await two.close();
  }
});

test("another project's policy can be had while it is shared, and taken off by those who see it", async () => {
  const world = await makeWorld();
  const { id } = await make(world);
  const network = await world.network({}, BOB);
  const named = { qos_policy_id: id };
  await refuses(world, "QosPolicyNotFound", () => world.port(network.id, named, BOB));
  const [grant] = await share(world, id);
  const port = await world.port(network.id, named, BOB);
  await refuses(world, "RbacPolicyInUse", () => world.networking.delete(ALICE, "rbac_policy", grant?.id ?? ""));
  await world.networking.update(BOB, "port", port.id, { qos_policy_id: null });
  await world.networking.delete(ALICE, "rbac_policy", grant?.id ?? "");
  await world.networking.update(ADMIN, "port", port.id, named);
  await refuses(world, "PolicyRemoveAuthorizationError", () =>
    world.networking.update(BOB, "port", port.id, { qos_policy_id: null }),
  );
  await audit(world.store);
});

test("a port asks Placement for what its own policy, or else its network's, guarantees", async () => {
  const world = await makeWorld();
  const { id } = await make(world);
  const egress = await addRule(world, id, "minimum_bandwidth_rule", { min_kbps: 6 });
  await addRule(world, id, "minimum_bandwidth_rule", { min_kbps: 7, direction: "ingress" });
  await addRule(world, id, "minimum_packet_rate_rule", { min_kpps: 8, direction: "any" });
  const physical = { "provider:network_type": "vlan", "provider:physical_network": "physnet-1" };
  const network = await world.network({ ...physical, "provider:segmentation_id": 5 }, ADMIN);
  await world.networking.update(ADMIN, "network", network.id, { qos_policy_id: id });
  const port = await world.port(network.id, { "binding:vnic_type": "direct-physical" }, ADMIN);
  assert.equal(port.qos_network_policy_id, id);
  assert.equal(port.qos_policy_id, undefined);
  const { request_groups, same_subtree } = port.resource_request as {
    request_groups: { id: string; required: string[]; resources: object }[];
    same_subtree: string[];
  };
  assert.deepEqual(
    request_groups.map(({ required, resources }) => ({ required, resources })),
    [
      {
        required: ["CUSTOM_PHYSNET_PHYSNET_1", "CUSTOM_VNIC_TYPE_DIRECT_PHYSICAL"],
        resources: { NET_BW_EGR_KILOBIT_PER_SEC: 6, NET_BW_IGR_KILOBIT_PER_SEC: 7 },
      },
      {
        required: ["CUSTOM_VNIC_TYPE_DIRECT_PHYSICAL"],
        resources: { NET_PACKET_RATE_KILOPACKET_PER_SEC: 8 },
      },
    ],
  );
  assert.deepEqual(
    same_subtree,
    request_groups.map((each) => each.id),
  );
  assert.match(same_subtree[0] ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  await world.networking.delete(ALICE, "minimum_bandwidth_rule", egress);
  const own = await world.networking.update(ADMIN, "port", port.id, { qos_policy_id: (await make(world)).id });
  assert.equal(own.resource_request, null);
});

test("the id of a request's group is the one that Neutron gives", () => {
  const port = { id: "798d997e-b829-4fa7-bd41-3d4aff841aea", "binding:vnic_type": "normal" } as PortRecord;
  const network = { "provider:physical_network": null } as NetworkRecord;
  const rules = (["egress", "ingress"] as const).map((direction, i) => ({
    type: "minimum_bandwidth" as const,
    id: ["c16d43de-15f2-4ce4-869a-81bb5d20b304", "63affd05-da46-428e-b431-f37c0390e47c"][i] ?? "",
    min_kbps: 1,
    direction,
  }));
  const request = resourceRequest(port, network, { rules } as unknown as QosPolicyRecord);
  assert.deepEqual(request?.same_subtree, ["c0665f1f-b866-5ffc-a18c-2fb833941c97"]);
});
