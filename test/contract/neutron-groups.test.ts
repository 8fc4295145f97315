/** Security groups and address groups through the door, with statuses and words as a real Neutron gives them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RealDoor, realDoor } from "./neutron-door.ts";

let door: RealDoor;
before(async () => {
  door = await realDoor();
});
after(() => door.close());

const ALICE = "alice";
const BOB = "b".repeat(32);
const group = (body: object) => ({ security_group: body });
const rule = (body: object) => ({ security_group_rule: { direction: "ingress", ...body } });

async function made(path: string, body: object, token = ALICE): Promise<string> {
  const { status, body: answer, text } = await door.ask("POST", `/v2.0/${path}`, body, token);
  assert.equal(status, 201, text);
  return (Object.values(answer)[0] as { id: string }).id;
}

interface Row {
  ask: [method: Parameters<RealDoor["ask"]>[0], path: string, body?: object | undefined, token?: string];
  status: number;
  type?: string;
  message?: RegExp;
}

test("groups and rules are refused as Neutron refuses them", async () => {
  const g = await made("security-groups", group({ name: "g" }));
  const other = await made("security-groups", group({ name: "other" }));
  const first = await made("security-group-rules", rule({ security_group_id: g, protocol: "tcp" }));
  const post = (body: object, token = ALICE): Row["ask"] => [
    "POST",
    "security-group-rules",
    rule({ security_group_id: g, ...body }),
    token,
  ];
  const rows: Row[] = [
    {
      ask: ["POST", "security-groups", group({ name: "Default" }), ALICE],
      status: 409,
      type: "SecurityGroupDefaultAlreadyExists",
    },
    { ask: ["GET", `security-groups/${g}`, undefined, BOB], status: 404, type: "SecurityGroupNotFound" },
    { ask: ["PUT", `security-groups/${g}`, group({ name: "x" }), BOB], status: 404, type: "SecurityGroupNotFound" },
    { ask: post({}, BOB), status: 404, type: "SecurityGroupNotFound" },
    {
      ask: post({ protocol: "6" }),
      status: 409,
      type: "SecurityGroupRuleExists",
      message: new RegExp(`Rule id is ${first}`),
    },
    { ask: post({ protocol: "foo" }), status: 400, type: "SecurityGroupRuleInvalidProtocol" },
    { ask: post({ ethertype: "IPv5" }), status: 400, type: "SecurityGroupRuleInvalidEtherType" },
    { ask: post({ port_range_min: 70000, protocol: "tcp" }), status: 400, type: "SecurityGroupInvalidPortValue" },
    { ask: post({ remote_ip_prefix: "nonsense" }), status: 400, type: "InvalidCIDR" },
    { ask: post({ remote_group_id: "none" }), status: 404, type: "SecurityGroupNotFound" },
    {
      ask: [
        "POST",
        "security-group-rules",
        {
          security_group_rules: [
            { security_group_id: g, direction: "ingress", protocol: "udp" },
            { security_group_id: other, direction: "ingress", protocol: "udp" },
          ],
        },
        ALICE,
      ],
      status: 400,
      type: "SecurityGroupNotSingleGroupRules",
    },
    { ask: ["GET", "security-group-rules/none", undefined, ALICE], status: 404, type: "SecurityGroupRuleNotFound" },
    { ask: ["PUT", `security-group-rules/${first}`, rule({}), ALICE], status: 405 },
    { ask: ["POST", "default-security-group-rules", { default_security_group_rule: {} }, ALICE], status: 400 },
  ];
  for (const { ask, status, type, message } of rows) {
    const [method, path, body, token] = ask;
    const answer = await door.ask(method, `/v2.0/${path}`, body, token);
    assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(body)}: ${answer.text}`);
    if (type !== undefined) assert.equal(answer.body.NeutronError.type, type);
    if (message !== undefined) assert.match(answer.body.NeutronError.message, message);
  }
});

test("rules of a template are an administrator's to make, and everybody's to see", async () => {
  const body = {
    default_security_group_rule: {
      direction: "ingress",
      protocol: "tcp",
      used_in_default_sg: false,
      used_in_non_default_sg: true,
    },
  };
  const path = "/v2.0/default-security-group-rules";
  assert.equal((await door.ask("POST", path, body, ALICE)).status, 403);
  const id = await made("default-security-group-rules", body, "admin");
  const { body: listed } = await door.ask("GET", `${path}?fields=id`, undefined, ALICE);
  assert.equal(listed.default_security_group_rules.length, 5);
  assert.equal((await door.ask("DELETE", `${path}/${id}`)).status, 204);
});

test("addresses of a group are added and removed, and filtered lists find what is shared", async () => {
  const id = await made("address-groups", { address_group: { name: "a", addresses: ["10.0.0.5/24"] } });
  const path = `/v2.0/address-groups/${id}`;
  const change = (action: string, body: object, token = ALICE) => door.ask("PUT", `${path}/${action}`, body, token);
  const { status, body } = await change("add_addresses", { addresses: ["10.1.0.0/24"] });
  assert.equal(status, 200);
  assert.deepEqual(body.address_group.addresses, ["10.0.0.0/24", "10.1.0.0/24"]);
  assert.equal((await change("add_addresses", { addresses: ["x"] })).body.NeutronError.type, "AddrFormatError");
  assert.equal((await change("add_addresses", {})).status, 400);
  assert.equal((await change("remove_addresses", { addresses: ["10.9.0.0/24"] })).status, 404);
  assert.equal((await change("remove_addresses", { addresses: ["10.1.0.0/24"] }, BOB)).status, 404);
  const g = await made("security-groups", group({ name: "shared" }));
  const policy = { object_type: "security_group", object_id: g, action: "access_as_shared", target_tenant: BOB };
  await made("rbac-policies", { rbac_policy: policy });
  const { body: seen } = await door.ask("GET", "/v2.0/security-groups?shared=True&fields=id", undefined, BOB);
  assert.deepEqual(seen.security_groups, [{ id: g }]);
});
