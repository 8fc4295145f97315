/** Checks that many default rules share (neutron_lib/policy/rules.py, neutron/conf/policies/base.py), text for text. */

export const ADMIN = "rule:admin_only";
/** One OpenStack service to another, never a person. */
export const SERVICE = "rule:service_api";

const or = (...checks: string[]) => checks.map((check) => `(${check})`).join(" or ");
const inProject = (role: string) => `role:${role} and project_id:%(project_id)s`;
/** For what has no project of its own: the owner of the resource it is part of. */
const inParent = (role: string) => `role:${role} and rule:ext_parent_owner`;
const inSecurityGroup = (role: string) => `role:${role} and rule:sg_owner`;

export const ADMIN_OR_SERVICE = or(ADMIN, SERVICE);
export const ADMIN_OR_PROJECT_MANAGER = or(ADMIN, inProject("manager"));
export const ADMIN_OR_PROJECT_MEMBER = or(ADMIN, inProject("member"));
export const ADMIN_OR_PROJECT_READER = or(ADMIN, inProject("reader"));
export const ADMIN_OR_PARENT_OWNER_MANAGER = or(ADMIN, inParent("manager"));
export const ADMIN_OR_PARENT_OWNER_MEMBER = or(ADMIN, inParent("member"));
export const ADMIN_OR_PARENT_OWNER_READER = or(ADMIN, inParent("reader"));
export const ADMIN_OR_SG_OWNER_MEMBER = or(ADMIN, inSecurityGroup("member"));
export const ADMIN_OR_SG_OWNER_READER = or(ADMIN, inSecurityGroup("reader"));
