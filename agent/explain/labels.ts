/** What the things that an answer names are called, as far as this host's view knows. Pure. */
import type { HostView, Labels, Segment } from "../../model/mod.ts";

/** Names for every id and tunnel address that stands anywhere in `answer`. */
export function labelsFor(answer: unknown, view: HostView, devices: ReadonlyMap<string, string>): Labels {
  const hosts = hostsOf(view);
  const labels: Labels = {};
  for (const text of textsIn(answer)) {
    const port = view.ports.get(text);
    const network = view.networks.get(text);
    const label =
      port !== undefined
        ? port.name || devices.get(text)
        : network !== undefined
          ? segmentText(network.segment)
          : hosts.get(text);
    if (label !== undefined) labels[text] = label;
  }
  return labels;
}

function* textsIn(value: unknown): Iterable<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) for (const each of Object.values(value)) yield* textsIn(each);
}

export function segmentText(segment: Segment): string {
  if (segment.kind === "vxlan") return `VNI ${segment.vni}`;
  return segment.kind === "vlan" ? `VLAN ${segment.vlan} of ${segment.physicalNetwork}` : segment.physicalNetwork;
}

function hostsOf(view: HostView): Map<string, string> {
  const hosts = new Map<string, string>();
  for (const { gateway } of view.routers.values())
    if (gateway?.tunnelIp && gateway.host !== null) hosts.set(gateway.tunnelIp, gateway.host);
  for (const { tunnelIp, host } of view.endpoints.values()) if (tunnelIp !== null) hosts.set(tunnelIp, host);
  return hosts;
}
