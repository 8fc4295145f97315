import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Row } from "../attribute.ts";
import { Policy, type Target } from "./mod.ts";
import { aCaller } from "./policy.fixture.ts";
import { AREAS, DEFAULT_RULES, FORMER_NAMES } from "./rules/mod.ts";

const MEMBER = aCaller({});
const MINE: Target = { row: { project_id: "mine" } };
const THEIRS: Target = { row: { project_id: "theirs" } };

describe("the default rules", () => {
  it("parse and refer to rules that exist, without circles", () => assert.doesNotThrow(() => Policy.make()));
  it("have each name once", () => {
    assert.equal(
      AREAS.reduce((sum, area) => sum + Object.keys(area).length, 0),
      DEFAULT_RULES.size,
    );
  });
  it("have every rule that had another name before", () => {
    for (const name of FORMER_NAMES.keys()) assert.ok(DEFAULT_RULES.has(name), name);
  });
  it("are all decided for an administrator, but those that look at what is shared with whom", () => {
    const admin = Policy.make().for(aCaller({ roles: ["admin"], isAdmin: true }));
    const open = [...DEFAULT_RULES.keys()].filter((name) => typeof admin.check(name) === "function");
    const onlyParts = /^(shared|external|network_device|owner|.*_owner|rule_default_sg)/;
    assert.deepEqual(
      open.filter((name) => !onlyParts.test(name)),
      [],
    );
  });
});

describe("a policy with everything wrong", () => {
  it("is refused with all of it", () => {
    const rules = {
      get_port: "role:",
      create_port: "role:a and",
      a: "rule:b",
      b: "not rule:a",
      get_network: "rule:x or rule:x",
    };
    assert.throws(
      () => Policy.make(rules),
      ({ message }: Error) => {
        assert.deepEqual(message.split("\n  "), [
          "the policy is not as it should be:",
          'rule "create_port": "role:a and": column 11: a check is expected, not the end',
          'rule "get_network": refers to "x", which is not there',
          "rules in a circle: a -> b -> a",
        ]);
        return true;
      },
    );
  });
});

describe("a rule that is not there", () => {
  const policy = Policy.make().for(MEMBER);
  it("is the default rule, for actions and attributes", () => {
    assert.deepEqual([policy.allows("create_thing", MINE), policy.allows("create_thing", THEIRS)], [true, false]);
    assert.doesNotThrow(() => policy.enforce("create_network", MINE, ["mtu"]));
  });
  it("follows the default rule of the file", () => {
    assert.equal(Policy.make({ default: "!" }).for(MEMBER).allows("create_thing", MINE), false);
  });
  it("hides nothing", () => {
    assert.deepEqual(policy.hidden("network", ["id", "name", "mtu"]), { always: new Set(), perRow: new Map() });
  });
});

describe("a refusal names all rules that were asked", () => {
  const rows: [action: string, row: Row, attributes: string[], text: string][] = [
    ["create_port", {}, [], "rule:create_port"],
    ["update_network:tags", {}, [], "rule:update_network:tags"],
    ["create_port", { mac_address: "m" }, ["mac_address"], "(rule:create_port and rule:create_port:mac_address)"],
    [
      "create_network",
      { shared: true, mtu: 1 },
      ["shared", "mtu"],
      "((rule:create_network and rule:create_network:shared) and rule:create_network:mtu)",
    ],
    [
      "create_port",
      { fixed_ips: [{ subnet_id: "s", ip_address: "i" }, { subnet_id: "t" }] },
      ["fixed_ips"],
      "(rule:create_port and (rule:create_port:fixed_ips and (rule:create_port:fixed_ips:subnet_id and " +
        "rule:create_port:fixed_ips:ip_address and rule:create_port:fixed_ips:subnet_id)))",
    ],
    [
      "create_port",
      { security_groups: ["a"] },
      ["security_groups"],
      "(rule:create_port and rule:create_port:security_groups)",
    ],
    [
      "update_router",
      { external_gateway_info: { enable_snat: false, network_id: "n", other: 1 } },
      ["external_gateway_info"],
      "(rule:update_router and (rule:update_router:external_gateway_info and " +
        "(rule:update_router:external_gateway_info:network_id and rule:update_router:external_gateway_info:enable_snat)))",
    ],
    [
      "update_router",
      { external_gateway_info: null },
      ["external_gateway_info"],
      "(rule:update_router and rule:update_router:external_gateway_info)",
    ],
    [
      "create_port",
      { "binding:profile": { a: 1 } },
      ["binding:profile"],
      "(rule:create_port and rule:create_port:binding:profile)",
    ],
  ];
  for (const [action, row, attributes, text] of rows) {
    it(text, () => {
      const refuse = () =>
        Policy.make()
          .for(aCaller({ roles: ["reader"] }))
          .enforce(action, { row }, attributes);
      assert.throws(refuse, { code: "PolicyNotAuthorized", message: `${text} is disallowed by policy` });
    });
  }
});

