/** Quotas as rows (neutron/extensions/quotasv2.py, quotasv2_detail.py): a project's limits are its own or the defaults. */
import { type Attributes, type DerivedRow, QUOTA_RESOURCES, type QuotaResource, UNLIMITED } from "../../../api/mod.ts";
import { fault, type Id, type QuotaRecord } from "../../../model/mod.ts";
import { given, isFlag, isWhole } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import type { Reader } from "../reader.ts";
import { dependOnLimits, limitOf, usageOf } from "./limits.ts";

const rowOf = (projectId: Id, value: (resource: QuotaResource) => unknown): DerivedRow => ({
  id: projectId,
  project_id: projectId,
  ...Object.fromEntries(QUOTA_RESOURCES.map((resource) => [resource, value(resource)])),
});

const limits = (env: Env, reader: Reader, projectId: Id) =>
  rowOf(projectId, (resource) => limitOf(env, reader, projectId, resource));

const notFound = (projectId: Id) => fault("TenantQuotaNotFound", { tenant_id: projectId });
const everybody = () => true;

/** A limit under what is used already needs `force` (quotasv2.py update). */
function checkUsage(env: Env, projectId: Id, resource: QuotaResource, limit: number): void {
  const used = usageOf(env, projectId, resource);
  if (limit === UNLIMITED || used <= limit) return;
  const msg = `Quota limit ${limit} for ${resource} must be greater than or equal to already used ${used}`;
  throw fault("HTTPBadRequest", { msg });
}

function updateQuota(env: Env, draft: Draft, projectId: Id, changes: Attributes): DerivedRow {
  const isForced = given(changes, "force", isFlag) === true;
  const before = draft.get("quota", projectId);
  const after: QuotaRecord = { id: projectId, limits: { ...before?.limits } };
  for (const resource of QUOTA_RESOURCES) {
    const limit = given(changes, resource, isWhole);
    if (limit === undefined) continue;
    if (!isForced) checkUsage(env, projectId, resource, limit);
    after.limits[resource] = limit;
  }
  if (Object.keys(after.limits).length > 0) {
    dependOnLimits(draft, projectId);
    if (before === undefined) draft.create("quota", projectId, after);
    else draft.replace("quota", projectId, after);
  }
  return limits(env, draft, projectId);
}

function removeQuota(draft: Draft, projectId: Id): Removal {
  if (draft.get("quota", projectId) === undefined) throw notFound(projectId);
  draft.remove("quota", projectId);
  return "done";
}

/** Every project has a quota; listed are those with limits of their own. */
export function quotaPlan(env: Env): ResourcePlan<"quota"> {
  return {
    sees: everybody,
    notFound,
    update: (draft, _caller, { project_id }, changes) => updateQuota(env, draft, String(project_id), changes),
    remove: (draft, _caller, { project_id }) => removeQuota(draft, String(project_id)),
    derived: {
      get: (reader, projectId) => limits(env, reader, projectId),
      *list(reader) {
        for (const { record } of env.memory.all("quota")) yield limits(env, reader, record.id);
      },
    },
  };
}

export function quotaDefaultPlan(env: Env): ResourcePlan<"quota_default"> {
  return {
    sees: everybody,
    notFound,
    derived: {
      get: (_reader, projectId) => rowOf(projectId, (resource) => env.options.quotas[resource]),
      list: () => [],
    },
  };
}

/** Nothing is ever reserved here: a request is one transaction. */
export function quotaDetailPlan(env: Env): ResourcePlan<"quota_detail"> {
  return {
    sees: everybody,
    notFound,
    derived: {
      get: (reader, projectId) =>
        rowOf(projectId, (resource) => ({
          limit: limitOf(env, reader, projectId, resource),
          used: usageOf(env, projectId, resource),
          reserved: 0,
        })),
      list: () => [],
    },
  };
}
