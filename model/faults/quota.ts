/** Quotas (neutron_lib/exceptions/__init__.py). */
import { type FaultRow, row } from "./row.ts";

export const QUOTA = {
  OverQuota: row(409, "Quota exceeded for resources: %(overs)s."),
  InvalidQuotaValue: row(409, "Change would make usage less than 0 for the following resources: %(unders)s."),
  QuotaResourceUnknown: row(404, "Unknown quota resources %(unknown)s."),
  QuotaMissingProject: row(400, "Project-id was missing from quota request."),
  QuotaMissingTenant: row(400, "Tenant-id was missing from quota request."),
  ProjectQuotaNotFound: row(404, "Quota for project %(project_id)s could not be found."),
  TenantQuotaNotFound: row(404, "Quota for project %(tenant_id)s could not be found."),
} as const satisfies Record<string, FaultRow>;
