/**
 * What a port asks of Placement, by the guarantees of its QoS policy or its network's: the form with groups
 * (neutron/services/qos/qos_plugin.py _extend_port_resource_request, extension port-resource-request-groups).
 */
import { createHash } from "node:crypto";
import type { Id, NetworkRecord, PortRecord, QosPolicyRecord, QosRule } from "../../../model/mod.ts";

interface RequestGroup {
  id: Id;
  required: string[];
  resources: Record<string, number>;
}

export interface ResourceRequest {
  request_groups: RequestGroup[];
  same_subtree: Id[];
}

type Guarantee = Extract<QosRule, { type: "minimum_bandwidth" | "minimum_packet_rate" }>;

/** Resource classes (os_resource_classes). */
const BANDWIDTH = { ingress: "NET_BW_IGR_KILOBIT_PER_SEC", egress: "NET_BW_EGR_KILOBIT_PER_SEC" } as const;
const PACKET_RATE = {
  ingress: "NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC",
  egress: "NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC",
  any: "NET_PACKET_RATE_KILOPACKET_PER_SEC",
} as const;

/** os_traits.normalize_name. */
const trait = (name: string) => `CUSTOM_${name.toUpperCase().replace(/[^A-Z0-9_]+/g, "_")}`;

/** RFC 4122 section 4.3, version 5: the same for the same port and rules. */
function uuid5(namespace: Id, name: string): Id {
  const hash = createHash("sha1")
    .update(Buffer.from(namespace.replaceAll("-", ""), "hex"))
    .update(name)
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.subarray(0, 16).toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function group(portId: Id, rules: readonly Guarantee[], required: string[]): RequestGroup {
  const resources = rules.map((rule) =>
    rule.type === "minimum_bandwidth"
      ? [BANDWIDTH[rule.direction], rule.min_kbps]
      : [PACKET_RATE[rule.direction], rule.min_kpps],
  );
  const id = uuid5(portId, rules.map((rule) => rule.id).join(":"));
  return { id, required, resources: Object.fromEntries(resources) };
}

/** Null when nothing is guaranteed. */
export function resourceRequest(
  port: PortRecord,
  network: NetworkRecord,
  policy: QosPolicyRecord,
): ResourceRequest | null {
  const vnic = trait(`VNIC_TYPE_${port["binding:vnic_type"]}`);
  const physical = network["provider:physical_network"];
  const place = physical === null ? "CUSTOM_NETWORK_TUNNEL_PROVIDER" : trait(`PHYSNET_${physical}`);
  const bandwidths = policy.rules.filter((rule) => rule.type === "minimum_bandwidth");
  const packetRates = policy.rules.filter((rule) => rule.type === "minimum_packet_rate");
  const request_groups: RequestGroup[] = [];
  if (bandwidths.length > 0) request_groups.push(group(port.id, bandwidths, [place, vnic]));
  if (packetRates.length > 0) request_groups.push(group(port.id, packetRates, [vnic]));
  return request_groups.length === 0 ? null : { request_groups, same_subtree: request_groups.map(({ id }) => id) };
}
