/** Calls on a pool: prefixes added and removed, and a network's subnets taken in (subnetpool-prefix-ops, subnet_onboard). */
import type { Attributes, Caller, DerivedRow } from "../../../api/mod.ts";
import { type Cidr, fault, type NetworkRecord, parseCidr, type SubnetPoolRecord } from "../../../model/mod.ts";
import { keys } from "../../../store/mod.ts";
import { difference, intersects, prefixSet, toPrefixes } from "../../ipam/mod.ts";
import { ownsNetwork, seesNetwork } from "../access.ts";
import { given, isText } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { revised, touched } from "../standard.ts";
import { allocatedIn, claimRange, prefixOf, releaseRange } from "./ranges.ts";

type Update = (draft: Draft, caller: Caller, current: SubnetPoolRecord, changes: Attributes) => SubnetPoolRecord;

/** @throws Fault HTTPBadRequest, AddrFormatError */
function prefixesIn({ prefixes }: Attributes): Cidr[] {
  if (!Array.isArray(prefixes) || prefixes.length === 0) {
    throw fault("HTTPBadRequest", { msg: "Request body contains invalid data" });
  }
  return prefixes.map((text) => {
    const cidr = typeof text === "string" ? parseCidr(text) : undefined;
    if (cidr === undefined)
      throw fault("AddrFormatError", {
        msg: `invalid IPNetwork ${typeof text === "object" ? JSON.stringify(text) : text}`,
      });
    return cidr;
  });
}

export function addPrefixes(
  draft: Draft,
  caller: Caller,
  pool: SubnetPoolRecord,
  body: Attributes,
  update: Update,
): DerivedRow {
  const { prefixes } = update(draft, caller, pool, { prefixes: [...pool.prefixes, ...prefixesIn(body)] });
  return { prefixes };
}

/** Those that no subnet uses, whether the pool has them or not. */
export function removePrefixes(env: Env, draft: Draft, pool: SubnetPoolRecord, body: Attributes): DerivedRow {
  const family = pool.ip_version;
  const gone = prefixSet(prefixesIn(body).filter((cidr) => cidr.includes(":") === (family === 6)));
  const all = prefixSet(pool.prefixes);
  if (!intersects(all, gone)) return { prefixes: pool.prefixes };
  draft.quietUnder(keys.rangesIn(pool.id, ""));
  if (intersects(allocatedIn(draft, pool.id), gone)) {
    const msg = "One or more the prefixes to be removed is in use by a subnet.";
    throw fault("IllegalSubnetPoolPrefixUpdate", { msg });
  }
  const prefixes = toPrefixes(difference(all, gone), family).map(({ cidr }) => cidr);
  draft.replace("subnetpool", pool.id, revised(env, pool, { ...pool, prefixes }));
  return { prefixes };
}

/** The network whose subnets are to be taken in: the caller's own, as their pool decides how they are routed. */
function networkOf(draft: Draft, caller: Caller, body: Attributes): NetworkRecord {
  const id = given(body, "network_id", isText);
  if (id === undefined) throw fault("InvalidInput", { error_message: "network_id must be specified." });
  const network = draft.get("network", id);
  if (network === undefined || !seesNetwork(caller, network, draft)) throw fault("NetworkNotFound", { net_id: id });
  if (!ownsNetwork(caller, network)) throw fault("NotAuthorized");
  return network;
}

/** All of a network's subnets of the pool's family become the pool's, and their prefixes part of it. */
export function onboardSubnets(
  env: Env,
  draft: Draft,
  caller: Caller,
  pool: SubnetPoolRecord,
  body: Attributes,
  update: Update,
): DerivedRow {
  const network = networkOf(draft, caller, body);
  const subnets = draft.subnetsOf(network.id).filter((subnet) => subnet.ip_version === pool.ip_version);
  const allocated = allocatedIn(draft, pool.id);
  for (const { id, cidr } of subnets) {
    if (!intersects(prefixSet([cidr]), allocated)) continue;
    const reason = `Onboarding subnet ${id}: ${cidr} conflicts with allocated prefixes in subnet pool ${pool.id}`;
    throw fault("IllegalSubnetPoolUpdate", { reason });
  }
  const grown = update(draft, caller, pool, { prefixes: [...pool.prefixes, ...subnets.map(({ cidr }) => cidr)] });
  draft.dependOn("subnetpool", pool.id);
  for (const subnet of subnets) {
    releaseRange(draft, subnet);
    claimRange(draft, grown, prefixOf(subnet), subnet.id, false);
    draft.replace("subnet", subnet.id, touched(env, { ...subnet, subnetpool_id: pool.id }));
  }
  if (subnets.length > 0) draft.replace("network", network.id, touched(env, network));
  return subnets.map(({ id, cidr }) => ({ id, cidr })) as unknown as DerivedRow;
}
