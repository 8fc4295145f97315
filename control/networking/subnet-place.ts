/** Where a new subnet is: the prefix that its creator names, or a part of a pool; and its gateway. */
import type { Attributes, Caller } from "../../api/mod.ts";
import { fault, type Id, type Ip, ipFromBigInt, type Prefix, prefix, type SubnetPoolRecord } from "../../model/mod.ts";
import { given, isCidr, isIp, isWhole, orNull } from "./attributes.ts";
import type { Draft } from "./draft.ts";
import type { Env } from "./env.ts";
import { allocate, firstHost, poolOf, wantedOf } from "./pools/mod.ts";

export interface Place {
  cidr: Prefix;
  gateway: Ip | null;
  pool: SubnetPoolRecord | undefined;
}

export const isUnspecified = (address: Ip | null | undefined) => address === "0.0.0.0" || address === "::";

const badRequest = (msg: string) => fault("BadRequest", { resource: "subnets", msg });

/**
 * The gateway as given. When the creator did not say: IPv4's first host address, IPv6's subnet-router anycast address
 * (ipam_backend_mixin.py _gateway_ip_str), or in a prefix that the pool chose its first host address. The Contrail
 * plugin says "none" by the unspecified address.
 */
function gatewayOf(body: Attributes, cidr: Prefix, isChosen: boolean): Ip | null {
  const wanted = given(body, "gateway_ip", orNull(isIp));
  if (wanted === null || isUnspecified(wanted)) return null;
  if (wanted !== undefined) return wanted;
  return cidr.family === 4 || isChosen ? firstHost(cidr) : ipFromBigInt(cidr.first, cidr.family);
}

/**
 * db_base_plugin_v2.py _create_subnet_precommit, in its order. A part of a pool is the subnet's from here on.
 * @throws Fault BadRequest, and what {@link allocate} throws
 */
export function placeOf(
  env: Env,
  draft: Draft,
  caller: Caller,
  subnet: { id: Id; project_id: string },
  body: Attributes,
): Place {
  const text = given(body, "cidr", orNull(isCidr)) ?? undefined;
  const named = text === undefined ? undefined : prefix(text);
  if (named !== undefined && body.prefixlen !== undefined) {
    throw badRequest("cidr and prefixlen must not be supplied together");
  }
  const pool = poolOf(draft, caller, body);
  if (pool === undefined) {
    if (named === undefined) throw badRequest("a subnetpool must be specified in the absence of a cidr");
    return { cidr: named, gateway: gatewayOf(body, named, false), pool };
  }
  if (named === undefined && Array.isArray(body.allocation_pools)) {
    throw badRequest("allocation_pools allowed only for specific subnet requests.");
  }
  const version = given(body, "ip_version", isWhole) ?? pool.ip_version;
  if (version !== pool.ip_version) {
    throw badRequest(`Cannot allocate IPv${version} subnet from IPv${pool.ip_version} subnet pool`);
  }
  const wanted = wantedOf(pool, body, named);
  const cidr = allocate(env, draft, caller, pool, { projectId: subnet.project_id, subnetId: subnet.id, wanted });
  return { cidr, gateway: gatewayOf(body, cidr, named === undefined), pool };
}
