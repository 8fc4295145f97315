/** Which pool a new subnet is to be from, and what of it (db_base_plugin_v2.py _get_subnetpool_id, ipam/requests.py). */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { type Fault, fault, type Prefix, parsePrefix, type SubnetPoolRecord } from "../../../model/mod.ts";
import { given, isIp, isText, isWhole, orNull } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import { index } from "../indexes.ts";
import { seesShared } from "../sharing.ts";

const DEFAULTS = index("subnetpool", ({ is_default, ip_version }) => (is_default ? [String(ip_version)] : []));

const badRequest = (msg: string) => fault("BadRequest", { resource: "subnets", msg });

/** The pool that is the default of the family, if the caller may use it. */
export function defaultPool(draft: Draft, caller: Caller, family: number): SubnetPoolRecord | undefined {
  return draft.select(DEFAULTS, String(family)).find((pool) => seesShared(caller, pool, draft));
}

/** The pool that a body names, itself or as the default. @throws Fault BadRequest, SubnetPoolNotFound */
export function poolOf(draft: Draft, caller: Caller, body: Attributes): SubnetPoolRecord | undefined {
  const id = given(body, "subnetpool_id", orNull(isText)) ?? null;
  const isDefault = body.use_default_subnetpool === true;
  if (isDefault && id !== null) {
    throw badRequest("subnetpool_id and use_default_subnetpool cannot both be specified");
  }
  if (isDefault) {
    const family = parsePrefix(String(body.cidr))?.family ?? given(body, "ip_version", isWhole);
    if (family === undefined) {
      throw badRequest("ip_version must be specified in the absence of cidr and subnetpool_id");
    }
    const pool = defaultPool(draft, caller, family);
    if (pool === undefined) throw badRequest(`No default subnetpool found for IPv${family}`);
    return pool;
  }
  if (id === null) return undefined;
  if (id === PREFIX_DELEGATION) {
    // With a prefix of the subnet's own, Neutron lets the wish go.
    if (typeof body.cidr === "string") return undefined;
    throw refuseDelegation(body);
  }
  const pool = draft.get("subnetpool", id);
  if (pool === undefined || !seesShared(caller, pool, draft)) throw fault("SubnetPoolNotFound", { subnetpool_id: id });
  return pool;
}

/** neutron_lib/constants.py IPV6_PD_POOL_ID: prefixes from a router upstream, which Cable's hosts do not ask. */
const PREFIX_DELEGATION = "prefix_delegation";

/** db_base_plugin_v2.py _validate_subnet_for_pd, and then that there is none. */
function refuseDelegation(body: Attributes): Fault {
  if (body.ip_version !== 6) return badRequest("Prefix Delegation can only be used with IPv6 subnets.");
  for (const [name, what] of [
    ["ipv6_ra_mode", "RA"],
    ["ipv6_address_mode", "Address"],
  ] as const) {
    if (body[name] === "slaac" || body[name] === "dhcpv6-stateless") continue;
    return badRequest(`IPv6 ${what} Mode must be SLAAC or Stateless for Prefix Delegation.`);
  }
  return badRequest("IPv6 prefix delegation is not supported");
}

/** What a body asks of the pool. @throws Fault AddrFormatError */
export function wantedOf(pool: SubnetPoolRecord, body: Attributes, cidr: Prefix | undefined): Prefix | number {
  if (cidr !== undefined) return cidr;
  const length = given(body, "prefixlen", isWhole) ?? pool.default_prefixlen;
  const gateway = given(body, "gateway_ip", orNull(isIp)) ?? null;
  const text = `${gateway ?? (pool.ip_version === 4 ? "0.0.0.0" : "::")}/${length}`;
  const wanted = parsePrefix(text);
  if (wanted === undefined) throw fault("AddrFormatError", { msg: `invalid IPNetwork ${text}` });
  return gateway === null ? length : wanted;
}
