/** Gives a port its MAC and its addresses: IPAM's choices, claimed in the request's transaction. */
import type { Attributes } from "../../api/mod.ts";
import { type FixedIp, fault, type Id, type Mac, mac, type PortRecord, type SubnetRecord } from "../../model/mod.ts";
import { keys } from "../../store/mod.ts";
import {
  type AddressedPort,
  changeFixedIps,
  chooseAddress,
  type FixedIpRequest,
  type NetworkSubnets,
  prefersFirst,
  type Want,
  wantsOfNewPort,
} from "../ipam/mod.ts";
import { given, isIp, isMac, isObject, isText, listOf, orNull } from "./attributes.ts";
import { segmentsOnHost } from "./binding.ts";
import type { Draft } from "./draft.ts";
import type { Env } from "./env.ts";

/** Undefined when the caller does not say: then IPAM decides. */
export function readFixedIps(env: Env, body: Attributes): FixedIpRequest[] | undefined {
  const read = given(body, "fixed_ips", orNull(listOf(isObject)));
  if (read === undefined) return undefined;
  if ((read?.length ?? 0) > env.options.maxFixedIpsPerPort) {
    throw fault("InvalidInput", { error_message: "Exceeded maximum amount of fixed ips per port." });
  }
  return (read ?? []).map((entry) => {
    const subnet_id = given(entry, "subnet_id", orNull(isText));
    const ip_address = given(entry, "ip_address", orNull(isIp));
    return { ...(subnet_id && { subnet_id }), ...(ip_address && { ip_address }) };
  });
}

/** How many addresses of the base a port may try before it is said that there is none: they are chosen from 2^24. */
const MAC_GUESSES = 100;

function randomMac(env: Env): Mac {
  const tail = Array.from({ length: 3 }, () => Math.floor(env.random() * 256));
  const octets = tail.map((octet) => octet.toString(16).padStart(2, "0"));
  return mac([...env.options.baseMac.split(":").slice(0, 3), ...octets].join(":"));
}

/** The MAC that is asked for, or one of Cable's base. Unique in its network, by a key of the store. */
export function claimMac(env: Env, draft: Draft, port: { id: Id; networkId: Id }, wanted: Mac | undefined): Mac {
  const { id, networkId } = port;
  if (wanted !== undefined) {
    draft.claim(keys.mac(networkId, wanted), id, () => fault("MacAddressInUse", { net_id: networkId, mac: wanted }));
    return wanted;
  }
  for (let guess = 0; guess < MAC_GUESSES; guess++) {
    const chosen = randomMac(env);
    if (draft.isTaken(keys.mac(networkId, chosen))) continue;
    draft.claim(keys.mac(networkId, chosen), id);
    return chosen;
  }
  throw fault("NetworkMacAddressGenerationFailure", { net_id: networkId });
}

export function readMac(body: Attributes): Mac | undefined {
  return given(body, "mac_address", orNull(isMac)) ?? undefined;
}

/** `host`: where the port is, or empty. */
function knownSubnets(draft: Draft, networkId: Id, host: string): NetworkSubnets {
  const subnets = draft.subnetsOf(networkId);
  const exists = (id: Id) => draft.get("subnet", id) !== undefined;
  if (host === "" || !subnets.some(({ segment_id }) => segment_id)) return { subnets, exists };
  const reached = segmentsOnHost(draft, networkId, host);
  return { subnets, exists, host: { name: host, reaches: (id) => reached.some((segment) => segment.id === id) } };
}

function claimExact(draft: Draft, portId: Id, { subnetId, ip }: Want & { kind: "exact" }): FixedIp {
  draft.claim(keys.ip(subnetId, ip), portId, () => fault("IpAddressAlreadyAllocated", { ip, subnet_id: subnetId }));
  return { subnet_id: subnetId, ip_address: ip };
}

function chooseIn(env: Env, draft: Draft, subnet: SubnetRecord, first: boolean): FixedIp | undefined {
  const used = draft.memory.ipsOfSubnet(subnet.id);
  const ip = chooseAddress(
    subnet.allocation_pools,
    {
      usedCount: used.size + draft.claimCount,
      isUsed: (candidate) => used.has(candidate) || draft.isTaken(keys.ip(subnet.id, candidate)),
      random: env.random,
    },
    { first },
  );
  return ip && { subnet_id: subnet.id, ip_address: ip };
}

/** The wants in order; those for certain addresses come first, so no free choice falls on one. */
function claimWants(env: Env, draft: Draft, portId: Id, port: AddressedPort, wants: readonly Want[]): FixedIp[] {
  const exact = wants.filter((want) => want.kind === "exact").map((want) => claimExact(draft, portId, want));
  const chosen = wants
    .filter((want) => want.kind === "any")
    .map(({ subnets }) => {
      for (const subnet of subnets) {
        const entry = chooseIn(env, draft, subnet, prefersFirst(port.deviceOwner));
        if (entry === undefined) continue;
        draft.claim(keys.ip(entry.subnet_id, entry.ip_address), portId);
        return entry;
      }
      throw fault("IpAddressGenerationFailure", { net_id: port.networkId });
    });
  return [...chosen, ...exact];
}

/** The port and its host; a host matters on routed networks only. */
export type PlacedPort = AddressedPort & { host: string };

/** "deferred": the port gets its addresses once its host is known. */
export function newAddresses(
  env: Env,
  draft: Draft,
  portId: Id,
  port: PlacedPort,
  requests: readonly FixedIpRequest[] | undefined,
): FixedIp[] | "deferred" {
  const wants = wantsOfNewPort(port, requests, knownSubnets(draft, port.networkId, port.host));
  return wants === "deferred" ? wants : claimWants(env, draft, portId, port, wants);
}

/** A port that moves keeps its addresses only where these work. @throws Fault HostNotCompatibleWithFixedIps */
export function checkHostFits(draft: Draft, port: PortRecord, host: string): void {
  const { host: place, subnets } = knownSubnets(draft, port.network_id, host);
  if (place === undefined) return;
  const fits = ({ subnet_id }: FixedIp) => {
    const segment = subnets.find(({ id }) => id === subnet_id)?.segment_id ?? null;
    return segment === null || place.reaches(segment);
  };
  if (!port.fixed_ips.every(fits)) throw fault("HostNotCompatibleWithFixedIps", { host, port_id: port.id });
}

/** The addresses after an update; `requests` undefined: what a changed MAC makes necessary. */
export function changedAddresses(
  env: Env,
  draft: Draft,
  before: { id: Id; mac: Mac; fixedIps: readonly FixedIp[] },
  port: PlacedPort,
  requests: readonly FixedIpRequest[] | undefined,
): FixedIp[] {
  const known = knownSubnets(draft, port.networkId, port.host);
  const change = changeFixedIps(port, before.fixedIps, before.mac, requests, known);
  for (const { subnet_id, ip_address } of change.remove) draft.release(keys.ip(subnet_id, ip_address));
  const added = claimWants(env, draft, before.id, port, change.add);
  // The order of those that stay is kept: clients compare lists.
  return [...before.fixedIps.filter((entry) => change.keep.includes(entry)), ...added];
}
