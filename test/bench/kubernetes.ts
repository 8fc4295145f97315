/**
 * How long a pod waits for its network: CNI ADD by itself, and of many at once, beside Debian's bridge and host-local, which
 * ask nobody; then with kubelet and containerd, which have most of the work.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { deployment, KubeCluster, type KubeObject, missingKubernetes, pod } from "../kit/kubernetes/mod.ts";
import { callCni, type Lab, makeNetns, type Outcome, removeNetns, runIn, uniqueName, until } from "../kit/mod.ts";
import { median, percentile, type Row, row, spread } from "./row.ts";

const PODS = 110;
const TURNS = 100;
const AT_ONCE = [50, 100];
const MOST = Math.max(...AT_ONCE);
/** A host with an agent and a Node, whose kubelet this bench is. */
const HOST = "h";
const NODE = "n1";

interface Container {
  netns: string;
  pod: KubeObject;
}

/** A plugin as the runtime calls it. */
interface Plugin {
  name: string;
  call(command: "ADD" | "DEL", container: Container): Promise<Outcome>;
}

function cable(lab: Lab): Plugin {
  return {
    name: "Cable",
    call: (command, { netns, pod: { metadata } }) =>
      callCni(lab.host(HOST), {
        command,
        netns,
        containerId: netns,
        config: { cniVersion: "0.4.0", kubernetes: true },
        args: `K8S_POD_NAMESPACE=default;K8S_POD_NAME=${metadata.name};K8S_POD_UID=${metadata.uid}`,
      }),
  };
}

const bridgeConfig = (dataDir: string) => ({
  type: "bridge",
  bridge: "bench0",
  isGateway: true,
  isDefaultGateway: true,
  ipam: { type: "host-local", dataDir, ranges: [[{ subnet: "10.250.0.0/20" }]] },
});

function bridge(netns: string, dataDir: string): Plugin {
  const input = JSON.stringify({ cniVersion: "0.4.0", name: "bench", ...bridgeConfig(dataDir) });
  return {
    name: "bridge and host-local",
    call: (command, container) =>
      runIn(netns, ["/usr/lib/cni/bridge"], {
        input,
        env: {
          CNI_COMMAND: command,
          CNI_CONTAINERID: container.netns,
          CNI_NETNS: `/run/netns/${container.netns}`,
          CNI_IFNAME: "eth0",
          CNI_PATH: "/usr/lib/cni",
        },
      }),
  };
}

async function timed(plugin: Plugin, command: "ADD" | "DEL", container: Container): Promise<number> {
  const began = performance.now();
  const outcome = await plugin.call(command, container);
  const tookMs = performance.now() - began;
  if (outcome.code !== 0) throw new Error(`CNI ${command} by ${plugin.name}: ${outcome.stdout}${outcome.stderr}`);
  return tookMs;
}

/** One after the other at {@link PODS} containers, then many at once; leaves none. */
async function measurePlugin(plugin: Plugin, containers: readonly Container[], promised: boolean): Promise<Row[]> {
  const [first, rest] = [containers.slice(0, PODS), containers.slice(PODS)];
  for (const container of first) await timed(plugin, "ADD", container);
  const last = first.at(-1) as Container;
  const times: number[] = [];
  for (let i = 0; i < TURNS; i++) {
    await timed(plugin, "DEL", last);
    times.push(await timed(plugin, "ADD", last));
  }
  for (const container of first.slice(MOST)) await timed(plugin, "DEL", container);
  const bound = (atMost: number) => (promised ? { atMost } : null);
  const title = `CNI ADD at ${PODS} pods by ${plugin.name}`;
  const rows = [
    row(`${title}: median`, median(times), "ms", bound(15), `spread ${spread(times)}`),
    row(`${title}: 99th percentile`, percentile(times, 0.99), "ms", bound(50)),
  ];
  for (const count of AT_ONCE) {
    const chosen = rest.slice(0, count);
    const began = performance.now();
    const each = await Promise.all(chosen.map((container) => timed(plugin, "ADD", container)));
    const tookS = (performance.now() - began) / 1000;
    const note = `median ${median(each).toFixed(0)} ms`;
    rows.push(row(`${count} pods at once by ${plugin.name}: all network-ready after`, tookS, "s", bound(3), note));
    for (const container of chosen) await timed(plugin, "DEL", container);
  }
  for (const container of first.slice(0, MOST)) await timed(plugin, "DEL", container);
  return rows;
}

