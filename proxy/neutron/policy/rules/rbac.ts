/** Sharing between projects: the default rules of Neutron's neutron/conf/policies/rbac.py. */
import { ADMIN_OR_PROJECT_MEMBER, ADMIN_OR_PROJECT_READER } from "./checks.ts";

export const RBAC_RULES: Readonly<Record<string, string>> = {
  restrict_wildcard:
    "(not field:rbac_policy:target_tenant=* and not field:rbac_policy:target_project=*) or rule:admin_only",
  create_rbac_policy: ADMIN_OR_PROJECT_MEMBER,
  "create_rbac_policy:target_tenant":
    "rule:admin_only or (not field:rbac_policy:target_tenant=* and not field:rbac_policy:target_project=*)",
  "create_rbac_policy:target_project": "rule:admin_only or not field:rbac_policy:target_project=*",
  update_rbac_policy: ADMIN_OR_PROJECT_MEMBER,
  "update_rbac_policy:target_tenant":
    "rule:admin_only or (not field:rbac_policy:target_tenant=* and not field:rbac_policy:target_project=*)",
  "update_rbac_policy:target_project": "rule:admin_only or not field:rbac_policy:target_project=*",
  get_rbac_policy: ADMIN_OR_PROJECT_READER,
  delete_rbac_policy: ADMIN_OR_PROJECT_MEMBER,
};
