/**
 * The API that every door (Neutron REST, the Contrail protocol, Kubernetes) calls and the control node implements:
 * resources in, resources out, faults thrown. Attribute syntax is checked by the door, since its messages belong to
 * the foreign protocol; meaning (overlap, uniqueness, allocation) is checked behind this interface. So is what a caller
 * can see at all; what it may do with that is the door's to decide, as each protocol has its own way to say it.
 */
import type {
  FloatingIpRecord,
  LocalIpAssociationRecord,
  NetworkRecord,
  PortForwardingRecord,
  PortRecord,
  RbacObjectType,
  RecordTypes,
  ResourceRecordKind,
  RouterRecord,
  SecurityGroupRecord,
  SecurityGroupRuleRecord,
  SubnetRecord,
} from "../model/mod.ts";

/** Who asks. Made by an {@link Authenticator}; policy decides on it. */
export interface Caller {
  /** For the access log and the reply's X-Openstack-Request-Id. */
  requestId: string;
  userId: string | null;
  /** Empty for a token without a project: it may look, within its roles, and has nothing of its own. */
  projectId: string;
  roles: string[];
  /** Sees and changes every project's resources. */
  isAdmin: boolean;
  /** Sees every project's resources without being an administrator, as Nova must. */
  seesAll?: boolean;
  /** Creates resources for other projects. Administrators do anyway. */
  mayNameProject?: boolean;
  /** Set for an agent's credential: it may act for this host only, and on nothing else. */
  host?: string;
  /** What Keystone says besides; absent where there is none. */
  identity?: Identity;
}

/** For the access log, and for policy about scopes. Domains are ids. */
export interface Identity {
  userName: string;
  userDomain?: string;
  projectName?: string;
  projectDomain?: string;
  /** What the token is for where that is no project; neither for a token without scope. */
  domainScope?: string;
  systemScope?: "all";
  /** The user of a valid X-Service-Token: the service that makes this request for the user. */
  serviceUser?: string;
}

/** Turns a request's credentials into a caller. "none", static tokens and Keystone are implementations. */
export interface Authenticator {
  /**
   * `request`: what is asked for, since some credentials are good for some requests only; they are good for none if it
   * is left out. @throws Fault Unauthorized, ServiceUnavailable
   */
  authenticate(
    headers: Record<string, string | string[] | undefined>,
    requestId: string,
    request?: RequestLine,
  ): Promise<Caller>;
  /** Breaks off what is under way; for the end of the process. */
  close?(): void;
}

export interface RequestLine {
  method: string;
  /** Without the query. */
  path: string;
}

/** A row of a resource that is no record of its own: part of one (a rule of a QoS policy) or made from others (an agent). */
export type DerivedRow = Readonly<Record<string, unknown>>;

export const DERIVED_KINDS = [
  "agent",
  "agent_network",
  "agent_router",
  "auto_allocated_topology",
  "availability_zone",
  "bandwidth_limit_rule",
  "dscp_marking_rule",
  "flavor_service_profile",
  "floatingip_pool",
  "loggable_resource",
  "minimum_bandwidth_rule",
  "minimum_packet_rate_rule",
  "network_agent",
  "network_ip_availability",
  "next_provider",
  "packet_rate_limit_rule",
  "port_binding",
  "qos_rule_type",
  "quota",
  "quota_default",
  "quota_detail",
  "router_agent",
  "service_provider",
] as const;
export type DerivedKind = (typeof DERIVED_KINDS)[number];

type Shown = { [K in ResourceRecordKind]: RecordTypes[K] } & { [K in DerivedKind]: DerivedRow };

/** Whether an object is shared with the caller is in no record: it is what the RBAC policies say. */
type Shareable = { [K in Exclude<RbacObjectType, "network">]: RecordTypes[K] & { shared: boolean } };

/** Of a router, but in the records of its ports, of hosts, and of its helpers. */
export interface RouterExtras {
  external_gateway_info: object | null;
  external_gateways: object[];
  enable_snat: boolean;
  availability_zones: string[];
  conntrack_helpers: object[];
}

/** What a resource looks like to a door: its record, and what belongs to it without being in it. */
/** Of the subnet pools that a network's subnets are from. */
interface AddressScopes {
  ipv4_address_scope: string | null;
  ipv6_address_scope: string | null;
}

export interface NetworkingTypes extends Omit<Shown, keyof Shareable | "security_group_rule">, Shareable {
  security_group: SecurityGroupRecord & {
    shared: boolean;
    security_group_rules: NetworkingTypes["security_group_rule"][];
  };
  /** With the network's policy, and what is asked of Placement, where there is a policy at all. */
  port: PortRecord & { qos_network_policy_id?: string | null; resource_request?: object | null };
  security_group_rule: Omit<SecurityGroupRuleRecord, "name" | "description" | "from_template"> & {
    tenant_id: string;
    description: string | null;
    normalized_cidr: string | null;
    belongs_to_default_sg: boolean;
  };
  network: NetworkRecord & {
    subnets: string[];
    shared: boolean;
    availability_zones: readonly string[];
    l2_adjacency: boolean;
  } & AddressScopes;
  /** `shared` and external as its network is. */
  subnet: SubnetRecord & { shared: boolean; "router:external": boolean };
  router: RouterRecord & RouterExtras;
  /** The host is its port's. */
  local_ip_association: LocalIpAssociationRecord & { local_ip_address: string | null; host: string };
  port_forwarding: PortForwardingRecord & {
    external_port: number | null;
    internal_port: number | null;
    external_port_range: string;
    internal_port_range: string;
  };
  floatingip: FloatingIpRecord & {
    port_details: object | null;
    port_forwardings: object[];
    qos_network_policy_id: string | null;
  };
}
export type ResourceKind = keyof NetworkingTypes;

/** A body of the door after syntax checks: attributes the user gave, with the door's defaults for those left out. */
export type Attributes = Record<string, unknown>;

/** The attributes that rows must have, each one of its values. What has no index is ignored: the door filters again. */
export type ListHint = Readonly<Record<string, readonly string[]>>;

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
  /** What a kind can do besides: a router's "add_router_interface". One transaction, too. @throws Fault */
  act(caller: Caller, kind: ResourceKind, id: string, action: string, body: Attributes): Promise<DerivedRow>;
  /** {@link get} without the resource: it is there, and the caller may see it. @throws Fault */
  requireVisible(caller: Caller, kind: ResourceKind, id: string): void;
  /**
   * What decides about who may do what: a resource as the caller would be shown it, whether it may see it or not, but
   * without what is not its own: a group's rules.
   */
  peek<K extends ResourceRecordKind>(caller: Caller, kind: K, id: string): Partial<NetworkingTypes[K]> | undefined;
}
