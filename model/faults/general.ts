/** What any resource may answer (neutron_lib/exceptions/__init__.py, webob.exc). */
import { type FaultRow, row } from "./row.ts";

export const GENERAL = {
  BalancerNotFound: row(404, "Balancer %(id)s could not be found."),
  // Any resource
  BadRequest: row(400, "Bad %(resource)s request: %(msg)s."),
  HTTPBadRequest: row(400, "%(msg)s"),
  InvalidInput: row(400, "Invalid input for operation: %(error_message)s."),
  MalformedRequestBody: row(400, "Malformed request body: %(reason)s."),
  AddrFormatError: row(400, "%(msg)s"),
  InvalidServiceType: row(400, "Invalid service type: %(service_type)s."),
  TenantIdProjectIdFilterConflict: row(400, "Both tenant_id and project_id passed as filters."),
  NeutronPrimaryKeyMissing: row(400, "For class %(object_type)s missing primary keys: %(missing_keys)s"),
  Unauthorized: row(401, "%(msg)s"),
  NotAuthorized: row(403, "%(msg)s", { msg: "Not authorized." }),
  AdminRequired: row(403, "User does not have admin privileges: %(reason)s."),
  HTTPForbidden: row(403, "%(msg)s"),
  PolicyNotAuthorized: row(403, "%(rule)s is disallowed by policy", { rule: "rule:%(action)s" }),
  // oslo.policy's; Neutron has no status for it and answers 500.
  InvalidScope: row(
    403,
    "%(rule)s requires a scope of %(operation_scopes)s, request was made with %(token_scope)s scope.",
  ),
  NotFound: row(404, "%(msg)s"),
  HTTPNotFound: row(404, "%(msg)s", { msg: "The resource could not be found." }),
  ObjectNotFound: row(404, "Object %(id)s not found."),
  HostNotFound: row(404, "Host %(host)s could not be found."),
  HTTPMethodNotAllowed: row(
    405,
    "The server could not comply with the request since it is either malformed or otherwise incorrect.",
  ),
  Conflict: row(409, "%(msg)s"),
  InUse: row(409, "%(msg)s", { msg: "The resource is in use." }),
  NeutronDbObjectDuplicateEntry: row(
    409,
    "Failed to create a duplicate %(object_type)s: for attribute(s) %(attributes)s with value(s) %(values)s",
  ),
  RevisionNumberConstraintFailed: row(412, "Constrained to %(expected)s, but current revision is %(current)s"),
  HTTPRequestEntityTooLarge: row(413, "Request is too large: the body may have %(limit)s bytes."),
  PolicyInitError: row(500, "Failed to initialize policy %(policy)s because %(reason)s."),
  PolicyCheckError: row(500, "Failed to check policy %(policy)s because %(reason)s."),
  HTTPNotImplemented: row(501, "%(msg)s"),
  ServiceUnavailable: row(503, "%(msg)s", { msg: "The service is unavailable." }),
  ResourceExhausted: row(503, "The service is unavailable."),

  // Extensions
  ExtensionsNotFound: row(404, "Extensions not found: %(extensions)s."),
} as const satisfies Record<string, FaultRow>;
