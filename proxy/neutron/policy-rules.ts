/**
 * Neutron's default policy (neutron/conf/policies/{base,network,subnet,port}.py with its new defaults, in force since
 * 2023.2) for what the door serves, as a table: the name of a rule and who passes it.
 */
import type { Caller } from "../../api/mod.ts";
import type { NetworkRecord } from "../../model/mod.ts";
import type { Row } from "./attribute.ts";

/** What a rule decides on. */
export interface Subject {
  readonly caller: Caller;
  /** The resource as it will be. */
  readonly target: Row;
  /** The network it is, or is in; undefined when the caller cannot see that. */
  readonly network: NetworkRecord | undefined;
}

export type Rule = (subject: Subject) => boolean;

/** Keystone's implied roles: who has one has those after it, whether the token says so or not. */
const ROLES = ["admin", "manager", "member", "reader"];

export function hasRole(caller: Caller, role: string): boolean {
  const at = ROLES.indexOf(role);
  return caller.roles.some(
    (held) => held === role || (at >= 0 && ROLES.indexOf(held) >= 0 && ROLES.indexOf(held) < at),
  );
}

const any =
  (...rules: Rule[]): Rule =>
  (subject) =>
    rules.some((rule) => rule(subject));

const ADMIN: Rule = ({ caller }) => caller.isAdmin;
const SERVICE: Rule = ({ caller }) => hasRole(caller, "service");
const SHARED: Rule = ({ network }) => network?.shared === true;
const EXTERNAL: Rule = ({ network }) => network?.["router:external"] === true;
const NOT_NETWORK_DEVICE: Rule = ({ target }) => !String(target.device_owner ?? "").startsWith("network:");

const owner =
  (role: string): Rule =>
  ({ caller, target }) =>
    hasRole(caller, role) && target.project_id === caller.projectId;

const networkOwner =
  (role: string): Rule =>
  ({ caller, network }) =>
    hasRole(caller, role) && network !== undefined && network.project_id === caller.projectId;

const ADMIN_OR_SERVICE = any(ADMIN, SERVICE);
const ADMIN_OR_MEMBER = any(ADMIN, owner("member"));
const ADMIN_OR_NET_MEMBER = any(ADMIN, networkOwner("member"));
const ADMIN_OR_SERVICE_OR_NET_MEMBER = any(ADMIN, SERVICE, networkOwner("member"));
const SUBNET_MEMBER = any(owner("member"), ADMIN_OR_NET_MEMBER);

/** Rules of attributes without a row of their own: Neutron's "default". */
export const DEFAULT_RULE: Rule = any(ADMIN, ({ caller, target }) => target.project_id === caller.projectId);

