/** What hangs on a router, a port or a floating address, found by index. */
import type {
  ConntrackHelperRecord,
  FloatingIpRecord,
  Id,
  NdpProxyRecord,
  PortForwardingRecord,
  PortRecord,
  RouterRecord,
} from "../../../model/mod.ts";
import type { Draft } from "../draft.ts";
import { index } from "../indexes.ts";
import type { Reader } from "../reader.ts";

export const GATEWAY_OWNER = "network:router_gateway";
export const FLOATINGIP_OWNER = "network:floatingip";

export const PORTS_BY_ROUTER = index("port", ({ router_port: is }) => [is?.router_id]);
export const INTERFACES_BY_SUBNET = index("port", ({ router_port: is, fixed_ips }) =>
  is?.type === "interface" ? fixed_ips.map(({ subnet_id }) => subnet_id) : [],
);
export const GATEWAYS_BY_NETWORK = index("port", ({ router_port: is, network_id }) =>
  is?.type === "gateway" ? [network_id] : [],
);
export const FLOATINGIPS_BY_PORT = index("floatingip", ({ port_id }) => [port_id]);
/** By the port that holds the floating address itself. */
export const FLOATINGIPS_BY_OWN_PORT = index("floatingip", ({ floating_port_id }) => [floating_port_id]);
export const FLOATINGIPS_BY_ROUTER = index("floatingip", ({ router_id }) => [router_id]);
export const FLOATINGIPS_BY_NETWORK = index("floatingip", ({ floating_network_id: id }) => [id]);
export const FLOATINGIPS_BY_ADDRESS = index("floatingip", ({ floating_ip_address: address }) => [address]);
export const FORWARDINGS_BY_FLOATING = index("port_forwarding", ({ floatingip_id }) => [floatingip_id]);
export const FORWARDINGS_BY_PORT = index("port_forwarding", ({ internal_port_id }) => [internal_port_id]);
export const HELPERS_BY_ROUTER = index("conntrack_helper", ({ router_id }) => [router_id]);
export const PROXIES_BY_ROUTER = index("ndp_proxy", ({ router_id }) => [router_id]);
export const PROXIES_BY_PORT = index("ndp_proxy", ({ port_id }) => [port_id]);
export const LOCAL_IPS_BY_PORT = index("local_ip", ({ local_port_id }) => [local_port_id]);
export const ASSOCIATIONS_BY_LOCAL_IP = index("local_ip_association", ({ local_ip_id }) => [local_ip_id]);
export const ASSOCIATIONS_BY_PORT = index("local_ip_association", ({ fixed_port_id }) => [fixed_port_id]);

/** By age, so that choices and messages are the same everywhere. */
export function inOrder<T extends { created_at: string; id: Id }>(records: readonly T[]): T[] {
  const before = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...records].sort((a, b) => before(a.created_at, b.created_at) || before(a.id, b.id));
}

/** Stages that the port is the router's from now on. */
export function attach(draft: Draft, port: PortRecord, routerId: Id, type: "interface" | "gateway"): PortRecord {
  const after: PortRecord = { ...port, router_port: { router_id: routerId, type } };
  draft.stage("port", port.id, after);
  return after;
}

/** Its interfaces and gateways. */
export function portsOf(reader: Reader, routerId: Id): PortRecord[] {
  return inOrder(reader.select(PORTS_BY_ROUTER, routerId));
}

export function interfacesOf(reader: Reader, routerId: Id): PortRecord[] {
  return portsOf(reader, routerId).filter((port) => port.router_port?.type === "interface");
}

export function floatingIpsOfRouter(reader: Reader, routerId: Id): FloatingIpRecord[] {
  return inOrder(reader.select(FLOATINGIPS_BY_ROUTER, routerId));
}

export function floatingIpsOfPort(reader: Reader, portId: Id): FloatingIpRecord[] {
  return inOrder(reader.select(FLOATINGIPS_BY_PORT, portId));
}

export function forwardingsOf(reader: Reader, floatingId: Id): PortForwardingRecord[] {
  return inOrder(reader.select(FORWARDINGS_BY_FLOATING, floatingId));
}

export function forwardingsOfPort(reader: Reader, portId: Id): PortForwardingRecord[] {
  return inOrder(reader.select(FORWARDINGS_BY_PORT, portId));
}

export function helpersOf(reader: Reader, routerId: Id): ConntrackHelperRecord[] {
  return inOrder(reader.select(HELPERS_BY_ROUTER, routerId));
}

export function proxiesOf(reader: Reader, routerId: Id): NdpProxyRecord[] {
  return inOrder(reader.select(PROXIES_BY_ROUTER, routerId));
}

/** The owner of a router's interfaces (l3_db.py, l3_hamode_db.py and l3_dvr_db.py _get_device_owner). */
export function interfaceOwner({ distributed, ha }: Pick<RouterRecord, "distributed" | "ha">): string {
  if (distributed) return "network:router_interface_distributed";
  return ha ? "network:ha_router_replicated_interface" : "network:router_interface";
}
