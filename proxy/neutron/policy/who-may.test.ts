/**
 * Who may do what by the default rules: for each of Keystone's roles, in the target's own project, as the owner of the
 * network (or other resource) that the target is in, or as a stranger. Rows follow Neutron's own tests
 * (neutron/tests/unit/conf/policies).
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Row } from "../attribute.ts";
import { Policy, type Target } from "./mod.ts";
import { aCaller } from "./policy.fixture.ts";

const ROLES = ["reader", "member", "manager", "admin", "service"] as const;
type Role = (typeof ROLES)[number];

const NOBODY: Role[] = [];
const ADMIN: Role[] = ["admin"];
const SERVICE: Role[] = ["service"];
const READERS: Role[] = ["reader", "member", "manager", "admin"];
const MEMBERS: Role[] = ["member", "manager", "admin"];
const MANAGERS: Role[] = ["manager", "admin"];
const EVERYBODY: Role[] = [...ROLES];
const and = (roles: Role[], ...more: Role[]): Role[] => [...roles, ...more];

interface Cases {
  /** The target is the caller's own; so is what it is in, if anything. */
  mine?: Role[];
  /** The target is another project's, and in the caller's network (security group, parent). */
  inMine?: Role[];
  /** Neither is the caller's. */
  theirs?: Role[];
  /** As `theirs`, but the network or resource is shared. */
  shared?: Role[];
  external?: Role[];
  row?: Row;
}

const MINE_ONLY = { mine: MEMBERS, theirs: ADMIN, shared: ADMIN };
const READ_MINE = { mine: READERS, theirs: ADMIN };
const ADMIN_ALONE = { mine: ADMIN, inMine: ADMIN, theirs: ADMIN, shared: ADMIN };
const MANAGERS_OF_MINE = { mine: MANAGERS, theirs: ADMIN };

