/** Says what the data plane holds, and what a packet would meet in it. Reads, and never writes. */
import { Flow, FlowKey, MAPS, type NetNumber, VifKind } from "../../bpf/layout.gen.ts";
import type { BpfObject, Host } from "../../host/mod.ts";
import type { FlowFacts, Id, RouterFacts, Trace, TraceEnd, VifFacts } from "../../model/mod.ts";
import type { TraceOrigin, Wanted } from "../datapath.ts";
import { pages, routerFacts, vifFacts, vifOf } from "./facts.ts";
import { type FlowContext, type FlowEntry, flowFacts, isToldByOther } from "./flow-facts.ts";
import type { Maps } from "./maps.ts";
import { Names } from "./names.ts";
import type { VifNumbers } from "./numbers.ts";
import { partnerKey } from "./partner.ts";
import type { GroupSets } from "./sets.ts";
import { runTrace, TRACE_FILE, type TraceRun } from "./trace-run.ts";
import { traceStep } from "./trace-steps.ts";

interface Parts {
  host: Host;
  objectDir: string;
  pinDir: string;
  maps: Maps;
  numbers: VifNumbers;
  sets: GroupSets;
  vxlanIfindex: number;
  /** The networks that are here. */
  networks(): ReadonlyMap<NetNumber, Id>;
  wanted(): Wanted | undefined;
}

const TC_ACT_OK = 0;
const TC_ACT_REDIRECT = 7;
const ENDS: Record<number, TraceEnd> = { [TC_ACT_OK]: "host", [TC_ACT_REDIRECT]: "sent" };

export class Explainer {
  readonly #parts: Parts;
  #object: BpfObject | undefined;
  #loading: Promise<BpfObject> | undefined;
  /** Of the explaining build that belongs to the programs in force. */
  readonly #build: string | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#build = this.#digest();
  }

  #digest(): string | undefined {
    try {
      return this.#parts.host.bpf.digest(`${this.#parts.objectDir}/${TRACE_FILE}`);
    } catch {
      return undefined;
    }
  }

  /**
   * Loads the explaining programs unless they are there.
   * @throws Error when they are of another build than those in force, SystemError when the kernel refuses them
   */
  async open(): Promise<void> {
    const { host, objectDir, pinDir } = this.#parts;
    if (this.#object === undefined && this.#digest() !== this.#build)
      throw new Error("the programs on disk are others than those in force: restart the agent");
    this.#loading ??= host.bpf.loadAside(`${objectDir}/${TRACE_FILE}`, { pinDir });
    try {
      this.#object ??= await this.#loading;
    } catch (error) {
      this.#loading = undefined;
      throw error;
    }
  }

  #names(): Names {
    const { maps, numbers, sets, host, wanted, networks } = this.#parts;
    return new Names({
      numbers,
      sets,
      networks: networks(),
      routers: maps.get("routers"),
      links: host.links,
      wanted: wanted(),
    });
  }

  trace(from: TraceOrigin, frame: Uint8Array): Trace {
    if (this.#object === undefined) throw new Error("the explaining programs are not loaded: call openTrace() first");
    const { verdict, steps, more, frame: left } = runTrace(this.#object, this.#run(from, frame));
    const names = this.#names();
    return {
      steps: steps.map((step) => traceStep(step, names)),
      end: ENDS[verdict] ?? "gone",
      frame: left.toString("hex"),
      more,
    };
  }

  #run(from: TraceOrigin, frame: Uint8Array): TraceRun {
    if ("peer" in from) {
      const tunnel = { net: from.vni as NetNumber, peer: from.peer };
      return { hook: "overlay", ifindex: this.#parts.vxlanIfindex, frame, tunnel };
    }
    if ("wireOf" in from) return this.#fromWire(from.wireOf, frame);
    const number = this.#parts.numbers.of(from.vifId);
    const vif = number === undefined ? undefined : vifOf(this.#parts.maps, number);
    if (vif === undefined) throw new Error(`port ${from.vifId} is not in the data plane`);
    const { ifindex, vlan } = vif;
    if (vif.kind === VifKind.PHYSICAL) return atCard(ifindex, vlan, frame);
    return { hook: "workload", ifindex, frame: vif.kind === VifKind.SUBPORT ? tagged(frame, vlan) : frame };
  }

  #fromWire(networkId: Id, frame: Uint8Array): TraceRun {
    const { maps, networks } = this.#parts;
    const [number] = [...networks()].find(([, id]) => id === networkId) ?? [];
    const bytes = number === undefined ? undefined : maps.get("nets").lookup(MAPS.nets.key.encode(number));
    const net = bytes && MAPS.nets.value.decode(bytes);
    if (!net?.ifindex) throw new Error(`network ${networkId} has no wire at this host`);
    return atCard(net.ifindex, net.vlan, frame);
  }

  /** All connections, a page at a time; the flow table goes on changing meanwhile. */
  async *flows(): AsyncIterableIterator<FlowFacts[]> {
    const { maps } = this.#parts;
    const table = maps.get("flows");
    const names = this.#names();
    for await (const page of pages(table)) {
      const settings = maps.get("settings").lookup(MAPS.settings.key.encode(0));
      const context: FlowContext = {
        names,
        generation: settings === undefined ? 0 : MAPS.settings.value.decode(settings).generation,
        nowNs: process.hrtime.bigint(),
      };
      yield page.flatMap(([key, value]) => {
        const entry = [FlowKey.decode(key), Flow.decode(value)] as const;
        const other = this.#other(entry);
        return isToldByOther(entry, other) ? [] : [flowFacts(entry, other, context)];
      });
    }
  }

  #other([key, flow]: FlowEntry): FlowEntry | undefined {
    const other = partnerKey(key, flow);
    const value = this.#parts.maps.get("flows").lookup(FlowKey.encode(other));
    return value && [other, Flow.decode(value)];
  }

  vifs(ids: readonly Id[]): Promise<VifFacts[]> {
    const { maps, numbers, wanted } = this.#parts;
    const here = ids.flatMap((id) => numbers.of(id) ?? []);
    return vifFacts(maps, this.#names(), here, (group) => wanted()?.groups.get(group)?.rules.length ?? 0);
  }

  routers(): Promise<RouterFacts[]> {
    return routerFacts(this.#parts.maps, this.#names());
  }

  close(): void {
    this.#object?.close();
    // One that is still being loaded is closed when it has come.
    if (this.#object === undefined) void this.#loading?.then((object) => object.close()).catch(() => {});
    this.#object = undefined;
  }
}

/** The frame with a VLAN tag. */
function tagged(frame: Uint8Array, vlan: number): Buffer {
  const tag = Uint8Array.of(0x81, 0x00, vlan >> 8, vlan & 255);
  return Buffer.concat([frame.subarray(0, 12), tag, frame.subarray(12)]);
}

/** The frame as it comes in at a card. `vlan`: its tag there, 0 = none. */
function atCard(ifindex: number, vlan: number, frame: Uint8Array): TraceRun {
  return { hook: "uplink", ifindex, frame: vlan === 0 ? frame : tagged(frame, vlan) };
}
