/** The data plane under test: its objects loaded into pins of their own, its maps filled with typed values. */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  dropReasonNames,
  MAPS,
  type MapKey,
  type MapName,
  type MapValue,
  type VifNumber,
  type VifStats,
} from "../../../bpf/layout.gen.ts";
import { runTrace, type TraceOutcome, type TraceRun } from "../../../datapath/ebpf/trace-run.ts";
import type { BpfMap } from "../../../host/host.ts";
import { linuxBpf } from "../../../host/linux/bpf.ts";
import { buildBpf, OBJECTS } from "../../../tools/build-bpf.ts";
import type { Table } from "../../../wire/table.ts";

export const OBJECT_NAMES = ["slow", "workload", "overlay", "uplink", "trap", "unservice", "mirror", "trace"] as const;
export type ObjectName = (typeof OBJECT_NAMES)[number];
/** Hooks by their object; `slow` is only reached by tail calls. */
export const HOOKS = {
  workload: "workload",
  overlay: "overlay",
  uplink: "uplink",
  trap: "untrap",
  unservice: "unservice",
  mirror: "copies",
} as const;

/** What moved: "3 rx": 1 for a counter of vif 3, "0 drop malformed": 1 for the host's own. */
export type Moved = Record<string, number>;

export interface Plane {
  put<N extends MapName>(name: N, key: MapKey<N>, value: MapValue<N>): void;
  remove<N extends MapName>(name: N, key: MapKey<N>): void;
  get<N extends MapName>(name: N, key: MapKey<N>): MapValue<N> | undefined;
  all<N extends MapName>(name: N): [MapKey<N>, MapValue<N>][];
  /** A map's bytes, as the agent sees it. */
  map(name: MapName): BpfMap;
  /** One port's counters, all CPUs together. */
  stats(vif: number): VifStats;
  attach(ifindex: number, hook: keyof typeof HOOKS): void;
  /** `gsoBytes`: the packet stands for segments with so much payload each. */
  testRun(
    hook: keyof typeof HOOKS,
    packet: Uint8Array,
    ifindex: number,
    gsoBytes?: number,
  ): { verdict: number; packet: Buffer };
  /** What the frame would meet. */
  trace(run: TraceRun): TraceOutcome;
  /** The bytes of all maps that programs may write to. */
  bytes(): Map<string, string>;
  /** Does it, and fails unless exactly these packet and drop counters moved. */
  expectMoved(moved: Moved, act: () => void): void;
}

/** Maps that only the agent writes; longest-prefix maps among them, whose walks are slow. */
const AGENTS_OWN =
  `attachments backends backings balancers classes fixeds floatings flow_aged forwards gateways ifaces ips limits macs members nets
  pairs peers router_ports routers routes rules sets settings sources uplinks vifs`.split(/\s+/);
const PACKETS_MAY_WRITE = (Object.keys(MAPS) as MapName[]).filter((name) => !AGENTS_OWN.includes(name));

const isZero = (value: Buffer) => value[0] === 0 && value.every((byte) => byte === 0);

let planes = 0;

/** @param sizes max_entries of maps that a test wants other than they are */
export function makePlane(sizes: Record<string, number> = {}): Plane {
  buildBpf();
  const bpf = linuxBpf();
  const pinDir = `/sys/fs/bpf/cb1-${process.pid}-${planes++}`;
  const mapSizes = { routers: 64, vifs: 64, stats: 64, trap_budgets: 64, service_budgets: 64, flows: 1024, ...sizes };
  const objects = Object.fromEntries(
    OBJECT_NAMES.map((name) => [name, bpf.load(join(OBJECTS, `${name}.o`), { pinDir, mapSizes })]),
  ) as Record<ObjectName, ReturnType<typeof bpf.load>>;
  const map = (name: string) => objects.slow.map(name);
  const tables = <N extends MapName>(name: N) =>
    MAPS[name] as unknown as { key: Table<MapKey<N>>; value: Table<MapValue<N>> };

  function stats(vif: number): VifStats {
    const bytes = map("stats").lookup(MAPS.stats.key.encode(vif as VifNumber)) as Buffer;
    const perCpu = Array.from({ length: bytes.length / MAPS.stats.value.size }, (_, cpu) =>
      MAPS.stats.value.decode(bytes.subarray(cpu * MAPS.stats.value.size)),
    );
    return perCpu.reduce((sum, cpu) => ({
      rxPackets: sum.rxPackets + cpu.rxPackets,
      rxBytes: sum.rxBytes + cpu.rxBytes,
      txPackets: sum.txPackets + cpu.txPackets,
      txBytes: sum.txBytes + cpu.txBytes,
      mirroredPackets: sum.mirroredPackets + cpu.mirroredPackets,
      mirroredBytes: sum.mirroredBytes + cpu.mirroredBytes,
      tappedPackets: sum.tappedPackets + cpu.tappedPackets,
      tappedBytes: sum.tappedBytes + cpu.tappedBytes,
      drops: sum.drops.map((count, reason) => count + (cpu.drops[reason] as bigint)),
    }));
  }

  function counters(): Moved {
    const all: Moved = {};
    for (let vif = 0; vif < mapSizes.vifs; vif++) {
      const { rxPackets, txPackets, mirroredPackets, tappedPackets, drops } = stats(vif);
      all[`${vif} rx`] = Number(rxPackets);
      all[`${vif} tx`] = Number(txPackets);
      all[`${vif} mirrored`] = Number(mirroredPackets);
      all[`${vif} tapped`] = Number(tappedPackets);
      for (const [reason, count] of drops.entries()) all[`${vif} drop ${dropReasonNames[reason]}`] = Number(count);
    }
    return all;
  }

  return {
    map,
    stats,
    put: (name, key, value) => map(name).update(tables(name).key.encode(key), tables(name).value.encode(value)),
    remove: (name, key) => map(name).delete(tables(name).key.encode(key)),
    get(name, key) {
      const bytes = map(name).lookup(tables(name).key.encode(key));
      return bytes === undefined ? undefined : tables(name).value.decode(bytes);
    },
    all: (name) =>
      [...map(name).entries()].map(([key, value]) => [tables(name).key.decode(key), tables(name).value.decode(value)]),
    attach: (ifindex, hook) => bpf.attachIngress(ifindex, objects[hook].program(HOOKS[hook])),
    testRun(hook, packet, ifindex, gsoBytes = 0) {
      // struct __sk_buff
      const ctx = Buffer.alloc(192);
      ctx.writeUInt32LE(ifindex, 40);
      ctx.writeUInt32LE(gsoBytes, 176);
      return objects[hook].program(HOOKS[hook]).testRun({ packet, ctx });
    },
    trace: (run) => runTrace(objects.trace, run),
    bytes: () =>
      new Map(
        PACKETS_MAY_WRITE.flatMap((name) =>
          [...map(name).entries()]
            .filter(([, value]) => !isZero(value)) // most of an array
            .map(([key, value]) => [`${name} ${key.toString("hex")}`, value.toString("hex")] as const),
        ),
      ),
    expectMoved(moved, act) {
      const before = counters();
      act();
      const after = counters();
      const seen = Object.entries(after).flatMap(([name, count]) => {
        const by = count - (before[name] as number);
        return by === 0 ? [] : [[name, by] as const];
      });
      assert.deepEqual(Object.fromEntries(seen), moved, "counters that moved");
    },
  };
}
