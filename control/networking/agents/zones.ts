/** Availability zones: where hosts are, for networks by who serves DHCP and for routers by who routes (neutron/db/agents_db.py). */
import type { DerivedRow } from "../../../api/mod.ts";
import { type AgentRole, fault, type HostRecord, type NetworkRecord } from "../../../model/mod.ts";
import type { Env } from "../env.ts";
import type { ResourcePlan } from "../plan.ts";
import { serves } from "./hosting.ts";
import { isUp, ROLE_NAMES, ROLES, zoneOf } from "./roles.ts";

const RESOURCES = { network: "dhcp", router: "l3" } as const satisfies Record<string, AgentRole>;
export type Zoned = keyof typeof RESOURCES;

/** Made once for each state of the hosts: a list of networks asks for it with each of them. */
const NAMES = new WeakMap<readonly HostRecord[], readonly string[]>();

function zoneNames(hosts: readonly HostRecord[]): readonly string[] {
  let names = NAMES.get(hosts);
  if (names === undefined) {
    names = [...new Set(hosts.map(zoneOf))].sort();
    NAMES.set(hosts, names);
  }
  return names;
}

/** The zones whose hosts serve the network: all once it has a port, but where it was taken off them. */
export function zonesOfNetwork(env: Env, network: NetworkRecord): readonly string[] {
  const { hosts } = env.indexes;
  const { dhcp_excluded_hosts: excluded = [], dhcp_added_hosts: added = [] } = network;
  if (excluded.length > 0 || added.length > 0) return zoneNames(hosts.filter((host) => serves(env, host, network)));
  return env.memory.portsOfNetwork(network.id).size > 0 ? zoneNames(hosts) : [];
}

/** The zones of every router: it is on all hosts. */
export const zonesOfRouters = (env: Env): readonly string[] => zoneNames(env.indexes.hosts);

/** The hints of a new network or router. @throws Fault AvailabilityZoneNotFound */
export function checkZones(env: Env, hints: readonly string[]): void {
  const known = zoneNames(env.indexes.hosts);
  const unknown = hints.find((hint) => !known.includes(hint));
  if (unknown !== undefined) throw fault("AvailabilityZoneNotFound", { availability_zone: unknown });
}

function* zoneRows(env: Env): Iterable<DerivedRow> {
  for (const role of ROLE_NAMES) {
    const resource = ROLES[role].zoned;
    if (resource === null) continue;
    for (const name of zoneNames(env.indexes.hosts)) {
      const isAvailable = env.indexes.hosts.some((host) => zoneOf(host) === name && isUp(host, role));
      yield { name, resource, state: isAvailable ? "available" : "unavailable" };
    }
  }
}

export function availabilityZonePlan(env: Env): ResourcePlan<"availability_zone"> {
  return {
    sees: () => true,
    notFound: () => fault("HTTPNotFound"),
    derived: { get: () => undefined, list: () => zoneRows(env) },
  };
}
