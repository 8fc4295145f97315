/** The other direction of a flow: the two live and go together. Pure. */
import { type Flow, FlowFlag, type FlowKey, Rewrite } from "../../bpf/layout.gen.ts";
import type { Ip } from "../../model/mod.ts";

const ICMP = 1;

const ip4 = (address: number): Ip => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".") as Ip;

/** The key of its answers, or, of answers, of their question: bpf/flow.h's partner_key. */
export function partnerKey(key: FlowKey, flow: Flow): FlowKey {
  const rewrite = (flow.flags & FlowFlag.REWRITE) === 0 ? 0 : flow.rewrite;
  const isSrc = (rewrite & Rewrite.SRC) !== 0;
  const isDst = (rewrite & Rewrite.DST) !== 0;
  // An echo's identifier stands for both ports.
  const id = isSrc ? flow.newSrcPort : isDst ? flow.newDstPort : key.srcPort;
  const srcPort = key.proto === ICMP ? id : isSrc ? flow.newSrcPort : key.srcPort;
  const dstPort = key.proto === ICMP ? id : isDst ? flow.newDstPort : key.dstPort;
  return {
    ingress: flow.back,
    src: isDst ? ip4(flow.newDst4) : key.dst,
    dst: isSrc ? ip4(flow.newSrc4) : key.src,
    srcPort: dstPort,
    dstPort: srcPort,
    proto: key.proto,
  };
}
