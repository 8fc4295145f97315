/** The clusters of `--kubernetes`, once the control node has its records. */
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import type { Clusters, Networking } from "../../api/mod.ts";
import { fault } from "../../model/mod.ts";
import { Cluster } from "./cluster.ts";
import { parseClusters } from "./config.ts";
import type { Log } from "./log.ts";

export interface Kubernetes extends Clusters {
  /** Gives up what this control node sees to, so that another one may at once. */
  stop(): Promise<void>;
}

/** @throws Error when the file cannot be read, or makes no sense */
export async function startKubernetes(
  file: string,
  { networking, log }: { networking: Networking; log: Log },
): Promise<Kubernetes> {
  const configs = parseClusters(await readFile(file, "utf8").catch(explain(file)));
  const identity = `${hostname()}_${process.pid}_${Date.now().toString(36)}`;
  const clusters = configs.map((config) => new Cluster({ config, networking, log, identity }));
  log.info({ clusters: configs.map(({ name }) => name) }, "watching Kubernetes");
  return {
    async nodeOf(token, name) {
      return clusterNamed(clusters, name, "Unauthorized").nodes.nodeOf(token);
    },
    async audit(name) {
      return clusterNamed(clusters, name, "NotFound").audit();
    },
    async stop() {
      await Promise.all(clusters.map((cluster) => cluster.stop()));
    },
  };
}

/** @throws Fault of that code */
function clusterNamed(
  clusters: readonly Cluster[],
  name: string | undefined,
  code: "Unauthorized" | "NotFound",
): Cluster {
  const [found, ...others] = name === undefined ? clusters : clusters.filter((cluster) => cluster.name === name);
  if (found !== undefined && others.length === 0) return found;
  throw fault(code, {
    msg: name === undefined ? "There are several clusters: name one." : `There is no cluster ${name} here.`,
  });
}

const explain = (file: string) => (error: Error) => {
  throw new Error(`--kubernetes ${file}: ${error.message}`);
};
