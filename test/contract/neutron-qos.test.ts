/** QoS policies through the door: paths, names and words as a real Neutron has them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RealDoor, realDoor } from "./neutron-door.ts";

let door: RealDoor;
before(async () => {
  door = await realDoor();
});
after(() => door.close());

const BOB = "b".repeat(32);

async function ok(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: object, token?: string) {
  const answer = await door.ask(method, `/v2.0/${path}`, body, token);
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
  return answer.body;
}

test("rules are made below their policy, and changed there or by their id alone", async () => {
  const { policy } = await ok("POST", "qos/policies", { policy: { name: "q" } });
  assert.deepEqual(policy.rules, []);
  const below = `qos/policies/${policy.id}`;
  const made = await ok("POST", `${below}/bandwidth_limit_rules`, { bandwidth_limit_rule: { max_kbps: "100" } });
  const { id } = made.bandwidth_limit_rule;
  assert.deepEqual(made.bandwidth_limit_rule, { id, max_kbps: 100, max_burst_kbps: 0, direction: "egress" });
  for (const path of ["qos/alias-bandwidth-limit-rules", "qos/alias_bandwidth_limit_rules"]) {
    assert.equal((await ok("GET", `${path}/${id}`)).alias_bandwidth_limit_rule.max_kbps, 100);
  }
  await ok("PUT", `qos/alias-bandwidth-limit-rules/${id}`, { alias_bandwidth_limit_rule: { max_kbps: 7 } });
  const { bandwidth_limit_rules } = await ok("GET", `${below}/bandwidth_limit_rules?max_kbps=7&fields=id`);
  assert.deepEqual(bandwidth_limit_rules, [{ id }]);
  await ok("DELETE", `${below}/bandwidth_limit_rules/${id}`);
  assert.equal((await ok("GET", below)).policy.revision_number, 3);
});

test("a policy's tags are where Neutron has them, and where clients look for them", async () => {
  const { policy } = await ok("POST", "qos/policies", { policy: { name: "q" } });
  await ok("PUT", `policies/${policy.id}/tags`, { tags: ["a"] });
  await ok("PUT", `qos/policies/${policy.id}/tags/b`);
  assert.deepEqual((await ok("GET", `policies/${policy.id}/tags`)).tags, ["a", "b"]);
  assert.equal((await ok("GET", "qos/policies?tags=a,b&fields=id")).policies.length, 1);
});

test("what is wrong, missing or another's is refused as Neutron refuses it", async () => {
  const { policy } = await ok("POST", "qos/policies", { policy: { name: "q" } });
  const below = `/v2.0/qos/policies/${policy.id}`;
  const rows: [number, string | undefined, "GET" | "POST", string, (object | undefined)?, string?][] = [
    [404, "QosPolicyNotFound", "GET", "/v2.0/qos/policies/none/dscp_marking_rules"],
    [404, "QosRuleNotFound", "GET", `${below}/dscp_marking_rules/none`],
    [404, "QosRuleNotFound", "GET", "/v2.0/qos/alias-dscp-marking-rules/none"],
    [404, "QosPolicyNotFound", "GET", below, undefined, BOB],
    [404, "QosPolicyNotFound", "GET", `${below}/dscp_marking_rules`, undefined, BOB],
    [400, undefined, "POST", `${below}/dscp_marking_rules`, { dscp_marking_rule: { dscp_mark: 7 } }],
    [400, undefined, "POST", `${below}/packet_rate_limit_rules`, { packet_rate_limit_rule: { max_kpps: -1 } }],
    [403, "PolicyNotAuthorized", "POST", "/v2.0/qos/policies", { policy: {} }, BOB],
    [403, "NotAuthorized", "GET", "/v2.0/qos/rule-types/dscp_marking", undefined, BOB],
    [404, "HTTPNotFound", "GET", "/v2.0/qos/rule-types/none"],
  ];
  for (const [status, type, method, path, body, token] of rows) {
    const answer = await door.ask(method, path, body, token);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    if (type !== undefined) assert.equal(answer.body.NeutronError.type, type, answer.text);
  }
});

test("every type of rule is listed, whichever way it is asked for, and tells what it takes", async () => {
  for (const query of ["", "?all_rules=True", "?all_supported=False"]) {
    const { rule_types } = await ok("GET", `qos/rule-types${query}`);
    assert.equal(rule_types.length, 5);
    assert.deepEqual(Object.keys(rule_types[0]), ["type"]);
  }
  const { rule_type } = await ok("GET", "qos/rule-types/minimum_packet_rate");
  const { supported_parameters } = rule_type.drivers[0];
  assert.deepEqual(supported_parameters[1].parameter_values, ["any", "ingress", "egress"]);
});

test("a network's policy shows on its ports, and a port without any shows null", async () => {
  const { policy } = await ok("POST", "qos/policies", { policy: { name: "q" } });
  const fields = "fields=qos_policy_id&fields=qos_network_policy_id&fields=resource_request";
  const none = { qos_policy_id: null, qos_network_policy_id: null, resource_request: null };
  const { network } = await ok("POST", "networks", { network: {} });
  assert.equal(network.qos_policy_id, null);
  const { port } = await ok("POST", "ports", { port: { network_id: network.id } });
  assert.deepEqual((await ok("GET", `ports/${port.id}?${fields}`)).port, none);
  await ok("PUT", `networks/${network.id}`, { network: { qos_policy_id: policy.id } });
  const shown = { ...none, qos_network_policy_id: policy.id };
  assert.deepEqual((await ok("GET", `ports/${port.id}?${fields}`)).port, shown);
});
