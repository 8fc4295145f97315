/**
 * The API that every door (Neutron REST, the Contrail protocol, Kubernetes) calls and the control node implements:
 * resources in, resources out, faults thrown. Attribute syntax is checked by the door, since its messages belong to
 * the foreign protocol; meaning (overlap, uniqueness, ownership, allocation) is checked behind this interface.
 */
import type { NetworkRecord, PortRecord, SubnetRecord } from "../model/mod.ts";

/** Who asks. Made by an {@link Authenticator}; policy decides on it. */
export interface Caller {
  /** For the access log and the reply's X-Openstack-Request-Id. */
  requestId: string;
  userId: string | null;
  projectId: string;
  roles: string[];
  /** Sees and changes every project's resources. */
  isAdmin: boolean;
  /** Set for an agent's credential: it may act for this host only, and on nothing else. */
  host?: string;
}

/** Turns a request's credentials into a caller. "none", static tokens and Keystone are implementations. */
export interface Authenticator {
  /** @throws Fault Unauthorized */
  authenticate(headers: Record<string, string | string[] | undefined>, requestId: string): Promise<Caller>;
}

export interface NetworkingTypes {
  network: NetworkRecord & { subnets: string[] };
  subnet: SubnetRecord;
  port: PortRecord;
}
export type ResourceKind = keyof NetworkingTypes;

/** A body of the door after syntax checks: attributes the user gave, with the door's defaults for those left out. */
export type Attributes = Record<string, unknown>;

/** Rows a caller may see, narrowed by what the control node has an index for; the door filters the rest. */
export interface ListHint {
  id?: string[];
  network_id?: string[];
  device_id?: string[];
  project_id?: string[];
  "binding:host_id"?: string[];
}

export interface Networking {
  /** One transaction for all of `bodies`: all are created or none. @throws Fault */
  create<K extends ResourceKind>(caller: Caller, kind: K, bodies: Attributes[]): Promise<NetworkingTypes[K][]>;
  /** @throws Fault NetworkNotFound etc. also when the caller may not see it. */
  get<K extends ResourceKind>(caller: Caller, kind: K, id: string): Promise<NetworkingTypes[K]>;
  /** From memory; read-your-writes on one control node. */
  list<K extends ResourceKind>(caller: Caller, kind: K, hint: ListHint): Promise<NetworkingTypes[K][]>;
  /** `ifRevision`: Neutron's If-Match: revision_number=N. @throws Fault RevisionNumberConstraintFailed */
  update<K extends ResourceKind>(
    caller: Caller,
    kind: K,
    id: string,
    changes: Attributes,
    ifRevision?: number,
  ): Promise<NetworkingTypes[K]>;
  delete(caller: Caller, kind: ResourceKind, id: string, ifRevision?: number): Promise<void>;
}
