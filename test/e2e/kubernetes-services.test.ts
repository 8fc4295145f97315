/** Services of a real cluster without kube-proxy: from pods, from a Neutron port among them and from nodes themselves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CLUSTER_PROJECT,
  describeCluster,
  type KubeCluster,
  type KubeObject,
  POD_NETWORK,
  pod,
  type RunningPod,
  runPods,
} from "../kit/kubernetes/mod.ts";
import { type Outcome, settled, until } from "../kit/mod.ts";

const PORT = 8080;
const ASKS = 24;

function service(name: string, more: object = {}): KubeObject {
  const ports = [{ port: PORT, targetPort: 80 }];
  const spec = { selector: { service: name }, ipFamilyPolicy: "RequireDualStack", ports, ...more };
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "default" }, spec };
}

/** The service's addresses as parts of URLs. */
async function hostsOf({ kubectl }: KubeCluster, name: string): Promise<string[]> {
  const { spec } = await kubectl.request("GET", `/api/v1/namespaces/default/services/${name}`);
  return spec.clusterIPs.map((ip: string) => (ip.includes(":") ? `[${ip}]` : ip));
}

type Run = (script: string) => Promise<Outcome>;

/** Who answers to a caller that asks again and again, each by name and once. */
async function answersTo(run: Run, host: string): Promise<string[]> {
  const ask = `busybox timeout 3 busybox wget -q -O - http://${host}:${PORT}/name || echo nobody`;
  const { stdout } = await run(`for i in $(busybox seq ${ASKS}); do ${ask}; done`);
  return [...new Set(stdout.trim().split("\n"))].sort();
}

describeCluster("services of a cluster", { nodes: ["n1", "n2"], hosts: { h: {} } }, (cluster) => {
  let client: RunningPod;
  let servers: RunningPod[];

  test("are answered by their pods, whoever asks and wherever those are", async () => {
    const { lab, kubectl } = cluster();
    await kubectl.apply(service("web"));
    const attributes = { project_id: CLUSTER_PROJECT };
    await lab.addWorkload("vm", { kind: "container", host: "h", network: POD_NETWORK, attributes });
    const server = (name: string, node: string) => pod(name, { node, labels: { service: "web" } });
    const [first, ...others] = await runPods(
      cluster(),
      pod("client", { node: "n1" }),
      server("web-1", "n1"),
      server("web-2", "n2"),
    );
    client = first as RunningPod;
    servers = others;
    const callers: Record<string, Run> = {
      client: (script) => client.workload.run(script),
      "web-1": (script) => (servers[0] as RunningPod).workload.run(script),
      vm: (script) => lab.workload("vm").run(script),
      n1: (script) => cluster().node("n1").run(script),
      n2: (script) => cluster().node("n2").run(script),
    };
    const hosts = await hostsOf(cluster(), "web");
    assert.equal(hosts.length, 2);
    await until("the service to be in force", async () => {
      for (const host of hosts)
        assert.deepEqual(await answersTo(callers.client as Run, host), ["web-1", "web-2"], host);
      return true;
    });
    const found: Record<string, string[]> = {};
    await Promise.all(
      Object.entries(callers).flatMap(([name, run]) =>
        hosts.map(async (host) => {
          found[`${name} → ${host}`] = await answersTo(run, host);
        }),
      ),
    );
    const wanted = Object.keys(callers).flatMap((name) =>
      hosts.map((host) => [`${name} → ${host}`, ["web-1", "web-2"]]),
    );
    assert.deepEqual(found, Object.fromEntries(wanted));
  });

  test("with an affinity keep each client at one pod", async () => {
    await cluster().kubectl.apply(service("sticky", { selector: { service: "web" }, sessionAffinity: "ClientIP" }));
    const [host] = await hostsOf(cluster(), "sticky");
    const run: Run = (script) => client.workload.run(script);
    await until("the service to be in force", async () => {
      const names = await answersTo(run, host as string);
      assert.equal(names.length, 1);
      assert.match(names[0] as string, /^web-[12]$/);
      return true;
    });
  });

  test("lose who is gone, and refuse at once when nobody is left", async () => {
    const { kubectl } = cluster();
    const hosts = await hostsOf(cluster(), "web");
    const answers = async (wanted: string[]) => {
      for (const host of hosts)
        assert.deepEqual(await answersTo((script) => client.workload.run(script), host), wanted, host);
      return true;
    };
    await kubectl.must(["label", "pod", "web-2", "service-"]);
    await until("one to be left", () => answers(["web-1"]));
    await kubectl.must(["label", "pod", "web-1", "service-"]);
    for (const host of hosts) {
      const ask = `nc -w 5 ${host.replace(/[[\]]/g, "")} ${PORT} </dev/null 2>&1`;
      await until(`${host} to refuse`, async () => {
        assert.match((await client.workload.run(ask)).stdout, /Connection refused/);
        return true;
      });
    }
  });

  test("change nothing when all is computed afresh", () => settled(cluster().lab));
});
