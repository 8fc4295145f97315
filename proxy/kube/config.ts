/** The clusters that a control node serves, as written in the file of `--kubernetes`. */
import { parse, YAMLParseError } from "yaml";
import { z } from "zod";
import { ClusterName } from "../../api/mod.ts";
import { parseCidr } from "../../model/mod.ts";

const Uuid = z.string().regex(/^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/, "must be an id");
const CidrText = z.string().refine((text) => parseCidr(text) !== undefined, "must be a CIDR");

const Cluster = z.strictObject({
  /** Begins the names of its groups, and stands in its ports' profiles. */
  name: ClusterName,
  /** Path of a kubeconfig; without it that of a pod's service account. */
  kubeconfig: z.string().optional(),
  /** The project that its network, ports and groups are in; its quotas on ports and groups are lifted. */
  project_id: Uuid,
  /** Name or id of the pod network; made under this name where there is none. */
  network: z.string().default("pods"),
  /** Subnets of the pod network where it is made: one for each address family. */
  pod_cidrs: z.array(CidrText).min(1).max(2),
  /** Where the addresses of services are from: nodes send them to the pods' gateway. kubeadm's without. */
  service_cidrs: z.array(CidrText).max(2).default(["10.96.0.0/12"]),
  /** Whose tokens, shown by an agent, say which node it is on: NAMESPACE/NAME. */
  agent_service_account: z
    .string()
    .regex(/^[-a-z0-9]{1,63}\/[-.a-z0-9]{1,253}$/, "must be NAMESPACE/NAME")
    .default("kube-system/cable-agent"),
});

export type ClusterConfig = z.output<typeof Cluster>;

const Clusters = z
  .array(Cluster)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "two clusters have one name");

/** @throws Error that says what is wrong, and where */
export function parseClusters(text: string): ClusterConfig[] {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new Error(`not YAML: ${error.message}`);
  }
  const result = Clusters.safeParse(value);
  if (result.success) return result.data;
  const findings = result.error.issues.map(({ path, message }) => `${path.join(".") || "the list"}: ${message}`);
  throw new Error(findings.join("; "));
}