/** Pods of {@link HOST}, which no kubelet starts. */
async function makePods({ kubectl, lab }: KubeCluster, tag: string, count: number): Promise<Container[]> {
  const wish = (i: number) => pod(`${tag}-${i}`, { spec: { nodeName: HOST } });
  const path = "/api/v1/namespaces/default/pods";
  const made = await Promise.all(Array.from({ length: count }, (_, i) => kubectl.request("POST", path, wish(i))));
  await until("all their ports", async () => {
    const ports = await lab.neutron.list("port", { device_owner: "kubernetes:pod" });
    return ports.length >= count ? true : undefined;
  });
  return Promise.all(
    made.map(async (one) => {
      const netns = `${lab.name}-${one.metadata.name}`;
      await makeNetns(netns);
      return { netns, pod: one };
    }),
  );
}

/** From a pod's creation on: its port is made while ADD waits for it already. */
async function fromCreation({ kubectl, lab }: KubeCluster, namespaces: readonly string[]): Promise<number> {
  const path = "/api/v1/namespaces/default/pods";
  const began = performance.now();
  await Promise.all(
    namespaces.map(async (netns, i) => {
      const made = await kubectl.request("POST", path, pod(`new-${i}`, { spec: { nodeName: HOST } }));
      await timed(cable(lab), "ADD", { netns, pod: made });
    }),
  );
  return (performance.now() - began) / 1000;
}

/** By kubelet and containerd: from the deployment on until every pod has an address. */
async function byKubelet(cluster: KubeCluster, count: number): Promise<number> {
  const { kubectl } = cluster;
  const pods = "/api/v1/namespaces/default/pods?labelSelector=app%3Dmany";
  const began = performance.now();
  await kubectl.apply(deployment("many", count, { node: NODE }));
  const addressed = async () => (await kubectl.list(pods)).filter(({ status }) => status.podIP !== undefined).length;
  await until("all to have addresses", async () => ((await addressed()) === count ? true : undefined), {
    timeoutMs: 120_000,
    everyMs: 100,
  });
  const tookS = (performance.now() - began) / 1000;
  await kubectl.remove("deployment", "many");
  await kubectl.remove("pods", "-l", "app=many", "--grace-period=0", "--force");
  const left = "ctr -a /run/containerd/containerd.sock -n k8s.io containers list -q";
  const gone = async () => ((await cluster.node(NODE).must(left)) === "" ? true : undefined);
  await until("all to be gone", gone, { timeoutMs: 180_000, everyMs: 500 });
  return tookS;
}

async function measureKubelet(cluster: KubeCluster, plugin: string): Promise<Row[]> {
  await byKubelet(cluster, 1);
  const rows: Row[] = [];
  for (const count of AT_ONCE) {
    const name = `${count} pods of kubelet and containerd with ${plugin}: all have addresses after`;
    rows.push(row(name, await byKubelet(cluster, count), "s", null));
  }
  return rows;
}

/** Without Kubernetes' programs there are no rows, and a line says why. */
export async function kubernetesBench(log: (line: string) => void): Promise<Row[]> {
  const missing = missingKubernetes();
  if (missing !== undefined) {
    log(`not measured: ${missing}`);
    return [];
  }
  log("starting a cluster of one node, and a host whose kubelet this bench is");
  const cluster = await KubeCluster.start(uniqueName("cbk"), { nodes: [NODE], hosts: { [HOST]: {} } });
  const { lab, kubectl } = cluster;
  const beside = `${lab.name}-bridge`;
  const dataDir = join(lab.directory, "host-local");
  const containers: Container[] = [];
  try {
    await kubectl.request("POST", "/api/v1/nodes", { metadata: { name: HOST } });
    log(`making ${PODS + MOST} pods and namespaces`);
    containers.push(...(await makePods(cluster, "pod", PODS + MOST)));
    const rows: Row[] = [];
    log("CNI ADD by Cable");
    rows.push(...(await measurePlugin(cable(lab), containers, true)));
    const free = containers.slice(0, MOST).map(({ netns }) => netns);
    const tookS = await fromCreation(cluster, free);
    rows.push(
      row(`${MOST} pods at once by Cable, from their creation on: all network-ready after`, tookS, "s", { atMost: 3 }),
    );
    for (const netns of free) await timed(cable(lab), "DEL", { netns, pod: pod("gone") });
    log("CNI ADD by bridge and host-local");
    await makeNetns(beside);
    rows.push(...(await measurePlugin(bridge(beside, dataDir), containers, false)));
    await kubectl.remove("pods", "--all", "--grace-period=0", "--force");
    log("kubelet and containerd with Cable");
    rows.push(...(await measureKubelet(cluster, "Cable")));
    log("kubelet and containerd with bridge and host-local");
    const plugins = [bridgeConfig("/var/lib/cni/networks")];
    await cluster.node(NODE).configureCni(JSON.stringify({ cniVersion: "0.4.0", name: "bench", plugins }));
    rows.push(...(await measureKubelet(cluster, "bridge and host-local")));
    return rows;
  } finally {
    for (const { netns } of containers) await removeNetns(netns);
    await removeNetns(beside);
    await cluster.down();
    await rm(dataDir, { recursive: true, force: true });
  }
}
