/** What the data plane keeps of first fragments is of no use after some seconds; taken out with each walk over the flows. */
import { Fragment } from "../../bpf/layout.gen.ts";
import type { BpfMap } from "../../host/mod.ts";

/** bpf/fragment.h looks at none that is older. */
const KEPT_NS = 30_000_000_000n;

const readSeenNs = Fragment.reader("seenNs");

export function forgetFragments(map: BpfMap, nowNs: bigint): void {
  const old = [...map.entries()].filter(([, value]) => nowNs - readSeenNs(value) > KEPT_NS);
  map.deleteBatch(old.map(([key]) => key));
}
