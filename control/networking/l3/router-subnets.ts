/** Which subnets may meet in one router (neutron/db/l3_db.py _check_for_dup_router_subnets, l3_extra_gws_db.py). */
import { fault, prefix, prefixesOverlap, type RouterRecord, type SubnetRecord } from "../../../model/mod.ts";
import type { Draft } from "../draft.ts";
import { portsOf } from "./lookups.ts";

export const refuseRouter = (msg: string) => fault("BadRequest", { resource: "router", msg });

function checkApart(present: SubnetRecord, added: SubnetRecord): void {
  if (!prefixesOverlap(prefix(present.cidr), prefix(added.cidr))) return;
  const other = `cidr ${present.cidr} of subnet ${present.id}`;
  throw refuseRouter(`Cidr ${added.cidr} of subnet ${added.id} overlaps with ${other}`);
}

/**
 * A router is on a subnet once, and its subnets are apart. Of an external network all subnets count, whether the
 * gateway has an address of each or not. Several gateways may be on one network: that is no conflict.
 * @throws Fault BadRequest
 */
export function checkNewSubnets(
  draft: Draft,
  router: RouterRecord,
  added: readonly SubnetRecord[],
  forGateway: boolean,
): void {
  const addedIds = new Set(added.map(({ id }) => id));
  const present = new Map<string, { subnet: SubnetRecord; isExternal: boolean }>();
  for (const port of portsOf(draft, router.id)) {
    const isExternal = port.router_port?.type === "gateway";
    for (const { subnet_id } of port.fixed_ips) {
      if (addedIds.has(subnet_id) && !(isExternal && forGateway)) {
        throw refuseRouter(`Router already has a port on subnet ${subnet_id}`);
      }
      const subnet = draft.get("subnet", subnet_id);
      if (subnet !== undefined && !isExternal) present.set(subnet_id, { subnet, isExternal });
    }
    if (!isExternal) continue;
    for (const subnet of draft.subnetsOf(port.network_id)) present.set(subnet.id, { subnet, isExternal });
  }
  for (const { subnet, isExternal } of present.values()) {
    for (const one of added) {
      const isSameNetwork = isExternal && forGateway && one.network_id === subnet.network_id;
      if (!isSameNetwork) checkApart(subnet, one);
    }
  }
}

/** IPv6 by another router's advertisements has no place for this one (l3_db.py _validate_subnet_address_mode). */
export function checkAddressMode(subnet: SubnetRecord): void {
  if (subnet.ip_version !== 6 || subnet.ipv6_ra_mode !== null || subnet.ipv6_address_mode === null) return;
  throw refuseRouter(
    `IPv6 subnet ${subnet.id} configured to receive RAs from an external router cannot be added to Neutron Router.`,
  );
}