describe("what is hidden", () => {
  const names = ["id", "binding:host_id", "binding:profile", "tags", "project_id"];
  it("of an administrator's ports is nothing", () => {
    const hidden = Policy.make()
      .for(aCaller({ roles: ["admin"] }))
      .hidden("port", names);
    assert.deepEqual(hidden, { always: new Set(), perRow: new Map() });
  });
  it("of a member's ports is what only some may see, and the tags of ports that are not its own", () => {
    const { always, perRow } = Policy.make().for(MEMBER).hidden("port", names);
    assert.deepEqual([always, [...perRow.keys()]], [new Set(["binding:host_id", "binding:profile"]), ["tags"]]);
    assert.deepEqual([perRow.get("tags")?.(MINE), perRow.get("tags")?.(THEIRS)], [false, true]);
  });
  it("under project_id is hidden under tenant_id as well", () => {
    const { always } = Policy.make({ "get_port:project_id": "!" }).for(MEMBER).hidden("port", names);
    assert.ok(always.has("project_id") && always.has("tenant_id"));
  });
});

describe("who the caller is", () => {
  const kinds = (roles: string[], rules = {}, isAdmin = false) => {
    const {
      isAdmin: admin,
      isAdvancedService,
      hasGlobalAccess,
      canSetProjectId,
    } = Policy.make(rules).for(aCaller({ roles, isAdmin }));
    return { admin, isAdvancedService, hasGlobalAccess, canSetProjectId };
  };
  const none = { admin: false, isAdvancedService: false, hasGlobalAccess: false, canSetProjectId: false };
  const rows: [why: string, is: object, expected: object][] = [
    ["a member is nothing special", kinds(["member"]), none],
    [
      "role admin makes all of it",
      kinds(["Admin"]),
      { admin: true, isAdvancedService: true, hasGlobalAccess: true, canSetProjectId: true },
    ],
    ["an authenticator's administrator has role admin", kinds([], {}, true).admin ? { is: 1 } : {}, { is: 1 }],
    ["role service is a service", kinds(["service"]), { ...none, isAdvancedService: true, canSetProjectId: true }],
    ["role advsvc is a service", kinds(["advsvc"]), { ...none, isAdvancedService: true, canSetProjectId: true }],
    [
      "a file gives the role of administrators another name",
      kinds(["netadmin"], { context_is_admin: "role:netadmin" }).admin ? { is: 1 } : {},
      { is: 1 },
    ],
    ["who then has role admin is none", kinds(["admin"], { context_is_admin: "role:netadmin" }), none],
    [
      "a file opens all projects to auditors",
      kinds(["auditor"], { context_with_global_access: "role:auditor" }),
      { ...none, hasGlobalAccess: true },
    ],
    [
      "a file lets the biller name projects",
      kinds(["biller"], { context_can_set_project_id: "role:biller" }),
      { ...none, canSetProjectId: true },
    ],
  ];
  for (const [why, is, expected] of rows) it(why, () => assert.deepEqual(is, expected));
});

describe("a token that is for no project", () => {
  const identity = (scope: object) => ({ userName: "root", ...scope });
  const policyOf = (scope: object) =>
    Policy.make({ "custom:thing": "role:admin" }).for(
      aCaller({ roles: ["admin"], projectId: "", isAdmin: true, identity: identity(scope) }),
    );
  for (const [scope, of] of [
    ["system", { systemScope: "all" }],
    ["domain", { domainScope: "d" }],
  ] as const) {
    it(`but for the ${scope} does nothing in projects, even an administrator's`, () => {
      const policy = policyOf(of);
      const message =
        "(rule:create_network and rule:create_network:shared) requires a scope of ['project'], " +
        `request was made with ${scope} scope.`;
      const create = () => policy.enforce("create_network", { row: { shared: true } }, ["shared"]);
      assert.throws(create, { code: "InvalidScope", status: 403, message });
      assert.deepEqual([policy.check("get_port"), policy.isAdmin, policy.check("custom:thing")], [false, true, true]);
    });
  }
  it("nor for anything else has its roles", () => assert.equal(policyOf({}).check("get_port"), true));
});

describe("a policy file", () => {
  it("may use the former name of a rule", () => {
    const policy = (rules: Record<string, string>) =>
      Policy.make(rules).for(MEMBER).allows("update_network:tags", MINE);
    assert.deepEqual([policy({}), policy({ update_networks_tags: "!" })], [true, false]);
    assert.equal(policy({ update_networks_tags: "!", "update_network:tags": "@" }), true);
    assert.equal(policy({ update_networks_tags: "rule:update_network:tags" }), true);
  });
});

describe("decisions", () => {
  it("of a list's rows look at nothing for an administrator, and past a row only where it is not the caller's own", () => {
    const policy = Policy.make();
    let looks = 0;
    const rows: Target[] = Array.from({ length: 10_000 }, (_, at) => ({
      row: { project_id: at < 9000 ? "mine" : "theirs", network_id: "n" },
      related() {
        looks++;
        return { project_id: "theirs" };
      },
    }));
    assert.equal(policy.for(aCaller({ roles: ["admin"] })).check("get_port"), true);
    const verdict = policy.for(MEMBER).check("get_port");
    assert.ok(typeof verdict === "function");
    assert.equal(rows.filter(verdict).length, 9000);
    assert.equal(looks, 1000);
  });

  it("are kept for callers of the same roles, project and user, and for a thousand of them", () => {
    const policy = Policy.make();
    const first = policy.for(aCaller({ requestId: "a" }));
    assert.equal(policy.for(aCaller({ requestId: "b" })), first);
    assert.notEqual(policy.for(aCaller({ projectId: "other" })), first);
    assert.notEqual(policy.for(aCaller({ roles: ["reader"] })), first);
    for (let at = 0; at < 1000; at++) policy.for(aCaller({ projectId: `p${at}` }));
    assert.notEqual(policy.for(aCaller({})), first);
  });
});
