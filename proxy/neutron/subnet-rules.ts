/**
 * How a new subnet may ask for its range: what Neutron's _create_subnet_precommit (neutron/db/db_base_plugin_v2.py)
 * checks of the request alone. What a subnet must then fulfil is checked behind the door.
 */
import { fault, ipFamily, parseCidr } from "../../model/mod.ts";
import type { Json } from "./validators.ts";

const badRequest = (msg: string) => fault("BadRequest", { resource: "subnets", msg });

/**
 * Takes host bits off the cidr, and refuses to take a range from a pool: pools are not offered, so the errors are those
 * of a Neutron that has none. @throws Fault BadRequest, SubnetPoolNotFound
 */
export function checkNewSubnet(body: Json): void {
  const { prefixlen, subnetpool_id, use_default_subnetpool } = body;
  const cidr = parseCidr(String(body.cidr));
  if (cidr !== undefined && prefixlen !== undefined) {
    throw badRequest("cidr and prefixlen must not be supplied together");
  }
  if (subnetpool_id && use_default_subnetpool) {
    throw badRequest("subnetpool_id and use_default_subnetpool cannot both be specified");
  }
  if (subnetpool_id) throw fault("SubnetPoolNotFound", { subnetpool_id: String(subnetpool_id) });
  if (use_default_subnetpool) {
    throw badRequest(`No default subnetpool found for IPv${cidr ? ipFamily(cidr) : body.ip_version}`);
  }
  if (cidr === undefined) throw badRequest("a subnetpool must be specified in the absence of a cidr");
  body.cidr = cidr;
  delete body.use_default_subnetpool;
}
