/** What the driver is started with, and what follows from it. */
import { CABLE_LAYOUT } from "../../bpf/layout.gen.ts";
import type { Host } from "../../host/mod.ts";
import type { FlowTimeouts } from "./idle.ts";

export interface EbpfOptions {
  host: Host;
  /** Where the compiled programs are: workload.o and its like. */
  objectDir: string;
  /** Where maps are pinned; a bpf file system is mounted there if there is none. */
  bpfDir: string;
  /** Physical network to network card. */
  physicalNetworks: Record<string, string>;
  /** The cards that physical machines may hang on, besides those of physical networks; any card if left out. */
  machineNics?: readonly string[];
  /** Entries, two for each connection; a table that exists keeps its size. */
  flowTableSize?: number;
  /** Entries that one port may have of it, a quarter if left out. */
  flowQuota?: number;
  flowTimeouts?: Partial<FlowTimeouts>;
  vxlanPort?: number;
  /** Devices that the driver makes for itself. */
  names?: { vxlan?: string; trap?: string; service?: string; mirror?: string };
  /** Hears what went wrong without being any one port's fault. */
  warn?: (sentence: string) => void;
}

export function devicesOf(options: EbpfOptions) {
  const { names = {}, vxlanPort = 4789 } = options;
  const service = names.service ?? "cable-svc";
  const mirror = names.mirror ?? "cable-mir";
  return {
    vxlan: names.vxlan ?? "cable-vxlan",
    trap: names.trap ?? "cable-pkt0",
    /** The sockets' end, and the far one. */
    service: { sockets: `${service}0`, far: `${service}1` },
    /** Where copies go in, and where they are made. */
    mirror: { near: `${mirror}0`, far: `${mirror}1` },
    vxlanPort,
  };
}

/** Maps of one layout lie together: programs of another never see them. */
export function pinDirOf({ bpfDir }: Pick<EbpfOptions, "bpfDir">, layout: number = CABLE_LAYOUT): string {
  return `${bpfDir}/v${layout}`;
}
