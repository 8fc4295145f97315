/** A real cluster: its pods on two nodes, a Neutron port among them, nodes, probes, what is outside, and policies. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CLUSTER_PROJECT, describeCluster, POD_NETWORK, pod, runPods, startMirror } from "../kit/kubernetes/mod.ts";
import { failures, reach, settled, type Target, until } from "../kit/mod.ts";

const SPEC = { nodes: ["n1", "n2"], hosts: { h: {} } };

describeCluster("pods of a cluster", SPEC, (cluster) => {
  test("on one node and on two reach each other in both families", async () => {
    const pods = await runPods(cluster(), pod("a", { node: "n1" }), pod("b", { node: "n2" }), pod("c", { node: "n2" }));
    assert.deepEqual(
      pods.map(({ node, ips }) => [node, ips.map((ip) => (ip.includes(":") ? 6 : 4))]),
      [
        ["n1", [4, 6]],
        ["n2", [4, 6]],
        ["n2", [4, 6]],
      ],
    );
    assert.deepEqual(
      failures(
        await reach(
          pods.map(({ workload }) => workload),
          pods.map(({ target }) => target),
        ),
      ),
      [],
    );
  });

  test("and a port of Neutron's in their network reach each other without NAT", async () => {
    const { lab } = cluster();
    const project_id = CLUSTER_PROJECT;
    const group = await lab.neutron.create("security_group", { name: "web", project_id });
    for (const ethertype of ["IPv4", "IPv6"])
      await lab.neutron.create("security_group_rule", { security_group_id: group.id, direction: "ingress", ethertype });
    const attributes = { project_id, security_groups: [group.id] };
    await lab.addWorkload("vm", { kind: "container", host: "h", network: POD_NETWORK, attributes });
    const [a] = await runPods(cluster(), pod("a", { node: "n1" }));
    const both: Target[] = [lab.target("vm"), a?.target as Target];
    assert.deepEqual(
      failures(
        await reach(
          both.map(({ workload }) => workload),
          both,
        ),
      ),
      [],
    );
  });

  test("are reached by every node, and reach the nodes", async () => {
    const [a, b] = await runPods(cluster(), pod("a", { node: "n1" }), pod("b", { node: "n2" }));
    const ips = [...(a?.ips ?? []), ...(b?.ips ?? [])];
    for (const node of cluster().nodes.values()) {
      await node.must(ips.map((ip) => `busybox ping -q -c 2 -i 0.1 -W 3 ${ip}`).join(" && "));
    }
    const kubelets = [...cluster().nodes.values()].map(({ host }) => `nc -w 5 ${host.underlay.ip4} 10250 </dev/null`);
    const { code, stderr } = (await a?.workload.run(kubelets.join(" && "))) ?? {};
    assert.deepEqual([code, stderr], [0, ""]);
  });

  test("go outside under their node's address", async () => {
    const mirror = await startMirror(cluster());
    try {
      const pods = await runPods(cluster(), pod("a", { node: "n1" }), pod("b", { node: "n2" }));
      for (const { node, workload } of pods) {
        const { ip4, ip6 } = cluster().node(node).host.underlay;
        const asks = mirror.urls.map((url) => `timeout 5 wget -q -O - ${url}`);
        assert.deepEqual((await workload.run(asks.join("; "))).stdout.trim().split("\n"), [ip4, `[${ip6}]`]);
      }
    } finally {
      await mirror.stop();
    }
  });

  test("become ready by their probes, also where a policy lets nobody in, and not while a probe fails", async () => {
    const { kubectl } = cluster();
    await kubectl.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "closed" } },
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "nobody", namespace: "closed" },
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
      },
    );
    const quick = { periodSeconds: 1, timeoutSeconds: 2 };
    const probed = (name: string, node: string, readinessProbe: object) =>
      pod(name, { namespace: "closed", node, container: { readinessProbe: { ...quick, ...readinessProbe } } });
    await runPods(
      cluster(),
      probed("http", "n1", { httpGet: { path: "/name", port: 80 } }),
      probed("tcp", "n2", { tcpSocket: { port: 80 } }),
    );
    await kubectl.apply(probed("wrong", "n1", { httpGet: { path: "/name", port: 81 } }));
    await until("the wrong probe to have been tried", async () => {
      const { status } = await kubectl.request("GET", "/api/v1/namespaces/closed/pods/wrong");
      const isRunning = status.phase === "Running" && status.containerStatuses[0].started;
      return isRunning && !status.containerStatuses[0].ready ? true : undefined;
    });
    await kubectl.remove("namespace", "closed", "--wait=false");
  });

  test("change nothing when all is computed afresh", () => settled(cluster().lab));
});
