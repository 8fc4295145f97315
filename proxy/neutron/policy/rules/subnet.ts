/** Subnets, subnet pools and address scopes: the default rules of Neutron's neutron/conf/policies. */
import { ADMIN, ADMIN_OR_PROJECT_MEMBER } from "./checks.ts";

export const SUBNET_RULES: Readonly<Record<string, string>> = {
  // subnet.py
  external_network: "field:subnets:router:external=True",
  create_subnet: "(rule:admin_only) or (role:member and rule:network_owner)",
  "create_subnet:segment_id": ADMIN,
  "create_subnet:service_types": ADMIN,
  "create_subnet:tags":
    "role:member and project_id:%(project_id)s or (rule:admin_only) or (role:member and rule:network_owner)",
  get_subnet:
    "role:reader and project_id:%(project_id)s or rule:shared or rule:external_network or (rule:admin_only) or (role:reader and rule:network_owner) or rule:service_api",
  "get_subnet:segment_id": ADMIN,
  "get_subnet:tags":
    "role:reader and project_id:%(project_id)s or rule:shared or rule:external_network or (rule:admin_only) or (role:reader and rule:network_owner)",
  update_subnet:
    "role:member and project_id:%(project_id)s or (rule:admin_only) or (role:member and rule:network_owner)",
  "update_subnet:segment_id": ADMIN,
  "update_subnet:service_types": ADMIN,
  "update_subnet:tags":
    "role:member and project_id:%(project_id)s or (rule:admin_only) or (role:member and rule:network_owner)",
  delete_subnet:
    "role:member and project_id:%(project_id)s or (rule:admin_only) or (role:member and rule:network_owner)",
  "delete_subnet:tags":
    "role:member and project_id:%(project_id)s or (rule:admin_only) or (role:member and rule:network_owner)",

  // subnetpool.py
  shared_subnetpools: "field:subnetpools:shared=True",
  create_subnetpool: ADMIN_OR_PROJECT_MEMBER,
  "create_subnetpool:shared": ADMIN,
  "create_subnetpool:is_default": ADMIN,
  "create_subnetpool:tags": ADMIN_OR_PROJECT_MEMBER,
  get_subnetpool: "(rule:admin_only) or (role:reader and project_id:%(project_id)s) or rule:shared_subnetpools",
  "get_subnetpool:tags": "(rule:admin_only) or (role:reader and project_id:%(project_id)s) or rule:shared_subnetpools",
  update_subnetpool: ADMIN_OR_PROJECT_MEMBER,
  "update_subnetpool:is_default": ADMIN,
  "update_subnetpool:tags": ADMIN_OR_PROJECT_MEMBER,
  delete_subnetpool: ADMIN_OR_PROJECT_MEMBER,
  "delete_subnetpool:tags": ADMIN_OR_PROJECT_MEMBER,
  onboard_network_subnets: ADMIN_OR_PROJECT_MEMBER,
  add_prefixes: ADMIN_OR_PROJECT_MEMBER,
  remove_prefixes: ADMIN_OR_PROJECT_MEMBER,

  // address_scope.py
  shared_address_scopes: "field:address_scopes:shared=True",
  create_address_scope: ADMIN_OR_PROJECT_MEMBER,
  "create_address_scope:shared": ADMIN,
  get_address_scope: "rule:admin_only or role:reader and project_id:%(project_id)s or rule:shared_address_scopes",
  update_address_scope: ADMIN_OR_PROJECT_MEMBER,
  "update_address_scope:shared": ADMIN,
  delete_address_scope: ADMIN_OR_PROJECT_MEMBER,
};
