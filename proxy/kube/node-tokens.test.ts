/** What of a token's review makes a node. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { describe, test } from "node:test";
import { ApiFailure } from "./api-server.ts";
import { NodeTokens } from "./node-tokens.ts";

const CONFIG = { name: "one", agent_service_account: "kube-system/cable-agent" };
const USER = "system:serviceaccount:kube-system:cable-agent";
const EXTRA = {
  "authentication.kubernetes.io/pod-name": ["cable-agent-x"],
  "authentication.kubernetes.io/pod-uid": ["u1"],
};
const STATUS = { authenticated: true, audiences: ["cable"], user: { username: USER, extra: EXTRA } };
const POD = { metadata: { name: "cable-agent-x", uid: "u1" }, spec: { nodeName: "n1", containers: [] } };

function tokenFor(aud: unknown): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part({ aud })}.c2lnbmF0dXJl`;
}
const TOKEN = tokenFor(["cable"]);

/** An API server that answers so, and what it was asked. */
function nodes(status: object, pod: object | Error = POD) {
  const asked: string[] = [];
  const request = async (method: string, path: string, body?: object) => {
    asked.push(`${method} ${path}`);
    if (method === "POST") return { ...body, status };
    if (pod instanceof Error) throw pod;
    return pod;
  };
  return { asked, tokens: new NodeTokens({ request: request as never }, CONFIG) };
}

test("a good token is of the node that its pod runs on", async () => {
  const { asked, tokens } = nodes(STATUS);
  deepEqual(await tokens.nodeOf(TOKEN), { cluster: "one", node: "n1" });
  deepEqual(asked, [
    "POST /apis/authentication.k8s.io/v1/tokenreviews",
    "GET /api/v1/namespaces/kube-system/pods/cable-agent-x",
  ]);
});

describe("refused is a token", () => {
  const user = (more: object) => ({ ...STATUS, user: { username: USER, extra: EXTRA, ...more } });
  const gone = new ApiFailure(404, "no such pod");
  const rows: [string, object, (object | Error)?][] = [
    ["that the API server does not know", { authenticated: false }],
    ["by a server that knows no audiences", { ...STATUS, audiences: undefined }],
    ["for another audience", { ...STATUS, audiences: ["https://kubernetes.default.svc"] }],
    ["of another service account", user({ username: "system:serviceaccount:kube-system:default" })],
    ["of an account of that name elsewhere", user({ username: "system:serviceaccount:shop:cable-agent" })],
    ["of a user", user({ username: "cable-agent" })],
    ["that is bound to no pod", user({ extra: {} })],
    ["of a pod that is gone", STATUS, gone],
    ["of a pod whose name another one has now", STATUS, { ...POD, metadata: { name: "cable-agent-x", uid: "u2" } }],
    ["of a pod without a node", STATUS, { ...POD, spec: { containers: [] } }],
  ];
  for (const [title, status, pod] of rows)
    test(title, () => rejects(nodes(status, pod).tokens.nodeOf(TOKEN), { code: "Unauthorized" }));
});

describe("the API server is not asked about", () => {
  const rows: [string, string][] = [
    ["what is no token of this kind", "0123456789abcdef"],
    ["claims that are no JSON", "a.b.c"],
    ["a token for the API server itself", tokenFor(["https://kubernetes.default.svc"])],
    ["one without an audience", tokenFor(undefined)],
  ];
  for (const [title, token] of rows)
    test(title, async () => {
      const { asked, tokens } = nodes(STATUS);
      await rejects(tokens.nodeOf(token), { code: "Unauthorized" });
      deepEqual(asked, []);
    });
});

test("an API server that is away is no verdict, and more than a few do not wait for it", async () => {
  const away = new NodeTokens({ request: () => Promise.reject(new Error("refused")) }, CONFIG);
  await rejects(away.nodeOf(TOKEN), { code: "ServiceUnavailable" });
  let answer: (() => void) | undefined;
  const wait = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const slow = new NodeTokens({ request: (async () => wait.then(() => ({}))) as never }, CONFIG);
  const asking = Array.from({ length: 20 }, () => slow.nodeOf(TOKEN).catch((error) => error.code as string));
  answer?.();
  const codes = await Promise.all(asking);
  equal(codes.filter((code) => code === "ServiceUnavailable").length, 4);
  equal(codes.filter((code) => code === "Unauthorized").length, 16);
});
