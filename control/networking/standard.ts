/** The attributes that every Neutron resource carries, and how a change is recorded in them. */
import type { Attributes } from "../../api/mod.ts";
import { fault, type Standard } from "../../model/mod.ts";
import { attribute, given, isText, listOf } from "./attributes.ts";
import type { Env } from "./env.ts";

export function newStandard(env: Env, projectId: string, body: Attributes): Standard {
  const now = env.now();
  return {
    id: env.newId(),
    project_id: projectId,
    name: attribute(body, "name", isText, ""),
    description: attribute(body, "description", isText, ""),
    created_at: now,
    updated_at: now,
    revision_number: 1,
    tags: attribute(body, "tags", listOf(isText), []),
  };
}

/** The standard attributes among `changes`. */
export function standardChanges(
  record: Standard,
  changes: Attributes,
): Pick<Standard, "name" | "description" | "tags"> {
  return {
    name: given(changes, "name", isText) ?? record.name,
    description: given(changes, "description", isText) ?? record.description,
    tags: given(changes, "tags", listOf(isText)) ?? record.tags,
  };
}

type Revised = Pick<Standard, "revision_number" | "updated_at">;

/** The record with its change numbered and dated; the same object as before when nothing differs. */
export function revised<T extends Revised>(env: Env, before: T, after: T): T {
  if (JSON.stringify(before) === JSON.stringify(after)) return before;
  return touched(env, after);
}

/** Also for a change that shows elsewhere only: a network's revision counts its subnets' changes, as Neutron's does. */
export function touched<T extends Revised>(env: Env, record: T): T {
  return { ...record, updated_at: env.now(), revision_number: record.revision_number + 1 };
}

/** `shown` is asked for the revision where it is not the record's alone. @throws Fault RevisionNumberConstraintFailed */
export function checkRevision(
  record: object,
  ifRevision: number | undefined,
  shown: () => number | undefined = () => undefined,
): void {
  if (ifRevision === undefined || !("revision_number" in record)) return;
  const current = shown() ?? Number(record.revision_number);
  if (ifRevision !== current) throw fault("RevisionNumberConstraintFailed", { expected: ifRevision, current });
}
