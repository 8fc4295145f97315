/** Balancers as a resource: ours, made by doors for protocols that know services. */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { type BalancerRecord, fault, type RouterRecord } from "../../../model/mod.ts";
import { isElevated, projectOf } from "../access.ts";
import { attribute, isText } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import type { ResourcePlan } from "../plan.ts";
import { newStandard, revised, standardChanges } from "../standard.ts";
import { readFronts } from "./front.ts";

export const BALANCERS_OF_ROUTER = index("balancer", ({ router_id }) => [router_id]);

/** @throws Fault RouterNotFound also for another project's */
function ownRouter(draft: Draft, caller: Caller, body: Attributes): RouterRecord {
  const router_id = attribute(body, "router_id", isText, "");
  const router = draft.get("router", router_id);
  if (router === undefined || !(isElevated(caller) || router.project_id === caller.projectId))
    throw fault("RouterNotFound", { router_id });
  return router;
}

function createBalancer(env: Env, draft: Draft, caller: Caller, body: Attributes): BalancerRecord {
  const router = ownRouter(draft, caller, body);
  const record: BalancerRecord = {
    ...newStandard(env, projectOf(caller, body), body),
    router_id: router.id,
    fronts: readFronts(body.fronts ?? []),
  };
  draft.use("router", router.id, record.id);
  draft.create("balancer", record.id, record);
  return record;
}

function updateBalancer(env: Env, draft: Draft, current: BalancerRecord, changes: Attributes): BalancerRecord {
  const fronts = changes.fronts === undefined ? current.fronts : readFronts(changes.fronts);
  const after = revised(env, current, { ...current, ...standardChanges(current, changes), fronts });
  if (after !== current) draft.replace("balancer", current.id, after);
  return after;
}

/** They go with their router, whose remover demands that it gets no users meanwhile. */
export function removeBalancersOf(draft: Draft, routerId: string): void {
  for (const balancer of draft.select(BALANCERS_OF_ROUTER, routerId)) removeBalancer(draft, balancer);
}

function removeBalancer(draft: Draft, { id, router_id }: BalancerRecord): void {
  draft.unuse("router", router_id, id);
  draft.remove("balancer", id);
}

export function balancerPlan(env: Env): ResourcePlan<"balancer"> {
  return {
    create: (draft, caller, body) => createBalancer(env, draft, caller, body),
    sees: (caller, { project_id }) => isElevated(caller) || project_id === caller.projectId,
    notFound: (id) => fault("BalancerNotFound", { id }),
    indexes: { router_id: BALANCERS_OF_ROUTER },
    update: (draft, _caller, current, changes) => updateBalancer(env, draft, current, changes),
    remove(draft, _caller, current) {
      removeBalancer(draft, current);
      return "done";
    },
  };
}
