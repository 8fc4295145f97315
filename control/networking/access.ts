/** Who sees what: ownership. What a caller does not see, it cannot name; what it may do with the rest, its door decides. */
import type { Attributes, Caller } from "../../api/mod.ts";
import { fault, type Id, type NetworkRecord, type PortRecord, type SubnetRecord } from "../../model/mod.ts";
import type { Reader } from "./reader.ts";
import { isElevated, seesNetwork, seesShared } from "./sharing.ts";

export { isElevated, seesNetwork };

export function ownsNetwork(caller: Caller, network: NetworkRecord | undefined): boolean {
  return caller.isAdmin || network?.project_id === caller.projectId;
}

/**
 * Of an external network only the network itself is seen. Neutron shows its subnets to everybody since 2024
 * (db/external_net_db.py), which Tempest 33 takes for a fault.
 */
export function seesSubnet(caller: Caller, subnet: SubnetRecord, reader: Reader): boolean {
  if (isElevated(caller) || subnet.project_id === caller.projectId) return true;
  const network = reader.get("network", subnet.network_id);
  return network !== undefined && seesShared(caller, network, reader);
}

export function ownsPort(caller: Caller, port: PortRecord): boolean {
  return isElevated(caller) || port.project_id === caller.projectId;
}

export function seesPort(caller: Caller, port: PortRecord, reader: Reader): boolean {
  return ownsPort(caller, port) || ownsNetwork(caller, reader.get("network", port.network_id));
}

export function notFound(kind: "network" | "subnet" | "port", id: Id) {
  if (kind === "network") return fault("NetworkNotFound", { net_id: id });
  if (kind === "subnet") return fault("SubnetNotFound", { subnet_id: id });
  return fault("PortNotFound", { port_id: id });
}

/** The project that a new resource belongs to. @throws Fault HTTPBadRequest when it is another's */
export function projectOf(caller: Caller, body: Attributes): string {
  const named = body.project_id ?? body.tenant_id;
  if (named === undefined || named === null || named === caller.projectId) return caller.projectId;
  if ((caller.isAdmin || caller.mayNameProject === true) && typeof named === "string") return named;
  const msg =
    "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin privileges";
  throw fault("HTTPBadRequest", { msg });
}
