/**
 * Quotas: how many resources a project may have, and that it has no more.
 * Invariant: creations through the API never take a project over its limit, however many control nodes there are.
 */
export { enforceQuota } from "./enforce.ts";
export { quotaDefaultPlan, quotaDetailPlan, quotaPlan } from "./plan.ts";
