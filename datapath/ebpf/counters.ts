/** Per-CPU counters as sums with names. Pure. */
import { dropReasonNames, VifStats } from "../../bpf/layout.gen.ts";
import type { VifCounters } from "../datapath.ts";

const NOTHING = {
  rxPackets: 0n,
  rxBytes: 0n,
  txPackets: 0n,
  txBytes: 0n,
  mirroredPackets: 0n,
  mirroredBytes: 0n,
  tappedPackets: 0n,
  tappedBytes: 0n,
};

/** `perCpu`: the values of all CPUs end to end. */
export function sumCounters(perCpu: Buffer): VifCounters {
  const sum: VifCounters = { ...NOTHING, drops: {} };
  for (let offset = 0; offset + VifStats.size <= perCpu.length; offset += VifStats.size) {
    const stats = VifStats.decode(perCpu.subarray(offset, offset + VifStats.size));
    sum.rxPackets += stats.rxPackets;
    sum.rxBytes += stats.rxBytes;
    sum.txPackets += stats.txPackets;
    sum.txBytes += stats.txBytes;
    sum.mirroredPackets += stats.mirroredPackets;
    sum.mirroredBytes += stats.mirroredBytes;
    sum.tappedPackets += stats.tappedPackets;
    sum.tappedBytes += stats.tappedBytes;
    for (const [reason, count] of stats.drops.entries()) {
      if (count === 0n) continue;
      const name = dropReasonNames[reason] ?? `reason_${reason}`;
      sum.drops[name] = (sum.drops[name] ?? 0n) + count;
    }
  }
  return sum;
}
