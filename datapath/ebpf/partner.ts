/** The other direction of a flow: the two live and go together. Pure. */
import { type Flow, FlowFlag, type FlowKey, Rewrite } from "../../bpf/layout.gen.ts";
import type { Ip } from "../../model/mod.ts";

const ICMP = new Set([1, 58]);

/** An IPv4 address that the data plane has as a number. */
export const ip4Text = (address: number): Ip =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".") as Ip;

const natOf = ({ flags, rewrite }: Pick<Flow, "flags" | "rewrite">) =>
  (flags & FlowFlag.REWRITE) === 0 ? 0 : rewrite & (Rewrite.SRC | Rewrite.DST);

export const isTranslated = (flow: Pick<Flow, "flags" | "rewrite">): boolean => natOf(flow) !== 0;

/** The ends of its packets as they go out: bpf/flow.h's translate_key. */
export function translatedEnds(key: FlowKey, flow: Flow): Pick<FlowKey, "src" | "dst" | "srcPort" | "dstPort"> {
  const nat = natOf(flow);
  const isSrc = (nat & Rewrite.SRC) !== 0;
  const isDst = (nat & Rewrite.DST) !== 0;
  // An echo's identifier stands for both ports.
  const id = isSrc ? flow.nat.srcPort : isDst ? flow.nat.dstPort : key.srcPort;
  return {
    src: isSrc ? flow.nat.src : key.src,
    dst: isDst ? flow.nat.dst : key.dst,
    srcPort: ICMP.has(key.proto) ? id : isSrc ? flow.nat.srcPort : key.srcPort,
    dstPort: ICMP.has(key.proto) ? id : isDst ? flow.nat.dstPort : key.dstPort,
  };
}

/** The key of its answers, or, of answers, of their question: bpf/flow.h's partner_key. */
export function partnerKey(key: FlowKey, flow: Flow): FlowKey {
  const { src, dst, srcPort, dstPort } = translatedEnds(key, flow);
  return { ingress: flow.back, src: dst, dst: src, srcPort: dstPort, dstPort: srcPort, proto: key.proto };
}
