/** The other direction of a flow whose ends were changed: the two must live and go together. Pure. */
import {
  FLOW_TUNNEL,
  FLOW_VIF,
  FLOW_WIRE,
  type Flow,
  FlowFlag,
  type FlowKey,
  NET_LOCAL,
  Rewrite,
  TargetKind,
} from "../../bpf/layout.gen.ts";
import type { Ip } from "../../model/mod.ts";

const NAT = Rewrite.SRC | Rewrite.DST;
const ICMP = 1;

export const isTranslated = ({ flags, rewrite }: Pick<Flow, "flags" | "rewrite">): boolean =>
  (flags & FlowFlag.REWRITE) !== 0 && (rewrite & NAT) !== 0;

const ip4 = (address: number): Ip => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".") as Ip;

/** The key of its answers, or, of answers, of their question: bpf/flow.h's reverse_key of what it becomes. */
export function partnerKey(key: FlowKey, flow: Flow): FlowKey {
  const isSrc = (flow.rewrite & Rewrite.SRC) !== 0;
  const isDst = (flow.rewrite & Rewrite.DST) !== 0;
  const id = isSrc ? flow.newSrcPort : flow.newDstPort;
  const srcPort = key.proto === ICMP ? id : isSrc ? flow.newSrcPort : key.srcPort;
  const dstPort = key.proto === ICMP ? id : isDst ? flow.newDstPort : key.dstPort;
  return {
    ingress: ingressOf(flow),
    src: isDst ? ip4(flow.newDst4) : key.dst,
    dst: isSrc ? ip4(flow.newSrc4) : key.src,
    srcPort: dstPort,
    dstPort: srcPort,
    proto: key.proto,
  };
}

function ingressOf({ target, out }: Flow): number {
  switch (target.kind) {
    case TargetKind.LOCAL:
      return (FLOW_VIF | target.vif) >>> 0;
    case TargetKind.REMOTE:
      return (FLOW_TUNNEL | out) >>> 0;
    default:
      return (FLOW_WIRE | (out & ~NET_LOCAL)) >>> 0;
  }
}
