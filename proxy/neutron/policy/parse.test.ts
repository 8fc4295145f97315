import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseRule } from "./parse.ts";
import type { RuleText } from "./syntax.ts";

describe("a rule that cannot be read says its name, its text and the place:", () => {
  const rows: [text: RuleText, place: string, problem: RegExp][] = [
    ["role:member and", "column 16", /a check is expected, not the end/],
    ["and role:member", "column 1", /a check is expected, not and/],
    ["(role:member", "column 13", /"\)" is expected, not the end/],
    ["role:member)", "column 12", /"and" or "or" is expected, not \)/],
    ["role:a role:b", "column 8", /"and" or "or" is expected, not role:b/],
    ["role:a or ()", "column 12", /a check is expected, not \)/],
    ["   ", "column 4", /a check is expected, not the end/],
    ["role:a or member", "column 11", /member is no check/],
    ["not", "column 4", /a check is expected/],
    ["project_id:abc", "column 1", /an owner is written %\(project_id\)s/],
    ["rule:a or field:networks", "column 11", /field:RESOURCE:ATTRIBUTE=VALUE/],
    ["field:port:device_owner=~(", "column 1", /field:port:device_owner=~\(: .*[Uu]nterminated/],
    ["http://server/check", "column 1", /not supported/],
    ["user_id:%(user_id)", "column 1", /written %\(name\)s/],
    ["user_id:100%", "column 1", /percent sign %%/],
    ["'a:%(x)s", "column 1", /'a is no name and no literal/],
    [[["role:a", "b"]], "item 1", /b is no check/],
    [["role:a", "rule"], "item 2", /rule is no check/],
  ];
  for (const [text, place, problem] of rows) {
    it(JSON.stringify(text), () => {
      assert.throws(
        () => parseRule("get_port", text),
        ({ message }: Error) => {
          assert.ok(message.startsWith(`rule "get_port": ${JSON.stringify(text)}: ${place}: `), message);
          return problem.test(message);
        },
      );
    });
  }
});

describe("what is read of", () => {
  const role = (name: string) => ({ is: "role", role: [name] });
  const rows: [text: RuleText, check: object][] = [
    ["", { is: "constant", value: true }],
    [[], { is: "constant", value: true }],
    [[[]], { is: "constant", value: false }],
    ["role:a or role:b and role:c", { is: "any", checks: [role("a"), { is: "all", checks: [role("b"), role("c")] }] }],
    [
      "(role:a or role:b) AND role:c",
      { is: "all", checks: [{ is: "any", checks: [role("a"), role("b")] }, role("c")] },
    ],
    ["not role:a and role:b", { is: "all", checks: [{ is: "not", check: role("a") }, role("b")] }],
    ["not (not role:a)", { is: "not", check: { is: "not", check: role("a") } }],
    [
      [["role:a", "role:b"], "role:c", []],
      { is: "any", checks: [{ is: "all", checks: [role("a"), role("b")] }, role("c")] },
    ],
    ["(project_id:%(network:project_id)s)", { is: "owner", field: "network:project_id" }],
    ["tenant_id:%(tenant_id)s", { is: "owner", field: "tenant_id" }],
    [
      "field:networks:router:external=True",
      { is: "field", resource: "networks", field: "router:external", value: "True" },
    ],
    ["'a\\'b':x%%%(y)sz", { is: "literal", text: "a'b", value: ["x%", { field: "y" }, "z"] }],
    ["None:%(y)s", { is: "literal", text: "None", value: [{ field: "y" }] }],
    ["1.0:1.0", { is: "literal", text: "1.0", value: ["1.0"] }],
    ["user.id:a:b", { is: "credential", path: ["user", "id"], value: ["a:b"] }],
  ];
  for (const [text, check] of rows) {
    it(JSON.stringify(text), () => assert.deepEqual(parseRule("r", text), check));
  }
});
