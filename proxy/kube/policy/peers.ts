/** Whom a rule of a policy is about: pods by selectors, each such choice a group of its own, or prefixes. */
import { createHash } from "node:crypto";
import type { Cidr } from "../../../model/mod.ts";
import type { LabelSelector, Labels, NetworkPolicyPeer } from "../objects.ts";
import { canonical, keysOf, selects } from "../selector.ts";
import { prefixesOf } from "./ip-block.ts";
import { hasPort, type NamedPort, type PolicyPod, portText } from "./pods.ts";

/** A choice of pods. */
export interface PodChoice {
  /** One namespace by its name, or those that a selector takes. */
  namespaces: string | LabelSelector;
  pods: LabelSelector;
  /** Only those where the port of this name is this number. */
  port?: NamedPort;
}

export type Peer = { kind: "pods"; choice: PodChoice } | { kind: "prefixes"; prefixes: Cidr[] };

export const ALL_PODS: PodChoice = { namespaces: {}, pods: {} };

/** A peer of a policy in `namespace`. With neither selector nor block it is nobody, as the API server lets none such in. */
export function peerOf({ ipBlock, namespaceSelector, podSelector }: NetworkPolicyPeer, namespace: string): Peer {
  if (ipBlock) return { kind: "prefixes", prefixes: prefixesOf(ipBlock.cidr, ipBlock.except ?? []) };
  if (!namespaceSelector && !podSelector) return { kind: "prefixes", prefixes: [] };
  return { kind: "pods", choice: { namespaces: namespaceSelector ?? namespace, pods: podSelector ?? {} } };
}

export function describeChoice({ namespaces, pods, port }: PodChoice): string {
  const where = typeof namespaces === "string" ? `namespace ${namespaces}` : `namespaces [${canonical(namespaces)}]`;
  return `pods [${canonical(pods)}] in ${where}${port === undefined ? "" : ` with ${portText(port)}`}`;
}

/** The key of the group of those chosen: the same for the same choice, however it is written. */
export function choiceKey(choice: PodChoice): string {
  return `pods/${createHash("sha256").update(describeChoice(choice)).digest("hex").slice(0, 16)}`;
}

export function chooses({ namespaces, pods, port }: PodChoice, pod: PolicyPod, namespaceLabels: Labels): boolean {
  const isThere = typeof namespaces === "string" ? namespaces === pod.namespace : selects(namespaces, namespaceLabels);
  return isThere && selects(pods, pod.labels) && (port === undefined || hasPort(pod, port));
}

/** The pods' labels that a choice looks at. */
export const labelsOf = ({ pods }: PodChoice): string[] => keysOf(pods);
