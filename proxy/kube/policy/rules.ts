/** The rules of a policy, as rules of security groups. */
import { ipFamily } from "../../../model/mod.ts";
import type { NetworkPolicyPeer, NetworkPolicyPort, Protocol } from "../objects.ts";
import { ALL_PODS, choiceKey, type Peer, type PodChoice, peerOf } from "./peers.ts";
import type { NamedPort } from "./pods.ts";

export type Direction = "ingress" | "egress";

/** A rule of a security group; the far end is a group by its key, a prefix, or anybody. */
export interface WantedRule {
  direction: Direction;
  ethertype: "IPv4" | "IPv6";
  protocol: string | null;
  port_range_min: number | null;
  port_range_max: number | null;
  remote: { kind: "any" } | { kind: "group"; key: string } | { kind: "prefix"; cidr: string };
}

/** Which numbers a port's name stands for anywhere. */
export type Numbers = (protocol: Protocol, name: string) => Iterable<number>;

/** Rules for all pods of a policy, or for those only where a port's name is a certain number. */
export interface RuleSet {
  rules: WantedRule[];
  byPort: { port: NamedPort; rules: WantedRule[] }[];
  /** The choices that the rules name. */
  choices: PodChoice[];
}

interface Clause {
  peers: readonly NetworkPolicyPeer[] | null | undefined;
  ports: readonly NetworkPolicyPort[] | null | undefined;
}

/** One `ingress` or `egress` entry of a policy in `namespace`. No peers: anybody; no ports: everything. */
export function rulesOf(direction: Direction, { peers, ports }: Clause, namespace: string, numbers: Numbers): RuleSet {
  const set: RuleSet = { rules: [], byPort: [], choices: [] };
  const far: (Peer | "any")[] = peers?.length ? peers.map((peer) => peerOf(peer, namespace)) : ["any"];
  for (const peer of far) {
    if (peer !== "any" && peer.kind === "pods") set.choices.push(peer.choice);
    if (!ports?.length) set.rules.push(...toPeer(direction, null, peer));
    for (const port of ports ?? []) addPort(set, direction, port, peer, numbers);
  }
  return set;
}

function addPort(
  set: RuleSet,
  direction: Direction,
  port: NetworkPolicyPort,
  peer: Peer | "any",
  numbers: Numbers,
): void {
  const protocol = port.protocol ?? "TCP";
  if (typeof port.port !== "string") {
    const range = port.port == null ? null : ([port.port, port.endPort ?? port.port] as const);
    set.rules.push(...toPeer(direction, { protocol, range }, peer));
    return;
  }
  for (const number of numbers(protocol, port.port)) {
    const named: NamedPort = { protocol, name: port.port, number };
    const match = { protocol, range: [number, number] as const };
    if (direction === "ingress") set.byPort.push({ port: named, rules: toPeer(direction, match, peer) });
    else addNamedPeer(set, named, match, peer);
  }
}

/** The name is the far end's, so it means something of pods only. */
function addNamedPeer(set: RuleSet, port: NamedPort, match: Match, peer: Peer | "any"): void {
  if (peer !== "any" && peer.kind === "prefixes") return;
  const choice = { ...(peer === "any" ? ALL_PODS : peer.choice), port };
  set.choices.push(choice);
  set.rules.push(...toPeer("egress", match, { kind: "pods", choice }));
}

interface Match {
  protocol: Protocol;
  range: readonly [number, number] | null;
}

function toPeer(direction: Direction, match: Match | null, peer: Peer | "any"): WantedRule[] {
  const rule = (ethertype: WantedRule["ethertype"], remote: WantedRule["remote"]): WantedRule => ({
    direction,
    ethertype,
    protocol: match === null ? null : match.protocol.toLowerCase(),
    port_range_min: match?.range?.[0] ?? null,
    port_range_max: match?.range?.[1] ?? null,
    remote,
  });
  if (peer !== "any" && peer.kind === "prefixes")
    return peer.prefixes.map((cidr) => rule(ipFamily(cidr) === 4 ? "IPv4" : "IPv6", { kind: "prefix", cidr }));
  const remote =
    peer === "any" ? ({ kind: "any" } as const) : ({ kind: "group", key: choiceKey(peer.choice) } as const);
  return [rule("IPv4", remote), rule("IPv6", remote)];
}

export const ruleText = (rule: WantedRule): string => JSON.stringify(rule);
