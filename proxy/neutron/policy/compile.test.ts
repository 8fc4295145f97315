/** Partial evaluation against the plain reading of a rule, which looks at caller and target together, every time. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compile, type Verdict } from "./compile.ts";
import { parseRule } from "./parse.ts";
import type { Check } from "./syntax.ts";
import type { Target } from "./target.ts";

interface Situation {
  roles: string[];
  projectId: string;
  target: { project_id?: string; shared?: boolean; kind?: string };
  network: { project_id?: string; shared?: boolean } | undefined;
}

type Leaf = readonly [text: string, means: (situation: Situation) => boolean];

const LEAVES: readonly Leaf[] = [
  ["@", () => true],
  ["!", () => false],
  ["role:a", ({ roles }) => roles.includes("a")],
  ["role:b", ({ roles }) => roles.includes("b")],
  ["role:%(kind)s", ({ roles, target }) => target.kind !== undefined && roles.includes(target.kind)],
  ["project_id:%(project_id)s", ({ projectId, target }) => target.project_id === projectId],
  ["project_id:%(network:project_id)s", ({ projectId, network }) => network?.project_id === projectId],
  ["field:networks:shared=True", ({ target, network }) => (target.shared ?? network?.shared) === true],
  ["'a':%(kind)s", ({ target }) => target.kind === "a"],
  ["tried:yes", () => true],
  ["tried:no", () => false],
];

interface Rule {
  text: string;
  means: (situation: Situation) => boolean;
}

const leaf = fc.constantFrom(...LEAVES).map(([text, means]): Rule => ({ text, means }));
const rule = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 5, depthSize: "large" },
    leaf,
    tie("rule").map(({ text, means }) => ({ text: `not (${text})`, means: (s: Situation) => !means(s) })),
    fc.array(tie("rule"), { minLength: 1, maxLength: 4 }).map((rules) => ({
      text: `(${rules.map(({ text }) => text).join(" or ")})`,
      means: (s: Situation) => rules.some(({ means }) => means(s)),
    })),
    fc.array(tie("rule"), { minLength: 1, maxLength: 4 }).map((rules) => ({
      text: `(${rules.map(({ text }) => text).join(" and ")})`,
      means: (s: Situation) => rules.every(({ means }) => means(s)),
    })),
  ),
})).rule;

const project = fc.constantFrom("p1", "p2");
const situation: fc.Arbitrary<Situation> = fc.record({
  roles: fc.subarray(["a", "b", "c"]),
  projectId: project,
  target: fc.record(
    { project_id: project, shared: fc.boolean(), kind: fc.constantFrom("a", "b") },
    { requiredKeys: [] },
  ),
  network: fc.option(fc.record({ project_id: project, shared: fc.boolean() }, { requiredKeys: [] }), {
    nil: undefined,
  }),
});

function verdictOf(check: Check, { roles, projectId }: Situation): Verdict {
  return compile(check, { roles: new Set(roles), projectId, values: { tried: "yes" } }, () => false);
}

describe("a rule decided for a caller first and for a target then", () => {
  it("says what the rule says of both at once", () => {
    const property = fc.property(rule, situation, ({ text, means }, given) => {
      const { target: row, network } = given;
      const target: Target = { row, related: (name) => (name === "network" ? network : undefined) };
      const verdict = verdictOf(parseRule("r", text), given);
      assert.equal(typeof verdict === "boolean" ? verdict : verdict(target), means(given), text);
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it("is decided at once when no target could change it", () => {
    const given: Situation = { roles: ["a"], projectId: "p1", target: {}, network: undefined };
    const rows: [text: string, verdict: "true" | "false" | "open"][] = [
      ["role:a or project_id:%(project_id)s", "true"],
      ["role:b and project_id:%(project_id)s", "false"],
      ["role:a and project_id:%(project_id)s", "open"],
      ["not (role:b and field:networks:shared=True)", "true"],
      ["project_id:%(project_id)s or role:a", "true"],
    ];
    for (const [text, expected] of rows) {
      const verdict = verdictOf(parseRule("r", text), given);
      assert.equal(typeof verdict === "function" ? "open" : String(verdict), expected, text);
    }
  });
});
