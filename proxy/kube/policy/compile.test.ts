import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { LabelSelector, Labels, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "../objects.ts";
import { compile } from "./compile.ts";
import { byLabels, type End, groupsAllow, isAllowed, policy } from "./semantics.fixture.ts";

const NAMESPACES = new Map<string, Labels>([
  ["shop", { team: "a" }],
  ["bank", { team: "b" }],
  ["empty", {}],
]);

function pod(namespace: string, labels: Labels, ip: string, ports: End["ports"] = []): End {
  return { namespace, labels, ip, ports };
}

const HTTP = { protocol: "TCP", name: "http" } as const;
const WEB = pod("shop", { app: "web" }, "10.0.0.1", [{ ...HTTP, number: 8080 }]);
const OLD_WEB = pod("shop", { app: "web", old: "yes" }, "10.0.0.2", [{ ...HTTP, number: 80 }]);
const DB = pod("shop", { app: "db" }, "10.0.0.3");
const TELLER = pod("bank", { app: "web" }, "10.0.1.1");
const STRANGER = pod("empty", {}, "192.0.2.1");
const PODS = [WEB, OLD_WEB, DB, TELLER, STRANGER];

const toWeb = (spec: NonNullable<NetworkPolicy["spec"]>) =>
  policy("shop", "p", { podSelector: byLabels({ app: "web" }), ...spec });

const ROWS: {
  name: string;
  policies: NetworkPolicy[];
  allowed: [End, End, number][];
  refused: [End, End, number][];
}[] = [
  {
    name: "without a policy all may talk",
    policies: [],
    allowed: [
      [WEB, DB, 1],
      [STRANGER, WEB, 80],
    ],
    refused: [],
  },
  {
    name: "a policy without rules isolates its pods for ingress, and no others",
    policies: [toWeb({})],
    allowed: [
      [WEB, DB, 1],
      [TELLER, DB, 1],
    ],
    refused: [
      [DB, WEB, 8080],
      [WEB, OLD_WEB, 80],
    ],
  },
  {
    name: "policyTypes without Ingress leave ingress open",
    policies: [toWeb({ policyTypes: ["Egress"] })],
    allowed: [[DB, WEB, 8080]],
    refused: [[WEB, DB, 1]],
  },
  {
    name: "an empty peer list lets anybody in, on the ports named",
    policies: [toWeb({ ingress: [{ ports: [{ port: 8080, endPort: 8090 }] }] })],
    allowed: [
      [STRANGER, WEB, 8080],
      [DB, WEB, 8090],
    ],
    refused: [[DB, WEB, 8091]],
  },
  {
    name: "a named port is each pod's own number",
    policies: [toWeb({ ingress: [{ ports: [{ port: "http" }] }] })],
    allowed: [
      [DB, WEB, 8080],
      [DB, OLD_WEB, 80],
    ],
    refused: [
      [DB, WEB, 80],
      [DB, OLD_WEB, 8080],
    ],
  },
  {
    name: "a named port of an egress rule is the far end's number",
    policies: [policy("shop", "p", { podSelector: byLabels({ app: "db" }), egress: [{ ports: [{ port: "http" }] }] })],
    allowed: [
      [DB, WEB, 8080],
      [DB, OLD_WEB, 80],
    ],
    refused: [
      [DB, WEB, 80],
      [DB, TELLER, 8080],
    ],
  },
  {
    name: "both selectors of one peer must take the pod; a pod selector alone is of the policy's namespace",
    policies: [
      toWeb({
        ingress: [
          { from: [{ namespaceSelector: byLabels({ team: "b" }), podSelector: byLabels({ app: "web" }) }] },
          { from: [{ podSelector: byLabels({ app: "db" }) }] },
        ],
      }),
    ],
    allowed: [
      [TELLER, WEB, 1],
      [DB, WEB, 1],
    ],
    refused: [
      [OLD_WEB, WEB, 1],
      [STRANGER, WEB, 1],
    ],
  },
  {
    name: "an ipBlock is without its exceptions",
    policies: [toWeb({ ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/16", except: ["10.0.1.0/24"] } }] }] })],
    allowed: [[DB, WEB, 1]],
    refused: [
      [TELLER, WEB, 1],
      [STRANGER, WEB, 1],
    ],
  },
  {
    name: "what one policy lets pass, passes",
    policies: [toWeb({}), { ...toWeb({ ingress: [{}] }), metadata: { namespace: "shop", name: "q", uid: "q" } }],
    allowed: [[DB, WEB, 1]],
    refused: [],
  },
];

describe("NetworkPolicies as security groups", () => {
  for (const { name, policies, allowed, refused } of ROWS) {
    test(name, () => {
      const compiled = compile({ namespaces: NAMESPACES, policies, pods: PODS });
      for (const [rows, expected] of [[allowed, true] as const, [refused, false] as const]) {
        for (const [from, to, port] of rows) {
          const question = { from, to, protocol: "TCP" as const, port };
          const words = `${from.ip} to ${to.ip} port ${port}`;
          equal(groupsAllow(compiled, question), expected, words);
          equal(isAllowed({ namespaces: NAMESPACES, policies }, question), expected, `specification: ${words}`);
        }
      }
    });
  }

  test("the same choice of pods is one group, however it is written", () => {
    const choice = (matchLabels: Labels) => toWeb({ ingress: [{ from: [{ podSelector: { matchLabels } }] }] });
    const policies = [choice({ a: "1", b: "2" }), choice({ b: "2", a: "1" })].map((one, i) => ({
      ...one,
      metadata: { ...one.metadata, name: `p${i}` },
    }));
    const { groups } = compile({ namespaces: NAMESPACES, policies, pods: [] });
    equal([...groups.keys()].filter((key) => key.startsWith("pods/")).length, 1);
  });

  test("a group names each rule once, and only groups that are there", () => {
    const twice = toWeb({ ingress: [{}, {}] });
    const { groups } = compile({ namespaces: NAMESPACES, policies: [twice], pods: PODS });
    deepEqual(groups.get("policy/shop/p")?.rules.length, 2);
    for (const { rules } of groups.values()) {
      for (const { remote } of rules) if (remote.kind === "group") ok(groups.has(remote.key));
    }
  });

  test("whatever the policies are, groups let pass what the specification lets pass", () => {
    fc.assert(
      fc.property(anyPolicies, anyPods, (policies, pods) => {
        const compiled = compile({ namespaces: NAMESPACES, policies, pods });
        for (const from of pods) {
          for (const to of pods) {
            for (const protocol of ["TCP", "UDP"] as const) {
              for (const port of [80, 81]) {
                const question = { from, to, protocol, port };
                equal(groupsAllow(compiled, question), isAllowed({ namespaces: NAMESPACES, policies }, question));
              }
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

const namespaceName = fc.constantFrom(...NAMESPACES.keys());
const anyLabels = fc.dictionary(fc.constantFrom("app", "tier"), fc.constantFrom("a", "b"), { maxKeys: 2 });
const anySelector: fc.Arbitrary<LabelSelector> = fc.record(
  {
    matchLabels: fc.dictionary(fc.constantFrom("app", "tier", "team"), fc.constantFrom("a", "b"), { maxKeys: 1 }),
    matchExpressions: fc.array(
      fc.record({
        key: fc.constantFrom("app", "team"),
        operator: fc.constantFrom("In", "NotIn", "Exists", "DoesNotExist"),
        values: fc.subarray(["a", "b"]),
      }),
      { maxLength: 1 },
    ),
  },
  { requiredKeys: [] },
);
const anyPeer: fc.Arbitrary<NetworkPolicyPeer> = fc.oneof(
  fc.record({ podSelector: anySelector }),
  fc.record({ namespaceSelector: anySelector }),
  fc.record({ podSelector: anySelector, namespaceSelector: anySelector }),
  fc.record({
    ipBlock: fc.record({
      cidr: fc.constantFrom("10.0.0.0/29", "0.0.0.0/0", "10.0.0.4/32", "fd00::/64"),
      except: fc.subarray(["10.0.0.2/31", "10.0.0.5/32", "10.0.0.0/28", "fd00::1/128"]),
    }),
  }),
);
const anyPort: fc.Arbitrary<NetworkPolicyPort> = fc.oneof(
  fc.record(
    { protocol: fc.constantFrom("TCP", "UDP"), port: fc.constantFrom<string | number>(80, 81, "http") },
    { requiredKeys: [] },
  ),
  fc.constant({ port: 80, endPort: 81 }),
);
const anyClause = fc.record(
  { peers: fc.array(anyPeer, { maxLength: 2 }), ports: fc.array(anyPort, { maxLength: 2 }) },
  { requiredKeys: [] },
);
const anyPolicies = fc
  .array(
    fc.record({
      namespace: namespaceName,
      podSelector: anySelector,
      policyTypes: fc.option(fc.subarray<"Ingress" | "Egress">(["Ingress", "Egress"], { minLength: 1 }), {
        nil: undefined,
      }),
      ingress: fc.array(anyClause, { maxLength: 2 }),
      egress: fc.array(anyClause, { maxLength: 2 }),
    }),
    { maxLength: 4 },
  )
  .map((specs) =>
    specs.map(({ namespace, podSelector, policyTypes, ingress, egress }, i) =>
      policy(namespace, `p${i}`, {
        podSelector,
        ...(policyTypes && { policyTypes }),
        ingress: ingress.map(({ peers, ports }) => ({ ...(peers && { from: peers }), ...(ports && { ports }) })),
        egress: egress.map(({ peers, ports }) => ({ ...(peers && { to: peers }), ...(ports && { ports }) })),
      }),
    ),
  );
const anyPods = fc
  .array(
    fc.record({
      namespace: namespaceName,
      labels: anyLabels,
      isSix: fc.boolean(),
      ports: fc.subarray([
        { ...HTTP, number: 80 },
        { ...HTTP, number: 81 },
        { protocol: "UDP" as const, name: "http", number: 80 },
      ]),
    }),
    { minLength: 2, maxLength: 5 },
  )
  .map((ends) =>
    ends.map(({ isSix, ...end }, i): End => ({ ...end, ip: isSix ? `fd00::${i + 1}` : `10.0.0.${i + 1}` })),
  );
