import { deepEqual } from "node:assert/strict";
import { describe, test } from "node:test";
import { type Audited, audit } from "./audit.ts";
import type { Pod } from "./objects.ts";

type Port = Audited["ports"][number];

const pod = (more: { uid?: string; phase?: string; podIP?: string; hostNetwork?: boolean } = {}): Pod => ({
  metadata: { name: "web", namespace: "shop", uid: more.uid ?? "u" },
  spec: { nodeName: "n1", containers: [], hostNetwork: more.hostNetwork ?? false },
  status: { phase: more.phase ?? "Running", podIP: more.podIP ?? "10.0.0.5" },
});
const port = (changes: object = {}, profile: object = {}): Port =>
  ({
    id: "p",
    name: "shop/web",
    device_id: "u",
    device_owner: "kubernetes:pod",
    status: "ACTIVE",
    "binding:host_id": "n1",
    "binding:profile": { cluster: "one", interface: "eth0", ...profile },
    fixed_ips: [{ subnet_id: "s", ip_address: "10.0.0.5" }],
    ...changes,
  }) as unknown as Port;
const node = { metadata: { name: "n1", uid: "n" } };
const nodePort = (changes: object = {}) =>
  port({ device_id: "n", device_owner: "kubernetes:node", name: "n1", ...changes }, { interface: undefined });

describe("an audit finds", () => {
  const rows: [string, Partial<Audited>, string[]][] = [
    ["nothing where all agrees", { pods: [pod()], nodes: [node], ports: [port(), nodePort()] }, []],
    ["a pod without a port", { pods: [pod()] }, ["pod shop/web has no port"]],
    ["nothing of pods that need none", { pods: [pod({ hostNetwork: true }), pod({ uid: "x", phase: "Failed" })] }, []],
    ["a port without a pod", { ports: [port()] }, ["port shop/web is of a pod or node that is gone"]],
    [
      "nothing of another cluster's, or of nobody's",
      { ports: [port({}, { cluster: "two" }), port({ device_owner: "" })] },
      [],
    ],
    [
      "the port of an earlier pod of that name",
      { pods: [pod({ uid: "v" })], ports: [port()] },
      ["pod shop/web has no port", "port shop/web is of a pod or node that is gone"],
    ],
    ["a second port", { pods: [pod()], ports: [port(), port()] }, ["pod shop/web has a second port for eth0"]],
    ["no fault in a further one", { pods: [pod()], ports: [port(), port({}, { interface: "net1" })] }, []],
    [
      "a port on another node",
      { pods: [pod()], ports: [port({ "binding:host_id": "n2" })] },
      ["pod shop/web is on node n1, its port for eth0 on n2"],
    ],
    [
      "a pod that runs on a port that is down",
      { pods: [pod()], ports: [port({ status: "DOWN" })] },
      ["pod shop/web runs, while its host does not report its port for eth0 up"],
    ],
    [
      "no fault in one that does not run yet",
      { pods: [pod({ phase: "Pending" })], ports: [port({ status: "DOWN" })] },
      [],
    ],
    [
      "another address",
      { pods: [pod({ podIP: "10.0.0.9" })], ports: [port()] },
      ["pod shop/web has address 10.0.0.9, its port 10.0.0.5"],
    ],
    ["a node without a port", { nodes: [node] }, ["node n1 has no port"]],
    [
      "a node whose port is down",
      { nodes: [node], ports: [nodePort({ status: "DOWN" })] },
      ["node n1 has a port that its host does not report up"],
    ],
  ];
  for (const [title, given, expected] of rows)
    test(title, () => {
      const found = audit({ cluster: "one", pods: [], nodes: [], ports: [], ...given });
      deepEqual(
        found.map(({ object, finding }) => `${object} ${finding}`),
        expected,
      );
    });
});
