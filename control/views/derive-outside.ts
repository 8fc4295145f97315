/** From records to a router's way outside, with the host whose work each part of it is. Pure, as derive.ts. */
import {
  type FloatingIpRecord,
  type Id,
  type PortForwardingRecord,
  protocolNumber,
  type RouterRecord,
  type ViewFloating,
  type ViewForward,
  type ViewGateway,
} from "../../model/mod.ts";
import type { Memory } from "../memory.ts";
import type { Outside } from "./outside.ts";
import { segmentsOf } from "./place.ts";
import { qosOfFloating, qosOfGateway } from "./qos.ts";

/** Whether the host has a card on the network, which is a provider network. */
export function isOnWire(memory: Memory, host: string, networkId: Id): boolean {
  const network = memory.get("network", networkId)?.record;
  const cards = memory.get("host", host)?.record.facts?.physical_networks ?? {};
  if (network === undefined) return false;
  return segmentsOf(network).some(
    (segment) => segment.kind !== "vxlan" && cards[segment.physicalNetwork] !== undefined,
  );
}

/** Null for a router that has no gateway, or whose gateway's port is not there yet. */
export function viewGateway(memory: Memory, router: RouterRecord, outside: Outside): ViewGateway | null {
  const [gateway] = router.gateways;
  const port = gateway && memory.get("port", gateway.port_id)?.record;
  if (gateway === undefined || port === undefined) return null;
  const host = gateway.hosts?.[0] ?? null;
  const floatings = outside.floatingsOf(router.id);
  const way = { networkId: gateway.network_id, host };
  const qos = qosOfGateway(memory, gateway);
  return {
    portId: port.id,
    networkId: way.networkId,
    mac: port.mac_address,
    ips: port.fixed_ips.map(({ ip_address }) => ip_address),
    snat: gateway.enable_snat,
    host,
    hasStandby: (gateway.hosts?.length ?? 0) > 1,
    tunnelIp: (host !== null && memory.get("host", host)?.record.facts?.tunnel_ip) || null,
    floatings: floatings.flatMap((each) => viewFloating(memory, each, way)),
    forwards: floatings.flatMap((each) => viewForwards(memory, each, outside.forwardsOf(each.id), way)),
    proxies: router.enable_ndp_proxy ? outside.proxiesOf(router.id).map(({ ip_address }) => ip_address) : [],
    ...(router.enable_ndp_proxy && { isProxied: true }),
    ...(qos && { qos }),
  };
}

/** The router's external network, and the host that is its way there. */
interface Way {
  networkId: Id;
  host: string | null;
}

/** Whose work a floating IP that leads to a port is; undefined while it leads nowhere, or its router has no host. */
export function hostOfFloatingIp(memory: Memory, floating: FloatingIpRecord): string | undefined {
  const { port_id: port, router_id: router, floating_network_id: network } = floating;
  if (router === null) return undefined;
  const own = port === null ? undefined : hostOfPort(memory, port, network);
  return own ?? memory.get("router", router)?.record.gateways[0]?.hosts?.[0];
}

/** The port's own host, if it has a card there. */
function hostOfPort(memory: Memory, port: Id, networkId: Id): string | undefined {
  const host = memory.get("port", port)?.record["binding:host_id"];
  return host && isOnWire(memory, host, networkId) ? host : undefined;
}

function viewFloating(memory: Memory, floating: FloatingIpRecord, way: Way): ViewFloating[] {
  const { id, floating_ip_address: ip, fixed_ip_address: fixedIp, port_id: port } = floating;
  const mac = memory.get("port", floating.floating_port_id)?.record.mac_address;
  if (port === null || fixedIp === null || mac === undefined) return [];
  const own = hostOfPort(memory, port, way.networkId);
  const qos = qosOfFloating(memory, floating, way.networkId);
  return [{ id, ip, mac, fixedIp, ...(qos && { qos }), host: own ?? way.host, isByGateway: own === undefined }];
}

/** An address is at one host: that of all its forwardings' ports, if it is one, else the gateway's. */
function viewForwards(
  memory: Memory,
  floating: FloatingIpRecord,
  forwards: readonly PortForwardingRecord[],
  way: Way,
): ViewForward[] {
  const ip = floating.floating_ip_address;
  const mac = memory.get("port", floating.floating_port_id)?.record.mac_address;
  if (mac === undefined) return [];
  const hosts = new Set(forwards.map(({ internal_port_id: port }) => hostOfPort(memory, port, way.networkId)));
  const [only] = hosts;
  const own = hosts.size === 1 ? only : undefined;
  const qos = qosOfFloating(memory, floating, way.networkId);
  return forwards.map((forward) => ({
    id: forward.id,
    floatingId: floating.id,
    ip,
    mac,
    protocol: protocolNumber(forward.protocol),
    external: forward.external_ports,
    fixedIp: forward.internal_ip_address,
    internal: forward.internal_ports,
    ...(qos && { qos }),
    host: own ?? way.host,
    isByGateway: own === undefined,
  }));
}
