/** One frame through the explaining build of the programs (bpf/trace.h): what it meets, without an effect on anything. */
import { type NetNumber, Trace, type TraceStep } from "../../bpf/layout.gen.ts";
import type { BpfObject } from "../../host/mod.ts";
import type { Ip } from "../../model/mod.ts";

/** The object file, beside those of the programs that forward. */
export const TRACE_FILE = "trace.o";

/** By where a frame comes in: the program that it meets first. */
export type TraceHook = "workload" | "overlay" | "uplink";

export interface TraceRun {
  hook: TraceHook;
  /** The device at which it comes in. */
  ifindex: number;
  frame: Uint8Array;
  /** With `overlay`: as if by this host's tunnel. */
  tunnel?: { net: NetNumber; peer: Ip };
}

export interface TraceOutcome {
  /** TC_ACT_*. */
  verdict: number;
  /** As it would leave, without a VLAN tag. */
  frame: Buffer;
  steps: TraceStep[];
  /** Steps beyond those that there is room for. */
  more: number;
}

/** Offset of `ifindex` in struct __sk_buff. */
const CTX_IFINDEX = 40;
const CTX_SIZE = 192;
const KEY = Buffer.alloc(4);
const NOBODY = "::" as Ip;

/** @throws SystemError ENODEV when the device is gone, EINVAL for less than an Ethernet header */
export function runTrace(object: Pick<BpfObject, "map" | "program">, run: TraceRun): TraceOutcome {
  const traces = object.map("traces");
  const { net: tunnelNet = 0 as NetNumber, peer: tunnelPeer = NOBODY } = run.tunnel ?? {};
  traces.update(KEY, Trace.encode({ length: 0, tunnelNet, tunnelPeer, newFlows: 0, steps: noSteps() }));
  const ctx = Buffer.alloc(CTX_SIZE);
  ctx.writeUInt32LE(run.ifindex, CTX_IFINDEX);
  const { verdict, packet } = object.program(run.hook).testRun({ packet: run.frame, ctx });
  const { length, steps } = Trace.decode(traces.lookup(KEY) ?? Buffer.alloc(Trace.size));
  return { verdict, frame: packet, steps: steps.slice(0, length), more: Math.max(0, length - steps.length) };
}

const noSteps = () => Trace.decode(Buffer.alloc(Trace.size)).steps;
