/** What ND proxies mean for their router (neutron/services/ndp_proxy/plugin.py). */
import {
  fault,
  type Id,
  type Ip,
  ipFamily,
  type PortRecord,
  type RouterRecord,
  type SubnetRecord,
} from "../../../model/mod.ts";
import type { FixedIpRequest } from "../../ipam/mod.ts";
import type { Draft } from "../draft.ts";
import { scopesOf } from "../pools/mod.ts";
import { proxiesOf } from "./lookups.ts";

const isSix = (address: Ip) => ipFamily(address) === 6;

export const sixOf = (port: PortRecord) => port.fixed_ips.filter(({ ip_address }) => isSix(ip_address));

/** A network's IPv6 address scope. */
export const scopeOf = (draft: Draft, networkId: Id): Id | null => scopesOf(draft, draft.subnetsOf(networkId))[6];

const invalid = (router: RouterRecord, reason: string) =>
  fault("RouterGatewayNotValid", { router_id: router.id, reason });

/** A new router's flag. @throws Fault RouterGatewayNotValid */
export function checkNewProxying(draft: Draft, router: RouterRecord): void {
  if (!router.enable_ndp_proxy) return;
  const [gateway] = router.gateways;
  if (gateway === undefined) throw invalid(router, "The request body not contain external gateway information");
  const { network_id: id } = gateway;
  const hasSix = draft.subnetsOf(id).some(({ ip_version }) => ip_version === 6);
  if (hasSix && scopeOf(draft, id) !== null) return;
  throw invalid(
    router,
    `The external network ${id} don't support IPv6 ndp proxy, the network has no IPv6 subnets or has no IPv6 address scope`,
  );
}

/** The flag after an update; without a gateway it is off. @throws Fault RouterGatewayNotValid */
export function changedProxying(
  draft: Draft,
  before: RouterRecord,
  after: RouterRecord,
  wanted: boolean | undefined,
): boolean {
  const [gateway] = after.gateways;
  if (gateway === undefined && before.gateways.length > 0 && wanted) {
    throw invalid(after, "The router's external gateway will be unset");
  }
  const port = gateway && draft.get("port", gateway.port_id);
  const isValid = port !== undefined && sixOf(port).length > 0 && scopeOf(draft, port.network_id) !== null;
  if (wanted && !isValid) {
    throw invalid(
      after,
      "The router has no external gateway or the external gateway port has no IPv6 address or IPv6 address scope",
    );
  }
  return gateway !== undefined && (wanted ?? before.enable_ndp_proxy);
}

/** @throws Fault RouterGatewayInUseByNDPProxy */
export function checkGatewayUnproxied(draft: Draft, router: RouterRecord): void {
  if (proxiesOf(draft, router.id).length > 0) throw fault("RouterGatewayInUseByNDPProxy", { router_id: router.id });
}

/** A gateway keeps an IPv6 address while proxying is on. @throws Fault RouterIPv6GatewayInUse */
export function checkGatewaySix(draft: Draft, router: RouterRecord, wanted: readonly FixedIpRequest[]): void {
  if (!router.enable_ndp_proxy || wanted.length === 0) return;
  const keeps = wanted.some(({ ip_address, subnet_id }) =>
    ip_address ? isSix(ip_address) : subnet_id && draft.get("subnet", subnet_id)?.ip_version === 6,
  );
  if (!keeps) throw fault("RouterIPv6GatewayInUse", { router_id: router.id });
}

/** @throws Fault RouterInterfaceInUseByNDPProxy */
export function checkInterfaceUnproxied(draft: Draft, router: RouterRecord, subnet: SubnetRecord): void {
  for (const { port_id, ip_address } of proxiesOf(draft, router.id)) {
    const fixedIps = draft.get("port", port_id)?.fixed_ips ?? [];
    if (!fixedIps.some((entry) => entry.ip_address === ip_address && entry.subnet_id === subnet.id)) continue;
    throw fault("RouterInterfaceInUseByNDPProxy", { router_id: router.id, subnet_id: subnet.id });
  }
}
