/**
 * Which addresses a port is to have, from what its owner asks for and what its network's subnets give: the rules of
 * neutron/db/ipam_pluggable_backend.py and ipam_backend_mixin.py. The result are wants; finding free ones is the caller's.
 */
import {
  type FixedIp,
  fault,
  type Id,
  type Ip,
  type Mac,
  prefix,
  type SubnetRecord,
  slaacAddress,
} from "../../model/mod.ts";
import { eligibleSubnets } from "./eligible.ts";
import { isAutoAddress, isRouterInterface, isRouterSide, isValidFor } from "./subnets.ts";

export interface FixedIpRequest {
  subnet_id?: Id;
  ip_address?: Ip;
}

/** One address: a certain one, or any free one of the first of the subnets that has one. */
export type Want = { kind: "exact"; subnetId: Id; ip: Ip } | { kind: "any"; subnets: SubnetRecord[] };

export interface AddressedPort {
  networkId: Id;
  deviceOwner: string;
  mac: Mac;
}

export interface NetworkSubnets {
  /** Those of the port's network. */
  subnets: readonly SubnetRecord[];
  /** Whether there is such a subnet in any network. */
  exists(id: Id): boolean;
  /** Where the port is; absent while that is not known. */
  host?: { name: string; reaches(segmentId: Id): boolean };
}

function subnetOf(
  request: FixedIpRequest,
  port: AddressedPort,
  usable: readonly SubnetRecord[],
  known: NetworkSubnets,
): SubnetRecord {
  if (usable.length === 0) throw fault("InvalidInput", { error_message: "IP allocation requires subnets for network" });
  const { subnet_id: id, ip_address: address } = request;
  const valid = (subnet: SubnetRecord, ip: Ip) => isValidFor(prefix(subnet.cidr), ip, port.deviceOwner);
  if (id !== undefined) {
    const subnet = usable.find((candidate) => candidate.id === id);
    if (subnet === undefined) {
      if (!known.exists(id)) throw fault("SubnetNotFound", { subnet_id: id });
      const error_message = `Failed to create port on network ${port.networkId}, because fixed_ips included invalid subnet ${id}`;
      throw fault("InvalidInput", { error_message });
    }
    if (address !== undefined && !valid(subnet, address)) throw fault("InvalidIpForSubnet", { ip_address: address });
    return subnet;
  }
  if (address === undefined) {
    throw fault("InvalidInput", { error_message: "IP allocation requires subnet_id or ip_address" });
  }
  const subnet = usable.find((candidate) => valid(candidate, address));
  if (subnet === undefined) throw fault("InvalidIpForNetwork", { ip_address: address });
  return subnet;
}

/** Certain addresses first: an address that one entry names must not be given to another that takes any. */
function wantsOf(
  requests: readonly FixedIpRequest[],
  port: AddressedPort,
  usable: readonly SubnetRecord[],
  known: NetworkSubnets,
): Want[] {
  const exact: Want[] = [];
  const any: Want[] = [];
  for (const request of requests) {
    const subnet = subnetOf(request, port, usable, known);
    const automatic = isAutoAddress(subnet);
    const ip = request.ip_address;
    if (ip !== undefined) {
      if (automatic && !isRouterInterface(port.deviceOwner) && slaacAddress(prefix(subnet.cidr), port.mac) !== ip) {
        throw fault("AllocationOnAutoAddressSubnet", { ip, subnet_id: subnet.id });
      }
      exact.push({ kind: "exact", subnetId: subnet.id, ip });
    } else if (!automatic || isRouterSide(port.deviceOwner)) {
      any.push({ kind: "any", subnets: [subnet] });
    }
    // An automatic subnet that is merely named adds nothing: all of them are added below, named or not.
  }
  return [...exact, ...any];
}

function automaticWants(port: AddressedPort, usable: readonly SubnetRecord[], handled: ReadonlySet<Id>): Want[] {
  if (isRouterSide(port.deviceOwner)) return [];
  return usable
    .filter((subnet) => isAutoAddress(subnet) && !handled.has(subnet.id))
    .map((subnet) => ({ kind: "exact", subnetId: subnet.id, ip: slaacAddress(prefix(subnet.cidr), port.mac) }));
}

