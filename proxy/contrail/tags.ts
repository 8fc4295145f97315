/**
 * The type `tags`: the tags of a resource of whatever kind, known by its id. A CREATE replaces all of them, also when the
 * plugin means to add one.
 */
import type { Attributes } from "../../api/mod.ts";
import { Fault, fault, type ResourceRecordKind } from "../../model/mod.ts";
import { bad } from "./envelope.ts";
import { type Ask, needResource } from "./operations.ts";

const TAGGED = [
  "port",
  "network",
  "subnet",
  "router",
  "floatingip",
  "security_group",
  "trunk",
  "subnetpool",
  "qos_policy",
] as const satisfies readonly ResourceRecordKind[];

/** Limits of neutron/extensions/tagging.py. */
const MAX_LENGTH = 255;
const MAX_COUNT = 50;

const ATTEMPTS = 8;

interface Tagged {
  kind: (typeof TAGGED)[number];
  id: string;
  tags: string[];
  revision: number;
}

/** One text, or the first of a list. @throws Fault BadRequest */
function textOf(attributes: Attributes | undefined, name: string): string {
  const value = attributes?.[name];
  const text = Array.isArray(value) ? value[0] : value;
  if (typeof text !== "string") throw bad("tags", `${name} is missing`);
  return text;
}

/** @throws Fault NotFound */
async function tagged({ networking, caller }: Ask, about: Attributes): Promise<Tagged> {
  const id = textOf(about, "parent_id");
  const kind = TAGGED.find((each) => networking.peek(caller, each, id) !== undefined);
  if (kind === undefined) throw fault("NotFound", { msg: `Resource ${id} could not be found.` });
  const { tags, revision_number: revision } = await networking.get(caller, kind, id);
  return { kind, id, tags, revision };
}

/** @throws Fault BadRequest */
function readTags({ tags }: Attributes): string[] {
  const isTag = (tag: unknown) => typeof tag === "string" && tag.length <= MAX_LENGTH;
  if (!Array.isArray(tags) || !tags.every(isTag))
    throw bad("tags", `tags are texts of at most ${MAX_LENGTH} characters`);
  if (tags.length > MAX_COUNT) throw bad("tags", `a resource has at most ${MAX_COUNT} tags`);
  return [...new Set(tags as string[])];
}

/** Writes over what was read, and reads again when somebody else wrote meanwhile. */
async function change(ask: Ask, about: Attributes, changed: (old: string[]) => string[]): Promise<string[]> {
  for (let attempt = 1; ; attempt++) {
    const { kind, id, tags: old, revision } = await tagged(ask, about);
    const tags = changed(old);
    try {
      await ask.networking.update(ask.caller, kind, id, { tags }, revision);
      return tags;
    } catch (error) {
      const isRace = error instanceof Fault && error.code === "RevisionNumberConstraintFailed";
      if (!isRace || attempt === ATTEMPTS) throw error;
    }
  }
}

/** @throws Fault NotFound when the tag is not there */
function without(tag: string): (old: string[]) => string[] {
  return (old) => {
    if (!old.includes(tag)) throw fault("NotFound", { msg: `Tag ${tag} could not be found.` });
    return old.filter((other) => other !== tag);
  };
}

/** @throws Fault */
export async function operateTags(ask: Ask): Promise<string> {
  switch (ask.operation) {
    case "CREATE": {
      const resource = needResource(ask);
      const tags = readTags(resource);
      return JSON.stringify(await change(ask, resource, () => tags));
    }
    case "READALL":
      return JSON.stringify((await tagged(ask, ask.filters)).tags);
    case "READ": {
      const { tags } = await tagged(ask, ask.filters);
      without(textOf(ask.filters, "tag"))(tags);
      return "{}";
    }
    case "DELETE":
      await change(ask, needResource(ask), without(textOf(ask.resource, "tag")));
      return "{}";
    case "DELETEALL":
      await change(ask, needResource(ask), () => []);
      return "{}";
    default:
      throw bad("tags", `there is no operation '${ask.operation}' on it`);
  }
}
