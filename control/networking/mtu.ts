/** MTUs of networks, in bytes of an IP packet. */
import { fault, type Id, ipFamily, type NetworkType, type SubnetRecord } from "../../model/mod.ts";
import type { Env } from "./env.ts";

/** Outer IP, UDP and VXLAN headers and the inner Ethernet header (RFC 7348 section 5). */
const VXLAN_OVERHEAD_BYTES = { 4: 50, 6: 70 } as const;

/** RFC 791 section 3.2, RFC 8200 section 5. */
const MIN_MTU_BYTES = { 4: 68, 6: 1280 } as const;

/** The largest MTU that every host can carry on a segment of this type. */
export function maxMtuOf(env: Env, type: NetworkType): number {
  const facts = env.indexes.hostFacts;
  const reported = facts.map((host) => host.underlay_mtu);
  const underlay = reported.length > 0 ? Math.min(...reported) : env.options.underlayMtuBytes;
  if (type !== "vxlan") return underlay;
  const overIpv6 = facts.some((host) => ipFamily(host.tunnel_ip) === 6);
  return underlay - VXLAN_OVERHEAD_BYTES[overIpv6 ? 6 : 4];
}

/**
 * What the creator asks for, else the most that all segments allow; those of none have the underlay's own
 * (ml2/plugin.py _get_network_mtu). @throws Fault InvalidInput
 */
export function chosenMtu(env: Env, types: readonly NetworkType[], wanted: number | null): number {
  const max = Math.min(...(types.length > 0 ? types : (["flat"] as const)).map((type) => maxMtuOf(env, type)));
  if (wanted === null || wanted === 0) return max;
  if (wanted > max) throw fault("InvalidInput", { error_message: `Requested MTU is too big, maximum is ${max}` });
  return wanted;
}

/** @throws Fault NetworkMTUSubnetConflict */
export function checkMtuFor(networkId: Id, mtu: number, subnets: Iterable<Pick<SubnetRecord, "ip_version">>): void {
  for (const { ip_version } of subnets) {
    // IPv4's minimum is told first, whatever the subnet (db_base_plugin_v2.py _validate_subnet_network_mtu).
    const least = mtu < MIN_MTU_BYTES[4] ? MIN_MTU_BYTES[4] : MIN_MTU_BYTES[ip_version];
    if (mtu < least) throw fault("NetworkMTUSubnetConflict", { net_id: networkId, mtu: least });
  }
}
