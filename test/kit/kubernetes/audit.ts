/** Whether cluster, control nodes and hosts agree on which pods there are: nobody may keep what is gone elsewhere. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { NetworkingTypes } from "../../../api/mod.ts";
import { until } from "../process.ts";
import type { KubeCluster } from "./cluster.ts";
import type { KubeObject } from "./kubectl.ts";
import type { KubeNode } from "./node.ts";

type Port = NetworkingTypes["port"];

/** Waits until all agree. @throws Error with what they do not agree on */
export async function untilAgreed(cluster: KubeCluster, timeoutMs = 30_000): Promise<void> {
  const ask = async () => {
    const found = await disagreements(cluster);
    if (found.length === 0) return true;
    throw new Error(found.join("; "));
  };
  await until("cluster, control nodes and hosts to agree on the pods", ask, { timeoutMs, everyMs: 300 });
}

/** One line for each difference. */
export async function disagreements(cluster: KubeCluster): Promise<string[]> {
  const { kubectl, lab } = cluster;
  const [pods, nodes, ports] = await Promise.all([
    kubectl.list("/api/v1/pods"),
    kubectl.list("/api/v1/nodes"),
    lab.neutron.list("port"),
  ]);
  const ofPods = ports.filter(({ device_owner }) => device_owner === "kubernetes:pod");
  const ofNodes = ports.filter(({ device_owner }) => device_owner === "kubernetes:node");
  const devices = await Promise.all(
    [...cluster.nodes.values()].map((node) =>
      devicesOn(
        node,
        ofPods.filter((port) => port["binding:host_id"] === node.name),
      ),
    ),
  );
  const control = lab.controls.find((one) => one.process().alive());
  const audit = (await control?.native().request("GET", "/v1/kubernetes/audit")) as { findings: unknown[] };
  return [
    ...audit.findings.map((finding) => `the operator's audit finds ${JSON.stringify(finding)}`),
    ...unlike("pod", pods.filter(isConnected), ofPods),
    ...unlike("node", nodes, ofNodes),
    ...addresses(pods, ofPods),
    ...devices.flat(),
  ];
}

/** What is deleted, but whose sandbox may still be there, counts no less. */
const isConnected = ({ spec, status }: KubeObject) =>
  spec.nodeName !== undefined && spec.hostNetwork !== true && !["Succeeded", "Failed"].includes(status.phase);

function unlike(kind: string, objects: readonly KubeObject[], ports: readonly Port[]): string[] {
  const uids = new Map(objects.map(({ metadata }) => [metadata.uid as string, metadata.name]));
  const owners = new Set(ports.map(({ device_id }) => device_id));
  return [
    ...[...uids].filter(([uid]) => !owners.has(uid)).map(([, name]) => `${kind} ${name} has no port`),
    ...ports.filter(({ device_id }) => !uids.has(device_id)).map(({ name }) => `${kind} ${name} is gone, not its port`),
    ...(ports.length > owners.size ? [`some ${kind} has more than one port`] : []),
  ];
}

function addresses(pods: readonly KubeObject[], ports: readonly Port[]): string[] {
  const byUid = new Map(ports.map((port) => [port.device_id, port.fixed_ips.map(({ ip_address }) => ip_address)]));
  return pods.filter(isConnected).flatMap(({ metadata, status }) => {
    const told = (status.podIPs ?? []).map(({ ip }: { ip: string }) => ip);
    const given = byUid.get(metadata.uid as string) ?? [];
    const isSame = told.length === 0 || told.toSorted().join() === given.toSorted().join();
    return isSame ? [] : [`pod ${metadata.name} has ${told.join(" ")}, its port ${given.join(" ")}`];
  });
}

/** Devices, the agent's own record of them, and ports. */
async function devicesOn(node: KubeNode, ports: readonly Port[]): Promise<string[]> {
  const links = (await node.must("ls /sys/class/net")).split("\n").filter((name) => /^cab[0-9a-f]{12}$/.test(name));
  const directory = join(node.directory, "attachments");
  const files = (await readdir(directory)).filter((name) => name.endsWith(".json"));
  const records: { device: string; portId: string | null }[] = await Promise.all(
    files.map(async (name) => JSON.parse(await readFile(join(directory, name), "utf8"))),
  );
  const recorded = new Set(records.map(({ device }) => device));
  const known = new Set(ports.map(({ id }) => id));
  return [
    ...links.filter((name) => !recorded.has(name)).map((name) => `${node.name} has device ${name} of no container`),
    ...records.filter(({ device }) => !links.includes(device)).map(({ device }) => `${node.name} lacks ${device}`),
    ...records
      .filter(({ portId }) => portId === null || !known.has(portId))
      .map(({ device, portId }) => `${node.name} has ${device} of port ${portId}, which is gone`),
  ];
}