export const RULES: Readonly<Record<string, Rule>> = {
  create_network: ADMIN_OR_MEMBER,
  "create_network:shared": ADMIN,
  "create_network:router:external": ADMIN,
  "create_network:is_default": ADMIN,
  "create_network:port_security_enabled": ADMIN_OR_MEMBER,
  "create_network:provider:network_type": ADMIN,
  "create_network:provider:physical_network": ADMIN,
  "create_network:provider:segmentation_id": ADMIN,
  "create_network:tags": ADMIN_OR_MEMBER,
  get_network: any(ADMIN, owner("reader"), SERVICE, SHARED, EXTERNAL),
  "get_network:provider:network_type": ADMIN,
  "get_network:provider:physical_network": ADMIN,
  "get_network:provider:segmentation_id": ADMIN,
  "get_network:tags": any(ADMIN, owner("reader"), SHARED, EXTERNAL),
  update_network: ADMIN_OR_MEMBER,
  "update_network:shared": ADMIN,
  "update_network:provider:network_type": ADMIN,
  "update_network:provider:physical_network": ADMIN,
  "update_network:provider:segmentation_id": ADMIN,
  "update_network:router:external": ADMIN,
  "update_network:is_default": ADMIN,
  "update_network:port_security_enabled": ADMIN_OR_MEMBER,
  "update_network:tags": ADMIN_OR_MEMBER,
  delete_network: ADMIN_OR_MEMBER,
  "delete_network:tags": ADMIN_OR_MEMBER,

  create_subnet: ADMIN_OR_NET_MEMBER,
  "create_subnet:segment_id": ADMIN,
  "create_subnet:service_types": ADMIN,
  "create_subnet:tags": SUBNET_MEMBER,
  get_subnet: any(ADMIN, owner("reader"), SHARED, EXTERNAL, networkOwner("reader"), SERVICE),
  "get_subnet:segment_id": ADMIN,
  "get_subnet:tags": any(ADMIN, owner("reader"), SHARED, EXTERNAL, networkOwner("reader")),
  update_subnet: SUBNET_MEMBER,
  "update_subnet:segment_id": ADMIN,
  "update_subnet:service_types": ADMIN,
  "update_subnet:tags": SUBNET_MEMBER,
  delete_subnet: SUBNET_MEMBER,
  "delete_subnet:tags": SUBNET_MEMBER,

  create_port: any(ADMIN_OR_SERVICE_OR_NET_MEMBER, SHARED),
  "create_port:device_id": any(ADMIN_OR_MEMBER, SERVICE),
  "create_port:device_owner": any(NOT_NETWORK_DEVICE, ADMIN_OR_SERVICE_OR_NET_MEMBER),
  "create_port:mac_address": ADMIN_OR_SERVICE_OR_NET_MEMBER,
  "create_port:fixed_ips": any(ADMIN_OR_SERVICE_OR_NET_MEMBER, SHARED),
  "create_port:fixed_ips:ip_address": ADMIN_OR_SERVICE_OR_NET_MEMBER,
  "create_port:fixed_ips:subnet_id": any(ADMIN_OR_SERVICE_OR_NET_MEMBER, SHARED),
  "create_port:port_security_enabled": ADMIN_OR_SERVICE_OR_NET_MEMBER,
  "create_port:binding:host_id": ADMIN_OR_SERVICE,
  // Neutron's own default here is the service role alone; an administrator may bind a physical machine by hand.
  "create_port:binding:profile": ADMIN_OR_SERVICE,
  "create_port:binding:vnic_type": any(ADMIN_OR_MEMBER, SERVICE),
  "create_port:allowed_address_pairs": any(ADMIN_OR_NET_MEMBER, SERVICE),
  "create_port:allowed_address_pairs:mac_address": any(ADMIN_OR_NET_MEMBER, SERVICE),
  "create_port:allowed_address_pairs:ip_address": any(ADMIN_OR_NET_MEMBER, SERVICE),
  "create_port:tags": ADMIN_OR_MEMBER,
  get_port: any(ADMIN_OR_SERVICE, networkOwner("reader"), owner("reader")),
  "get_port:binding:vif_type": ADMIN_OR_SERVICE,
  "get_port:binding:vif_details": ADMIN_OR_SERVICE,
  "get_port:binding:host_id": ADMIN_OR_SERVICE,
  "get_port:binding:profile": ADMIN_OR_SERVICE,
  "get_port:tags": any(ADMIN, networkOwner("reader"), owner("reader")),
  update_port: any(ADMIN_OR_SERVICE, owner("member")),
  "update_port:device_id": any(ADMIN_OR_MEMBER, SERVICE),
  "update_port:device_owner": any(NOT_NETWORK_DEVICE, ADMIN_OR_SERVICE_OR_NET_MEMBER),
  "update_port:mac_address": any(ADMIN_OR_SERVICE, networkOwner("manager")),
  "update_port:fixed_ips": ADMIN_OR_SERVICE_OR_NET_MEMBER,
  "update_port:fixed_ips:ip_address": ADMIN_OR_SERVICE_OR_NET_MEMBER,
  "update_port:fixed_ips:subnet_id": any(ADMIN_OR_SERVICE_OR_NET_MEMBER, SHARED),
  "update_port:port_security_enabled": ADMIN_OR_SERVICE_OR_NET_MEMBER,
  "update_port:binding:host_id": ADMIN_OR_SERVICE,
  "update_port:binding:profile": ADMIN_OR_SERVICE,
  "update_port:binding:vnic_type": any(ADMIN_OR_SERVICE, owner("member")),
  "update_port:allowed_address_pairs": any(ADMIN_OR_NET_MEMBER, SERVICE),
  "update_port:allowed_address_pairs:mac_address": any(ADMIN_OR_NET_MEMBER, SERVICE),
  "update_port:allowed_address_pairs:ip_address": any(ADMIN_OR_NET_MEMBER, SERVICE),
  "update_port:tags": ADMIN_OR_MEMBER,
  delete_port: any(ADMIN_OR_SERVICE_OR_NET_MEMBER, owner("member")),
  "delete_port:tags": any(owner("member"), ADMIN_OR_NET_MEMBER),
};
