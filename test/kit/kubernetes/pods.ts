/** Pods as tests want them, and as the kit's workloads: what a script in them says, and how others reach them. */
import type { Ip } from "../../../model/mod.ts";
import { until } from "../process.ts";
import type { Target } from "../reach.ts";
import type { Workload } from "../workload.ts";
import type { KubeCluster } from "./cluster.ts";
import { BUSYBOX_IMAGE } from "./images.ts";
import type { KubeObject } from "./kubectl.ts";

/** /name and /blob on port 80, for the reach tests. */
export const SERVE = "echo $HOSTNAME >/www/name; exec httpd -f -p [::]:80 -h /www";

export interface PodWish {
  namespace?: string;
  node?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  /** A shell script; {@link SERVE} without. */
  script?: string;
  /** Further fields of its container, and of its specification. */
  container?: object;
  spec?: object;
}

/** The specification that pods and templates of pods have in common. */
export function podSpec({ node, script = SERVE, container = {}, spec = {} }: PodWish): object {
  return {
    terminationGracePeriodSeconds: 1,
    automountServiceAccountToken: false,
    ...(node !== undefined && { nodeSelector: { "kubernetes.io/hostname": node } }),
    containers: [{ name: "main", image: BUSYBOX_IMAGE, command: ["sh", "-c", script], ...container }],
    ...spec,
  };
}

export function pod(name: string, wish: PodWish = {}): KubeObject {
  const { namespace = "default", labels = {}, annotations = {} } = wish;
  const metadata = { name, namespace, labels: { app: name, ...labels }, annotations };
  return { apiVersion: "v1", kind: "Pod", metadata, spec: podSpec(wish) };
}

export interface RunningPod {
  name: string;
  namespace: string;
  node: string;
  uid: string;
  ips: Ip[];
  /** For reach tests. */
  target: Target;
  workload: Workload;
}

const path = (namespace: string, name: string) => `/api/v1/namespaces/${namespace}/pods/${name}`;

/** Waits until the pod is Ready. @throws Error that says what it is instead */
export async function untilPod(cluster: KubeCluster, name: string, namespace = "default"): Promise<RunningPod> {
  const found = await until(
    `pod ${namespace}/${name} to be Ready`,
    async () => {
      const one = await cluster.kubectl.request("GET", path(namespace, name));
      if (isReady(one)) return one;
      const conditions = one.status.conditions?.map(({ type, status }: Condition) => `${type}=${status}`);
      throw new Error(`it is ${one.status.phase}, ${conditions?.join(" ")}`);
    },
    { timeoutMs: 90_000, everyMs: 100 },
  );
  return runningPod(cluster, found);
}

interface Condition {
  type: string;
  status: string;
}

export function isReady({ metadata, status }: KubeObject): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  return status.conditions?.some(({ type, status }: Condition) => type === "Ready" && status === "True") ?? false;
}

function runningPod(cluster: KubeCluster, { metadata, spec, status }: KubeObject): RunningPod {
  const { name, namespace = "default", uid = "" } = metadata;
  const ips: Ip[] = status.podIPs.map(({ ip }: { ip: Ip }) => ip);
  const workload: Workload = {
    name,
    portId: "",
    run: (script, timeoutMs) => cluster.kubectl.exec({ namespace, name }, script, timeoutMs),
    stop: () => cluster.kubectl.remove("-n", namespace, "pod", name),
  };
  return { name, namespace, node: spec.nodeName, uid, ips, workload, target: { workload, ips } };
}

/** Makes the pods and waits until all are Ready. */
export async function runPods(cluster: KubeCluster, ...pods: KubeObject[]): Promise<RunningPod[]> {
  await cluster.kubectl.apply(...pods);
  return Promise.all(pods.map(({ metadata }) => untilPod(cluster, metadata.name, metadata.namespace)));
}

/** A namespace in which pods can be made. */
export async function addNamespace({ kubectl }: KubeCluster, name: string, labels: Record<string, string> = {}) {
  await kubectl.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
  const account = `/api/v1/namespaces/${name}/serviceaccounts/default`;
  await until(`the service account of pods in ${name}`, () => kubectl.request("GET", account), { everyMs: 100 });
}

/** A deployment of pods that only wait, on whatever nodes the scheduler thinks of. */
export function deployment(name: string, replicas: number, wish: PodWish = {}): KubeObject {
  const labels = { app: name };
  const script = "trap 'exit 0' TERM; sleep 100000 & wait";
  const template = { metadata: { labels }, spec: podSpec({ script, ...wish }) };
  const spec = { replicas, selector: { matchLabels: labels }, template };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: "default" }, spec };
}
