/** From records to what a host is told of its mirrored and its tap ports. Pure, as derive.ts. */
import type {
  HostRecord,
  Id,
  Ip,
  Place,
  TapFlowRecord,
  TapMirrorRecord,
  ViewMirror,
  ViewPort,
} from "../../model/mod.ts";
import type { Memory } from "../memory.ts";
import { bindingOf } from "./place.ts";
import type { Taps } from "./taps.ts";

type Direction = ViewMirror["direction"];

const DIRECTIONS: Record<TapFlowRecord["direction"], readonly Direction[]> = {
  IN: ["in"],
  OUT: ["out"],
  BOTH: ["in", "out"],
};

const NO_TAPS: ReadonlySet<Place["kind"]> = new Set(["physical", "subport"]);

function hostOf(memory: Memory, portId: Id): HostRecord | undefined {
  const port = memory.get("port", portId)?.record;
  return port === undefined ? undefined : bindingOf(memory, port)?.host;
}

/**
 * The host of a port that copies can be given to: not that of a physical machine, since on its wire are others, and a
 * switch would take a copy to whom its MAC says; nor of a trunk's subport, whose copies would need its tag.
 */
function hostOfTap(memory: Memory, portId: Id): HostRecord | undefined {
  const port = memory.get("port", portId)?.record;
  const binding = port === undefined ? undefined : bindingOf(memory, port);
  return binding === undefined || NO_TAPS.has(binding.place.kind) ? undefined : binding.host;
}

/** Frames of a workload have no tag, so a flow of some VLANs is one of nothing; and nobody is told what he knows himself. */
const isOfUse = ({ vlan_filter, source_port }: TapFlowRecord, tapPort: Id) =>
  vlan_filter === null && source_port !== tapPort;

/** Where the flow's copies go; undefined while they cannot go anywhere. */
export function wayOf(memory: Memory, flow: TapFlowRecord): ViewMirror["to"] | undefined {
  const service = memory.get("tap_service", flow.tap_service_id)?.record;
  if (service === undefined || !isOfUse(flow, service.port_id)) return undefined;
  const [from, to] = [hostOf(memory, flow.source_port), hostOfTap(memory, service.port_id)];
  if (from === undefined || to === undefined) return undefined;
  if (from.name === to.name) return { kind: "port", portId: service.port_id };
  const { vni } = service;
  const remote = to.facts?.tunnel_ip;
  return !vni || remote === undefined || from.facts === null ? undefined : { kind: "vxlan", vni, remote };
}

const tunnelOf = ({ mirror_type, remote_ip: remote }: TapMirrorRecord, id: number): ViewMirror["to"] | undefined =>
  mirror_type === "vxlan" ? { kind: "vxlan", vni: id, remote } : undefined;

function* mirrorsOf(memory: Memory, taps: Taps, portId: Id): Iterable<ViewMirror> {
  for (const flow of taps.flowsFrom(portId)) {
    const to = wayOf(memory, flow);
    if (to !== undefined) for (const direction of DIRECTIONS[flow.direction]) yield { id: flow.id, direction, to };
  }
  for (const mirror of taps.mirrorsOf(portId)) {
    for (const [name, tunnel] of Object.entries(mirror.directions)) {
      const to = tunnelOf(mirror, tunnel);
      if (to === undefined) continue;
      for (const direction of DIRECTIONS[name as TapFlowRecord["direction"]]) yield { id: mirror.id, direction, to };
    }
  }
}

function* tapsOf(memory: Memory, taps: Taps, portId: Id): Iterable<{ vni: number; hosts: Ip[] }> {
  const services = taps.servicesOf(portId);
  const here = services.length > 0 ? hostOfTap(memory, portId) : undefined;
  for (const { id, vni } of here?.facts ? services : []) {
    const hosts = new Set<Ip>();
    for (const flow of vni ? taps.flowsTo(id) : []) {
      const host = isOfUse(flow, portId) ? hostOf(memory, flow.source_port) : undefined;
      if (host?.facts && host.name !== here?.name) hosts.add(host.facts.tunnel_ip);
    }
    if (vni && hosts.size > 0) yield { vni, hosts: [...hosts].sort() };
  }
}

/** The port's mirrors, and as a tap port its taps; neither, of nearly all ports. */
export function viewTaps(memory: Memory, taps: Taps, portId: Id): Pick<ViewPort, "mirrors" | "taps"> {
  const mirrors = [...mirrorsOf(memory, taps, portId)];
  const own = [...tapsOf(memory, taps, portId)];
  return { ...(mirrors.length > 0 && { mirrors }), ...(own.length > 0 && { taps: own }) };
}
