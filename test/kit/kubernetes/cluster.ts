/** A lab with a Kubernetes cluster in it: its pods are ports of the lab's control nodes. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Lab, type Progress } from "../lab.ts";
import { until } from "../process.ts";
import type { HostSpec } from "../topology.ts";
import { type ControlPlane, SERVICE_CIDRS, startControlPlane } from "./control-plane.ts";
import type { Kubectl, KubeObject } from "./kubectl.ts";
import { KubeNode } from "./node.ts";

export const CLUSTER = "lab";
export const CLUSTER_PROJECT = "5f0c2b1e-0000-4000-8000-000000000001";
/** The pod network, also among the lab's networks. */
export const POD_NETWORK = "pods";
export const POD_CIDRS = ["10.244.0.0/16", "fd00:244::/64"] as const;

export interface ClusterSpec {
  nodes: readonly string[];
  /** Hosts of the lab that are no nodes. */
  hosts?: Record<string, HostSpec>;
  controls?: number;
}

export class KubeCluster {
  readonly lab: Lab;
  readonly plane: ControlPlane;
  readonly nodes = new Map<string, KubeNode>();

  private constructor(lab: Lab, plane: ControlPlane) {
    this.lab = lab;
    this.plane = plane;
  }

  /** Brings all up, until every node is Ready; what stops half-way is taken down again. */
  static async start(name: string, spec: ClusterSpec, progress: Progress = () => {}): Promise<KubeCluster> {
    let plane: ControlPlane | undefined;
    const controlFlags = async ({ directory, address }: { directory: string; address: string }) => {
      plane = await startControlPlane({ directory, address });
      const file = join(directory, "clusters.yaml");
      await writeFile(file, JSON.stringify([clusterConfig(plane)]));
      return ["--auth", "none", "--quota", "all=-1", "--kubernetes", file];
    };
    const { hosts = {}, controls = 1 } = spec;
    let cluster: KubeCluster | undefined;
    try {
      const lab = await Lab.start(name, { hosts, networks: {}, workloads: {}, controls, controlFlags }, progress);
      cluster = new KubeCluster(lab, plane as unknown as ControlPlane);
      await cluster.#up(spec.nodes);
      return cluster;
    } catch (error) {
      if (cluster === undefined) await plane?.stop();
      else await cluster.down();
      throw error;
    }
  }

  get kubectl(): Kubectl {
    return this.plane.kubectl;
  }

  node(name: string): KubeNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`the cluster has no node ${name}`);
    return node;
  }

  /** Waits until the API server says of the node that it is Ready, or that it is not. */
  async untilReady(name: string, wanted = true): Promise<void> {
    const ask = async () => {
      const { status } = await this.kubectl.request("GET", `/api/v1/nodes/${name}`);
      const ready = status.conditions?.find(({ type }: { type: string }) => type === "Ready");
      if ((ready?.status === "True") === wanted) return true;
      throw new Error(`Ready is ${ready?.status}: ${ready?.message}`);
    };
    const what = `node ${name} to be ${wanted ? "" : "no longer "}Ready`;
    await until(what, ask, { timeoutMs: 90_000, everyMs: 200 });
  }

  async down(): Promise<void> {
    await Promise.all(
      [...this.nodes.values()].map(async (node) => {
        if (this.lab.hosts.has(node.name))
          await this.lab
            .host(node.name)
            .stopAgent()
            .catch(() => {});
        await node.stop();
      }),
    );
    await this.lab.down();
    await this.plane.stop();
  }

  async #up(names: readonly string[]): Promise<void> {
    const { lab, plane } = this;
    for (const name of names) {
      const enter = () => this.node(name).enter();
      const host = await lab.addHost(name, { start: false, enter, containerProjects: [CLUSTER_PROJECT] });
      const node = new KubeNode({ host, wire: lab.wire, directory: lab.directory, lab: lab.name, plane });
      this.nodes.set(name, node);
      await node.install();
    }
    const boots = await Promise.allSettled([...this.nodes.values()].map((node) => node.boot()));
    for (const boot of boots) if (boot.status === "rejected") throw boot.reason;
    await Promise.all(names.map((name) => this.untilReady(name)));
    const network = await until("the pod network", async () => {
      const found = await lab.neutron.list("network", { name: POD_NETWORK });
      return found[0];
    });
    const subnets = await lab.neutron.list("subnet", { network_id: network.id });
    lab.networks.set(POD_NETWORK, { network, subnets });
  }
}

function clusterConfig({ kubeconfig }: ControlPlane): object {
  return {
    name: CLUSTER,
    kubeconfig,
    project_id: CLUSTER_PROJECT,
    network: POD_NETWORK,
    pod_cidrs: POD_CIDRS,
    service_cidrs: SERVICE_CIDRS,
  };
}

/** What of a list of objects is looked at most. */
export const namesOf = (objects: readonly KubeObject[]): string[] =>
  objects.map(({ metadata }) => metadata.name).sort();
