/** RBAC policies (neutron/extensions/rbac.py, neutron/db/rbac_db_models.py). */
import { type FaultRow, row } from "./row.ts";

export const RBAC = {
  RbacPolicyNotFound: row(404, "RBAC policy of type %(object_type)s with ID %(id)s not found"),
  RbacPolicyInUse: row(
    409,
    "RBAC policy on object %(object_id)s cannot be removed because other objects depend on it.\nDetails: %(details)s",
  ),
  DuplicateRbacPolicy: row(409, "An RBAC policy already exists with those values."),
  RbacPolicyInitError: row(500, "Failed to create RBAC policy on object %(object_id)s because %(reason)s."),
  InvalidActionForType: row(
    400,
    "Invalid action '%(action)s' for object type '%(object_type)s'. Valid actions: %(valid_actions)s",
  ),
} as const satisfies Record<string, FaultRow>;
