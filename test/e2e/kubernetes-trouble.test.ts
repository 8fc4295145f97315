/** A real cluster in trouble: what is restarted, killed, cut off or configured badly, and what must be left of it. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  CLUSTER_PROJECT,
  callCniIn,
  deployment,
  describeCluster,
  isReady,
  pod,
  podSpec,
  type RunningPod,
  runPods,
  untilAgreed,
  untilPod,
} from "../kit/kubernetes/mod.ts";
import { failures, reach, settled, until } from "../kit/mod.ts";

const LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/cable-controller";
const MANY = 50;
/** Ports go while their containers are still there, and nobody waits for kubelet, which tells of ends each ten seconds. */
const NO_GRACE = ["--grace-period=0", "--force"];
const NONE_LOST = /1000 packets transmitted, 1000 packets received/;

async function reachEachOther(...pods: RunningPod[]): Promise<void> {
  const targets = pods.map(({ target }) => target);
  assert.deepEqual(
    failures(
      await reach(
        pods.map(({ workload }) => workload),
        targets,
        ["ping", "tcp"],
      ),
    ),
    [],
  );
}

describeCluster("a cluster in trouble", { nodes: ["n1", "n2"], controls: 2 }, (cluster) => {
  let a: RunningPod;
  let b: RunningPod;

  test("a StatefulSet's pod that is made anew keeps its addresses, and is reached at once", async () => {
    const { kubectl } = cluster();
    [a, b] = (await runPods(cluster(), pod("a", { node: "n1" }), pod("b", { node: "n2" }))) as [RunningPod, RunningPod];
    const annotations = { "cable.dev/ip-address": "10.244.200.7,fd00:244::7:7" };
    const labels = { app: "db" };
    await kubectl.apply({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "db" },
      spec: {
        serviceName: "db",
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels, annotations }, spec: podSpec({}) },
      },
    });
    const ready = () => untilPod(cluster(), "db-0");
    const first = await ready();
    assert.deepEqual(first.ips, ["10.244.200.7", "fd00:244::7:7"]);
    await reachEachOther(a, b, first);
    await kubectl.remove("pod", "db-0", ...NO_GRACE);
    const second = await ready();
    assert.notEqual(second.uid, first.uid);
    assert.deepEqual(second.ips, first.ips);
    await reachEachOther(a, b, second);
  });

  test("kubelet that is started again disturbs no pod, and goes on starting others", async () => {
    // Asked on the other node, since a script in a pod goes by way of kubelet.
    const pings = b.workload.run(`ping -q -i 0.005 -c 1000 ${a.ips[0]}`);
    await cluster().node("n1").restartKubelet();
    assert.match((await pings).stdout, NONE_LOST);
    const [later] = await runPods(cluster(), pod("later", { node: "n1" }));
    await reachEachOther(a, later as RunningPod);
    assert.equal((await untilPod(cluster(), "a")).uid, a.uid);
  });

  test("agents that are killed and started again lose no packet between pods", async () => {
    const pings = a.workload.run(`ping -q -i 0.005 -c 1000 ${b.ips[0]}`);
    for (const { host } of cluster().nodes.values()) {
      await host.killAgent();
      await host.startAgent();
    }
    assert.match((await pings).stdout, NONE_LOST);
  });

  test("a control node that is killed is followed by another one, which gives new pods their ports", async () => {
    const { kubectl, lab } = cluster();
    const { spec } = await kubectl.request("GET", LEASE);
    const holder = lab.controls.find((control) => spec.holderIdentity.includes(`_${control.process().pid}_`));
    assert.ok(holder, `the lease is ${spec.holderIdentity}'s`);
    await holder.kill();
    await reachEachOther(a, b);
    const [after] = await runPods(cluster(), pod("after", { node: "n2" }));
    await reachEachOther(a, after as RunningPod);
    assert.notEqual((await kubectl.request("GET", LEASE)).spec.holderIdentity, spec.holderIdentity);
    await holder.start();
    await untilAgreed(cluster());
  });

  test("a pod that names a network that is not there is told so, and starts once there is one", async () => {
    const { kubectl, lab } = cluster();
    await kubectl.apply(pod("early", { node: "n1", annotations: { "cable.dev/network": "late" } }));
    await until("the pod's event", async () => {
      const events = await kubectl.list("/api/v1/namespaces/default/events");
      const own = events.filter(({ involvedObject }) => involvedObject.name === "early");
      return own.some(({ reason }) => reason === "NetworkNotFound") ? true : undefined;
    });
    const project_id = CLUSTER_PROJECT;
    const network = await lab.neutron.create("network", { name: "late", project_id });
    const subnet = { project_id, network_id: network.id, ip_version: 4, cidr: "10.66.0.0/24" };
    await lab.neutron.create("subnet", subnet);
    assert.match(String((await untilPod(cluster(), "early")).ips), /^10\.66\.0\.\d+$/);
    await kubectl.remove("pod", "early", ...NO_GRACE);
    await lab.neutron.delete("network", network.id);
  });

  test("a call of the plugin that cannot be served says so in CNI's codes, and leaves nothing", async () => {
    const node = cluster().node("n1");
    const links = () => node.must("ls /sys/class/net");
    const call = { containerId: "test", netns: "test", args: { K8S_POD_NAMESPACE: "default", K8S_POD_NAME: "none" } };
    await untilAgreed(cluster());
    const before = await links();
    const codeOf = async (more: { config?: string; args?: Record<string, string> }) => {
      const { code, stdout } = await callCniIn(node, { ...call, command: "ADD", ...more });
      return code === 0 ? 0 : (JSON.parse(stdout) as { code: number }).code;
    };
    const codes = {
      garbage: await codeOf({ config: '{"cniVersion":' }),
      nameless: await codeOf({
        config: JSON.stringify({ cniVersion: "0.4.0", type: "cable", socket: node.host.socket }),
      }),
      stranger: await codeOf({ args: { ...call.args, K8S_POD_UID: "0f8c1b5e-0000-4000-8000-00000000dead" } }),
    };
    await node.host.stopAgent();
    const away = { away: await codeOf({}), del: (await callCniIn(node, { ...call, command: "DEL" })).code };
    await node.host.startAgent();
    assert.deepEqual({ ...codes, ...away }, { garbage: 6, nameless: 7, stranger: 11, away: 11, del: 0 });
    assert.equal((await callCniIn(node, { ...call, command: "DEL" })).code, 0);
    await node.must("ip netns delete test");
    assert.equal(await links(), before);
    await untilAgreed(cluster());
  });

  test(`${MANY} pods that come and go, and some that go while they come, leave nothing`, async (t) => {
    const { kubectl } = cluster();
    await kubectl.apply(deployment("many", MANY));
    const pods = () => kubectl.list("/api/v1/namespaces/default/pods?labelSelector=app%3Dmany");
    await timed(t, `${MANY} pods Ready`, () =>
      until("all to be Ready", async () => ((await pods()).filter(isReady).length === MANY ? true : undefined), {
        timeoutMs: 120_000,
        everyMs: 300,
      }),
    );
    await untilAgreed(cluster());
    await kubectl.must(["scale", "deployment", "many", "--replicas=60"]);
    await kubectl.remove("deployment", "many", "--cascade=orphan");
    await kubectl.remove("replicaset", "-l", "app=many", "--cascade=orphan");
    await kubectl.remove("pods", "-l", "app=many", ...NO_GRACE);
    await timed(t, `nothing left of ${MANY} pods`, () => untilAgreed(cluster(), 120_000));
    assert.deepEqual(await pods(), []);
  });

  test("a node that loses its power is missed, and comes back with its pods, their ports and no others", async () => {
    const node = cluster().node("n2");
    await node.cut();
    await cluster().untilReady("n2", false);
    await until("its pod not to be Ready", async () => {
      const one = await cluster().kubectl.request("GET", "/api/v1/namespaces/default/pods/b");
      return isReady(one) ? undefined : true;
    });
    await node.boot();
    await cluster().untilReady("n2");
    const again = await untilPod(cluster(), "b");
    assert.deepEqual([again.uid, again.ips], [b.uid, b.ips]);
    await reachEachOther(a, again);
    await untilAgreed(cluster());
  });

  test("nothing changes when all is computed afresh", () => settled(cluster().lab));
});

async function timed(t: TestContext, what: string, work: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  await work();
  t.diagnostic(`${what} after ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
