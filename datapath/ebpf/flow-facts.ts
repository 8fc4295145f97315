/** Entries of the flow table as connections, both directions together. Pure, but for the names. */
import {
  FLOW_TUNNEL,
  FLOW_VIF,
  FLOW_WIRE,
  type Flow,
  FlowFlag,
  type FlowKey,
  NET_LOCAL,
  type NetNumber,
  TargetKind,
  type VifNumber,
} from "../../bpf/layout.gen.ts";
import type { FlowDirection, FlowEnd, FlowFacts, FlowPlace, Ip } from "../../model/mod.ts";
import type { Names } from "./names.ts";
import { isTranslated, translatedEnds } from "./partner.ts";

const TCP = 6;
const KIND_MASK = FLOW_WIRE;
const ANSWER = FlowFlag.ANSWER_OUT | FlowFlag.ANSWER_IN;
const ENDS_WITH_PORTS = new Set([1, 6, 17, 33, 58, 132, 136]);

export type FlowEntry = readonly [key: FlowKey, flow: Flow];

export interface FlowContext {
  names: Names;
  generation: number;
  /** CLOCK_MONOTONIC. */
  nowNs: bigint;
}

const kindOf = (ingress: number) => (ingress & KIND_MASK) >>> 0;
const restOf = (ingress: number) => (ingress & ~KIND_MASK) >>> 0;

/** Whether it is to be left to its other direction to tell of it. */
export function isToldByOther([key, flow]: FlowEntry, other: FlowEntry | undefined): boolean {
  if (other === undefined) return false;
  const [answers, isAnswered] = [flow, other[1]].map(({ flags }) => (flags & ANSWER) !== 0);
  if (answers !== isAnswered) return answers as boolean;
  return JSON.stringify(key) > JSON.stringify(other[0]);
}

/** A packet's end. Protocols without ports have none, and so have later fragments, whose 0 is as good as none. */
function flowEnd(ip: Ip, port: number, proto: number): FlowEnd {
  return { ip, port: ENDS_WITH_PORTS.has(proto) && port !== 0 ? port : null };
}

export const endsOf = ({ src, dst, srcPort, dstPort, proto }: Omit<FlowKey, "ingress">) => ({
  from: flowEnd(src, srcPort, proto),
  to: flowEnd(dst, dstPort, proto),
});

function cameFrom({ ingress }: FlowKey, { tunnelPeer }: Flow, names: Names): FlowPlace {
  const rest = restOf(ingress);
  switch (kindOf(ingress)) {
    case FLOW_VIF:
      return { kind: "port", port: names.port(rest as VifNumber) };
    case FLOW_TUNNEL:
      return { kind: "host", network: names.network(rest as NetNumber), host: tunnelPeer };
    default:
      return { kind: "wire", network: names.network((NET_LOCAL | rest) as NetNumber) };
  }
}

function goesTo({ target, out }: Flow, names: Names): FlowPlace {
  switch (target.kind) {
    case TargetKind.LOCAL:
      return { kind: "port", port: names.port(target.vif) };
    case TargetKind.REMOTE:
      return { kind: "host", network: names.network(out), host: target.remote };
    case TargetKind.WIRE:
      return { kind: "wire", network: names.network(out) };
    default:
      return { kind: "unknown" };
  }
}

function decisionOf({ generation }: Flow, now: number): FlowDirection["decision"] {
  return generation === 0 ? "undecided" : generation === now ? "current" : "old";
}

const NS_PER_SECOND = 1e9;

function direction([key, flow]: FlowEntry, { names, generation, nowNs }: FlowContext): FlowDirection {
  return {
    decision: decisionOf(flow, generation),
    packets: Number(flow.packets),
    bytes: Number(flow.bytes),
    idleSeconds: Math.max(0, Math.round(Number(nowNs - flow.lastSeenNs) / NS_PER_SECOND)),
    to: goesTo(flow, names),
    nat: isTranslated(flow) ? endsOf({ ...translatedEnds(key, flow), proto: key.proto }) : null,
  };
}

/** In which a TCP connection is, the first that holds (bpf/state.h). */
const TCP_STATES: readonly [flag: number, state: string][] = [
  [FlowFlag.CLOSED, "closed"],
  [FlowFlag.RESET, "reset"],
  [FlowFlag.FIN, "closing"],
  [FlowFlag.OPENING, "opening"],
];

function stateOf(proto: number, there: Flow, back: Flow | undefined): string {
  const flags = there.flags | (back?.flags ?? 0);
  if (flags & FlowFlag.REFUSED) return "refused";
  if (proto === TCP) return TCP_STATES.find(([flag]) => flags & flag)?.[1] ?? "open";
  return back !== undefined && back.packets > 0n ? "answered" : "unanswered";
}

/** One connection. `back`: what is kept of its answers. */
export function flowFacts(there: FlowEntry, back: FlowEntry | undefined, context: FlowContext): FlowFacts {
  const [key, flow] = there;
  const router = flow.natRouter || back?.[1].natRouter || flow.balancer || back?.[1].balancer;
  return {
    protocol: key.proto,
    ...endsOf(key),
    came: cameFrom(key, flow, context.names),
    state: stateOf(key.proto, flow, back?.[1]),
    there: direction(there, context),
    back: back === undefined ? null : direction(back, context),
    router: router ? context.names.router(router) : null,
  };
}
