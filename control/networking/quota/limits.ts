/** A project's limits, and how much of them it uses. */
import type { QuotaResource } from "../../../api/mod.ts";
import { keys } from "../../../store/mod.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { Reader } from "../reader.ts";

export function limitOf(env: Env, reader: Reader, projectId: string, resource: QuotaResource): number {
  return reader.get("quota", projectId)?.limits[resource] ?? env.options.quotas[resource];
}

/** The number of the project's resources, whoever made them. */
export function usageOf(env: Env, projectId: string, resource: QuotaResource): number {
  return env.indexes.ownedBy(resource, projectId).size;
}

/** The outcome is right only with the project's limits as they are. */
export function dependOnLimits(draft: Draft, projectId: string): void {
  if (draft.get("quota", projectId) === undefined) draft.absent(keys.record("quota", projectId));
  else draft.dependOn("quota", projectId);
}