/** The addresses of a new port; `requests` undefined: the owner did not say, so one IPv4 and one IPv6 address. */
export function wantsOfNewPort(
  port: AddressedPort,
  requests: readonly FixedIpRequest[] | undefined,
  known: NetworkSubnets,
): Want[] | "deferred" {
  const usable = eligibleSubnets(port, known, requests);
  if (usable === "deferred") return usable;
  const wants: Want[] = [];
  if (requests === undefined) {
    const chosen = usable.filter((subnet) => subnet.ip_version === 4 || !isAutoAddress(subnet));
    for (const version of [4, 6]) {
      const subnets = chosen.filter((subnet) => subnet.ip_version === version);
      if (subnets.length > 0) wants.push({ kind: "any", subnets });
    }
  } else {
    wants.push(...wantsOf(requests, port, usable, known));
  }
  const handled = new Set(wants.flatMap((want) => (want.kind === "exact" ? [want.subnetId] : [])));
  return [...wants, ...automaticWants(port, usable, handled)];
}

export interface FixedIpChange {
  keep: FixedIp[];
  remove: FixedIp[];
  add: Want[];
}

/**
 * The change of a port's addresses. `requests` undefined: only what a changed MAC makes necessary.
 * Automatic addresses stay although the request does not name them; with a new MAC they are formed anew.
 */
export function changeFixedIps(
  port: AddressedPort,
  current: readonly FixedIp[],
  previousMac: Mac,
  requests: readonly FixedIpRequest[] | undefined,
  known: NetworkSubnets,
): FixedIpChange {
  const byId = new Map(known.subnets.map((subnet) => [subnet.id, subnet]));
  const isOwn = ({ subnet_id, ip_address }: FixedIp) => {
    const subnet = byId.get(subnet_id);
    return (
      subnet !== undefined && isAutoAddress(subnet) && slaacAddress(prefix(subnet.cidr), previousMac) === ip_address
    );
  };
  const outdated = port.mac === previousMac ? [] : current.filter(isOwn);
  if (requests === undefined && outdated.length === 0) return { keep: [...current], remove: [], add: [] };
  const gone = new Set(outdated.map((entry) => entry.ip_address));
  const left = current.filter((entry) => !gone.has(entry.ip_address));
  const wanted = requests?.filter(({ ip_address }) => ip_address === undefined || !gone.has(ip_address)) ?? left;

  const { keep, fresh, rest } = match(left, wanted);
  const required = (entry: FixedIp) => {
    const subnet = byId.get(entry.subnet_id);
    return subnet === undefined || isRouterSide(port.deviceOwner) || !isAutoAddress(subnet);
  };
  keep.push(...rest.filter((entry) => !required(entry)));
  const eligible = eligibleSubnets(port, known, [...keep, ...fresh]);
  const usable = eligible === "deferred" ? [] : eligible;
  const add = wantsOf(fresh, port, usable, known);
  const handled = new Set([...keep.map((entry) => entry.subnet_id), ...add.flatMap(exactSubnet)]);
  add.push(...automaticWants(port, usable, handled));
  return { keep, remove: [...outdated, ...rest.filter(required)], add };
}

const exactSubnet = (want: Want) => (want.kind === "exact" ? [want.subnetId] : []);

/** Pairs requests with present addresses: by address first, then an entry that names a subnet keeps what is there. */
function match(current: readonly FixedIp[], requests: readonly FixedIpRequest[]) {
  const rest = new Set(current);
  const keep: FixedIp[] = [];
  const fresh: FixedIpRequest[] = [];
  const take = (found: FixedIp | undefined, request: FixedIpRequest) => {
    if (found === undefined) {
      fresh.push(request);
    } else {
      rest.delete(found);
      keep.push(found);
    }
  };
  const named = requests.filter((request) => request.ip_address !== undefined);
  const unnamed = requests.filter((request) => request.ip_address === undefined);
  for (const request of named) {
    const same = [...rest].find(
      (entry) =>
        entry.ip_address === request.ip_address &&
        (request.subnet_id === undefined || entry.subnet_id === request.subnet_id),
    );
    take(same, request);
  }
  for (const request of unnamed) {
    take(
      [...rest].find((entry) => entry.subnet_id === request.subnet_id),
      request,
    );
  }
  return { keep, fresh, rest: [...rest] };
}
