/** Security groups, address groups and the defaults of new projects: the default rules of Neutron's neutron/conf/policies. */
import {
  ADMIN,
  ADMIN_OR_PROJECT_MANAGER,
  ADMIN_OR_PROJECT_MEMBER,
  ADMIN_OR_PROJECT_READER,
  ADMIN_OR_SG_OWNER_MEMBER,
  ADMIN_OR_SG_OWNER_READER,
} from "./checks.ts";

export const SECURITY_GROUP_RULES: Readonly<Record<string, string>> = {
  // security_group.py
  admin_or_sg_owner: "rule:context_is_admin or project_id:%(security_group:project_id)s",
  admin_owner_or_sg_owner: "rule:owner or rule:admin_or_sg_owner",
  shared_security_group: "field:security_groups:shared=True",
  rule_default_sg: "field:security_group_rules:belongs_to_default_sg=True",
  create_security_group: ADMIN_OR_PROJECT_MEMBER,
  "create_security_group:tags": ADMIN_OR_PROJECT_MEMBER,
  get_security_group: "(rule:admin_only) or (role:reader and project_id:%(project_id)s) or rule:shared_security_group",
  "get_security_group:tags":
    "(rule:admin_only) or (role:reader and project_id:%(project_id)s) or rule:shared_security_group",
  update_security_group: ADMIN_OR_PROJECT_MEMBER,
  "update_security_group:tags": ADMIN_OR_PROJECT_MEMBER,
  delete_security_group: ADMIN_OR_PROJECT_MEMBER,
  "delete_security_group:tags": ADMIN_OR_PROJECT_MEMBER,
  create_security_group_rule: ADMIN_OR_SG_OWNER_MEMBER,
  get_security_group_rule: ADMIN_OR_SG_OWNER_READER,
  delete_security_group_rule: ADMIN_OR_SG_OWNER_MEMBER,

  // default_security_group_rules.py
  create_default_security_group_rule: ADMIN,
  get_default_security_group_rule: "role:reader",
  delete_default_security_group_rule: ADMIN,

  // security_groups_default_statefulness.py
  create_security_groups_default_statefulness: ADMIN_OR_PROJECT_MANAGER,
  get_security_groups_default_statefulness: ADMIN_OR_PROJECT_READER,
  update_security_groups_default_statefulness: ADMIN_OR_PROJECT_MANAGER,
  delete_security_groups_default_statefulness: ADMIN_OR_PROJECT_MANAGER,

  // address_group.py
  shared_address_groups: "field:address_groups:shared=True",
  create_address_group: ADMIN_OR_PROJECT_MEMBER,
  get_address_group: "(rule:admin_only) or (role:reader and project_id:%(project_id)s) or rule:shared_address_groups",
  update_address_group: ADMIN_OR_PROJECT_MEMBER,
  delete_address_group: ADMIN_OR_PROJECT_MEMBER,
  add_addresses: ADMIN_OR_PROJECT_MEMBER,
  remove_addresses: ADMIN_OR_PROJECT_MEMBER,
};
