/** The language as a whole: a rule, a caller, a target, and whether the one may. Rows agree with oslo.policy. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Row } from "../attribute.ts";
import { Policy, type RuleText, type Target } from "./mod.ts";
import { aCaller } from "./policy.fixture.ts";

const MEMBER = aCaller({ roles: ["Member"], projectId: "p1", userId: "u1" });
const READER = aCaller({ roles: ["reader"], projectId: "p1", userId: "u1" });
const MANAGER = aCaller({ roles: ["manager"], projectId: "p1", userId: "u1" });
const ADMIN = aCaller({ roles: ["admin"], projectId: "ops", userId: "root" });
const NOBODY = aCaller({ roles: [], projectId: "", userId: null });

const network = (row: Row): Target => ({
  row: { network_id: "n" },
  related: (name) => (name === "network" ? row : undefined),
});
const of = (row: Row): Target => ({ row });
const NONE = of({});

const ROWS: [text: RuleText, caller: typeof MEMBER, target: Target, may: boolean][] = [
  ["", NOBODY, NONE, true],
  ["@", NOBODY, NONE, true],
  ["!", ADMIN, NONE, false],
  ["not !", NOBODY, NONE, true],
  [[], NOBODY, NONE, true],
  [[["role:member", "role:x"], "role:reader"], MEMBER, NONE, true],
  [[["role:member", "role:x"]], MEMBER, NONE, false],

  ["role:MEMBER", MEMBER, NONE, true],
  ["role:reader", MEMBER, NONE, true],
  ["role:manager", MEMBER, NONE, false],
  ["role:member", READER, NONE, false],
  ["role:member", MANAGER, NONE, true],
  ["role:manager", ADMIN, NONE, true],
  ["role:service", ADMIN, NONE, false],
  ["role:%(wanted)s", MEMBER, of({ wanted: "member" }), true],
  ["role:%(wanted)s", MEMBER, NONE, false],
  ["not role:%(wanted)s", MEMBER, NONE, true],

  ["rule:admin_only", ADMIN, NONE, true],
  ["rule:admin_only", MEMBER, NONE, false],
  ["rule:regular_user", NOBODY, NONE, true],

  ["project_id:%(project_id)s", MEMBER, of({ project_id: "p1" }), true],
  ["project_id:%(project_id)s", MEMBER, of({ project_id: "p2" }), false],
  ["project_id:%(project_id)s", MEMBER, NONE, false],
  ["project_id:%(project_id)s", NOBODY, of({ project_id: "" }), false],
  ["project_id:%(project_id)s", NOBODY, of({ project_id: null }), false],
  ["tenant_id:%(tenant_id)s", MEMBER, of({ project_id: "p1" }), true],
  ["project_id:%(tenant_id)s", MEMBER, of({ project_id: "p1" }), true],
  ["project_id:%(network:project_id)s", MEMBER, network({ project_id: "p1" }), true],
  ["project_id:%(network:tenant_id)s", MEMBER, network({ project_id: "p1" }), true],
  ["project_id:%(network_tenant_id)s", MEMBER, network({ project_id: "p1" }), true],
  ["project_id:%(network:project_id)s", MEMBER, network({ project_id: "p2" }), false],
  ["project_id:%(network:project_id)s", MEMBER, NONE, false],
  ["project_id:%(security_group:project_id)s", MEMBER, network({ project_id: "p1" }), false],
  ["project_id:%(network:project_id)s", MEMBER, of({ "network:project_id": "p1" }), true],

  ["user_id:%(user_id)s", MEMBER, of({ user_id: "u1" }), true],
  ["user_id:%(user_id)s", MEMBER, of({ user_id: "u2" }), false],
  ["user_id:u1", MEMBER, NONE, true],
  ["roles:member", MEMBER, NONE, true],
  ["roles:other", MEMBER, NONE, false],
  ["is_admin:True", ADMIN, NONE, true],
  ["is_admin:True", MEMBER, NONE, false],
  ["is_admin:False", MEMBER, NONE, true],
  ["unheard_of:x", ADMIN, NONE, false],
  ["roles.constructor:x", ADMIN, NONE, false],

  ["'a':%(x)s", NOBODY, of({ x: "a" }), true],
  ["'a':%(x)s", NOBODY, of({ x: "b" }), false],
  ["'a':%(x)s", NOBODY, NONE, false],
  ["'pre-7-%':pre-%(x)s-%%", NOBODY, of({ x: 7 }), true],
  ["True:%(x)s", NOBODY, of({ x: true }), true],
  ["True:%(x)s", NOBODY, of({ x: "True" }), true],
  ["None:%(x)s", NOBODY, of({ x: null }), true],
  ["None:%(x)s", NOBODY, NONE, false],
  ["5:%(x)s", NOBODY, of({ x: 5 }), true],

  ["field:networks:shared=True", NOBODY, of({ shared: true }), true],
  ["field:networks:shared=True", NOBODY, of({ shared: false }), false],
  ["field:networks:shared=False", NOBODY, of({ shared: false }), true],
  ["field:networks:shared=True", NOBODY, network({ shared: true }), true],
  ["field:networks:shared=False", NOBODY, NONE, false],
  ["field:networks:router:external=True", NOBODY, of({ "router:external": true }), true],
  ["field:subnets:router:external=True", NOBODY, network({ "router:external": true }), true],
  ["field:networks:router:external=True", NOBODY, network({ "router:external": true }), false],
  ["field:port:device_owner=~^network:", NOBODY, of({ device_owner: "network:dhcp" }), true],
  ["field:port:device_owner=~network:", NOBODY, of({ device_owner: "a network:dhcp" }), false],
  ["field:port:device_owner=~network:|a", NOBODY, of({ device_owner: "b a" }), false],
  ["field:port:device_owner=~^network:", NOBODY, NONE, false],
  ["field:rbac_policy:target_tenant=*", NOBODY, of({ target_project: "*" }), true],
  ["field:rbac_policy:target_project=*", NOBODY, of({ target_tenant: "*" }), true],
  ["field:rbac_policy:target_project=*", NOBODY, of({ target_tenant: "p2" }), false],
  ["field:port:count=5", NOBODY, of({ count: 5 }), true],
];

describe("the policy language:", () => {
  for (const [text, caller, target, may] of ROWS) {
    const who = caller.roles.join() || "nobody";
    const what = JSON.stringify({
      ...target.row,
      ...(target.related?.("network") && { network: target.related("network") }),
    });
    it(`${JSON.stringify(text)} ${may ? "lets" : "keeps"} ${who} ${may ? "do it to" : "from"} ${what}`, () => {
      assert.equal(Policy.make({ try: text }).for(caller).allows("try", target), may);
    });
  }
});
