/**
 * The native API: hosts and their views. Each route is one row; the control node's server and the agent's client are
 * derived from it. Bodies are JSON; errors are `{"error": {"code", "message", ...facts}}` with the fault's status.
 */
import { z } from "zod";

/** DNS-like, as `binding:host_id` values are. */
export const HostName = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,253}[A-Za-z0-9])?$/);

/** A DNS label, as clusters are named in the file of `--kubernetes`. */
export const ClusterName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be a DNS label: a-z, 0-9 and -");

/** What a node shows its pod's service account token with. */
export const NodeTokenRequest = z.strictObject({
  kubernetes_cluster: ClusterName.optional().describe("whose node it is; may be left out where there is one cluster"),
});

/** Something of a cluster's that the store or a host has otherwise. */
export const AuditFinding = z.object({
  object: z.string().describe("pod NAMESPACE/NAME, node NAME, or port NAME"),
  finding: z.string(),
  port_id: z.string().nullable(),
});
export type AuditFinding = z.output<typeof AuditFinding>;

/** What is asked of clusters: implemented by the Kubernetes door. */
export interface Clusters {
  /** `cluster` undefined: the only one. @throws Fault NotFound, ServiceUnavailable */
  audit(cluster: string | undefined): Promise<AuditFinding[]>;
  /** `cluster` undefined: the only one. @throws Fault Unauthorized, ServiceUnavailable */
  nodeOf(token: string, cluster: string | undefined): Promise<NodeIdentity>;
}

/** The node that the agent's pod runs on. */
export interface NodeIdentity {
  cluster: string;
  node: string;
}

export const NewHost = z.strictObject({
  name: HostName,
  token: z
    .string()
    .min(16)
    .max(256)
    .optional()
    .describe("its agent's token; without, the control node makes one. Only its SHA-256 is stored"),
  container_projects: z.array(z.string()).default([]).describe("in whose networks it may make ports for containers"),
  availability_zone: z.string().min(1).max(255).optional().describe('where it is, in your words; "nova" without'),
  kubernetes_cluster: ClusterName.optional().describe("the cluster whose node of this name may ask for its token"),
});
export type NewHost = z.input<typeof NewHost>;

export const HostFactsBody = z.strictObject({
  tunnel_ip: z.union([z.ipv4(), z.ipv6()]),
  physical_networks: z.record(z.string(), z.string()),
  underlay_mtu: z.int().min(576).max(65535),
  agent_version: z.string(),
  datapath: z.enum(["ebpf", "vrouter"]),
});

export const PortReportBody = z.union([
  z.strictObject({ up: z.literal(true), device: z.string(), mirrors: z.array(z.uuid()).optional() }),
  z.strictObject({ up: z.literal(false), reason: z.string() }),
]);

export const HoldReportBody = z.strictObject({
  port_id: z.uuid(),
  ip: z.union([z.ipv4(), z.ipv6()]),
  mac: z.mac(),
  since_ms: z.int().min(0),
});

export const HostStatusBody = z.strictObject({
  facts: HostFactsBody.optional(),
  revision: z.int().min(0),
  beat_ms: z.int().min(100).max(60_000).optional(),
  ports: z.record(z.uuid(), PortReportBody),
  floatingips: z.record(z.uuid(), z.enum(["ACTIVE", "DOWN", "ERROR"])).optional(),
  holds: z.array(HoldReportBody).max(100).optional(),
});

/** A port that a host makes for a container; the host's record must list the network's project. */
export const NewContainerPort = z.strictObject({
  network_id: z.uuid(),
  /** Makes the call repeatable: the same container and interface get the same port. */
  container_id: z.string().min(1).max(255),
  interface_name: z.string().min(1).max(15),
  name: z.string().max(255).default(""),
  ips: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .max(20)
    .optional()
    .describe("its addresses, each in a subnet of the network"),
  mac_address: z.mac().optional(),
});
export type NewContainerPort = z.input<typeof NewContainerPort>;

export { HOST_ROUTES } from "./routes.ts";
