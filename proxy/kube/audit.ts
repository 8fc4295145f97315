/** What does not agree between a cluster, the store, and what hosts report. Pure; a moment's look, in which things may be under way. */
import type { AuditFinding, NetworkingTypes } from "../../api/mod.ts";
import type { Node, Pod } from "./objects.ts";
import { FIRST_INTERFACE, originOf } from "./pods/wanted.ts";
import { hasPort, nameOf } from "./world.ts";

type Port = NetworkingTypes["port"];

export interface Audited {
  cluster: string;
  pods: readonly Pod[];
  nodes: readonly Node[];
  /** All of the project's. */
  ports: readonly Port[];
}

/** Sorted by what they are of. */
export function audit({ cluster, pods, nodes, ports }: Audited): AuditFinding[] {
  const own = ports.filter((port) => originOf(port)?.cluster === cluster);
  const byUid = Map.groupBy(own, ({ device_id }) => device_id);
  const known = new Set<string>();
  const findings: AuditFinding[] = [];
  const find = (object: string, what: string, port?: Port) =>
    void findings.push({ object, finding: what, port_id: port?.id ?? null });
  for (const pod of pods.filter(hasPort)) {
    known.add(pod.metadata.uid);
    for (const [what, port] of ofPod(pod, byUid.get(pod.metadata.uid) ?? [])) find(`pod ${nameOf(pod)}`, what, port);
  }
  for (const { metadata } of nodes) {
    known.add(metadata.uid);
    const [port] = byUid.get(metadata.uid) ?? [];
    if (port === undefined) find(`node ${metadata.name}`, "has no port");
    else if (port.status !== "ACTIVE")
      find(`node ${metadata.name}`, "has a port that its host does not report up", port);
  }
  for (const port of own) {
    if (!known.has(port.device_id)) find(`port ${port.name}`, "is of a pod or node that is gone", port);
  }
  return findings.sort((a, b) => (a.object < b.object ? -1 : 1));
}

function* ofPod({ spec, status }: Pod, ports: readonly Port[]): Generator<[what: string, port?: Port]> {
  const first = ports.find((port) => port["binding:profile"].interface === FIRST_INTERFACE);
  if (first === undefined) yield ["has no port"];
  const seen = new Set<unknown>();
  for (const port of ports) {
    const { interface: ifname } = port["binding:profile"];
    if (seen.has(ifname)) yield [`has a second port for ${ifname}`, port];
    seen.add(ifname);
    const host = port["binding:host_id"];
    if (host !== spec.nodeName) yield [`is on node ${spec.nodeName}, its port for ${ifname} on ${host}`, port];
    // Before it runs, nobody has attached it.
    if (status?.phase === "Running" && port.status !== "ACTIVE")
      yield [`runs, while its host does not report its port for ${ifname} up`, port];
  }
  const addresses: string[] = first?.fixed_ips.map(({ ip_address }) => ip_address) ?? [];
  if (first !== undefined && status?.podIP && !addresses.includes(status.podIP))
    yield [`has address ${status.podIP}, its port ${addresses.join(", ") || "none"}`, first];
}
