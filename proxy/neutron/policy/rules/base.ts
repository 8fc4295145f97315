/** The rules that others are made of: the default rules of Neutron's neutron/conf/policies/base.py. */
export const BASE: Readonly<Record<string, string>> = {
  context_is_admin: "role:admin",
  context_with_global_access: "!",
  service_api: "role:service",
  owner: "project_id:%(project_id)s",
  admin_or_owner: "rule:context_is_admin or rule:owner",
  context_is_advsvc: "role:advsvc",
  admin_or_network_owner: "rule:context_is_admin or project_id:%(network:project_id)s",
  admin_owner_or_network_owner: "rule:owner or rule:admin_or_network_owner",
  network_owner: "project_id:%(network:project_id)s",
  admin_only: "rule:context_is_admin",
  regular_user: "",
  shared: "field:networks:shared=True",
  default: "rule:admin_or_owner",
  admin_or_ext_parent_owner: "rule:context_is_admin or project_id:%(ext_parent:project_id)s",
  ext_parent_owner: "project_id:%(ext_parent:project_id)s",
  sg_owner: "project_id:%(security_group:project_id)s",
  // Of neutron-lib's own engine (neutron_lib/policy/_engine.py); a policy file may open it for a role.
  context_can_set_project_id: "!",
};
