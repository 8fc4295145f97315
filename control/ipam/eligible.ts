/**
 * The subnets that a port may have addresses of. On a routed network, whose subnets are on segments, these are the ones
 * that the port's host reaches; while the host is not known nothing is chosen, and addresses that are asked for must be
 * on one segment (neutron/objects/subnet.py find_candidate_subnets, network_has_no_subnet).
 */
import { fault, type Id, prefix, prefixContains, type SubnetRecord } from "../../model/mod.ts";
import type { AddressedPort, FixedIpRequest, NetworkSubnets } from "./fixed-ips.ts";
import { candidateSubnets } from "./subnets.ts";

/** Its ports are on many hosts at a time, and so on several segments. */
const DISTRIBUTED = "network:distributed";

/** What the subnet is that a request means; null for one that fits none, which is refused later in other words. */
function meantBy({ subnet_id, ip_address }: FixedIpRequest, subnets: readonly SubnetRecord[]): SubnetRecord | null {
  if (subnet_id !== undefined) return subnets.find(({ id }) => id === subnet_id) ?? null;
  if (ip_address === undefined) return null;
  return subnets.find(({ cidr }) => prefixContains(prefix(cidr), ip_address)) ?? null;
}

/** @throws Fault FixedIpsSubnetsNotOnSameSegment */
function onOneSegment(
  requests: readonly FixedIpRequest[],
  subnets: readonly SubnetRecord[],
  isDistributed: boolean,
): readonly SubnetRecord[] {
  const segments = new Set<Id | null>();
  for (const request of requests) {
    const subnet = meantBy(request, subnets);
    if (subnet === null) return subnets;
    segments.add(subnet.segment_id);
    if (segments.size > 1 && !isDistributed) throw fault("FixedIpsSubnetsNotOnSameSegment");
  }
  if (isDistributed) return subnets;
  const [segment = null] = segments;
  return subnets.filter(({ segment_id }) => segment_id === segment);
}

function routed(
  port: AddressedPort,
  subnets: readonly SubnetRecord[],
  { host }: NetworkSubnets,
  requests: readonly FixedIpRequest[] | undefined,
): readonly SubnetRecord[] {
  if (host !== undefined) {
    return subnets.filter(({ segment_id }) => segment_id === null || host.reaches(segment_id));
  }
  if (requests !== undefined) return onOneSegment(requests, subnets, port.deviceOwner === DISTRIBUTED);
  return subnets.filter(({ segment_id }) => segment_id === null);
}

/** In order of preference. "deferred": addresses are chosen once the host is known. `requests`: undefined for a free choice. @throws Fault */
export function eligibleSubnets(
  port: AddressedPort,
  known: NetworkSubnets,
  requests: readonly FixedIpRequest[] | undefined,
): readonly SubnetRecord[] | "deferred" {
  const { subnets, host } = known;
  const candidates = candidateSubnets(subnets, port.deviceOwner);
  const isRouted = subnets.some(({ segment_id }) => segment_id);
  const eligible = isRouted ? routed(port, candidates, known, requests) : candidates;
  if (eligible.length > 0 || subnets.length === 0) return eligible;
  if (isRouted && host !== undefined) {
    throw fault("HostNotConnectedToAnySegment", { host: host.name, network_id: port.networkId });
  }
  if (candidates.length > 0) return "deferred";
  const facts = { network_id: port.networkId, service_type: port.deviceOwner };
  throw fault("IpAddressGenerationFailureNoMatchingSubnet", facts);
}
