/** What NetworkPolicies mean, read off their specification (networking.k8s.io/v1), to compare with what is compiled of them. */
import { parseIp, prefix, prefixContains } from "../../../model/mod.ts";
import type {
  LabelSelector,
  Labels,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  Protocol,
} from "../objects.ts";
import { selects } from "../selector.ts";
import type { Compiled } from "./compile.ts";
import type { PolicyPod } from "./pods.ts";
import type { Direction, WantedRule } from "./rules.ts";

export interface End extends PolicyPod {
  ip: string;
}

export interface Question {
  from: End;
  to: End;
  protocol: Protocol;
  port: number;
}

export interface Cluster {
  namespaces: ReadonlyMap<string, Labels>;
  policies: readonly NetworkPolicy[];
}

const isIn = (cidr: string, ip: string) => prefixContains(prefix(cidr), parseIp(ip)!);

function isPeer(cluster: Cluster, peer: NetworkPolicyPeer, policyNamespace: string, end: End): boolean {
  const { ipBlock, namespaceSelector, podSelector } = peer;
  if (ipBlock) return isIn(ipBlock.cidr, end.ip) && !(ipBlock.except ?? []).some((hole) => isIn(hole, end.ip));
  const isThere = namespaceSelector
    ? selects(namespaceSelector, cluster.namespaces.get(end.namespace) ?? {})
    : end.namespace === policyNamespace;
  return isThere && selects(podSelector ?? {}, end.labels);
}

/** A name is looked up at the pod that is connected to. */
function isPort(port: NetworkPolicyPort, { to, protocol, port: number }: Question): boolean {
  if ((port.protocol ?? "TCP") !== protocol) return false;
  if (port.port == null) return true;
  if (typeof port.port === "string")
    return to.ports.some((one) => one.protocol === protocol && one.name === port.port && one.number === number);
  return number >= port.port && number <= (port.endPort ?? port.port);
}

/** The far end's port has a name where the peer is pods; addresses have none (as Calico and Antrea read it, too). */
function hasMeaning(direction: Direction, peer: NetworkPolicyPeer | undefined, port: NetworkPolicyPort): boolean {
  return direction === "ingress" || typeof port.port !== "string" || !peer?.ipBlock;
}

function allows(cluster: Cluster, direction: Direction, policy: NetworkPolicy, question: Question): boolean {
  const far = direction === "ingress" ? question.from : question.to;
  const clauses =
    direction === "ingress"
      ? (policy.spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
      : (policy.spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
  return clauses.some(({ peers, ports }) => {
    const found = (peers?.length ? peers : [undefined]).filter(
      (peer) => peer === undefined || isPeer(cluster, peer, policy.metadata.namespace!, far),
    );
    return found.some(
      (peer) => !ports?.length || ports.some((port) => isPort(port, question) && hasMeaning(direction, peer, port)),
    );
  });
}

/** By the specification. */
export function isAllowed(cluster: Cluster, question: Question): boolean {
  return (["ingress", "egress"] as const).every((direction) => {
    const near = direction === "ingress" ? question.to : question.from;
    const own = cluster.policies.filter(({ metadata, spec }) => {
      const types = spec?.policyTypes ?? (spec?.egress?.length ? ["Ingress", "Egress"] : ["Ingress"]);
      const isOf = types.includes(direction === "ingress" ? "Ingress" : "Egress");
      return isOf && metadata.namespace === near.namespace && selects(spec?.podSelector ?? {}, near.labels);
    });
    return own.length === 0 || own.some((policy) => allows(cluster, direction, policy, question));
  });
}

function passes(
  rule: WantedRule,
  far: { ip: string; groups: readonly string[] },
  { protocol, port }: Question,
): boolean {
  if ((rule.ethertype === "IPv4") === far.ip.includes(":")) return false;
  if (rule.protocol !== null && rule.protocol !== protocol.toLowerCase()) return false;
  if (rule.port_range_min !== null && (port < rule.port_range_min || port > rule.port_range_max!)) return false;
  const { remote } = rule;
  if (remote.kind === "any") return true;
  return remote.kind === "group" ? far.groups.includes(remote.key) : isIn(remote.cidr, far.ip);
}

/** By what is compiled, as security groups mean it. */
export function groupsAllow({ groups, groupsOf }: Compiled, question: Question): boolean {
  return (["ingress", "egress"] as const).every((direction) => {
    const [near, far] = direction === "ingress" ? [question.to, question.from] : [question.from, question.to];
    const rules = groupsOf(near).flatMap((key) => groups.get(key)?.rules ?? []);
    const end = { ip: far.ip, groups: groupsOf(far) };
    return rules.some((rule) => rule.direction === direction && passes(rule, end, question));
  });
}

export const byLabels = (matchLabels: Labels): LabelSelector => ({ matchLabels });

export function policy(namespace: string, name: string, spec: NonNullable<NetworkPolicy["spec"]>): NetworkPolicy {
  return { metadata: { namespace, name, uid: `${namespace}-${name}` }, spec };
}
