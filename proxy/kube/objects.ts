/** The parts of Kubernetes' objects that are read here, as the API server sends them: a field that is absent may be null. */

export type Labels = Readonly<Record<string, string>>;

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion?: string;
  labels?: Labels | null;
  annotations?: Labels | null;
  deletionTimestamp?: string | null;
}

export interface LabelSelector {
  matchLabels?: Labels | null;
  matchExpressions?: { key: string; operator: string; values?: string[] | null }[] | null;
}

export interface Namespace {
  metadata: ObjectMeta;
}

export interface Node {
  metadata: ObjectMeta;
}

export type Protocol = "TCP" | "UDP" | "SCTP";

export interface Pod {
  metadata: ObjectMeta;
  spec: {
    nodeName?: string | null;
    hostNetwork?: boolean | null;
    containers: { ports?: ContainerPort[] | null }[];
  };
  status?: { phase?: string | null; podIP?: string | null } | null;
}

export interface ContainerPort {
  name?: string | null;
  protocol?: Protocol | null;
  containerPort: number;
}

/** networking.k8s.io/v1 */
export interface NetworkPolicy {
  metadata: ObjectMeta;
  spec?: {
    podSelector?: LabelSelector | null;
    policyTypes?: ("Ingress" | "Egress")[] | null;
    ingress?: { from?: NetworkPolicyPeer[] | null; ports?: NetworkPolicyPort[] | null }[] | null;
    egress?: { to?: NetworkPolicyPeer[] | null; ports?: NetworkPolicyPort[] | null }[] | null;
  } | null;
}

export interface NetworkPolicyPeer {
  podSelector?: LabelSelector | null;
  namespaceSelector?: LabelSelector | null;
  ipBlock?: { cidr: string; except?: string[] | null } | null;
}

export interface NetworkPolicyPort {
  protocol?: Protocol | null;
  /** A number, or the name of a container's port. */
  port?: number | string | null;
  endPort?: number | null;
}

/** coordination.k8s.io/v1 */
export interface Lease {
  metadata: { name: string; namespace: string; resourceVersion?: string };
  spec: {
    holderIdentity?: string | null;
    leaseDurationSeconds?: number | null;
    acquireTime?: string | null;
    renewTime?: string | null;
    leaseTransitions?: number | null;
  };
}

export interface Service {
  metadata: ObjectMeta;
  spec: {
    type?: string | null;
    clusterIP?: string | null;
    clusterIPs?: string[] | null;
    externalIPs?: string[] | null;
    ports?: { name?: string | null; protocol?: Protocol | null; port: number }[] | null;
    sessionAffinity?: string | null;
    sessionAffinityConfig?: { clientIP?: { timeoutSeconds?: number | null } | null } | null;
    internalTrafficPolicy?: string | null;
  };
  status?: { loadBalancer?: { ingress?: { ip?: string | null }[] | null } | null } | null;
}

/** discovery.k8s.io/v1, or v1beta1, which differs in what is not read here. */
export interface EndpointSlice {
  metadata: ObjectMeta;
  addressType: string;
  endpoints?: SliceEndpoint[] | null;
  ports?: { name?: string | null; protocol?: Protocol | null; port?: number | null }[] | null;
}

export interface SliceEndpoint {
  addresses: string[];
  conditions?: { ready?: boolean | null; serving?: boolean | null; terminating?: boolean | null } | null;
}

/** authentication.k8s.io/v1; `extra` tells of a token that is bound to a pod which one. */
export interface TokenReview {
  status?: {
    authenticated?: boolean | null;
    audiences?: string[] | null;
    user?: { username?: string | null; extra?: Readonly<Record<string, string[]>> | null } | null;
  } | null;
}

/** k8s.cni.cncf.io/v1 */
export interface NetworkAttachmentDefinition {
  metadata: ObjectMeta;
  spec?: { config?: string | null } | null;
}
