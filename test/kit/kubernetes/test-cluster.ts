/** A cluster for the tests of one file. */
import { after, before, describe } from "node:test";
import { uniqueName } from "../place.ts";
import { removeDeadLabs } from "../state.ts";
import { missingKubernetes } from "./binaries.ts";
import { type ClusterSpec, KubeCluster } from "./cluster.ts";

const PREFIX = "cbk";

/**
 * Tests with a cluster, which is there before the first and gone after the last; all are skipped, with the reason, where
 * Kubernetes' programs are not on this machine.
 */
export function describeCluster(title: string, spec: ClusterSpec, tests: (cluster: () => KubeCluster) => void): void {
  const missing = missingKubernetes();
  if (missing !== undefined) console.error(`"${title}" is skipped: ${missing}`);
  describe(title, { skip: missing ?? false }, () => {
    let cluster: KubeCluster | undefined;
    before(async () => {
      await removeDeadLabs(PREFIX);
      cluster = await KubeCluster.start(uniqueName(PREFIX), spec);
    });
    after(async () => cluster?.down());
    tests(() => {
      if (cluster === undefined) throw new Error("the cluster is not up yet");
      return cluster;
    });
  });
}
