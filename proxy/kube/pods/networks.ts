/** The networks and groups that pods may name: those of the cluster's project, or shared with it. */
import type { Attributes, Caller, Networking } from "../../../api/mod.ts";
import { type Id, ipFromBigInt, prefix } from "../../../model/mod.ts";
import type { ClusterConfig } from "../config.ts";
import { PodFailure } from "../failure.ts";

const isId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

export class Resolver {
  readonly #networking: Networking;
  readonly #caller: Caller;

  /** `caller`: a member of the project, so that it sees no more than that. */
  constructor(networking: Networking, caller: Caller) {
    this.#networking = networking;
    this.#caller = caller;
  }

  network(nameOrId: string): Promise<Id> {
    return this.#find("network", nameOrId, "NetworkNotFound");
  }

  group(nameOrId: string): Promise<Id> {
    return this.#find("security_group", nameOrId, "SecurityGroupNotFound");
  }

  /** @throws PodFailure when none or several are so called */
  async #find(kind: "network" | "security_group", nameOrId: string, reason: string): Promise<Id> {
    const hint = isId(nameOrId) ? { id: [nameOrId] } : { name: [nameOrId] };
    const rows = await this.#networking.list(this.#caller, kind, hint);
    const found = rows.filter(({ id, name }) => id === nameOrId || name === nameOrId);
    if (found.length === 1) return (found[0] as { id: Id }).id;
    const what = kind.replace("_", " ");
    throw new PodFailure(
      reason,
      found.length === 0
        ? `no ${what} "${nameOrId}" is there for project ${this.#caller.projectId}: create it, or share it with that project`
        : `${found.length} of the project's ${what}s are called "${nameOrId}": give the id`,
    );
  }
}

/** The pod network, made with its subnets where it is not there. @throws Fault, PodFailure */
export async function ensurePodNetwork(networking: Networking, admin: Caller, config: ClusterConfig): Promise<Id> {
  const found = await podNetwork(networking, admin, config.network);
  if (found !== undefined) return found;
  if (isId(config.network)) throw new PodFailure("NetworkNotFound", `there is no network ${config.network}`);
  const [network] = await networking.create(admin, "network", [
    { project_id: config.project_id, name: config.network, description: `pods of cluster ${config.name}` },
  ]);
  const { id } = network as { id: Id };
  try {
    const subnets = config.pod_cidrs.map((cidr) => subnetBody(config, id, cidr));
    await networking.create(admin, "subnet", subnets);
  } catch (error) {
    await networking.delete(admin, "network", id).catch(() => {});
    throw error;
  }
  return id;
}

async function podNetwork(networking: Networking, admin: Caller, nameOrId: string): Promise<Id | undefined> {
  const rows = await networking.list(admin, "network", isId(nameOrId) ? { id: [nameOrId] } : { name: [nameOrId] });
  const own = rows.filter(
    (row) => row.id === nameOrId || (row.name === nameOrId && row.project_id === admin.projectId),
  );
  return own[0]?.id;
}

function subnetBody({ name, project_id, service_cidrs }: ClusterConfig, network_id: Id, cidr: string): Attributes {
  const { first, family } = prefix(cidr);
  // Of IPv6 Neutron would take the first address, which is every router's (RFC 4291 section 2.6.1).
  const gateway_ip = ipFromBigInt(first + 1n, family);
  const services = service_cidrs.filter((each) => prefix(each).family === family);
  return {
    project_id,
    network_id,
    name: `${name} ${cidr}`.slice(0, 255),
    ip_version: family,
    cidr,
    gateway_ip,
    host_routes: services.map((destination) => ({ destination, nexthop: gateway_ip })),
    // Pods are given their addresses by their runtime.
    enable_dhcp: false,
  };
}
