/**
 * NetworkPolicies as security groups. A policy is a group that the pods it selects are in; whom its rules name is a group
 * without rules, which those pods are in. A pod that no policy isolates in a direction is in a group that is open in it.
 */
import type { Labels, NetworkPolicy } from "../objects.ts";
import { keysOf, selects } from "../selector.ts";
import { choiceKey, chooses, describeChoice, labelsOf, type PodChoice } from "./peers.ts";
import { hasPort, type NamedPort, type PolicyPod, portText } from "./pods.ts";
import { type Direction, type RuleSet, rulesOf, ruleText, type WantedRule } from "./rules.ts";

export interface WantedGroup {
  /** Its name within the cluster. */
  key: string;
  description: string;
  rules: readonly WantedRule[];
}

export interface PolicyWorld {
  /** Labels of each namespace. */
  namespaces: ReadonlyMap<string, Labels>;
  policies: Iterable<NetworkPolicy>;
  /** Those with an address in the pod network. */
  pods: Iterable<PolicyPod>;
}

export interface Compiled {
  groups: ReadonlyMap<string, WantedGroup>;
  /** The keys of the groups that a pod is in, sorted; of any pod, also one that is not in the world yet. */
  groupsOf(pod: PolicyPod): string[];
}

const OPEN: Record<Direction, string> = { ingress: "open-ingress", egress: "open-egress" };

/** A policy's part: who is in which of its groups. */
interface Part {
  namespace: string;
  policy: NetworkPolicy;
  isolates: readonly Direction[];
  key: string;
  byPort: { port: NamedPort; key: string }[];
}

/** Pure. */
export function compile(world: PolicyWorld): Compiled {
  const numbers = numbersOf(world.pods);
  const groups = new Map<string, WantedGroup>();
  const choices = new Map<string, PodChoice>();
  const parts: Part[] = [];
  for (const policy of world.policies) parts.push(addPolicy(policy, numbers, groups, choices));
  for (const [key, choice] of choices) groups.set(key, { key, description: describeChoice(choice), rules: [] });
  for (const direction of ["ingress", "egress"] as const) groups.set(OPEN[direction], openGroup(direction));
  return { groups, groupsOf: memoised(world, parts, choices) };
}

function openGroup(direction: Direction): WantedGroup {
  const { rules } = rulesOf(direction, { peers: null, ports: null }, "", () => []);
  return { key: OPEN[direction], description: `pods that no policy isolates for ${direction}`, rules };
}

/** By protocol and name, as far as pods have named ports. */
function numbersOf(pods: Iterable<PolicyPod>) {
  const found = new Map<string, Set<number>>();
  for (const { ports } of pods) {
    for (const { protocol, name, number } of ports) {
      const key = `${protocol}:${name}`;
      found.set(key, (found.get(key) ?? new Set()).add(number));
    }
  }
  return (protocol: string, name: string) => found.get(`${protocol}:${name}`) ?? [];
}

/** Without policyTypes a policy is of ingress, and of egress where it has such rules (NetworkPolicySpec). */
function directionsOf({ spec }: NetworkPolicy): Direction[] {
  const types = spec?.policyTypes ?? ["Ingress", ...(spec?.egress?.length ? ["Egress"] : [])];
  return (["ingress", "egress"] as const).filter((one) => types.some((type) => type.toLowerCase() === one));
}

function setsOf(policy: NetworkPolicy, namespace: string, numbers: ReturnType<typeof numbersOf>): RuleSet[] {
  const { ingress, egress } = policy.spec ?? {};
  return directionsOf(policy).flatMap((direction) =>
    direction === "ingress"
      ? (ingress ?? []).map(({ from, ports }) => rulesOf("ingress", { peers: from, ports }, namespace, numbers))
      : (egress ?? []).map(({ to, ports }) => rulesOf("egress", { peers: to, ports }, namespace, numbers)),
  );
}

function addPolicy(
  policy: NetworkPolicy,
  numbers: ReturnType<typeof numbersOf>,
  groups: Map<string, WantedGroup>,
  choices: Map<string, PodChoice>,
): Part {
  const namespace = policy.metadata.namespace ?? "default";
  const key = `policy/${namespace}/${policy.metadata.name}`;
  const description = `NetworkPolicy ${namespace}/${policy.metadata.name}`;
  const sets = setsOf(policy, namespace, numbers);
  for (const choice of sets.flatMap((set) => set.choices)) choices.set(choiceKey(choice), choice);
  groups.set(key, { key, description, rules: distinct(sets.flatMap(({ rules }) => rules)) });
  const byPort = new Map<string, { port: NamedPort; rules: WantedRule[] }>();
  for (const { port, rules } of sets.flatMap((set) => set.byPort)) {
    const part = `${key}/${portText(port)}`;
    byPort.set(part, { port, rules: [...(byPort.get(part)?.rules ?? []), ...rules] });
  }
  for (const [part, { port, rules }] of byPort) {
    const words = `${description}, where ${port.name} is ${port.number}`;
    groups.set(part, { key: part, description: words, rules: distinct(rules) });
  }
  const named = [...byPort].map(([part, { port }]) => ({ key: part, port }));
  return { namespace, policy, isolates: directionsOf(policy), key, byPort: named };
}

function distinct(rules: readonly WantedRule[]): WantedRule[] {
  return [...new Map(rules.map((rule) => [ruleText(rule), rule])).values()];
}

/** Pods that are alike in all that anybody asks about are in the same groups. */
function memoised(world: PolicyWorld, parts: readonly Part[], choices: ReadonlyMap<string, PodChoice>) {
  const asked = new Set([
    ...parts.flatMap(({ policy }) => keysOf(policy.spec?.podSelector ?? {})),
    ...[...choices.values()].flatMap(labelsOf),
  ]);
  const byNamespace = Map.groupBy(parts, ({ namespace }) => namespace);
  const known = new Map<string, string[]>();
  return (pod: PolicyPod): string[] => {
    const labels = Object.entries(pod.labels).filter(([key]) => asked.has(key));
    const alike = JSON.stringify([pod.namespace, labels.sort(), pod.ports]);
    let found = known.get(alike);
    if (found === undefined) {
      const own = (byNamespace.get(pod.namespace) ?? []).filter(({ policy }) =>
        selects(policy.spec?.podSelector ?? {}, pod.labels),
      );
      found = groupsOf(pod, own, choices, world.namespaces.get(pod.namespace) ?? {});
      known.set(alike, found);
    }
    return found;
  };
}

function groupsOf(
  pod: PolicyPod,
  own: readonly Part[],
  choices: ReadonlyMap<string, PodChoice>,
  namespaceLabels: Labels,
): string[] {
  const keys = own.flatMap(({ key, byPort }) => [
    key,
    ...byPort.filter(({ port }) => hasPort(pod, port)).map((part) => part.key),
  ]);
  for (const direction of ["ingress", "egress"] as const) {
    if (!own.some(({ isolates }) => isolates.includes(direction))) keys.push(OPEN[direction]);
  }
  for (const [key, choice] of choices) if (chooses(choice, pod, namespaceLabels)) keys.push(key);
  return keys.sort();
}
