/** What a new subnet of an external network means for the gateways there (neutron/db/l3_db.py _update_router_gw_port). */
import { Fault, type Id, type PortRecord, type SubnetRecord } from "../../../model/mod.ts";
import { isAutoAddress } from "../../ipam/mod.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { readdress } from "../port-life.ts";
import { touched } from "../standard.ts";
import { GATEWAYS_BY_NETWORK, inOrder } from "./lookups.ts";

const PORTS_AT_A_TIME = 200;

/** A gateway has one address of each version, automatic ones not counted; nobody adds a second. */
function lacksAddress(draft: Draft, port: PortRecord, subnet: SubnetRecord): boolean {
  if (port.fixed_ips.some(({ subnet_id }) => subnet_id === subnet.id)) return false;
  const subnets = port.fixed_ips.flatMap(({ subnet_id }) => draft.get("subnet", subnet_id) ?? []);
  const [only, ...others] = subnets.filter((one) => !isAutoAddress(one));
  return others.length === 0 && only?.ip_version !== subnet.ip_version;
}

/** Stages the address for the next gateways that lack it. Those made after the subnet got it at once. */
export function followGateways(env: Env, draft: Draft, subnetId: Id): "more" | "done" {
  const subnet = draft.get("subnet", subnetId);
  if (subnet === undefined) return "done";
  let staged = 0;
  for (const port of inOrder(draft.select(GATEWAYS_BY_NETWORK, subnet.network_id))) {
    const router = port.router_port && draft.get("router", port.router_port.router_id);
    if (router === undefined || !lacksAddress(draft, port, subnet)) continue;
    if (++staged > PORTS_AT_A_TIME) return "more";
    try {
      readdress(env, draft, port, [...port.fixed_ips, { subnet_id: subnetId }]);
    } catch (error) {
      // The subnet is there already; a gateway that finds no address in it does without.
      if (!(error instanceof Fault)) throw error;
      continue;
    }
    draft.replace("router", router.id, touched(env, router));
  }
  return "done";
}
