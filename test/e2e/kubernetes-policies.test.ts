/** NetworkPolicies on a real cluster: who gets in, who gets out, and from when on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addNamespace,
  CLUSTER_PROJECT,
  describeCluster,
  type KubeCluster,
  type KubeObject,
  POD_NETWORK,
  pod,
  type RunningPod,
  runPods,
  SERVE,
  untilPod,
} from "../kit/kubernetes/mod.ts";
import { settled, until, type Workload } from "../kit/mod.ts";

const SECONDS = 3;
const TWO_PORTS = `httpd -p [::]:81 -h /www; ${SERVE}`;

function policy(name: string, app: string, spec: object, namespace = "default"): KubeObject {
  const podSelector = { matchLabels: { app } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace },
    spec: { podSelector, ...spec },
  };
}

/** What each server may be asked for, by name. */
type Doors = Record<string, string>;

const doorsOf = (pods: readonly RunningPod[], port = 80): Doors =>
  Object.fromEntries(
    pods.flatMap(({ name, ips }) =>
      ips.map((ip) => [
        `${name}${port === 80 ? "" : `:${port}`} IPv${ip.includes(":") ? 6 : 4}`,
        `http://${ip.includes(":") ? `[${ip}]` : ip}:${port}/name`,
      ]),
    ),
  );

/** "who → door" for each that answers; all are asked at once. */
async function opened(clients: readonly Workload[], doors: Doors): Promise<string[]> {
  const lines = await Promise.all(
    clients.map(async (client) => {
      const asks = Object.entries(doors).map(
        ([name, url]) =>
          `(busybox timeout ${SECONDS} busybox wget -q -O /dev/null ${url} && echo "${name}") 2>/dev/null &`,
      );
      const { stdout } = await client.run(`${asks.join("\n")}\nwait`);
      return stdout
        .trim()
        .split("\n")
        .filter((name) => name !== "")
        .map((name) => `${client.name} → ${name}`);
    }),
  );
  return lines.flat().sort();
}

/** Every client through every door. */
const all = (clients: readonly string[], ...doors: string[]) =>
  clients.flatMap((client) => doors.map((door) => `${client} → ${door}`)).sort();

const both = (name: string) => [`${name} IPv4`, `${name} IPv6`];

async function addVm({ lab }: KubeCluster): Promise<Workload> {
  const attributes = { project_id: CLUSTER_PROJECT };
  return (await lab.addWorkload("vm", { kind: "container", host: "h", network: POD_NETWORK, attributes })).workload;
}

