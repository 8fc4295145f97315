/** Logs (neutron/services/logapi/common/exceptions.py). */
import { type FaultRow, row } from "./row.ts";

export const LOGGING = {
  LogResourceNotFound: row(404, "Log resource %(log_id)s could not be found."),
  InvalidLogResourceType: row(400, "Invalid log resource_type: %(resource_type)s."),
  LoggingTypeNotSupported: row(409, "Logging type %(log_type)s is not supported on port %(port_id)s."),
  TargetResourceNotFound: row(404, "Target resource %(target_id)s could not be found."),
  ResourceNotFound: row(404, "Resource %(resource_id)s could not be found."),
  ResourceIdNotSpecified: row(400, "resource_id should be specified for %(resource_type)s."),
  InvalidResourceConstraint: row(
    400,
    "Invalid resource constraint between resource (%(resource)s %(resource_id)s) and target resource (%(target_resource)s %(target_id)s).",
  ),
  EventsDisabled: row(400, "List of events %(events)s were disabled for %(resource_type)s."),
  LogapiDriverException: row(500, "Driver exception: %(exception_msg)s"),
  RouterGatewayNotSet: row(500, "Router gateway is not set for router %(resource_id)s."),
  RouterNotEnabledSnat: row(500, "SNAT is not enabled for router %(resource_id)s."),
} as const satisfies Record<string, FaultRow>;