const TABLE: Readonly<Record<string, Cases>> = {
  create_network: MINE_ONLY,
  "create_network:shared": ADMIN_ALONE,
  "create_network:router:external": ADMIN_ALONE,
  "create_network:provider:network_type": ADMIN_ALONE,
  get_network: {
    mine: EVERYBODY,
    theirs: and(ADMIN, "service"),
    shared: EVERYBODY,
    external: EVERYBODY,
  },
  "get_network:provider:segmentation_id": ADMIN_ALONE,
  update_network: MINE_ONLY,
  "update_network:shared": ADMIN_ALONE,
  delete_network: MINE_ONLY,
  "update_network:tags": MINE_ONLY,
  get_network_ip_availability: { mine: and(ADMIN, "service"), theirs: and(ADMIN, "service") },
  create_segment: ADMIN_ALONE,
  create_network_segment_range: ADMIN_ALONE,

  create_subnet: { mine: MEMBERS, inMine: MEMBERS, theirs: ADMIN, shared: ADMIN },
  get_subnet: {
    mine: EVERYBODY,
    inMine: EVERYBODY,
    theirs: and(ADMIN, "service"),
    shared: EVERYBODY,
    external: EVERYBODY,
  },
  update_subnet: { mine: MEMBERS, inMine: MEMBERS, theirs: ADMIN, shared: ADMIN },
  "update_subnet:service_types": ADMIN_ALONE,
  delete_subnet: { mine: MEMBERS, inMine: MEMBERS, theirs: ADMIN },
  create_subnetpool: MINE_ONLY,
  "create_subnetpool:shared": ADMIN_ALONE,
  "create_subnetpool:is_default": ADMIN_ALONE,
  get_subnetpool: { mine: READERS, theirs: ADMIN, row: {} },
  add_prefixes: MINE_ONLY,
  create_address_scope: MINE_ONLY,
  "create_address_scope:shared": ADMIN_ALONE,

  create_port: {
    mine: and(MEMBERS, "service"),
    inMine: and(MEMBERS, "service"),
    theirs: and(ADMIN, "service"),
    shared: EVERYBODY,
  },
  "create_port:fixed_ips:ip_address": {
    mine: and(MEMBERS, "service"),
    inMine: and(MEMBERS, "service"),
    theirs: and(ADMIN, "service"),
    shared: and(ADMIN, "service"),
  },
  "create_port:mac_address": { mine: and(MEMBERS, "service"), theirs: and(ADMIN, "service") },
  "create_port:device_owner": { theirs: and(ADMIN, "service"), row: { device_owner: "network:dhcp" } },
  "update_port:device_owner": { theirs: EVERYBODY, row: { device_owner: "compute:nova" } },
  "create_port:binding:host_id": { mine: and(ADMIN, "service") },
  "create_port:binding:profile": { mine: and(ADMIN, "service") },
  get_port: {
    mine: EVERYBODY,
    inMine: and(READERS, "service"),
    theirs: and(ADMIN, "service"),
    shared: and(ADMIN, "service"),
  },
  "get_port:binding:host_id": { mine: and(ADMIN, "service") },
  "get_port:resource_request": ADMIN_ALONE,
  update_port: { mine: and(MEMBERS, "service"), inMine: and(ADMIN, "service"), theirs: and(ADMIN, "service") },
  "update_port:mac_address": { mine: and(MANAGERS, "service"), inMine: and(MANAGERS, "service") },
  "update_port:data_plane_status": ADMIN_ALONE,
  delete_port: { mine: and(MEMBERS, "service"), inMine: and(MEMBERS, "service"), theirs: and(ADMIN, "service") },
  create_port_binding: { mine: SERVICE, theirs: SERVICE },
  activate: { mine: SERVICE },
  create_trunk: MINE_ONLY,
  add_subports: MINE_ONLY,
  get_subports: READ_MINE,

  create_router: MINE_ONLY,
  "create_router:distributed": ADMIN_ALONE,
  "create_router:ha": ADMIN_ALONE,
  "create_router:external_gateway_info": MINE_ONLY,
  "create_router:external_gateway_info:network_id": MINE_ONLY,
  "create_router:external_gateway_info:enable_snat": ADMIN_ALONE,
  "create_router:external_gateway_info:external_fixed_ips": ADMIN_ALONE,
  get_router: READ_MINE,
  "get_router:ha": ADMIN_ALONE,
  update_router: MINE_ONLY,
  delete_router: MINE_ONLY,
  add_router_interface: MINE_ONLY,
  remove_router_interface: MINE_ONLY,
  add_extraroutes: MINE_ONLY,
  create_router_conntrack_helper: { inMine: MEMBERS, theirs: ADMIN },
  get_router_conntrack_helper: { inMine: READERS, theirs: ADMIN },
  create_ndp_proxy: MINE_ONLY,

  create_floatingip: MINE_ONLY,
  "create_floatingip:floating_ip_address": MANAGERS_OF_MINE,
  get_floatingip: READ_MINE,
  update_floatingip: MINE_ONLY,
  get_floatingip_pool: READ_MINE,
  create_floatingip_port_forwarding: { inMine: MEMBERS, theirs: ADMIN },
  get_floatingip_port_forwarding: { inMine: READERS, theirs: ADMIN },
  create_local_ip: MINE_ONLY,
  create_local_ip_port_association: { inMine: MEMBERS, theirs: ADMIN },

  create_security_group: MINE_ONLY,
  get_security_group: { mine: READERS, theirs: ADMIN },
  update_security_group: MINE_ONLY,
  create_security_group_rule: MINE_ONLY,
  get_security_group_rule: { mine: READERS, inMine: READERS, theirs: ADMIN },
  create_default_security_group_rule: ADMIN_ALONE,
  create_address_group: MINE_ONLY,

  create_policy: MANAGERS_OF_MINE,
  get_policy: { mine: READERS, theirs: ADMIN },
  delete_policy: MANAGERS_OF_MINE,
  get_rule_type: { mine: READERS, theirs: READERS },
  create_policy_bandwidth_limit_rule: { inMine: MANAGERS, theirs: ADMIN },
  get_policy_dscp_marking_rule: { inMine: READERS, theirs: ADMIN },

  create_rbac_policy: MINE_ONLY,
  "create_rbac_policy:target_tenant": { mine: ADMIN, row: { target_tenant: "*" } },
  "create_rbac_policy:target_project": { mine: ADMIN, row: { target_tenant: "*" } },
  "update_rbac_policy:target_tenant": { mine: EVERYBODY, row: { target_tenant: "one" } },

  get_agent: ADMIN_ALONE,
  get_availability_zone: { mine: READERS, theirs: READERS },
  create_flavor: ADMIN_ALONE,
  get_flavor: { mine: READERS },
  update_quota: ADMIN_ALONE,
  create_log: MANAGERS_OF_MINE,
  create_metering_label: MANAGERS_OF_MINE,
  create_tap_service: MINE_ONLY,
  get_tap_flow: MINE_ONLY,
  get_tap_mirror: READ_MINE,
  create_something_new: { mine: EVERYBODY, theirs: ADMIN },
  admin_only: ADMIN_ALONE,
  context_with_global_access: { mine: NOBODY },
};

const PROJECTS = { mine: ["mine", "mine"], inMine: ["theirs", "mine"], theirs: ["theirs", "theirs"] } as const;

function targetOf(action: string, where: Exclude<keyof Cases, "row">, row: Row = {}): Target {
  const [project_id, parent] = PROJECTS[where === "shared" || where === "external" ? "theirs" : where];
  const flags = { shared: where === "shared", "router:external": where === "external" };
  const isNetwork = /^[a-z]+_network(:|$)/.test(action);
  const related: Row = { project_id: parent, ...flags };
  return { row: { project_id, ...row, ...(isNetwork && flags) }, related: () => (isNetwork ? undefined : related) };
}

describe("by the default rules", () => {
  const policy = Policy.make();
  for (const [action, { row, ...cases }] of Object.entries(TABLE)) {
    for (const [where, roles] of Object.entries(cases) as [Exclude<keyof Cases, "row">, Role[]][]) {
      it(`${action} (${where}) is for ${roles.join(", ") || "nobody"}`, () => {
        const target = targetOf(action, where, row);
        const may = ROLES.filter((role) => policy.for(aCaller({ roles: [role] })).allows(action, target));
        assert.deepEqual(
          may,
          ROLES.filter((role) => roles.includes(role)),
        );
      });
    }
  }
});
