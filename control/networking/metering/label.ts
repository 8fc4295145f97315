/** Metering labels (neutron/db/metering/metering_db.py). */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type Id, type MeteringLabelRecord } from "../../../model/mod.ts";
import { projectOf } from "../access.ts";
import { attribute, isFlag } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import { union } from "../select.ts";
import { isElevated } from "../sharing.ts";
import { newStandard } from "../standard.ts";

export const RULES_OF_LABEL = index("metering_label_rule", ({ metering_label_id }) => [metering_label_id]);

/** All rules lean on their label under one name. */
export const RULES = "rules";

/** How many rules go with their label in one transaction; the rest follows in the next. */
const RULES_AT_A_TIME = 1_000;

const SHARED_LABELS = index("metering_label", ({ shared }) => [shared ? "shared" : null]);

function createLabel(env: Env, draft: Draft, caller: Caller, body: Attributes): MeteringLabelRecord {
  const standard = newStandard(env, projectOf(caller, body), body);
  const record = { ...standard, shared: attribute(body, "shared", isFlag, false) };
  draft.create("metering_label", record.id, record);
  return record;
}

/** A shared label is of every project's routers, and seen by all. */
export function seesLabel(caller: Caller, { project_id, shared }: MeteringLabelRecord): boolean {
  return isElevated(caller) || shared || project_id === caller.projectId;
}

export const labelNotFound = (label_id: Id) => fault("MeteringLabelNotFound", { label_id });

/** The rules go with their label, as by Neutron's foreign key. */
function removeLabel(draft: Draft, { id }: MeteringLabelRecord): Removal {
  const rules = draft.select(RULES_OF_LABEL, id);
  for (const rule of rules.slice(0, RULES_AT_A_TIME)) draft.remove("metering_label_rule", rule.id);
  if (rules.length > RULES_AT_A_TIME) return "again";
  draft.sameUsers("metering_label", id);
  draft.unuse("metering_label", id, RULES);
  draft.remove("metering_label", id);
  return "done";
}

export function labelPlan(env: Env): ResourcePlan<"metering_label"> {
  return {
    create: (draft, caller, body) => createLabel(env, draft, caller, body),
    sees: seesLabel,
    visible: (caller) =>
      union([env.indexes.ownedBy("metering_label", caller.projectId), env.indexes.of(SHARED_LABELS, "shared")]),
    notFound: labelNotFound,
    remove: (draft, _caller, current) => removeLabel(draft, current),
  };
}