describeCluster("policies of a cluster", { nodes: ["n1", "n2"], hosts: { h: {} } }, (cluster) => {
  let clients: Workload[] = [];
  let open: RunningPod;

  test("let in whom they select: pods, namespaces, blocks but for parts of them, ports by name", async () => {
    const { kubectl } = cluster();
    await addNamespace(cluster(), "blue", { team: "blue" });
    const vm = await addVm(cluster());
    const pods = await runPods(
      cluster(),
      pod("friend", { node: "n1", labels: { role: "friend" } }),
      pod("stranger", { node: "n1" }),
      pod("blue", { node: "n2", namespace: "blue" }),
    );
    clients = [...pods.map(({ workload }) => workload), vm];
    const friend = pods[0]?.ips.find((ip) => !ip.includes(":"));
    await kubectl.apply(
      policy("closed", "closed", { policyTypes: ["Ingress"] }),
      policy("by-pod", "by-pod", { ingress: [{ from: [{ podSelector: { matchLabels: { role: "friend" } } }] }] }),
      policy("by-namespace", "by-namespace", {
        ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: "blue" } } }] }],
      }),
      policy("by-block", "by-block", {
        ingress: [{ from: [{ ipBlock: { cidr: "10.244.0.0/16", except: [`${friend}/32`] } }] }],
      }),
      policy("by-name", "by-name", { ingress: [{ ports: [{ port: "web" }] }] }),
    );
    const server = (name: string, node: string) =>
      pod(name, {
        node,
        script: TWO_PORTS,
        container: { ports: [{ name: name === "by-name" ? "web" : "other", containerPort: 80 }] },
      });
    const servers = await runPods(
      cluster(),
      ...["open", "closed", "by-pod"].map((name) => server(name, "n1")),
      ...["by-namespace", "by-block", "by-name"].map((name) => server(name, "n2")),
    );
    open = servers[0] as RunningPod;
    const byName = servers.filter(({ name }) => name === "by-name");
    const everyone = clients.map(({ name }) => name);
    assert.deepEqual(
      await opened(clients, { ...doorsOf(servers), ...doorsOf(byName, 81) }),
      [
        ...all(everyone, ...both("open"), ...both("by-name")),
        ...all(["friend"], ...both("by-pod")),
        ...all(["blue"], ...both("by-namespace")),
        ...all(["blue", "stranger", "vm"], "by-block IPv4"),
      ].sort(),
    );
  });

  test("let out to whom they select", async () => {
    const to = (name: string, ...egress: object[]) => policy(name, name, { policyTypes: ["Egress"], egress });
    await cluster().kubectl.apply(
      to("to-nobody"),
      to("to-pod", { to: [{ podSelector: { matchLabels: { app: "open" } } }], ports: [{ port: 80 }] }),
      to("to-block", { to: [{ ipBlock: { cidr: "fd00:244::/64" } }] }),
    );
    const pods = await runPods(
      cluster(),
      pod("to-nobody", { node: "n1" }),
      pod("to-pod", { node: "n2" }),
      pod("to-block", { node: "n2" }),
    );
    const stranger = await untilPod(cluster(), "stranger");
    const doors = { ...doorsOf([open, stranger]), ...doorsOf([open], 81) };
    assert.deepEqual(
      await opened(
        pods.map(({ workload }) => workload),
        doors,
      ),
      [...all(["to-pod"], ...both("open")), ...all(["to-block"], "open IPv6", "open:81 IPv6", "stranger IPv6")].sort(),
    );
  });

  test("follow what is changed: policies, and labels of pods and namespaces", async () => {
    const { kubectl } = cluster();
    const names = ["closed", "by-pod", "by-namespace"];
    const servers = await Promise.all(names.map((name) => untilPod(cluster(), name)));
    await kubectl.must(["label", "pod", "stranger", "role=friend"]);
    await kubectl.must(["label", "namespace", "blue", "team-"]);
    await kubectl.remove("networkpolicy", "closed");
    const everyone = clients.map(({ name }) => name);
    const wanted = [...all(everyone, ...both("closed")), ...all(["friend", "stranger"], ...both("by-pod"))].sort();
    await until("the changes to be in force", async () => {
      assert.deepEqual(await opened(clients, doorsOf(servers)), wanted);
      return true;
    });
  });

  test("are in force before a pod's first packet", async () => {
    const { kubectl } = cluster();
    await kubectl.apply(policy("quiet", "quiet", { policyTypes: ["Egress"] }));
    const [ip4, ip6] = open.ips;
    const ask = [`${ip4}`, `[${ip6}]`].map(
      (host) => `(timeout 2 wget -q -O /dev/null http://${host}/name && echo through) &`,
    );
    const script = `for i in $(seq 20); do ${ask.join(" ")} usleep 50000; done 2>/dev/null; wait; echo tried; sleep 1000`;
    const quiet = (name: string, app: string, node: string) => pod(name, { node, script, labels: { app } });
    const pods = ["quiet-1", "quiet-2", "quiet-3", "quiet-4"].map((name, i) => quiet(name, "quiet", `n${(i % 2) + 1}`));
    await kubectl.apply(...pods, quiet("loud", "loud", "n2"));
    const said = (name: string) =>
      until(
        `${name} to have tried`,
        async () => {
          const text = await kubectl.must(["logs", name]);
          return text.includes("tried") ? text : undefined;
        },
        { everyMs: 500, timeoutMs: 30_000 },
      );
    for (const { metadata } of pods) assert.equal(await said(metadata.name), "tried\n", metadata.name);
    assert.match(await said("loud"), /^(through\n){40}tried\n$/);
  });

  test("change nothing when all is computed afresh", () => settled(cluster().lab));
});
