/**
 * Tags of a resource as a resource of their own (neutron/extensions/tagging.py): each write is an update of the whole
 * list, guarded by the revision it was read at and tried again when another write came between.
 */
import { Fault, fault } from "../../model/mod.ts";
import type { Row } from "./attribute.ts";
import { type Call, targetsOf } from "./call.ts";
import { policyName } from "./resource.ts";
import { type Json, string, uniqueStrings } from "./validators.ts";

/** Limits of neutron/extensions/tagging.py. */
const MAX_LENGTH = 255;
const MAX_COUNT = 50;

const ATTEMPTS = 8;

const invalid = (error_message: string) => fault("InvalidInput", { error_message });

async function resourceWith({ networking, caller, resource }: Call, id: string): Promise<Row> {
  try {
    return (await networking.get(caller, resource.kind, id)) as unknown as Row;
  } catch (error) {
    if (!(error instanceof Fault) || error.status !== 404) throw error;
    throw fault("TagResourceNotFound", { resource: resource.collection, resource_id: id });
  }
}

function checkTag(tag: string): void {
  const reason = string(MAX_LENGTH)(tag);
  if (reason) throw invalid(reason);
}

function checkBody(body: Json | undefined): string[] {
  if (body === undefined || !Object.hasOwn(body, "tags")) throw invalid("Invalid tags body");
  const reason = uniqueStrings(MAX_LENGTH)(body.tags);
  if (reason) throw invalid(reason);
  return body.tags as string[];
}

/** The tags of a resource. @throws Fault */
export async function getTags(call: Call, id: string): Promise<string[]> {
  return (await resourceWith(call, id)).tags as string[];
}

/** @throws Fault TagNotFound */
export async function requireTag(call: Call, id: string, tag: string): Promise<void> {
  checkTag(tag);
  if (!(await getTags(call, id)).includes(tag)) throw fault("TagNotFound", { tag });
}

/** Replaces all tags. @throws Fault */
export async function putTags(call: Call, id: string, body: Json | undefined): Promise<string[]> {
  const tags = checkBody(body);
  await write(call, id, "update", () => tags);
  return tags;
}

/** Adds tags to those there are (extension tag-creation). @throws Fault */
export async function addTags(call: Call, id: string, body: Json | undefined): Promise<string[]> {
  const tags = checkBody(body);
  await write(call, id, "create", (old) => [...new Set([...old, ...tags])]);
  return tags;
}

/** @throws Fault */
export async function addTag(call: Call, id: string, tag: string): Promise<void> {
  checkTag(tag);
  await write(call, id, "update", (old) => (old.includes(tag) ? old : [...old, tag]));
}

/** @throws Fault */
export async function removeTags(call: Call, id: string): Promise<void> {
  await write(call, id, "delete", () => []);
}

/** @throws Fault TagNotFound */
export async function removeTag(call: Call, id: string, tag: string): Promise<void> {
  checkTag(tag);
  await write(call, id, "delete", (old) => {
    if (!old.includes(tag)) throw fault("TagNotFound", { tag });
    return old.filter((other) => other !== tag);
  });
}

async function write(
  call: Call,
  id: string,
  verb: "create" | "update" | "delete",
  change: (old: string[]) => string[],
): Promise<void> {
  const { networking, caller, resource } = call;
  for (let attempt = 1; ; attempt++) {
    const target = await resourceWith(call, id);
    call.policy.enforce(`${verb}_${policyName(resource)}:tags`, targetsOf(call)(target));
    const old = target.tags as string[];
    const tags = change(old);
    if (tags.length > MAX_COUNT) {
      const msg = `The number of tags exceed the per-resource limit of ${MAX_COUNT}`;
      throw fault("BadRequest", { resource: resource.collection, msg });
    }
    if (tags.length === old.length && tags.every((tag, index) => tag === old[index])) return;
    try {
      await networking.update(caller, resource.kind, id, { tags }, target.revision_number as number);
      return;
    } catch (error) {
      const isRace = error instanceof Fault && error.code === "RevisionNumberConstraintFailed";
      if (!isRace || attempt === ATTEMPTS) throw error;
    }
  }
}
