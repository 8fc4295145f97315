/** A trace's steps, from the data plane's terms to everybody's. Pure, but for the names. */
import {
  dropReasonNames,
  type TraceStep as Raw,
  REMOTE_SET,
  RouteKind,
  RuleDirection,
  type SetNumber,
  TargetKind,
  TraceChoice,
  TraceFlow,
  TraceKind,
  TracePolicy,
  trapReasonNames,
} from "../../bpf/layout.gen.ts";
import type { Ip, TraceStep } from "../../model/mod.ts";
import { endsOf } from "./flow-facts.ts";
import type { Names } from "./names.ts";

type Kinds = Exclude<(typeof TraceKind)[keyof typeof TraceKind], never>;
type Decode = (raw: Raw, names: Names) => TraceStep;

const orNull = (ip: Ip): Ip | null => (ip === "::" ? null : ip);

const FLOWS = {
  [TraceFlow.FLOW_NONE]: "none",
  [TraceFlow.FLOW_CURRENT]: "current",
  [TraceFlow.FLOW_OLD]: "old",
  [TraceFlow.FLOW_UNDECIDED]: "undecided",
  [TraceFlow.FLOW_OTHER]: "other",
} as const;
const POLICIES = {
  [TracePolicy.POLICY_NONE]: "none",
  [TracePolicy.POLICY_RULE]: "rule",
  [TracePolicy.POLICY_NO_GROUPS]: "no_groups",
  [TracePolicy.POLICY_ALWAYS]: "always",
  [TracePolicy.POLICY_RELATED]: "related",
  [TracePolicy.POLICY_ANSWER]: "answer",
} as const;
const CHOICES = {
  [TraceChoice.CHOICE_NEW]: "new",
  [TraceChoice.CHOICE_KEPT]: "kept",
  [TraceChoice.CHOICE_AFFINITY]: "affinity",
} as const;
const PLACES = { [TargetKind.LOCAL]: "local", [TargetKind.REMOTE]: "remote", [TargetKind.WIRE]: "wire" } as const;

/** Bits of a step's `remote`. */
const setOf = (remote: number): SetNumber => (remote & ~REMOTE_SET) as SetNumber;

const DECODERS: Record<Kinds, Decode> = {
  [TraceKind.PARSED]: (raw) => ({
    kind: "parsed",
    ethertype: raw.tag,
    bytes: raw.number,
    protocol: raw.proto,
    ...endsOf(raw),
  }),
  [TraceKind.FLOW]: ({ number }) => ({ kind: "flow", state: FLOWS[number as keyof typeof FLOWS] ?? "none" }),
  [TraceKind.SOURCE]: ({ vif, number }, names) => ({ kind: "source", port: names.port(vif), checked: number !== 0 }),
  [TraceKind.SWITCHED]: ({ mac, number, vif, dst }, names) => ({
    kind: "switched",
    mac,
    to: PLACES[number as keyof typeof PLACES] ?? "wire",
    port: number === TargetKind.LOCAL && vif !== 0 ? names.port(vif) : null,
    host: number === TargetKind.REMOTE ? dst : null,
  }),
  [TraceKind.TO_ROUTER]: ({ router, mac }, names) => ({ kind: "to_router", router: names.router(router), mac }),
  [TraceKind.ROUTED]: ({ router, net, dst, number }, names) => ({
    kind: "routed",
    router: names.router(router),
    network: net === 0 ? null : names.network(net),
    nextHop: orNull(dst),
    outside: number === RouteKind.OUTSIDE,
  }),
  [TraceKind.BALANCED]: (raw, names) => ({
    kind: "balanced",
    router: names.router(raw.router),
    to: endsOf(raw).to,
    by: CHOICES[raw.number as keyof typeof CHOICES] ?? "new",
  }),
  [TraceKind.OUTSIDE]: ({ router, net, dst }, names) => ({
    kind: "outside",
    router: names.router(router),
    network: names.network(net),
    nextHop: dst,
  }),
  [TraceKind.GATEWAY]: ({ router, dst }, names) => ({
    kind: "gateway",
    router: names.router(router),
    host: orNull(dst),
  }),
  [TraceKind.POLICY]: ({ number, direction, policy, remote, tag }, names) => ({
    kind: "policy",
    direction: direction === RuleDirection.INGRESS ? "ingress" : "egress",
    by: POLICIES[number as keyof typeof POLICIES] ?? "none",
    groups: names.groups(policy),
    rule: number === TracePolicy.POLICY_RULE ? names.rule(tag, policy, direction) : null,
    remoteGroups: names.groups(setOf(remote)),
  }),
  [TraceKind.CHANCE]: () => ({ kind: "chance" }),
  [TraceKind.NAT]: (raw, names) => ({
    kind: "nat",
    router: raw.router === 0 ? null : names.router(raw.router),
    ...endsOf(raw),
  }),
  [TraceKind.KEPT]: () => ({ kind: "kept" }),
  [TraceKind.TRAPPED]: ({ number }) => ({ kind: "trapped", for: trapReasonNames[number] ?? String(number) }),
  [TraceKind.SERVICE]: ({ dst, dstPort }) => ({ kind: "service", ip: dst, port: dstPort }),
  [TraceKind.ANSWERED]: ({ dst, mac }) => ({ kind: "answered", ip: dst, mac }),
  [TraceKind.ECHOED]: ({ router, dst }, names) => ({ kind: "echoed", router: names.router(router), ip: dst }),
  [TraceKind.RESET]: () => ({ kind: "reset" }),
  [TraceKind.REFUSED]: ({ number, tag }) => ({ kind: "refused", type: number, code: tag }),
  [TraceKind.ASKED]: ({ net, dst }, names) => ({ kind: "asked", network: names.network(net), ip: dst }),
  [TraceKind.METERED]: ({ direction, vif, net, dst }, names) => ({
    kind: "metered",
    direction: direction === RuleDirection.INGRESS ? "ingress" : "egress",
    port: vif === 0 ? null : names.port(vif),
    network: net === 0 ? null : names.network(net),
    ip: net === 0 ? null : dst,
  }),
  [TraceKind.MARKED]: ({ vif, number }, names) => ({ kind: "marked", port: names.port(vif), dscp: number }),
  [TraceKind.LOCAL]: ({ vif }, names) => ({ kind: "local", port: names.port(vif) }),
  [TraceKind.WIRE]: ({ net }, names) => ({ kind: "wire", network: names.network(net) }),
  [TraceKind.ENCAPSULATED]: ({ net, dst }, names) => ({
    kind: "encapsulated",
    network: names.network(net),
    vni: net,
    host: dst,
  }),
  [TraceKind.SENT]: ({ number }, names) => ({ kind: "sent", device: names.device(number) }),
  [TraceKind.COPIED]: ({ number }, names) => ({ kind: "copied", device: names.device(number) }),
  [TraceKind.DROPPED]: ({ vif, number }, names) => ({
    kind: "dropped",
    port: vif === 0 ? null : names.port(vif),
    reason: dropReasonNames[number] ?? String(number),
  }),
};

export function traceStep(raw: Raw, names: Names): TraceStep {
  return DECODERS[raw.kind as Kinds](raw, names);
}
