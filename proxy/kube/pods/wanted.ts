/** The port that a pod, or a node itself, should have. */
import type { Attributes, NetworkingTypes } from "../../../api/mod.ts";
import type { Id } from "../../../model/mod.ts";

export type Port = NetworkingTypes["port"];

/** The device_owner of ports by what they are of. */
export const OWNERS = { pod: "kubernetes:pod", node: "kubernetes:node" } as const;
export type PortOf = keyof typeof OWNERS;
/** The interface that every pod has. */
export const FIRST_INTERFACE = "eth0";

/** What a pod's port is to be; with names resolved. */
export interface WantedPort {
  of: PortOf;
  uid: string;
  name: string;
  node: string;
  networkId: Id;
  groupIds: Id[];
  ips: string[];
  mac: string | undefined;
  /** Undefined: a node, which has but one. */
  interface: string | undefined;
  /** Of the first interface: the names of those that are made with it. */
  others: string[];
  /** Undefined: none of ours; one that somebody gave the port stays. */
  qosPolicyId: Id | undefined;
  /** The gateways of the pod's default routes, where they are not the subnets' of this interface. */
  defaultRoute: string[] | undefined;
}

/** Of every node's. */
export const NODE_PORT = {
  of: "node",
  groupIds: [],
  ips: [],
  mac: undefined,
  interface: undefined,
  others: [],
  qosPolicyId: undefined,
  defaultRoute: undefined,
} as const satisfies Partial<WantedPort> as Omit<WantedPort, "uid" | "name" | "node" | "networkId">;

/** Of which cluster's pod or node the port is. */
export function originOf(port: Port): { cluster: string; uid: string; interface: string | undefined } | undefined {
  const { cluster, interface: ifname } = port["binding:profile"];
  if (!Object.values<string>(OWNERS).includes(port.device_owner) || typeof cluster !== "string") return undefined;
  return { cluster, uid: port.device_id, interface: typeof ifname === "string" ? ifname : undefined };
}

export function bodyOf(wanted: WantedPort, cluster: string, projectId: Id): Attributes {
  return {
    project_id: projectId,
    network_id: wanted.networkId,
    name: wanted.name.slice(0, 255),
    device_id: wanted.uid,
    device_owner: OWNERS[wanted.of],
    "binding:host_id": wanted.node,
    ...(wanted.of === "pod"
      ? {
          "binding:profile": {
            container: true,
            cluster,
            interface: wanted.interface,
            ...(wanted.others.length > 0 && { others: wanted.others }),
            ...(wanted.defaultRoute !== undefined && { default_route: wanted.defaultRoute }),
          },
          security_groups: wanted.groupIds,
        }
      : // A node is trusted, and sends under its other addresses too.
        { "binding:profile": { host: true, cluster }, security_groups: [], port_security_enabled: false }),
    ...(wanted.qosPolicyId !== undefined && { qos_policy_id: wanted.qosPolicyId }),
    ...(wanted.mac !== undefined && { mac_address: wanted.mac }),
    ...(wanted.ips.length > 0 && { fixed_ips: wanted.ips.map((ip_address) => ({ ip_address })) }),
  };
}

/** What of a port is to be changed; undefined where nothing is. A failed binding is tried again. */
export function changesOf(port: Port, wanted: WantedPort): Attributes | undefined {
  const changes: Attributes = {};
  if (!sameSet(port.security_groups, wanted.groupIds)) changes.security_groups = wanted.groupIds;
  const { qosPolicyId } = wanted;
  if (qosPolicyId !== undefined && port.qos_policy_id !== qosPolicyId) changes.qos_policy_id = qosPolicyId;
  const isUnbound = port["binding:vif_type"] === "binding_failed";
  if (port["binding:host_id"] !== wanted.node || isUnbound) changes["binding:host_id"] = wanted.node;
  return Object.keys(changes).length === 0 ? undefined : changes;
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  const all = new Set(a);
  return all.size === b.length && b.every((one) => all.has(one));
}
